// Opening the files of the store: folder, locks, settings. What is set here holds for every statement.

import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { migrate, requireCurrent } from "./migrate.ts";
import type { ThreadTask } from "./thread-words.ts";
import { ThreadTrouble, troubleOf } from "./trouble.ts";

export type Connection = Database.Database;

const STORE_FILE = "mailward.db";
const LOCK_FILE = "gateway.lock";
/** Patients' mail: nobody but the gateway's own user. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** How long to wait for a lock of an operator's command or of a backup, in milliseconds; a sender waits much longer. */
const BUSY_MS = 5_000;
/** Page cache of the writer, in KiB: bodies flow through once, so more of it would only hold what nobody asks for again. */
const CACHE_KIB = 16 * 1024;
/**
 * Bytes a page, set once, when the file is made. A mail of 10 KB took 100 to 115 us of CPU with 8192 and 123 to 140 with
 * 4096 (fewer pages and checksums), about the same with 16384, which writes more when few mails come at a time.
 */
const PAGE_BYTES = 8192;
/**
 * Pages in the write-ahead log before a commit moves them to the database file: 16 MiB. Four times as much was not
 * faster and makes the pause longer; a quarter costs a fifth of the speed.
 */
const CHECKPOINT_PAGES = 2_048;
/** A log that grew under a long reader is cut back to this many bytes. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;

/** The one connection that writes. In gateway mode it makes and upgrades the store. */
export function openWriter(task: ThreadTask): Connection {
  // In gateway mode `lockFolder` has made the files. Opened and closed once more, the lock would be gone: a process
  // loses its POSIX locks on a file with the first descriptor of it that it closes.
  if (task.mode === "operator") requireStore(task.folder);
  const db = new Database(join(task.folder, STORE_FILE), { timeout: BUSY_MS });
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma("journal_mode = wal");
    db.pragma("synchronous = full");
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`);
    settle(db);
    if (task.mode === "operator") requireCurrent(db, task.folder);
    else migrate(db, task.folder);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** A connection that only reads. The writer has made the files before. */
export function openReader(task: ThreadTask): Connection {
  const db = new Database(join(task.folder, STORE_FILE), { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  settle(db);
  return db;
}

function settle(db: Connection): void {
  db.pragma("foreign_keys = on");
  db.pragma("trusted_schema = off");
  db.pragma("temp_store = memory");
  db.pragma(`cache_size = -${CACHE_KIB}`);
}

/**
 * Locks the folder for one gateway until the connection is closed or the process dies, however it dies: the lock is
 * the operating system's, of a transaction that never ends and writes nothing, on a second, empty file, so that
 * operators' commands can still use the store itself.
 */
export function lockFolder(folder: string): Connection {
  makeFiles(folder);
  const lock = new Database(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    lock.pragma("journal_mode = memory");
    lock.exec("begin exclusive");
    return lock;
  } catch (error) {
    lock.close();
    if (troubleOf(error, folder)?.reason !== "busy") throw error;
    const sentence = `Another gateway runs on the folder ${folder}. Stop it first, or give this one a folder of its own.`;
    throw new ThreadTrouble("busy", sentence, error);
  }
}

/** Whether a gateway holds the lock of the folder. The look takes a lock that lasts no longer than itself. */
export function isGatewayRunning(folder: string): boolean {
  const path = join(folder, LOCK_FILE);
  if (!existsSync(path)) return false;
  const lock = new Database(path, { readonly: true, timeout: 0 });
  try {
    lock.prepare("select count(*) from sqlite_schema").get();
    return false;
  } catch (error) {
    if (troubleOf(error, folder)?.reason === "busy") return true;
    throw error;
  } finally {
    lock.close();
  }
}

function makeFiles(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  for (const name of [STORE_FILE, LOCK_FILE]) {
    const path = join(folder, name);
    closeSync(openSync(path, "a", FILE_MODE));
    chmodSync(path, FILE_MODE);
  }
}

function requireStore(folder: string): void {
  if (existsSync(join(folder, STORE_FILE))) return;
  throw new ThreadTrouble("broken", `There is no store in ${folder} yet. Start the gateway on it once.`);
}
