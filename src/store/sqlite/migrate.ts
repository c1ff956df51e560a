// Brings a store up to the version this program knows: forward only, each step in one transaction.

import { readdirSync, readFileSync } from "node:fs";
import type { Connection } from "./open.ts";
import { ThreadTrouble } from "./trouble.ts";

const FOLDER = new URL("./migrations/", import.meta.url);

type Migration = { readonly version: number; readonly sql: string };

/** Applies what is missing. A store of a newer program is refused and left as it is. */
export function migrate(db: Connection, folder: string, migrations: readonly Migration[] = readMigrations()): void {
  const newest = migrations.at(-1)?.version ?? 0;
  if (versionOf(db) > newest) throw tooNew(db, folder, newest);
  if (versionOf(db) === newest) return;
  // A table that others refer to can only be made anew while references are not enforced; they are looked at before the commit.
  db.pragma("foreign_keys = off");
  try {
    for (const { version, sql } of migrations) step(db, version, sql);
  } finally {
    db.pragma("foreign_keys = on");
  }
}

function step(db: Connection, version: number, sql: string): void {
  db.transaction(() => {
    if (versionOf(db) >= version) return;
    db.exec(sql);
    const broken = db.pragma("foreign_key_check") as readonly unknown[];
    if (broken.length > 0) throw new Error(`migration ${version} breaks ${broken.length} references`);
    db.pragma(`user_version = ${version}`);
  }).immediate();
}

/** For a program that only works beside the gateway: the store must be of exactly its version. */
export function requireCurrent(db: Connection, folder: string): void {
  const newest = readMigrations().at(-1)?.version ?? 0;
  if (versionOf(db) > newest) throw tooNew(db, folder, newest);
  if (versionOf(db) === newest) return;
  const sentence = `The store in ${folder} is of an older version (${versionOf(db)}, this program has ${newest}). Start the gateway once to upgrade it.`;
  throw new ThreadTrouble("broken", sentence);
}

/** The migrations that come with this program, oldest first: `0001.sql` is version 1. */
export function readMigrations(): readonly Migration[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d{4}\.sql$/.test(name))
    .sort()
    .map((name) => ({ version: Number(name.slice(0, 4)), sql: readFileSync(new URL(name, FOLDER), "utf8") }));
}

function versionOf(db: Connection): number {
  return db.pragma("user_version", { simple: true }) as number;
}

function tooNew(db: Connection, folder: string, newest: number): ThreadTrouble {
  const sentence = `The store in ${folder} was written by a newer Mailward (version ${versionOf(db)}, this program knows ${newest}). Install that one again; nothing was changed.`;
  return new ThreadTrouble("broken", sentence);
}
