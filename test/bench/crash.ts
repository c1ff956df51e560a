// npm run crash: 1,000 kills of the real gateway under load, far longer than the test takes. Ends with 1 when a promise broke.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokenPromises, crashAndRecover, summary } from "../support/crash.ts";
import { printMachine, say } from "./machine.ts";

const KILLS = 1_000;
const KILLS_A_LANE = 100;
/** Answer times of the far end, one for each lane; lanes run side by side. */
const LANES_MS = [0, 4];

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
printMachine();
say(`seed ${seed}; give it as an argument to repeat the run`);
let kills = 0;
let broken = 0;
for (let round = 0; kills < KILLS; round += 1) {
  const reports = await Promise.all(LANES_MS.map((slowMs) => lane(seed + round * 10 + slowMs, slowMs)));
  for (const report of reports) {
    kills += report.kills;
    broken += report.broken;
  }
}
say(`${kills} kills, ${broken} promises broken`);
process.exitCode = broken === 0 ? 0 : 1;

async function lane(laneSeed: number, slowMs: number): Promise<{ kills: number; broken: number }> {
  const folder = await mkdtemp(join(tmpdir(), "mailward-crash-"));
  const report = await crashAndRecover({ folder, kills: KILLS_A_LANE, seed: laneSeed, slowMs });
  const broken = brokenPromises(report);
  say(`${summary(report)}${broken.map((promise) => `\n  ${promise} (kept: ${folder})`).join("")}`);
  if (broken.length === 0) await rm(folder, { recursive: true });
  return { kills: report.kills, broken: broken.length };
}
