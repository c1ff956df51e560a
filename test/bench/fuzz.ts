// npm run fuzz -- [count] [seed]: damaged mails without end, or as many as asked for. Prints the seed, how far it is, and
// the files of mutants that were read wrong; ends with 1 if there were any.

import { fuzz } from "../support/fuzz.ts";
import { say } from "./machine.ts";

const COUNT_DEFAULT = 1_000_000;
/** Seeds are small enough that seed and number together stay apart. */
const SEEDS = 1_000_000;

const count = Number(process.argv[2] ?? COUNT_DEFAULT);
const began = performance.now();
const seed = Number(process.argv[3] ?? Date.now() % SEEDS);

if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  say("npm run fuzz -- [count] [seed], both whole numbers");
  process.exitCode = 2;
} else {
  say(`seed ${seed}, ${count} mutants`);
  const failures = await fuzz(seed, 0, count, showProgress);
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  for (const failure of failures) say(failure);
  const seconds = (performance.now() - began) / 1000;
  say(
    `${failures.length === 0 ? "no" : failures.length} failures, ${seconds.toFixed(1)} s, ${((seconds * 1000) / count).toFixed(2)} ms a mutant`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function showProgress(done: number): void {
  if (!process.stderr.isTTY) return;
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(`\r${done} of ${count}, ${(done / Math.max(seconds, 0.1)).toFixed(0)} a second\x1b[K`);
}
