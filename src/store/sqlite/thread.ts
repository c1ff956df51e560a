// A thread that owns one connection. The writing one carries out batches and, when idle, sweeps what crashes left; the
// reading one answers long questions. Neither ever blocks the event loop that talks to mail clients.

import { parentPort, workerData } from "node:worker_threads";
import { runBatch, type VerbTable } from "./batch.ts";
import { type Connection, lockFolder, openReader, openWriter } from "./open.ts";
import { openTables } from "./tables.ts";
import type { Answer, FromThread, ThreadTask, ToThread } from "./thread-words.ts";
import { ThreadTrouble, troubleOf } from "./trouble.ts";
import { askVerbs, openQuestions } from "./verbs/ask.ts";
import { sweepBodies } from "./verbs/body.ts";
import { lookVerbs, writeVerbs } from "./verbs/write.ts";

type Opened = {
  readonly db: Connection;
  readonly lock: Connection | null;
  readonly writes: VerbTable;
  readonly looks: VerbTable;
  /** Does a little work that can wait; answers whether there is more. */
  readonly idle: () => boolean;
};

const port = parentPort;
if (port === null) throw new Error("thread.ts runs as a worker thread only");
const task = workerData as ThreadTask;
start();

function start(): void {
  let opened: Opened;
  try {
    opened = task.role === "write" ? openForWriting() : openForReading();
  } catch (error) {
    send({ kind: "refused", trouble: refusal(error) });
    return;
  }
  port?.on("message", (message: ToThread) => {
    if (message.kind === "close") close(opened);
    else answer(runBatch(opened.db, opened.writes, opened.looks, message.batch, task.folder), message.batch.bytes);
  });
  send({ kind: "ready" });
  if (task.role === "write" && task.mode === "gateway") idle(opened);
}

function openForWriting(): Opened {
  const lock = task.mode === "gateway" ? lockFolder(task.folder) : null;
  try {
    const db = openWriter(task);
    const tables = openTables(db);
    return {
      db,
      lock,
      writes: writeVerbs(tables),
      looks: lookVerbs(tables),
      idle: () => db.transaction(() => sweepBodies(tables) || tables.threads.sealOne()).immediate(),
    };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

function openForReading(): Opened {
  const db = openReader(task);
  return { db, lock: null, writes: {}, looks: askVerbs(openQuestions(db)), idle: () => false };
}

/** Sweeps in small steps between batches. A step that fails is no harm: the next start sweeps again. */
function idle(opened: Opened): void {
  setImmediate(() => {
    try {
      if (opened.db.open && opened.idle()) idle(opened);
    } catch {
      return;
    }
  });
}

function answer(answers: readonly Answer[], bytes: ArrayBuffer | null): void {
  send({ kind: "answers", answers, bytes }, bytes === null ? [] : [bytes]);
}

function close(opened: Opened): void {
  try {
    if (opened.lock !== null) opened.db.pragma("wal_checkpoint(truncate)");
  } catch {
    // What is committed is in the log; the next opening moves it.
  }
  opened.db.close();
  opened.lock?.close();
  send({ kind: "closed" });
  port?.close();
}

function refusal(error: unknown) {
  const sentence = `The store in ${task.folder} cannot be opened: ${error instanceof Error ? error.message : String(error)}.`;
  const trouble = troubleOf(error, task.folder) ?? troubleOf(new ThreadTrouble("broken", sentence, error), task.folder);
  if (trouble === null) throw error;
  return trouble;
}

function send(message: FromThread, moved: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, moved);
}
