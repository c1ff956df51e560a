// The decide workers die, hang and throw: exactly the message at fault is held, and every other one is decided.

import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { mailText, sendMail, talk } from "./support/dialogue.ts";
import { driveLoops, soon } from "./support/driven.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";

const ODD = new URL("support/odd-worker.ts", import.meta.url);
const DEAD = new URL("support/dead-worker.ts", import.meta.url);
const NOWHERE = new URL("support/no-such-worker.ts", import.meta.url);
const HASTY = "limits: {decide_seconds: 0.4}";
const BILLING = ["billing@clinic.example"];

beforeEach(driveLoops);
afterEach(() => void vi.useRealTimers());

const poison = (mark: string) => `X-Poison: ${mark}\r\n${mailText("poison", "a payment plan")}`;
const plain = () => mailText("plain", "a payment plan");

async function send(gateway: TestGateway, mails: readonly string[]): Promise<readonly string[]> {
  using client = await talk(gateway.port("smtp"));
  await client.reply();
  await client.say("EHLO client.example");
  const refs: string[] = [];
  for (const mail of mails) {
    for (const line of ["MAIL FROM:<patient@home.example>", `RCPT TO:<${BILLING[0]}>`, "DATA"]) await client.say(line);
    client.write(`${mail}.\r\n`);
    refs.push(/Accepted as (\S+)/.exec(await client.reply())?.[1] ?? "");
  }
  return refs;
}

async function settled(store: Store): Promise<void> {
  await soon("no mail is undecided", async () => (await store.counts()).undecided === 0);
}

/** Mails accepted and not decided, so that a gateway started later finds them all at once, in order. */
async function leaveUndecided(folder: string, mails: readonly string[]): Promise<readonly string[]> {
  const never = (store: Store): Store => ({
    ...store,
    undecided: () => Promise.resolve([]),
    holdMessage: () => Promise.resolve(),
    record: () => Promise.resolve([]),
  });
  await using gateway = await testGateway(folder, { wrapStore: never });
  return await send(gateway, mails);
}

const FAULTS = [
  ["dies", "decide-crashed"],
  ["hangs", "decide-hung"],
  ["throws", "decide-failed"],
] as const;

test.each(FAULTS)("a worker that %s on one mail of a batch: that mail alone is held, as %s", async (mark, reason) => {
  await using dir = await tempDir();
  const mails = Array.from({ length: 30 }, (_, index) => (index === 11 ? poison(mark) : plain()));
  const refs = await leaveUndecided(dir.path, mails);
  await using gateway = await testGateway(dir.path, { workerUrl: ODD, settings: HASTY });
  await settled(gateway.store);
  expect(await gateway.store.heldMessages(10)).toMatchObject([{ ref: refs[11], reason }]);
  const outcomes = await gateway.store.outcomes({ limit: 100 });
  expect(new Set(outcomes.map(({ ref }) => ref))).toEqual(new Set(refs.filter((_, index) => index !== 11)));
  expect(outcomes.length).toBe(29);
  const [balance] = await gateway.store.balance();
  expect(balance).toMatchObject({ accepted: 30, held: 1, missing: 0 });
});

test("the first and the last of a batch, and two in a row, are found as exactly", async () => {
  await using dir = await tempDir();
  const bad = new Map([
    [0, "dies"],
    [7, "throws"],
    [8, "dies"],
    [9, "hangs"],
    [19, "dies"],
  ]);
  const mails = Array.from({ length: 20 }, (_, index) => (bad.has(index) ? poison(bad.get(index)!) : plain()));
  const refs = await leaveUndecided(dir.path, mails);
  await using gateway = await testGateway(dir.path, { workerUrl: ODD, settings: HASTY });
  await settled(gateway.store);
  const held = await gateway.store.heldMessages(10);
  expect(held.map(({ ref }) => refs.indexOf(ref)).sort((a, b) => a - b)).toEqual([0, 7, 8, 9, 19]);
  expect((await gateway.store.outcomes({ limit: 100 })).length).toBe(15);
});

test.each(FAULTS)("live mail before and after one that %s is decided and delivered", async (mark, reason) => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { workerUrl: ODD, settings: HASTY });
  const refs = await send(gateway, [plain(), plain(), poison(mark), plain(), plain()]);
  await soon(
    "four delivered",
    async () => (await gateway.store.deliveries({ state: "delivered", limit: 9 })).length === 4,
  );
  await settled(gateway.store);
  expect(await gateway.store.heldMessages(10)).toMatchObject([{ ref: refs[2], reason }]);
  expect(gateway.log.join("")).not.toContain("choked on a mail");
});

test("a slow run of good mails is no hung worker", async () => {
  await using dir = await tempDir();
  const long = "I would like to ask about a payment plan for my last visit. ".repeat(300);
  const refs = await leaveUndecided(
    dir.path,
    Array.from({ length: 40 }, () => mailText("long", long)),
  );
  await using gateway = await testGateway(dir.path, { settings: "limits: {decide_seconds: 0.25}" });
  await settled(gateway.store);
  expect(await gateway.store.heldMessages(50)).toEqual([]);
  expect((await gateway.store.outcomes({ limit: 100 })).length).toBe(refs.length);
});

test.each(FAULTS)(
  "a mail held because the worker %s is decided when it is released and the worker is well",
  async (mark) => {
    await using dir = await tempDir();
    let ref: string | undefined;
    {
      await using sick = await testGateway(dir.path, { workerUrl: ODD, settings: HASTY });
      [ref = ""] = await send(sick, [poison(mark)]);
      await soon("held", async () => (await sick.store.heldMessages(1)).length === 1);
    }
    await using well = await testGateway(dir.path);
    expect((await well.store.heldMessages(1)).length).toBe(1); // a restart alone tries nothing again
    await using desk = await openSqliteStore({ folder: join(dir.path, "data"), mode: "operator" });
    expect(await desk.releaseMessages({ ref }, Date.now())).toBe(1);
    await soon("delivered", async () => (await well.store.find(ref))?.deliveries[0]?.state === "delivered");
    expect(await well.store.heldMessages(1)).toEqual([]);
  },
);

test.each([
  ["dies while it starts", DEAD],
  ["is not there", NOWHERE],
])("a worker that %s stops the start, and nothing is left running", async (_how, workerUrl) => {
  await using dir = await tempDir();
  await expect(testGateway(dir.path, { workerUrl })).rejects.toThrow("does not start");
  await using gateway = await testGateway(dir.path); // the folder's lock and everything else is free again
  expect(await sendMail(gateway.port("smtp"), BILLING, plain())).toMatch(/^250/);
});

test("a start finds the undecided mail of an earlier run and decides it", async () => {
  await using dir = await tempDir();
  const refs = await leaveUndecided(dir.path, Array.from({ length: 25 }, plain));
  await using gateway = await testGateway(dir.path);
  await soon(
    "all delivered",
    async () => (await gateway.store.deliveries({ state: "delivered", limit: 99 })).length === 25,
  );
  const outcomes = await gateway.store.outcomes({ limit: 100 });
  expect(new Set(outcomes.map(({ ref }) => ref))).toEqual(new Set(refs));
});

test("stopping waits for the worker that is busy while another is idle", async () => {
  await using dir = await tempDir();
  const gateway = await testGateway(dir.path, { workerUrl: ODD, settings: `${HASTY}\nworkers: 2` });
  const [ref] = await send(gateway, [poison("hangs")]);
  await gateway[Symbol.asyncDispose]();
  expect(gateway.log.join("")).toContain(`"ref":"${ref}","reason":"decide-hung"`);
});
