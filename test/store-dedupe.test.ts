// A sender's retry is harmless and known for weeks; a different mail is never taken for one.

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { addTo, newFilter, newGroup, perhapsIn, placesOf, putInto } from "../src/store/sqlite/filter.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { NewMail, Store } from "../src/store/store.ts";
import { mailOf, NOW, newMail } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const DAY_MS = 24 * 3600_000;

function at(mail: NewMail, receivedAt: number): NewMail {
  return { ...mail, mail: { ...mail.mail, receivedAt } };
}

/** The key as `accept` makes it: content with its Message-ID, alias. */
function keyed(text: string, aliases: readonly string[] = ["billing"], messageId = "<1@example.org>"): NewMail {
  const mail = newMail(text, aliases, (alias) => `${text} ${messageId} ${alias}`);
  return { ...mail, mail: { ...mail.mail, messageId } };
}

test("a retry answers the first reference, keeps nothing and is written down", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const first = await store.accept(keyed("x"));
  const again = await store.accept(at(keyed("x"), NOW + 5 * DAY_MS));
  expect(again).toEqual({ messageId: null, ref: first.ref, routings: [{ kind: "duplicate", ref: first.ref }] });
  expect(await store.undecided(0, 10)).toHaveLength(1);
  expect(await store.balance()).toMatchObject([{ accepted: 1, waiting: 1, missing: 0 }]);
  expect(await store.counts()).toMatchObject({ duplicates: 1 });
  expect((await store.find(first.ref))?.duplicates).toEqual([{ alias: "billing", at: NOW + 5 * DAY_MS }]);
});

test("the same Message-ID with other content is another mail, and so is the same content with another Message-ID", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const mails = [keyed("one"), keyed("two"), keyed("one", ["billing"], "<2@example.org>"), newMail("one")];
  const accepted = await Promise.all(mails.map((mail) => store.accept(mail)));
  expect(accepted.map(({ messageId }) => messageId)).toEqual([1, 2, 3, 4]);
});

test("a mail to two aliases, one of which has it already, is kept for the other alone", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const first = await store.accept(keyed("x", ["billing"]));
  const second = await store.accept(keyed("x", ["billing", "clinical"]));
  expect(second.messageId).not.toBeNull();
  expect(second.routings).toMatchObject([{ kind: "duplicate", ref: first.ref }, { kind: "new" }]);
  const undecided = await store.undecided(0, 10);
  expect(undecided.map(({ routings }) => routings.map(({ recipient }) => recipient.alias))).toEqual([
    ["billing"],
    ["clinical"],
  ]);
});

test("the same key twice in one mail is one routing", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const accepted = await store.accept(keyed("x", ["billing", "billing"]));
  expect(accepted.routings).toMatchObject([{ kind: "new" }, { kind: "duplicate", ref: accepted.ref }]);
});

test("the same mail twice in one batch is accepted once", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const both = await Promise.all([store.accept(keyed("x")), store.accept(keyed("x"))]);
  expect(both.map(({ messageId }) => messageId)).toEqual([1, null]);
});

test("the chunks of a repeated mail are deleted, those of an accepted one cannot be", async () => {
  await using dir = await tempDir();
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    for (let n = 0; n < 2; n++) {
      const bodyId = await store.openBody();
      await store.appendBody(bodyId, Buffer.from("x"));
      await store.accept({ ...keyed("x"), body: { kind: "stored", bodyId } });
    }
  }
  const db = new Database(join(dir.path, "mailward.db"));
  expect(db.prepare("select count(*) from body_chunks").pluck().get()).toBe(1);
  expect(db.prepare("select count(*) from bodies").pluck().get()).toBe(0);
  expect(() => db.exec("delete from body_chunks")).toThrow("the body of an accepted mail is never deleted");
  db.close();
});

/** A mail without a key, from a place in a watched folder. */
function fetched(text: string, uid: number, uidValidity = "1"): NewMail {
  const identity = createHash("sha256").update(text).digest("hex");
  return { ...newMail(text), origin: { account: "desk", folder: "INBOX", uidValidity, uid, identity } };
}

test("a mail of a watched folder that two sessions fetch is kept once, though it has no key", async () => {
  await using dir = await tempDir();
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    const both = await Promise.all([store.accept(fetched("x", 7)), store.accept(fetched("x", 7))]);
    const ref = both[0]?.ref ?? "";
    expect(both[1]).toEqual({ messageId: null, ref, routings: [{ kind: "duplicate", ref }] });
    const bodyId = await store.openBody();
    await store.appendBody(bodyId, Buffer.from("x"));
    const later = await store.accept({ ...at(fetched("x", 7), NOW + 90 * DAY_MS), body: { kind: "stored", bodyId } });
    expect(later).toEqual(both[1]);
    expect(await store.balance()).toMatchObject([{ accepted: 1, waiting: 1, missing: 0 }]);
    // The sender repeated nothing.
    expect(await store.counts()).toMatchObject({ duplicates: 0 });
  }
  const db = new Database(join(dir.path, "mailward.db"), { readonly: true });
  expect(db.prepare("select count(*) from body_chunks").pluck().get()).toBe(1);
  expect(db.prepare("select count(*) from imap_mails").pluck().get()).toBe(1);
  db.close();
});

test("another place, other UIDs and another mail under a UID given out twice are new mails", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const mails = [fetched("x", 7), fetched("x", 8), fetched("x", 7, "2"), fetched("y", 7)];
  const accepted = await Promise.all(mails.map((mail) => store.accept(mail)));
  expect(accepted.map(({ messageId }) => messageId)).toEqual([1, 2, 3, 4]);
});

test("a key is a hash of at least 16 bytes", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const mail = newMail("x");
  const routings = mail.routings.map((routing) => ({ ...routing, dedupeKey: Buffer.from("short") }));
  await expect(store.accept({ ...mail, routings })).rejects.toThrow(/at least 16 bytes/);
});

test("retries are known over full buckets, restarts and a crash, for 31 days", async () => {
  await using dir = await tempDir();
  const bytes = Buffer.from("x");
  const body = { kind: "inline", bytes } as const;
  const mail = (n: number, receivedAt: number): NewMail => {
    const dedupeKey = createHash("sha256").update(`${n}`).digest();
    const routings = newMail("x").routings.map((routing) => ({ ...routing, dedupeKey }));
    return { mail: mailOf(bytes, { receivedAt }), body, routings, hold: null, origin: null };
  };
  const newAmong = async (store: Store, numbers: readonly number[], receivedAt: number) => {
    const answers = await Promise.all(numbers.map((n) => store.accept(mail(n, receivedAt))));
    return numbers.filter((_, place) => answers[place]?.messageId !== null);
  };
  const total = 3 * 8_192 + 100;
  const repeats = [0, 1, 8_191, 8_192, 16_384, 24_575, total - 1];
  {
    const store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    for (let n = 0; n < total; n += 1_000) {
      const upTo = Math.min(1_000, total - n);
      await Promise.all(Array.from({ length: upTo }, (_, place) => store.accept(mail(n + place, NOW))));
    }
    expect(await newAmong(store, repeats, NOW + 1)).toEqual([]);
    await store.crash();
    await store[Symbol.asyncDispose]();
  }
  const db = new Database(join(dir.path, "mailward.db"));
  expect(db.prepare("select bucket from dedupe_filters").pluck().all()).toEqual([1, 2, 3]);
  db.exec("delete from dedupe_filters where bucket = 2");
  db.close();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  expect(await newAmong(store, repeats, NOW + 31 * DAY_MS)).toEqual([]);
  expect((await store.accept(mail(total, NOW + 1))).messageId).not.toBeNull();
});

test("a filter never says no to a key it was given, and seldom perhaps to another", () => {
  const key = (n: number) => placesOf(createHash("sha256").update(`key ${n}`).digest());
  const group = newGroup();
  const perFilter = 8_192;
  for (const n of [0, 1, 31]) {
    const filter = newFilter();
    for (let place = 0; place < perFilter; place++) addTo(filter, key(n * perFilter + place));
    putInto(group, filter, n);
  }
  const answers = Array.from({ length: perFilter }, (_, place) => [
    perhapsIn(group, key(place)) & (1 << 0),
    perhapsIn(group, key(perFilter + place)) & (1 << 1),
    perhapsIn(group, key(31 * perFilter + place)) & (1 << 31),
  ]);
  expect(answers.flat().filter((answer) => answer === 0)).toEqual([]);
  const others = Array.from({ length: 20_000 }, (_, n) => perhapsIn(group, key(1_000_000 + n)));
  expect(others.filter((answer) => answer !== 0).length).toBeLessThan(100);
});

test("bodies that were never accepted are swept after a crash, and no others", async () => {
  await using dir = await tempDir();
  {
    const store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    for (let body = 0; body < 3; body++) {
      const bodyId = await store.openBody();
      for (let n = 0; n < 150; n++) await store.appendBody(bodyId, Buffer.alloc(100));
    }
    await store.accept(newMail("kept"));
    await store.crash();
    await store[Symbol.asyncDispose]();
  }
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    const bodyId = await store.openBody();
    await store.appendBody(bodyId, Buffer.from("of this run"));
    expect(bodyId).toBe(5);
    const db = new Database(join(dir.path, "mailward.db"), { readonly: true });
    const left = db.prepare("select id from bodies").pluck();
    await expect.poll(() => left.all(), { timeout: 10_000 }).toEqual([5]);
    expect(db.prepare("select count(*) from body_chunks").pluck().get()).toBe(2);
    db.close();
  }
  expect(readdirSync(dir.path).sort()).toEqual(["gateway.lock", "mailward.db"]);
});
