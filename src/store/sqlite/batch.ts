// One batch of calls is one transaction and one fsync. When a call in it fails, the whole batch is undone and each call
// runs again in a transaction of its own, so a bad call fails alone; that way the usual, good batch pays no savepoints.

import type { Verb } from "./calls.ts";
import type { Connection } from "./open.ts";
import type { Answer, Batch, Call } from "./thread-words.ts";
import { answerOf, troubleOf } from "./trouble.ts";

/** A verb as the threads see it: the types were checked where the verbs are listed. */
type AnyVerb = (args: never, bytes: Uint8Array) => unknown;
export type VerbTable = Readonly<Partial<Record<Verb, AnyVerb>>>;

const NO_BYTES = new Uint8Array(0);

/** Runs what changes something in one transaction, then what only looks: a look never sees what is not on disk. */
export function runBatch(db: Connection, writes: VerbTable, looks: VerbTable, batch: Batch, folder: string): Answer[] {
  const answers: Answer[] = [];
  const written = batch.calls.flatMap((call, place) => (call.verb in writes ? [place] : []));
  if (written.length > 0) writeAll(db, writes, batch, written, answers, folder);
  batch.calls.forEach((call, place) => {
    if (!(call.verb in writes)) answers[place] = tryRun(() => run(looks, call, batch), folder);
  });
  return answers;
}

function writeAll(
  db: Connection,
  writes: VerbTable,
  batch: Batch,
  places: readonly number[],
  answers: Answer[],
  folder: string,
): void {
  const call = (place: number): unknown => run(writes, batch.calls[place] as Call, batch);
  const failed = inTransaction(db, () => {
    for (const place of places) answers[place] = { kind: "ok", value: call(place) };
  });
  if (failed === null) return;
  const trouble = troubleOf(failed.error, folder);
  const alone = places.length > 1 && (trouble === null || trouble.reason === "full");
  for (const place of places) {
    answers[place] = alone ? writeOne(db, () => call(place), folder) : answerOf(failed.error, folder);
  }
}

function writeOne(db: Connection, work: () => unknown, folder: string): Answer {
  let value: unknown;
  const failed = inTransaction(db, () => {
    value = work();
  });
  return failed === null ? { kind: "ok", value } : answerOf(failed.error, folder);
}

/** Answers null once the work is on disk; else nothing of it is. */
function inTransaction(db: Connection, work: () => void): { readonly error: unknown } | null {
  try {
    db.prepare("begin immediate").run();
    work();
    db.prepare("commit").run();
    return null;
  } catch (error) {
    if (db.inTransaction) db.prepare("rollback").run();
    return { error };
  }
}

function tryRun(work: () => unknown, folder: string): Answer {
  try {
    return { kind: "ok", value: work() };
  } catch (error) {
    return answerOf(error, folder);
  }
}

function run(verbs: VerbTable, { verb, args, from, to }: Call, batch: Batch): unknown {
  const work = verbs[verb];
  if (work === undefined) throw new Error(`this thread does not know ${verb}`);
  return work(args as never, batch.bytes === null ? NO_BYTES : new Uint8Array(batch.bytes, from, to - from));
}
