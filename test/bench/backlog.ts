// Throughput with a million old outcomes in the database against an empty one, in alternating rounds.

import { readdirSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { tempDir } from "../support/temp-dir.ts";
import { deliveredPerSecond, startSink } from "./load.ts";
import { GIGABYTE, median, printMachine, row, say } from "./machine.ts";
import { gatewayToSink } from "./relay.ts";
import { fillStore } from "./store-fill.ts";

const OLD_OUTCOMES = 1_000_000;
const ROUNDS = 7;
const MAILS = 3_000;
const GOAL_RATIO = 0.9;

export async function backlog(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const sink = stack.use(await startSink());
  const [full, empty] = [stack.use(await tempDir()).path, stack.use(await tempDir()).path];
  await mkdir(join(full, "data"));
  const started = performance.now();
  await fillStore(join(full, "data"), OLD_OUTCOMES);
  const filled = (performance.now() - started) / 1000;
  const names = readdirSync(join(full, "data"), { recursive: true, encoding: "utf8" });
  const bytes = names.reduce((sum, name) => sum + statSync(join(full, "data", name)).size, 0);
  printMachine();
  say(`${OLD_OUTCOMES} delivered mails written in ${filled.toFixed(0)} s, ${(bytes / GIGABYTE).toFixed(1)} GB`);
  const gateways = [
    { name: "empty", gateway: stack.use(await gatewayToSink(empty, sink)), figures: [] as number[] },
    { name: "a million outcomes", gateway: stack.use(await gatewayToSink(full, sink)), figures: [] as number[] },
  ];
  for (const { gateway } of gateways) await deliveredPerSecond(gateway.port("smtp"), sink, MAILS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { gateway, figures } of gateways) {
      figures.push(await deliveredPerSecond(gateway.port("smtp"), sink, MAILS));
    }
  }
  for (const { name, figures } of gateways) say(row(name, figures, "mails/s"));
  const [without, withOld] = gateways.map(({ figures }) => figures);
  const ratio = median((withOld ?? []).map((figure, round) => figure / (without?.[round] ?? Number.NaN)));
  say(
    `median of the rounds' ratios ${ratio.toFixed(2)}; goal at least ${GOAL_RATIO}: ${ratio >= GOAL_RATIO ? "reached" : "MISSED"}`,
  );
}
