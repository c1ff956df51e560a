// The store that fails on purpose, and what the database's errors are called.

import { expect, test } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { answerOf, ThreadTrouble } from "../src/store/sqlite/trouble.ts";
import { failingStore } from "./support/failing-store.ts";
import { newMail } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

test("the n-th call fails, whatever its verb, and the others pass", async () => {
  await using dir = await tempDir();
  await using real = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const failing = failingStore(real, 2);
  await failing.store.accept(newMail("one"));
  expect(failing.failed()).toBe(false);
  await expect(failing.store.undecided(0, 9)).rejects.toMatchObject({ name: "StoreTrouble", reason: "full" });
  expect(await failing.store.undecided(0, 9)).toHaveLength(1);
  expect([failing.calls(), failing.failed()]).toEqual([3, true]);
});

test("reading a body can fail too", async () => {
  await using dir = await tempDir();
  await using real = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { messageId } = await real.accept(newMail("one"));
  const failing = failingStore(real, 1, { when: "before", reason: "broken" });
  const read = async () => {
    let size = 0;
    for await (const chunk of failing.store.readBody(messageId ?? 0)) size += chunk.byteLength;
    return size;
  };
  await expect(read()).rejects.toMatchObject({ reason: "broken" });
  expect(await read()).toBe(3);
});

test("a call may be carried out and only its answer be lost", async () => {
  await using dir = await tempDir();
  await using real = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const failing = failingStore(real, 1, { when: "after", reason: "busy" });
  await expect(failing.store.accept(newMail("one"))).rejects.toMatchObject({ reason: "busy" });
  expect(await real.undecided(0, 9)).toHaveLength(1);
});

test.each([
  ["SQLITE_FULL", "full", "Make room"],
  ["ENOSPC", "full", "Make room"],
  ["EDQUOT", "full", "Make room"],
  ["SQLITE_BUSY_SNAPSHOT", "busy", "try again soon"],
  ["SQLITE_IOERR_FSYNC", "broken", "(fsync)"],
  ["SQLITE_IOERR", "broken", "(error)"],
  ["SQLITE_CORRUPT_INDEX", "broken", "last backup"],
  ["SQLITE_NOTADB", "broken", "last backup"],
  ["SQLITE_CANTOPEN", "broken", "owner and permissions"],
  ["SQLITE_READONLY_DBMOVED", "broken", "owner and permissions"],
  ["EACCES", "broken", "owner and permissions"],
  ["SQLITE_NOMEM", "broken", "more memory"],
])("%s is called %s and says: %s", (code, reason, sentence) => {
  const error = Object.assign(new Error("from below"), { code });
  const answer = answerOf(error, "/data");
  expect(answer).toMatchObject({ kind: "trouble", reason, message: expect.stringContaining(sentence) });
  expect(answer).toMatchObject({ detail: `${code}: from below` });
});

test("a mistake in a call is no trouble of the machine", () => {
  const error = Object.assign(new Error("CHECK constraint failed"), { code: "SQLITE_CONSTRAINT_CHECK" });
  expect(answerOf(error, "/data")).toMatchObject({ kind: "mistake", message: "CHECK constraint failed" });
  expect(answerOf(new TypeError("no number"), "/data")).toMatchObject({ kind: "mistake" });
  expect(answerOf(new ThreadTrouble("busy", "held"), "/data")).toMatchObject({ kind: "trouble", message: "held" });
});
