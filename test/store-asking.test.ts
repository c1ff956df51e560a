// What people ask of the store: cases, outcomes, balance, reports.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { decidedOf, finishOf, NOW, newMail, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const HOUR_MS = 3600_000;

/** One mail through accept and record; answers its reference. */
async function decide(store: Store, alias: string, queue: string, at: number, urgency: "P1" | "P3" = "P3") {
  const accepted = await store.accept(newMail(`mail at ${at}`, [alias], () => `${alias} ${at}`));
  const [routing] = accepted.routings;
  const routingId = routing?.kind === "new" ? routing.routingId : 0;
  const outcome = { routingId, outcome: outcomeOf(alias, queue, urgency), leaseTo: "me" };
  const [job] = await store.record(decidedOf(accepted.messageId ?? 0, [outcome], at));
  return { ref: accepted.ref, deliveryId: job?.id ?? 0, messageId: accepted.messageId ?? 0 };
}

test("a case shows everything known of it", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { ref, deliveryId } = await decide(store, "billing", "desk", NOW + 5);
  await store.finish(finishOf(deliveryId, 1, { kind: "wait", until: NOW + 100 }));
  await store.accept(newMail("again", ["billing"], () => `billing ${NOW + 5}`));
  const found = await store.find(ref.toLowerCase().replace("-", " "));
  expect(found).toMatchObject({
    ref,
    reading: { kind: "person", defects: [], originalSender: "patient@example.org" },
    mail: { messageId: "<1@example.org>" },
    routings: [{ state: "decided", heldReason: null, recipient: { alias: "billing" } }],
    outcomes: [{ queue: "desk", rules: ["payment-plan", "billing-desk"], deliveryState: "waiting" }],
    deliveries: [{ id: deliveryId, state: "waiting", attempts: 1, nextAt: NOW + 100, reason: "try later" }],
    attempts: [{ deliveryId, attempt: 1, code: "451", text: "try later" }],
    duplicates: [{ alias: "billing", at: NOW }],
  });
  expect(found?.outcomes[0]?.outcome).toEqual(outcomeOf("billing", "desk"));
  expect(await store.find("MW-000000")).toBeNull();
  expect(await store.find("MW-1001114")).toBeNull();
});

test("a mail not yet decided is a case without outcomes", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { ref } = await store.accept(newMail("x"));
  expect(await store.find(ref)).toMatchObject({ reading: null, outcomes: [], deliveries: [] });
});

test("outcomes come newest first and are found by queue, alias, urgency and time", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await decide(store, "billing", "desk", NOW);
  await decide(store, "clinical", "nurses", NOW + 1, "P1");
  await decide(store, "billing", "nurses", NOW + 2);
  const times = async (filter: object) =>
    (await store.outcomes({ limit: 10, ...filter })).map(({ decidedAt }) => decidedAt - NOW);
  expect(await times({})).toEqual([2, 1, 0]);
  expect(await times({ limit: 1 })).toEqual([2]);
  expect(await times({ queue: "nurses" })).toEqual([2, 1]);
  expect(await times({ alias: "billing" })).toEqual([2, 0]);
  expect(await times({ urgency: "P1" })).toEqual([1]);
  expect(await times({ since: NOW + 1 })).toEqual([2, 1]);
});

test("a report counts by bucket and value", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  for (const [minutes, queue] of [
    [0, "desk"],
    [10, "desk"],
    [70, "desk"],
    [80, "nurses"],
  ] as const) {
    await decide(store, "billing", queue, NOW + minutes * 60_000);
  }
  const report = (by: "queue" | "rule" | "type", since = 0) => store.report({ by, since, bucketMs: HOUR_MS });
  expect(await report("queue")).toEqual([
    { bucket: NOW, by: "desk", count: 2 },
    { bucket: NOW + HOUR_MS, by: "desk", count: 1 },
    { bucket: NOW + HOUR_MS, by: "nurses", count: 1 },
  ]);
  expect(await report("queue", NOW + 80 * 60_000)).toEqual([{ bucket: NOW + HOUR_MS, by: "nurses", count: 1 }]);
  expect((await report("rule")).map(({ by, count }) => [by, count])).toEqual([
    ["payment-plan", 2],
    ["billing-desk", 2],
    ["payment-plan", 2],
    ["billing-desk", 2],
  ]);
  expect((await report("type")).map(({ by, count }) => [by, count])).toEqual([
    ["billing", 2],
    ["billing", 2],
  ]);
});

test("the balance is exact in every state, by alias", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await store.accept(newMail("undecided", ["billing", "clinical"]));
  await store.accept({ ...newMail("loop"), hold: "loop" });
  const delivered = await decide(store, "billing", "desk", NOW);
  await store.finish(finishOf(delivered.deliveryId, 1));
  await decide(store, "billing", "desk", NOW + 1);
  const held = await decide(store, "billing", "desk", NOW + 2);
  await store.finish(finishOf(held.deliveryId, 1, { kind: "hold", reason: "refused" }));
  expect(await store.balance()).toEqual([
    { alias: "billing", accepted: 5, delivered: 1, waiting: 2, held: 2, missing: 0 },
    { alias: "clinical", accepted: 1, delivered: 0, waiting: 1, held: 0, missing: 0 },
  ]);
  expect(await store.counts()).toEqual({
    undecided: 1,
    heldMessages: 1,
    waiting: 0,
    leased: 1,
    held: 1,
    duplicates: 0,
    inDoubt: 0,
    oldestWaitingAt: null,
  });
});

test.each(["messages", "routings", "outcomes", "deliveries", "body_chunks"])(
  "a row lost from %s shows as missing",
  async (table) => {
    await using dir = await tempDir();
    {
      await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
      for (let n = 0; n < 3; n++) await decide(store, "billing", "desk", NOW + n);
    }
    const db = new Database(join(dir.path, "mailward.db"));
    db.pragma("foreign_keys = off");
    db.exec(`drop trigger ${table}_kept; delete from ${table} where rowid = (select max(rowid) from ${table})`);
    db.close();
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    expect(await store.balance()).toMatchObject([{ alias: "billing", accepted: 3, missing: 1 }]);
  },
);

test("the balance by mailbox counts what was fetched there, with its UIDs, and nothing else", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const fetched = async (
    folder: string,
    uidValidity: string,
    uid: number,
    end: "deliver" | "wait" | "hold" | "none",
  ) => {
    const identity = uid.toString(16).padStart(64, folder.length.toString(16));
    const origin = { account: "desk", folder, uidValidity, uid, identity };
    const { messageId, routings } = await store.accept({
      ...newMail(`${folder} ${uidValidity} ${uid}`),
      hold: end === "hold" ? "loop" : null,
      origin,
    });
    const [routing] = routings;
    if (routing?.kind !== "new" || end === "hold" || end === "none") return;
    const outcome = { routingId: routing.routingId, outcome: outcomeOf("billing", "desk"), leaseTo: "me" };
    const [job] = await store.record(decidedOf(messageId ?? 0, [outcome]));
    const next = end === "deliver" ? ({ kind: "delivered" } as const) : ({ kind: "wait", until: NOW + 100 } as const);
    await store.finish(finishOf(job?.id ?? 0, 1, next));
  };
  await fetched("INBOX", "7", 3, "deliver");
  await fetched("INBOX", "7", 5, "wait");
  await fetched("INBOX", "7", 9, "hold");
  await fetched("INBOX", "7", 12, "none");
  await fetched("Forms", "8", 1, "deliver");
  // The folder was made anew, and its UIDs with it.
  await fetched("INBOX", "9", 2, "deliver");
  await decide(store, "billing", "desk", NOW);
  const row = (alias: string, accepted: number, delivered: number, waiting = 0, held = 0) => {
    return { alias, accepted, delivered, waiting, held, missing: 0 };
  };
  expect(await store.balance("mailbox")).toEqual([
    row("desk Forms UID 1 to 1", 1, 1),
    row("desk INBOX UID 2 to 2", 1, 1),
    row("desk INBOX UID 3 to 12", 4, 1, 2, 1),
  ]);
  // A lost row shows.
  const db = new Database(join(dir.path, "mailward.db"));
  db.exec("update routings set state = 'decided' where state = 'deciding'");
  db.close();
  expect((await store.balance("mailbox")).map(({ missing }) => missing)).toEqual([0, 0, 1]);
});
