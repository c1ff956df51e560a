// Answers find the mail they answer, and the key of our tokens is made once.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { mintToken } from "../src/classify/thread.ts";
import { migrate } from "../src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { threadStatements } from "../src/store/sqlite/tables/threads.ts";
import type { Store } from "../src/store/store.ts";
import { acceptedIn, decidedIn } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

test("an answer finds the mail by its Message-ID once it is decided, and not before", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await acceptedIn(store, {});
  expect(await store.earlier(["<a@example.org>"])).toEqual([]);
  const mailFrom = "Bounces@example.org";
  const ref = await decidedIn(
    store,
    { mailFrom },
    { originalSender: "Ana.Ruiz@example.org", forwarder: "desk@hospital.example" },
  );
  const participants = ["ana.ruiz@example.org", "desk@hospital.example", "bounces@example.org"];
  expect(await store.earlier(["<no@example.org>", "<a@example.org>"])).toEqual([
    { ref, id: "<a@example.org>", participants, requestType: "billing" },
  ]);
  expect(await store.earlier(["a@example.org"])).toMatchObject([{ ref }]);
  expect(await store.earlier(["<A@example.org>"])).toEqual([]);
  expect(await store.earlier([])).toEqual([]);
});

test("a mail is found by our token and by its case number, with what its first outcome says", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const ref = await decidedIn(store, { aliases: ["billing", "access"], mailFrom: "", messageId: null });
  const token = mintToken(await store.threadKey(), ref, "patient@example.org");
  for (const id of [token, `<${token}@hospital.example>`, ref, ref.toLowerCase()]) {
    expect(await store.earlier([id])).toEqual([
      { ref, id, participants: ["patient@example.org"], requestType: "billing" },
    ]);
  }
  expect(await store.earlier(["MW-999999", "mw-00zzzz.aaaaaaaaaaaaaaaaaaaaaaaaaa", "", "<>", "'"])).toEqual([]);
});

test("a guess that went to review is no request type; a sure type without a department is", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const guess = await decidedIn(store, {}, {}, { decidedBy: "review" });
  const sure = await decidedIn(store, {}, {}, { decidedBy: "field" });
  expect(await store.earlier([guess])).toMatchObject([{ requestType: null }]);
  expect(await store.earlier([sure])).toMatchObject([{ requestType: "billing" }]);
});

test("the newest come first, at most five, and who is named by number is not pushed out", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const refs: string[] = [];
  for (let n = 0; n < 8; n++) refs.push(await decidedIn(store, { messageId: `<${n % 2}@example.org>` }));
  const found = async (ids: readonly string[]) => (await store.earlier(ids)).map(({ ref }) => ref);
  expect(await found(["<0@example.org>"])).toEqual([refs[6], refs[4], refs[2], refs[0]]);
  expect(await found(["<0@example.org>", "<1@example.org>"])).toEqual([7, 6, 5, 4, 3].map((n) => refs[n]));
  const number = refs[0] ?? "";
  expect(await found(["<1@example.org>", "<0@example.org>", number])).toEqual([7, 6, 5, 4, 0].map((n) => refs[n]));
});

test("twenty ids are looked up and no more", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await decidedIn(store);
  const strange = (count: number) => Array.from({ length: count }, (_, n) => `<${n}@example.net>`);
  expect(await store.earlier([...strange(19), "<a@example.org>"])).toHaveLength(1);
  expect(await store.earlier([...strange(20), "<a@example.org>"])).toEqual([]);
});

test("answers find their mail over full buckets, a crash, and buckets lost", async () => {
  await using dir = await tempDir();
  const total = 2 * 8_192 + 1_100;
  const asked = [0, 8_190, 8_191, 16_382, 16_383, total - 1];
  const find = async (store: Store) =>
    Promise.all(asked.map(async (n) => (await store.earlier([`<${n}@example.org>`])).length));
  const beside = <T>(work: (db: Database.Database) => T): T => {
    const db = new Database(join(dir.path, "mailward.db"));
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  const sealed = () => beside((db) => db.prepare("select bucket from thread_buckets order by bucket").pluck().all());
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    for (let n = 0; n < total; n += 500) {
      const some = Array.from({ length: Math.min(500, total - n) }, (_, place) => `<${n + place}@example.org>`);
      await Promise.all(some.map((messageId) => decidedIn(store, { messageId })));
    }
    expect(sealed()).toEqual([0, 1]);
    expect(await find(store)).toEqual(asked.map(() => 1));
    beside((db) => db.exec("delete from thread_buckets"));
    expect(await find(store)).toEqual(asked.map(() => 1));
    await store.crash();
  }
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await until("the lost bucket is sealed again", () => sealed().length === 1);
  expect(await find(store)).toEqual(asked.map(() => 1));
  expect(await store.earlier(["<none@example.org>"])).toEqual([]);
});

test("a step undone leaves nothing that misleads", () => {
  const db = new Database(":memory:");
  migrate(db, "f");
  const insert = db.prepare(`insert into messages values (?, 1, 1, 'smtp', 1, '', '', 0, null, '', 0, 0, null, null, 1,
    '', ?)`);
  const threads = threadStatements(db);
  const add = (from: number, to: number, sort: string) =>
    db.transaction(() => {
      for (let id = from; id < to; id++) {
        insert.run(id, `<${sort}${id}@x>`);
        threads.add(`<${sort}${id}@x>`, id);
      }
      if (sort === "undone") throw new Error("planted");
    });
  add(1, 9_000, "a")();
  expect(add(9_000, 9_400, "undone")).toThrow("planted");
  add(9_000, 9_400, "b")();
  const found = (...headers: readonly string[]) => headers.map((header) => threads.mailsOf(`<${header}@x>`));
  expect(found("a1", "a8191", "a8192", "a8999")).toEqual([[1], [8_191], [8_192], [8_999]]);
  expect(found("undone9000", "undone9399", "b9000", "b9399")).toEqual([[], [], [9_000], [9_399]]);
  expect(threadStatements(db).mailsOf("<a1@x>")).toEqual([1]);
  db.close();
});

test("of mails that share a Message-ID the newest are found, in open and in full buckets", () => {
  const db = new Database(":memory:");
  migrate(db, "f");
  const insert = db.prepare(`insert into messages values (?, 1, 1, 'smtp', 1, '', '', 0, null, '', 0, 0, null, null, 1,
    '', '<same@x>')`);
  db.transaction(() => {
    for (let id = 1; id <= 20_000; id++) insert.run(id);
  })();
  const threads = threadStatements(db);
  while (threads.sealOne());
  expect(threads.mailsOf("<same@x>")).toEqual(Array.from({ length: 16 }, (_, n) => 20_000 - n));
  expect(db.prepare("select sum(length(hashes)) from thread_buckets").pluck().get()).toBe(16 * 8);
  db.close();
});

test("the key of the tokens is 32 bytes, the same for every opening, and another in another store", async () => {
  await using dir = await tempDir();
  await using other = await tempDir();
  const keyOf = async (folder: string, mode: "gateway" | "operator") => {
    await using store = await openSqliteStore({ folder, mode });
    const [key, again] = await Promise.all([store.threadKey(), store.threadKey()]);
    expect(again).toBe(key);
    return key;
  };
  const key = await keyOf(dir.path, "gateway");
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await keyOf(dir.path, "gateway")).toBe(key);
  expect(await keyOf(dir.path, "operator")).toBe(key);
  expect(await keyOf(other.path, "gateway")).not.toBe(key);
});
