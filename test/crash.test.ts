// The real gateway, killed hard at random moments while mail flows through it: at least 200 times, in two lanes side by
// side, one with a far end that answers at once and one with a slow one. `npm run crash` does it 1,000 times.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brokenPromises, crashAndRecover, summary } from "./support/crash.ts";

const KILLS_A_LANE = 102;
const LIMIT_MS = 15 * 60_000;
/** Set CRASH_SEED to repeat a run's moments and mails. */
const SEED = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
process.stdout.write(`CRASH_SEED=${SEED}\n`);

test.concurrent.each([
  ["answers at once", 0],
  ["is slow", 4],
])(`nothing is lost over ${KILLS_A_LANE} kills, where the far end %s`, { timeout: LIMIT_MS }, async (_, slowMs) => {
  const folder = await mkdtemp(join(tmpdir(), "mailward-crash-"));
  const report = await crashAndRecover({ folder, kills: KILLS_A_LANE, seed: SEED + slowMs, slowMs });
  process.stdout.write(`${summary(report)}\n`);
  // What went wrong can be looked into: the folder goes only when nothing did.
  expect(brokenPromises(report), `the gateway's folder is kept: ${folder}`).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(KILLS_A_LANE);
  await rm(folder, { recursive: true });
});
