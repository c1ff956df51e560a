// What the machine may do to the store: full disk, locks, damage, closed folders, a thread that dies. Every call gets an
// answer that says what to do, nothing is half done, and where the trouble passes the store works again by itself.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { runBatch } from "../src/store/sqlite/batch.ts";
import { mailColumns, recipientColumns } from "../src/store/sqlite/columns.ts";
import { openWriter } from "../src/store/sqlite/open.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { openTables } from "../src/store/sqlite/tables.ts";
import type { Batch } from "../src/store/sqlite/thread-words.ts";
import { lookVerbs, writeVerbs } from "../src/store/sqlite/verbs/write.ts";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { mailOf, newMail, recipientOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const MIB = 2 ** 20;

/** Accepts until it fails; answers the references accepted and the trouble. */
async function fill(store: Store, bytes: number): Promise<{ accepted: number[]; trouble: StoreTrouble }> {
  const accepted: number[] = [];
  for (let n = 0; n < 10_000; n++) {
    try {
      const answer = await store.accept(newMail("x".repeat(bytes)));
      accepted.push(answer.messageId ?? 0);
    } catch (error) {
      if (error instanceof StoreTrouble) return { accepted, trouble: error };
      throw error;
    }
  }
  throw new Error("the disk never got full");
}

async function sizeOf(store: Store, messageId: number): Promise<number> {
  let size = 0;
  for await (const chunk of store.readBody(messageId)) size += chunk.byteLength;
  return size;
}

/** A disk of its own, small; null where this user may not mount one. */
function smallDisk(folder: string): Disposable | null {
  mkdirSync(folder);
  try {
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=8m", "mailward-test", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  return { [Symbol.dispose]: () => execFileSync("/bin/umount", ["--lazy", folder]) };
}

test("a full disk is said, nothing is half accepted, and the store goes on when room is made", async (context) => {
  await using dir = await tempDir();
  const folder = join(dir.path, "small");
  using disk = smallDisk(folder);
  if (disk === null) context.skip("NOT TESTED: this user may not mount a small disk");
  await using store = await openSqliteStore({ folder: join(folder, "data"), mode: "gateway" });
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, Buffer.alloc(2 * MIB));
  const { accepted, trouble } = await fill(store, 60_000);
  expect(trouble).toMatchObject({ reason: "full", message: expect.stringContaining("Make room") });
  const undecided = await store.undecided(0, 1000);
  expect(undecided.map(({ messageId }) => messageId)).toEqual(accepted);
  expect(await store.balance()).toMatchObject([{ accepted: accepted.length, missing: 0 }]);
  rmSync(ballast);
  const { messageId } = await store.accept(newMail("after"));
  expect(await sizeOf(store, messageId ?? 0)).toBe(5);
  for (const id of accepted) expect(await sizeOf(store, id)).toBe(60_000);
});

test("in a batch that does not fit, the mails that fit are accepted and the others told it is full", async () => {
  await using dir = await tempDir();
  const db = openWriter({ folder: dir.path, mode: "gateway", role: "write" });
  const tables = openTables(db);
  const accept = (sizes: readonly number[]) =>
    runBatch(db, writeVerbs(tables), lookVerbs(tables), acceptBatch(sizes), dir.path);
  const pages = db.pragma("page_count", { simple: true }) as number;
  db.pragma(`max_page_count = ${pages + 20}`);
  const answers = accept([1_000, 900_000, 1_000]);
  expect(answers.map(({ kind }) => kind)).toEqual(["ok", "trouble", "ok"]);
  expect(answers[1]).toMatchObject({ reason: "full" });
  expect(accept([900_000])).toMatchObject([{ reason: "full" }]);
  expect(db.prepare("select count(*) from messages").pluck().get()).toBe(2);
  expect(db.prepare("select count(*) from body_chunks").pluck().get()).toBe(2);
  expect(db.prepare("select accepted from accounts").pluck().get()).toBe(2);
  db.pragma("max_page_count = 100000");
  expect(accept([900_000])).toMatchObject([{ kind: "ok" }]);
  db.close();
});

function acceptBatch(sizes: readonly number[]): Batch {
  const bytes = new ArrayBuffer(Math.max(...sizes));
  const calls = sizes.map((size) => {
    const mail = mailColumns(mailOf(new Uint8Array(size)));
    const routings = [{ recipient: recipientColumns(recipientOf("billing")), dedupeKey: null }];
    return {
      verb: "accept",
      args: { bodyId: null, receivedAt: 1, mail, routings, hold: null, origin: null },
      from: 0,
      to: size,
    } as const;
  });
  return { calls, bytes };
}

test("two gateways on one folder are refused, until the first has gone", async () => {
  await using dir = await tempDir();
  const open = () => openSqliteStore({ folder: dir.path, mode: "gateway" });
  const first = await open();
  await expect(open()).rejects.toMatchObject({
    name: "StoreTrouble",
    reason: "busy",
    message: expect.stringMatching(/Another gateway runs on the folder .*Stop it first/),
  });
  await first.accept(newMail("still there"));
  await first[Symbol.asyncDispose]();
  await using second = await open();
  expect(await second.undecided(0, 9)).toHaveLength(1);
});

test("an operator's command reads and writes beside a running gateway", async () => {
  await using dir = await tempDir();
  await using gateway = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { ref } = await gateway.accept({ ...newMail("x"), hold: "loop" });
  await using operator = await openSqliteStore({ folder: dir.path, mode: "operator" });
  expect(await operator.find(ref)).toMatchObject({ routings: [{ state: "held" }] });
  expect(await operator.releaseMessages({ ref }, 1)).toBe(1);
  expect(await gateway.undecided(0, 9)).toHaveLength(1);
  await gateway.accept(newMail("y"));
  expect(await operator.counts()).toMatchObject({ undecided: 2 });
});

test("a store locked by another program is busy, and works again when it lets go", { timeout: 30_000 }, async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const other = new Database(join(dir.path, "mailward.db"));
  other.exec("begin immediate");
  const both = await Promise.allSettled([store.accept(newMail("x")), store.accept(newMail("y"))]);
  for (const one of both) expect(one).toMatchObject({ status: "rejected", reason: { reason: "busy" } });
  other.exec("rollback");
  other.close();
  await store.accept(newMail("x"));
  expect(await store.undecided(0, 9)).toHaveLength(1);
});

test("a damaged store and a file that is none are refused with a way out", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "mailward.db");
  writeFileSync(file, "this is a letter and not a store ".repeat(1000));
  const open = () => openSqliteStore({ folder: dir.path, mode: "gateway" });
  await expect(open()).rejects.toMatchObject({ reason: "broken", message: expect.stringContaining("last backup") });
  rmSync(file);
  await using store = await open();
  await store.accept(newMail("x"));
});

test("damage met while running is said and never answered as accepted", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "mailward.db");
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    for (let n = 0; n < 50; n++) await store.accept(newMail(`${n}`.repeat(9_000)));
  }
  truncateSync(file, 200_000);
  const used = async () => {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    return await sizeOf(store, 50);
  };
  await expect(used()).rejects.toMatchObject({ reason: "broken" });
});

test("a body that lost a chunk is never given out as whole", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const bodyId = await store.openBody();
  for (const part of ["one", "two", "three"]) await store.appendBody(bodyId, Buffer.from(part));
  const { messageId } = await store.accept({ ...newMail(""), body: { kind: "stored", bodyId } });
  const db = new Database(join(dir.path, "mailward.db"));
  db.exec("drop trigger body_chunks_kept; delete from body_chunks where bytes = cast('two' as blob)");
  db.close();
  await expect(sizeOf(store, messageId ?? 0)).rejects.toMatchObject({
    reason: "broken",
    message: expect.stringContaining("has 8 bytes and not 11"),
  });
});

test("a folder that cannot be used is refused with a sentence", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "file");
  writeFileSync(file, "");
  const open = (folder: string) => openSqliteStore({ folder, mode: "gateway" });
  const refused = { name: "StoreTrouble", reason: "broken", message: expect.stringContaining("owner and permissions") };
  await expect(open(file)).rejects.toMatchObject(refused);
  await expect(open(join(file, "below"))).rejects.toMatchObject(refused);
  mkdirSync(join(dir.path, "dir", "mailward.db"), { recursive: true });
  await expect(open(join(dir.path, "dir"))).rejects.toMatchObject(refused);
});

test("when the store's thread dies every call is refused, nothing hangs, and a new start finds what was accepted", async () => {
  await using dir = await tempDir();
  const store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await store.accept(newMail("kept"));
  const calls = Array.from({ length: 20 }, (_, n) => store.accept(newMail(`${n}`)));
  const settled = Promise.allSettled(calls);
  await store.crash();
  const reasons = (await settled).flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  for (const reason of reasons) expect(reason).toMatchObject({ name: "StoreTrouble", reason: "broken" });
  await expect(store.accept(newMail("x"))).rejects.toMatchObject({ reason: "broken" });
  await expect(store.undecided(0, 1)).rejects.toMatchObject({ reason: "broken" });
  await store[Symbol.asyncDispose]();
  await using again = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  expect((await again.undecided(0, 100)).length).toBeGreaterThanOrEqual(1);
});

test("disposing carries out what is pending and refuses what comes later", async () => {
  await using dir = await tempDir();
  const store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const pending = Array.from({ length: 700 }, (_, n) => store.accept(newMail(`${n}`)));
  const disposed = store[Symbol.asyncDispose]();
  await expect(store.accept(newMail("late"))).rejects.toMatchObject({ reason: "closed" });
  await expect(store.balance()).rejects.toMatchObject({ reason: "closed" });
  await disposed;
  expect((await Promise.all(pending)).map(({ messageId }) => messageId)).toHaveLength(700);
  await store[Symbol.asyncDispose]();
  await expect(store.accept(newMail("later"))).rejects.toMatchObject({ reason: "closed" });
  await using again = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  expect(await again.undecided(0, 1000)).toHaveLength(700);
});
