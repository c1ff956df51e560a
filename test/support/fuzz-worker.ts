// Reads mutants one after another in a thread of its own, so that one that never ends can be stopped and named.

import { isDeepStrictEqual } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { parse } from "../../src/parse/parse.ts";
import type { Faulty, FuzzTask } from "./fuzz.ts";
import { messageFaults } from "./message-faults.ts";
import { exampleMails, mutant } from "./mutate.ts";

/** Every so many mutants one is read twice: the same bytes give the same Message. */
const TWICE_EVERY = 50;
/** Milliseconds one mutant may take; they have at most 48 KB and take about one. */
const MUTANT_MS_MAX = 5_000;

const { seed, from, count, turn } = workerData as FuzzTask;
const mails = exampleMails();

for (let number = from; number < from + count; number++) {
  Atomics.store(turn, 0, number);
  const faults = await faultsOf(mutant(seed, number, mails), number % TWICE_EVERY === 0);
  if (faults.length > 0) parentPort?.postMessage({ number, faults } satisfies Faulty);
}

async function faultsOf(raw: Buffer, twice: boolean): Promise<readonly string[]> {
  const before = performance.now();
  try {
    const message = await parse(raw);
    const took = performance.now() - before;
    return [
      ...messageFaults(message),
      ...(took > MUTANT_MS_MAX ? [`took ${took.toFixed(0)} ms`] : []),
      ...(twice && !isDeepStrictEqual(await parse(raw), message) ? ["a second reading differs"] : []),
    ];
  } catch (error) {
    return [`threw ${error instanceof Error ? error.stack : String(error)}`];
  }
}
