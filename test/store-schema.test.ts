// The schema keeps its promises by itself: append-only rows, legal states, forward-only versions, private files.

import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { migrate, readMigrations } from "../src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { decidedOf, finishOf, newMail, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

/** A store with one row in every table that keeps rows; answers its file. */
async function usedStore(folder: string): Promise<string> {
  await using store = await openSqliteStore({ folder, mode: "gateway" });
  const mail = newMail("x", ["billing"], () => "key");
  const accepted = await store.accept(mail);
  await store.accept(mail);
  const [routing] = accepted.routings;
  const routingId = routing?.kind === "new" ? routing.routingId : 0;
  const outcome = { routingId, outcome: outcomeOf("billing", "desk"), leaseTo: "me" };
  const [job] = await store.record(decidedOf(accepted.messageId ?? 0, [outcome]));
  await store.finish(finishOf(job?.id ?? 0, 1));
  const bounce = { deliveryId: job?.id ?? 0, messageId: accepted.messageId ?? 0, at: 1, status: null };
  await store.noteBounce({ ...bounce, action: "failed" });
  await store.keepRules({ hash: "0123456789abcdef", sources: [{ file: "a.yaml", text: "" }], usedAs: "live", at: 1 });
  return join(folder, "mailward.db");
}

test("what is written once can be neither changed nor deleted, by anybody", async () => {
  await using dir = await tempDir();
  const db = new Database(await usedStore(dir.path));
  const refused = (sql: string) => expect(() => db.exec(sql)).toThrow(/never (changed|deleted)|is final/);
  refused("update messages set mail_from = 'other'");
  refused("update outcomes set urgency = 'P4'");
  refused("update attempts set code = '550'");
  refused("update duplicates set at = 0");
  refused("update bounces set at = 0");
  refused("update rule_sets set files = '[]'");
  refused("update rule_uses set used_at = 0");
  refused("update body_chunks set bytes = x'00'");
  refused("update deliveries set state = 'waiting'");
  const tables = ["messages", "outcomes", "attempts", "duplicates", "body_chunks", "routings", "deliveries"];
  for (const table of [...tables, "bounces", "rule_sets", "rule_uses"]) {
    expect(db.prepare(`select '${table}', count(*) from ${table}`).raw().get()).toEqual([table, 1]);
    refused(`delete from ${table}`);
  }
  db.close();
});

test("a state that does not exist or does not fit is refused", async () => {
  await using dir = await tempDir();
  const db = new Database(await usedStore(dir.path));
  const refused = (sql: string) => expect(() => db.exec(sql)).toThrow(/CHECK constraint|FOREIGN KEY|cannot store/);
  refused("update routings set state = 'forgotten'");
  refused("update routings set state = 'held'");
  refused("update routings set message_id = 7");
  refused("update deliveries set lease_owner = 'me'");
  refused("update deliveries set urgency = 'P5'");
  refused("insert into attempts values (99, 1, 0, 0, '', '')");
  refused("update routings set changed_at = 'yesterday'");
  db.close();
});

test("every table is strict and has a sentence above it that says what it is for", () => {
  for (const { sql } of readMigrations()) {
    const tables = [...sql.matchAll(/^create table (\w+)/gm)];
    expect(tables.length).toBeGreaterThan(0);
    expect([...sql.matchAll(/\) strict[;,]/g)]).toHaveLength(tables.length);
    const above = tables.map(({ index }) => sql.slice(0, index).trimEnd().split("\n").at(-1));
    for (const sentence of above) expect(sentence).toMatch(/^-- .+\.$/);
  }
});

test("the migrations are numbered from 1 without a gap", () => {
  expect(readMigrations().map(({ version }) => version)).toEqual(readMigrations().map((_, place) => place + 1));
});

test("an older store is brought up to date, step by step, keeping what is in it", () => {
  const db = new Database(":memory:");
  const first = { version: 1, sql: "create table t (a integer) strict; insert into t values (1)" };
  const second = { version: 2, sql: "alter table t add column b integer; update t set b = a + 1" };
  const third = { version: 3, sql: "insert into t values (5, 6)" };
  migrate(db, "f", [first]);
  migrate(db, "f", [first, second, third]);
  migrate(db, "f", [first, second, third]);
  expect(db.prepare("select a, b from t").all()).toEqual([
    { a: 1, b: 2 },
    { a: 5, b: 6 },
  ]);
  expect(db.pragma("user_version", { simple: true })).toBe(3);
});

test("a step that fails is undone as a whole and leaves the older version", () => {
  const db = new Database(":memory:");
  const first = { version: 1, sql: "create table t (a integer) strict" };
  const broken = { version: 2, sql: "insert into t values (1); insert into nowhere values (1)" };
  expect(() => migrate(db, "f", [first, broken])).toThrow(/nowhere/);
  expect(db.pragma("user_version", { simple: true })).toBe(1);
  expect(db.prepare("select count(*) from t").pluck().get()).toBe(0);
});

test("a store of a newer program is refused and left alone", async () => {
  await using dir = await tempDir();
  const file = await usedStore(dir.path);
  const db = new Database(file);
  db.pragma("user_version = 99");
  db.close();
  for (const mode of ["gateway", "operator"] as const) {
    await expect(openSqliteStore({ folder: dir.path, mode })).rejects.toMatchObject({
      reason: "broken",
      message: expect.stringContaining("written by a newer Mailward (version 99"),
    });
  }
});

test("an operator's command neither makes nor upgrades a store", async () => {
  await using dir = await tempDir();
  const operator = () => openSqliteStore({ folder: dir.path, mode: "operator" });
  await expect(operator()).rejects.toThrow(/no store in .* yet\. Start the gateway/);
  expect(readdirSync(dir.path)).toEqual([]);
  writeFileSync(join(dir.path, "mailward.db"), "");
  await expect(operator()).rejects.toThrow(/older version \(0.*Start the gateway once/);
});

test("the folder and every file in it are for the gateway's user alone", async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, "new", "data");
  const old = process.umask(0);
  await using store = await openSqliteStore({ folder, mode: "gateway" });
  await store.accept(newMail("x"));
  process.umask(old);
  const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
  expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
  expect(Object.fromEntries(modes)).toEqual({
    "gateway.lock": "600",
    "mailward.db": "600",
    "mailward.db-shm": "600",
    "mailward.db-wal": "600",
  });
});

test("a folder made open by mistake does not make the files open", async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, "open");
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  await using store = await openSqliteStore({ folder, mode: "gateway" });
  expect(await store.undecided(0, 1)).toEqual([]);
  const open = readdirSync(folder).filter((name) => statSync(join(folder, name)).mode & 0o077);
  expect(open).toEqual([]);
});

test("a store that was used before deliveries could be made anew keeps all of them, and what was left stays left", () => {
  const db = new Database(":memory:");
  const all = readMigrations();
  migrate(db, "f", all.slice(0, 5));
  const insert = (sql: string) => db.exec(sql);
  insert(`insert into messages (id, body_id, body_bytes, door, received_at, client_address, client_helo, client_tls,
    mail_from, smtp_utf8, body_8bit, size_bytes, sha256) values (1, 1, 1, 'smtp', 1, 'a', 'b', 0, 'c', 0, 0, 1, 'd')`);
  insert(`insert into routings (id, message_id, alias, address, tag, dsn_notify, state, changed_at)
    values (1024, 1, 'billing', 'a', '', '', 'decided', 1)`);
  insert(`insert into deliveries (id, message_id, routing_id, queue, urgency, state, attempts, created_at, next_at, left_at,
    reason) values (5, 1, 1024, 'a', 'P3', 'held', 0, 1, 1, 7, null), (6, 1, 1024, 'b', 'P3', 'delivered', 1, 1, 1, null, null)`);
  migrate(db, "f", all);
  expect(db.prepare("select id, queue, state, left_at, reason from deliveries order by id").all()).toEqual([
    { id: 5, queue: "a", state: "held", left_at: 7, reason: "left" },
    { id: 6, queue: "b", state: "delivered", left_at: null, reason: null },
  ]);
  expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
  expect(() => db.exec("delete from deliveries")).toThrow(/never deleted/);
});
