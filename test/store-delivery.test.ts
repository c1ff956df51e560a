// Deliveries: leased, tried, finished, held and released; across restarts and crashes.

import { expect, test } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { decidedOf, finishOf, NOW, newMail, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const LEASE_MS = 60_000;

type Wanted = { readonly queue?: string; readonly urgency?: "P1" | "P2" | "P3" | "P4"; readonly at?: number };

/** A delivery that waits to be claimed; answers its id. */
async function waiting(store: Store, { queue = "desk", urgency = "P3", at = NOW }: Wanted = {}): Promise<number> {
  return (await decided(store, queue, urgency, at, null)).id;
}

async function decided(
  store: Store,
  queue: string,
  urgency: "P1" | "P2" | "P3" | "P4",
  at: number,
  leaseTo: string | null,
) {
  const accepted = await store.accept(newMail("x"));
  const [routing] = accepted.routings;
  const routingId = routing?.kind === "new" ? routing.routingId : 0;
  const outcome = { routingId, outcome: outcomeOf("billing", queue, urgency), leaseTo };
  await store.record(decidedOf(accepted.messageId ?? 0, [outcome], at));
  const [row] = await store.deliveries({ ref: accepted.ref, limit: 1 });
  return { id: row?.id ?? 0, ref: accepted.ref };
}

function claim(store: Store, over: { readonly queue?: string; readonly now?: number; readonly limit?: number } = {}) {
  const now = over.now ?? NOW;
  return store.claim({ queue: "desk", owner: "me", limit: 10, ...over, now, leaseUntil: now + LEASE_MS });
}

async function stateOf(store: Store, id: number) {
  return (await store.deliveries({ limit: 100 })).find((row) => row.id === id);
}

test("due deliveries of a queue are leased, most urgent first, then longest due", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const late = await waiting(store, { at: NOW + 2 });
  const early = await waiting(store, { at: NOW + 1 });
  const urgent = await waiting(store, { at: NOW + 3, urgency: "P1" });
  await waiting(store, { queue: "other" });
  const later = await waiting(store, { at: NOW + 4 });
  const soon = await waiting(store, { at: NOW + 3 });
  const future = await waiting(store, { at: NOW + 50 });
  const two = await claim(store, { now: NOW + 10, limit: 2 });
  expect(two.map(({ id, attempt }) => [id, attempt])).toEqual([
    [urgent, 1],
    [early, 1],
  ]);
  expect((await claim(store, { now: NOW + 10 })).map(({ id }) => id)).toEqual([late, soon, later]);
  expect(await claim(store, { now: NOW + 10 })).toEqual([]);
  expect((await claim(store, { now: NOW + 50 })).map(({ id }) => id)).toEqual([future]);
});

test("a delivery that failed waits until its time, with the reason, and is tried again", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const id = await waiting(store);
  await claim(store);
  await store.finish(finishOf(id, 1, { kind: "wait", until: NOW + 100 }));
  expect(await stateOf(store, id)).toMatchObject({ state: "waiting", nextAt: NOW + 100, reason: "try later" });
  expect(await claim(store, { now: NOW + 99 })).toEqual([]);
  expect(await claim(store, { now: NOW + 100 })).toMatchObject([{ id, attempt: 2, createdAt: NOW, inDoubt: false }]);
  await store.finish(finishOf(id, 2));
  expect(await stateOf(store, id)).toMatchObject({ state: "delivered", attempts: 2, reason: null });
});

test("an answer for an attempt that is no longer leased is written down and changes nothing", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { id, ref } = await decided(store, "desk", "P3", NOW, "gone");
  await store.recoverLeases("me", NOW);
  await claim(store);
  await store.finish(finishOf(id, 1));
  expect(await stateOf(store, id)).toMatchObject({ state: "leased", attempts: 2 });
  await store.finish(finishOf(id, 2));
  await store.finish(finishOf(id, 2, { kind: "wait", until: NOW }));
  expect(await stateOf(store, id)).toMatchObject({ state: "delivered" });
  const found = await store.find(ref);
  expect(found?.attempts.map(({ attempt, code }) => [attempt, code])).toEqual([
    [1, "250"],
    [2, "250"],
  ]);
});

test("a lease given back costs no attempt", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const id = await waiting(store);
  await claim(store);
  await store.unlease([id]);
  expect(await stateOf(store, id)).toMatchObject({ state: "waiting", attempts: 0 });
  expect(await claim(store)).toMatchObject([{ id, attempt: 1, inDoubt: false }]);
});

test("leases of a gateway that was killed wait again after the restart, in doubt", async () => {
  await using dir = await tempDir();
  let id: number;
  {
    const store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    id = (await decided(store, "desk", "P3", NOW, "before")).id;
    await store.crash();
    await store[Symbol.asyncDispose]();
  }
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  expect(await claim(store)).toEqual([]);
  expect(await store.recoverLeases("after", NOW)).toBe(1);
  expect(await store.recoverLeases("after", NOW)).toBe(0);
  expect(await claim(store)).toMatchObject([{ id, attempt: 2, inDoubt: true }]);
  await store.finish(finishOf(id, 2));
  expect(await store.counts()).toMatchObject({ inDoubt: 1, leased: 0 });
});

test("a gateway keeps its own leases until they run out", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await waiting(store);
  await claim(store);
  expect(await store.recoverLeases("me", NOW + LEASE_MS - 1)).toBe(0);
  expect(await store.recoverLeases("me", NOW + LEASE_MS)).toBe(1);
});

test("operators hold what waits, release what is held, and make both due now", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const one = await decided(store, "desk", "P3", NOW + 500, null);
  const other = await decided(store, "nurses", "P1", NOW + 500, null);
  const leased = await decided(store, "desk", "P3", NOW, "me");
  expect(await store.holdDeliveries({ queue: "desk" }, "the desk moves house")).toBe(1);
  expect(await stateOf(store, one.id)).toMatchObject({ state: "held", reason: "the desk moves house" });
  expect(await claim(store, { now: NOW + 900 })).toEqual([]);
  expect(await store.counts()).toMatchObject({ held: 1, waiting: 1, leased: 1, oldestWaitingAt: NOW + 500 });
  expect(await store.releaseDeliveries({ ref: other.ref }, NOW)).toBe(0);
  expect(await store.releaseDeliveries({ ref: one.ref }, NOW)).toBe(1);
  expect(await stateOf(store, one.id)).toMatchObject({ state: "waiting", nextAt: NOW, reason: null });
  expect(await store.holdDeliveries({ ref: one.ref }, "again")).toBe(1);
  expect(await store.operate({ verb: "retry", filter: {}, at: NOW, by: "x", reason: "" })).toBe(2);
  expect(await store.operate({ verb: "retry", filter: { ref: "MW-000000" }, at: NOW, by: "x", reason: "" })).toBe(0);
  expect(await stateOf(store, leased.id)).toMatchObject({ state: "leased" });
  expect((await claim(store, { queue: "nurses" })).map(({ id }) => id)).toEqual([other.id]);
});

test("deliveries are listed newest first by queue, reference and state", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const first = await waiting(store);
  const second = await decided(store, "nurses", "P2", NOW, "me");
  const ids = async (filter: object) => (await store.deliveries({ limit: 9, ...filter })).map(({ id }) => id);
  expect(await ids({})).toEqual([second.id, first]);
  expect(await ids({ limit: 1 })).toEqual([second.id]);
  expect(await ids({ queue: "desk" })).toEqual([first]);
  expect(await ids({ state: "leased" })).toEqual([second.id]);
  expect(await ids({ state: "delivered" })).toEqual([]);
  expect(await ids({ ref: second.ref })).toEqual([second.id]);
});

test("a delivery made by an earlier decision is shared when the rest of the mail is decided later", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const accepted = await store.accept(newMail("x", ["billing", "clinical"]));
  const [a = 0, b = 0] = accepted.routings.map((one) => (one.kind === "new" ? one.routingId : 0));
  const messageId = accepted.messageId ?? 0;
  const part = (routingId: number, urgency: "P1" | "P3") =>
    store.record(decidedOf(messageId, [{ routingId, outcome: outcomeOf("x", "desk", urgency), leaseTo: null }]));
  await part(a, "P3");
  expect((await store.undecided(0, 1))[0]?.routings.map(({ routingId }) => routingId)).toEqual([b]);
  await part(b, "P1");
  const jobs = await claim(store, { now: NOW + 10 });
  expect(jobs).toHaveLength(1);
  expect(jobs[0]?.label.urgency).toBe("P1");
  expect(jobs[0]?.recipients).toHaveLength(2);
});
