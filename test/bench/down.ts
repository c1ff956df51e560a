// A destination that is down for a day with 100,000 mails waiting: what the other queues have of their pace hour by hour, and what
// memory it costs, against a gateway where nothing waits, in alternating rounds. Both gateways' clocks are driven through the
// day, so that mails come due, are tried, get late and are told of as the retry schedule says.

import { readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../support/daemon.ts";
import { type LiveGateway, liveGateway } from "../support/live-gateway.ts";
import { tempDir } from "../support/temp-dir.ts";
import { deliveredPerSecond, type Sink, startSink } from "./load.ts";
import { median, printMachine, row, say } from "./machine.ts";
import { fillStore } from "./store-fill.ts";

const WAITING = 100_000;
const HOURS = 24;
/** The clock goes on in steps, each with time for what looks every second to see it. */
const STEPS_AN_HOUR = 4;
const STEP_MS = 3600_000 / STEPS_AN_HOUR;
const STEP_PAUSE_MS = 1_100;
const MAILS = 3_000;
const GOAL_RATIO = 0.9;
const BILLING = "billing-desk";

export async function down(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const sink = stack.use(await startSink());
  const nobody = await freePort();
  const [full, empty] = [stack.use(await tempDir()).path, stack.use(await tempDir()).path];
  await mkdir(join(full, "data"));
  await fillStore(join(full, "data"), WAITING, "waiting", 3600_000);
  printMachine();
  const clock = await drivenDay(join(stack.use(await tempDir()).path, "clock"));
  const gateways = [
    {
      name: "nothing waits",
      gateway: stack.use(await start(empty, sink, nobody, clock.file)),
      figures: [] as number[],
    },
    {
      name: `${WAITING} wait for a dead server`,
      gateway: stack.use(await start(full, sink, nobody, clock.file)),
      figures: [] as number[],
    },
  ];
  for (const { gateway } of gateways) await deliveredPerSecond(gateway.port("smtp"), sink, MAILS);
  const before = gateways.map(({ gateway }) => megabytes(gateway));
  for (let hour = 0; hour < HOURS; hour += 1) {
    await clock.hourPasses();
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
  const dead = gateways[1]?.gateway.output() ?? "";
  for (const event of ["attempt-failed", "held", "notice-sent", "notice-unsent"])
    say(`${event}: ${dead.split(`"${event}"`).length - 1} in the log of the second`);
}

async function drivenDay(file: string) {
  let ahead = 0;
  const set = async () => {
    await writeFile(`${file}.new`, String(ahead));
    await rename(`${file}.new`, file);
  };
  await set();
  return {
    file,
    async hourPasses() {
      for (let step = 0; step < STEPS_AN_HOUR; step += 1) {
        ahead += STEP_MS;
        await set();
        await sleep(STEP_PAUSE_MS);
      }
    },
  };
}

/** Billing goes to the sink, whatever else there is to a port where nobody listens. */
function start(folder: string, sink: Sink, nobody: number, clockFile: string): Promise<LiveGateway> {
  return liveGateway({
    folder,
    clockFile,
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
