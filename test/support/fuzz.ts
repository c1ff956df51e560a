// Runs the reader over mutants of the example mails and tells which of them it did wrong, with the bytes in a file.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { exampleMails, mutant } from "./mutate.ts";

export type FuzzTask = {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  readonly turn: Int32Array;
};

/** A mutant that was read wrong, and what was wrong. */
export type Faulty = { readonly number: number; readonly faults: readonly string[] };

/** A mutant that has not ended after this many milliseconds never will. */
const HANG_MS = 20_000;
const LOOK_MS = 200;
/** More failures than this tell nothing new. */
const FAULTY_MAX = 20;

/** Reads `count` mutants of a seed; answers a line for each that failed. `seen` hears how many are done. */
export async function fuzz(
  seed: number,
  from: number,
  count: number,
  seen: (done: number) => void,
): Promise<readonly string[]> {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const failed: Faulty[] = [];
  let next = from;
  while (next < from + count && failed.length < FAULTY_MAX) {
    turn[0] = next;
    const stuckAt = await runWorker({ seed, from: next, count: from + count - next, turn }, failed, (number) =>
      seen(number - from),
    );
    if (stuckAt === null) break;
    next = stuckAt + 1;
  }
  const mails = exampleMails();
  return failed.map(({ number, faults }) => `${keep(mutant(seed, number, mails), seed, number)}: ${faults.join("; ")}`);
}

/** Until the worker has ended: null, or the number of the mutant at which it hung or died. */
function runWorker(task: FuzzTask, failed: Faulty[], seen: (number: number) => void): Promise<number | null> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./fuzz-worker.ts", import.meta.url), { workerData: task, execArgv: [] });
    let last = -1;
    let since = performance.now();
    let ended = false;
    const end = (stuckAt: number | null, why: string) => {
      if (ended) return;
      ended = true;
      clearInterval(looking);
      if (stuckAt !== null && why !== "") failed.push({ number: stuckAt, faults: [why] });
      void worker.terminate().then(() => resolve(stuckAt));
    };
    const looking = setInterval(() => {
      const now = Atomics.load(task.turn, 0);
      if (now !== last) [last, since] = [now, performance.now()];
      seen(now);
      if (performance.now() - since > HANG_MS) end(now, `hangs: no end after ${HANG_MS} ms`);
    }, LOOK_MS);
    worker.on("message", (faulty: Faulty) => {
      failed.push(faulty);
      if (failed.length >= FAULTY_MAX) end(faulty.number, "");
    });
    worker.on("error", (error) => end(Atomics.load(task.turn, 0), `the thread died: ${error.stack}`));
    worker.on("exit", () => end(null, ""));
  });
}

function keep(raw: Buffer, seed: number, number: number): string {
  const path = join(mkdtempSync(join(tmpdir(), "mailward-fuzz-")), `seed-${seed}-mutant-${number}.eml`);
  writeFileSync(path, raw);
  return path;
}
