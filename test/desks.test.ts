// Workers with other rules take the place of those at work, or do not start and change nothing.

import { expect, test } from "vitest";
import { type Decider, startDecider } from "../src/decider/decider.ts";
import { openLog } from "../src/log.ts";
import { openSqliteStore, type SqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Undecided } from "../src/store/store.ts";
import { BLANK_RULES } from "./support/blank.ts";
import { facts } from "./support/facts.ts";
import { newMail } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

/** The real worker, which with rules called "dead" or "silent" dies or never gets ready. */
const PICKY = new URL("support/picky-worker.ts", import.meta.url);
const BYTES = Buffer.from("Subject: hello\r\n\r\nhello\r\n");
const called = (hash: string) => ({ rules: { ...BLANK_RULES, hash }, shadow: null });

function deciderOn(store: SqliteStore, hash: string, readyMs?: number): Decider {
  return startDecider({
    store,
    learn: () => Promise.resolve(facts({ aliases: ["billing"] })),
    rules: called(hash),
    log: openLog({ level: "silent", style: "json" }),
    limitMs: 20_000,
    workerUrl: PICKY,
    owner: "me",
    workers: 2,
    now: () => 0,
    wanted: () => false,
    deliver: () => undefined,
    ...(readyMs === undefined ? {} : { readyMs }),
  });
}

/** By which rules the newest mail is decided. */
async function decidedBy(store: SqliteStore, decider: Decider): Promise<string> {
  const message = await accepted(store);
  decider.offer(message, BYTES);
  const row = await until("it is decided", async () => (await store.find(message.ref))?.outcomes[0]);
  return row.rulesHash;
}

async function accepted(store: SqliteStore): Promise<Undecided> {
  const mail = newMail(BYTES.toString());
  const { messageId, ref, routings } = await store.accept(mail);
  const open = routings.flatMap((each, index) => {
    const recipient = mail.routings[index]?.recipient;
    return each.kind === "new" && recipient !== undefined ? [{ routingId: each.routingId, recipient }] : [];
  });
  return { messageId: messageId ?? 0, ref, mail: mail.mail, routings: open };
}

test.each(["silent", "dead"])("a start with workers that are %s is given up", async (hash) => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await using decider = deciderOn(store, hash, 50);
  await expect(decider.ready).rejects.toThrow("does not start");
});

test("new workers decide from the moment they begin, and not before", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await using decider = deciderOn(store, "first");
  await decider.ready;
  expect(await decidedBy(store, decider)).toBe("first");
  await using shift = await decider.prepare(called("second"));
  expect(await decidedBy(store, decider)).toBe("first");
  await shift.begin();
  expect(await decidedBy(store, decider)).toBe("second");
  expect(decider.replaced).toBe(0);
});

test("what the earlier workers have before them they finish: each mail is decided, once", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await using decider = deciderOn(store, "first");
  await decider.ready;
  const mails = await Promise.all(Array.from({ length: 100 }, () => accepted(store)));
  await using shift = await decider.prepare(called("second"));
  for (const mail of mails) decider.offer(mail, BYTES);
  await Promise.resolve(); // the facts of the mails are there, and the first workers have some
  await shift.begin();
  const rows = await until("all are decided", async () => {
    const found = await store.outcomes({ limit: 1000 });
    return found.length === mails.length ? found : null;
  });
  expect(new Set(rows.map(({ rulesHash }) => rulesHash))).toEqual(new Set(["first", "second"]));
  expect(decider.inHand).toBe(0);
  expect(decider.replaced).toBe(0);
});

test.each(["silent", "dead"])("workers that are %s change nothing, and the next ones are taken", async (hash) => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await using decider = deciderOn(store, "first", 5000);
  await decider.ready;
  await expect(decider.prepare(called(hash))).rejects.toThrow("does not start");
  expect(await decidedBy(store, decider)).toBe("first");
  expect(decider.replaced).toBe(0);
  await using shift = await decider.prepare(called("third"));
  await shift.begin();
  expect(await decidedBy(store, decider)).toBe("third");
});

test("what was prepared and not begun goes, and stopping does not wait for what is being prepared", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const decider = deciderOn(store, "first");
  await decider.ready;
  await (await decider.prepare(called("second")))[Symbol.asyncDispose]();
  expect(await decidedBy(store, decider)).toBe("first");
  const never = decider.prepare(called("silent"));
  const told = never.catch(String);
  await decider[Symbol.asyncDispose]();
  expect(await told).toMatch("was stopped");
});
