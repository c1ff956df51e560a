// A destination that has been down for a day with 100,000 mails waiting: what the other queues have of their pace, and what
// memory it costs, against a gateway where nothing waits, in alternating rounds.

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../support/daemon.ts";
import { type LiveGateway, liveGateway } from "../support/live-gateway.ts";
import { tempDir } from "../support/temp-dir.ts";
import { deliveredPerSecond, type Sink, startSink } from "./load.ts";
import { median, printMachine, row, say } from "./machine.ts";
import { fillStore } from "./store-fill.ts";

const WAITING = 100_000;
/** More rounds than pauses between tries, so that the dead destination is tried meanwhile. */
const ROUNDS = 9;
const MAILS = 3_000;
const GOAL_RATIO = 0.9;
const BILLING = "billing-desk";

export async function down(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const sink = stack.use(await startSink());
  const nobody = await freePort();
  const [full, empty] = [stack.use(await tempDir()).path, stack.use(await tempDir()).path];
  await mkdir(join(full, "data"));
  await fillStore(join(full, "data"), WAITING, "waiting");
  printMachine();
  const gateways = [
    { name: "nothing waits", gateway: stack.use(await start(empty, sink, nobody)), figures: [] as number[] },
    {
      name: `${WAITING} wait for a dead server`,
      gateway: stack.use(await start(full, sink, nobody)),
      figures: [] as number[],
    },
  ];
  for (const { gateway } of gateways) await deliveredPerSecond(gateway.port("smtp"), sink, MAILS);
  const before = gateways.map(({ gateway }) => megabytes(gateway));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { gateway, figures } of gateways)
      figures.push(await deliveredPerSecond(gateway.port("smtp"), sink, MAILS));
  }
  for (const { name, figures } of gateways) say(row(name, figures, "mails/s"));
  const [without, withDead] = gateways.map(({ figures }) => figures);
  const ratio = median((withDead ?? []).map((figure, round) => figure / (without?.[round] ?? Number.NaN)));
  const reached = ratio >= GOAL_RATIO ? "reached" : "MISSED";
  say(`median of the rounds' ratios ${ratio.toFixed(2)}; goal at least ${GOAL_RATIO}: ${reached}`);
  for (const [place, { name, gateway }] of gateways.entries())
    say(`${name}: ${before[place]} MB after the first round, ${megabytes(gateway)} MB after the last`);
}

/** Billing goes to the sink, whatever else there is to a port where nobody listens. */
function start(folder: string, sink: Sink, nobody: number): Promise<LiveGateway> {
  return liveGateway({
    folder,
    deliver: (queue) => ({
      kind: "smtp",
      host: "127.0.0.1",
      port: queue === BILLING ? sink.port : nobody,
      to: `${queue}@desk.example`,
      tls: "none",
    }),
  });
}

/** Resident memory. */
function megabytes({ pid }: LiveGateway): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
