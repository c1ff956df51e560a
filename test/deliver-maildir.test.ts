// Deliveries into Maildirs, two aliases of one queue, and what operators do to a running gateway's queues.

import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";

const BILLING = ["billing@clinic.example"];
const BILL = "I want to set up a payment plan for my bill.";

beforeEach(driveLoops);
afterEach(() => void vi.useRealTimers());

async function send(gateway: TestGateway, id: string, to: readonly string[] = BILLING, body = BILL): Promise<void> {
  expect(await sendMail(gateway.port("smtp"), to, mailText("a question", body, id))).toMatch(/^250 2\.0\.0 Accepted/);
}

async function states(store: Store, expected: readonly string[]): Promise<void> {
  const sorted = [...expected].sort().join(" ");
  await soon(`deliveries are ${sorted}`, async () => {
    const rows = await store.deliveries({ limit: 100 });
    return (
      rows
        .map(({ state }) => state)
        .sort()
        .join(" ") === sorted
    );
  });
}

const maildir = (folder: string) => join(folder, "data", "mail", "billing-desk");

test("a mail becomes one file in new, for its owner only, under a name of its own, with nothing left in tmp", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  for (const id of ["1@m", "2@m", "3@m"]) await send(gateway, id);
  await states(gateway.store, ["delivered", "delivered", "delivered"]);
  const queue = maildir(dir.path);
  const names = readdirSync(join(queue, "new"));
  expect(new Set(names).size).toBe(3);
  expect(readdirSync(join(queue, "tmp"))).toEqual([]);
  expect(statSync(queue).mode & 0o777).toBe(0o700);
  const texts = names.map((name) => {
    expect(statSync(join(queue, "new", name)).mode & 0o777).toBe(0o600);
    expect(name).toMatch(/^\d+\.[A-Za-z0-9]+\.[A-Za-z0-9.-]+$/);
    return readFileSync(join(queue, "new", name), "latin1");
  });
  expect(texts.every((text) => text.startsWith("Return-Path: <patient@home.example>\r\nDelivered-To: billing@"))).toBe(
    true,
  );
  expect(new Set(texts.map((text) => /<(\d@m)>/.exec(text)?.[1] ?? ""))).toEqual(new Set(["1@m", "2@m", "3@m"]));
});

/** A gateway that delivers and then cannot write it down, until it is stopped: the next one finds a delivery in doubt. */
async function deliverAndForget(folder: string, id: string, isThere: () => boolean): Promise<void> {
  const wrapStore = (store: Store): Store => ({
    ...store,
    finish: () => Promise.reject(new StoreTrouble("broken", "planted")),
  });
  await using gateway = await testGateway(folder, { wrapStore });
  await send(gateway, id);
  await soon("the file is there", isThere);
}

test.each([
  ["still in new", null],
  ["moved to cur with flags by a mail client", ":2,S"],
  ["moved to cur without flags", ""],
])("a delivery in doubt whose file is %s is not doubled", async (_where, flags) => {
  await using dir = await tempDir();
  const queue = maildir(dir.path);
  const there = () => {
    try {
      return readdirSync(join(queue, "new")).length === 1;
    } catch {
      return false;
    }
  };
  await deliverAndForget(dir.path, "doubt@m", there);
  const [name = ""] = readdirSync(join(queue, "new"));
  if (flags !== null) renameSync(join(queue, "new", name), join(queue, "cur", name + flags));
  await using gateway = await testGateway(dir.path);
  await states(gateway.store, ["delivered"]);
  expect(readdirSync(join(queue, "new")).length + readdirSync(join(queue, "cur")).length).toBe(1);
  expect(gateway.log.some((line) => line.includes('"recovered"'))).toBe(true);
});

test("a file that is where the Maildir should be makes mail wait, and it arrives when it is gone", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  const queue = maildir(dir.path);
  await mkdir(join(dir.path, "data", "mail"), { recursive: true });
  writeFileSync(queue, "in the way");
  await using gateway = await testGateway(dir.path, { now: clock.now });
  await send(gateway, "disk@m");
  const row = await soon("one failed attempt", async () => {
    const [first] = await gateway.store.deliveries({ state: "waiting", limit: 1 });
    return first !== undefined && first.attempts === 1 ? first : null;
  });
  expect(row.reason).not.toBe(null);
  rmSync(queue);
  clock.advance(60_000);
  await states(gateway.store, ["delivered"]);
  expect(readdirSync(join(queue, "new")).length).toBe(1);
});

test("a Maildir removed under a running gateway is made again", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  await using gateway = await testGateway(dir.path, { now: clock.now });
  await send(gateway, "first@m");
  await states(gateway.store, ["delivered"]);
  await rm(maildir(dir.path), { recursive: true });
  await send(gateway, "second@m");
  await soon("it is delivered, at once or at the next attempt", async () => {
    clock.advance(60_000);
    return (await gateway.store.deliveries({ state: "delivered", limit: 10 })).length === 2;
  });
  expect(readdirSync(join(maildir(dir.path), "new")).length).toBe(1);
});

test("one mail to two aliases that decide the same queue arrives once, and both outcomes are recorded", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port) });
  const sure = "My claim was denied. I want to set up a payment plan for my bill.";
  await send(gateway, "two@m", ["billing@clinic.example", "clinical@clinic.example"], sure);
  // Other addresses of an alias add nothing.
  await send(gateway, "three@m", ["accounts@example.org", "clinical@example.org", "billing+x@clinic.example"], sure);
  await soon("delivered", async () => (await gateway.store.counts()).waiting === 0 && sink.taken.length === 2);
  await states(gateway.store, ["delivered", "delivered"]);
  const outcomes = await gateway.store.outcomes({ limit: 10 });
  expect(outcomes.map(({ queue, alias }) => `${alias} ${queue}`).sort()).toEqual([
    ...Array(2).fill("billing billing-desk"),
    ...Array(2).fill("clinical billing-desk"),
  ]);
  for (const row of await gateway.store.balance()) {
    expect(row).toMatchObject({ accepted: 2, delivered: 2, waiting: 0, held: 0, missing: 0 });
  }
});

test("an operator's hold, release and retry take effect on a running gateway", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  await using sink = await smtpSink({ behaviour: { kind: "answer", at: "rcpt", line: "450 4.2.0 later" } });
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), now: clock.now });
  await using desk = await openSqliteStore({ folder: join(dir.path, "data"), mode: "operator" });
  await send(gateway, "op@m");
  const attempted = (count: number) =>
    soon(`${count} attempts`, async () => {
      const [row] = await desk.deliveries({ queue: "billing-desk", limit: 2 });
      return row?.attempts === count && row.state === "waiting";
    });
  await attempted(1);
  expect(
    await desk.operate({ verb: "retry", filter: { queue: "billing-desk" }, at: clock.now(), by: "x", reason: "" }),
  ).toBe(1);
  await attempted(2); // without the clock having moved
  sink.behave({ kind: "accept" });
  expect(await desk.holdDeliveries({ queue: "billing-desk" }, "operator")).toBe(1);
  clock.advance(3_600_000);
  await send(gateway, "next@m"); // a hold is of what waits now; the next mail passes and shows that the lane went on
  await states(desk, ["held", "delivered"]);
  expect(await desk.releaseDeliveries({ queue: "billing-desk" }, clock.now())).toBe(1);
  await states(desk, ["delivered", "delivered"]);
  expect(sink.taken.filter(({ raw }) => raw.includes("<op@m>")).length).toBe(1);
});
