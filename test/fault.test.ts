// The n-th call of the store fails, n = 1, 2, 3 … until a run goes through: a 250 is kept every time, and whoever heard
// anything else sends again and is taken once.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { type FailingStore, type Fault, failingStore } from "./support/failing-store.ts";
import { rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { type SmtpSink, smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";

const TO = ["billing@clinic.example"];
const BODY = "I want to set up a payment plan.";
/** More than is kept in memory, so that the body goes to the store in chunks. */
const LARGE = `${BODY}\r\n${`${"x".repeat(76)}\r\n`.repeat(7000)}`;
const MAILS: readonly (readonly [string, string])[] = [
  ["a@fault", BODY],
  ["b@fault", LARGE],
  ["c@fault", BODY],
];
/** A run that makes more calls than this is not going to end. */
const CALLS_MAX = 200;
const AT_A_TIME = 5;

beforeEach(driveLoops);
afterEach(() => void vi.useRealTimers());

/** As a sender's server does: the same mail again until it hears 250. Answers every reply. */
async function sendUntilTaken(gateway: TestGateway, id: string, body: string): Promise<readonly string[]> {
  const replies: string[] = [];
  const mail = mailText("fault", body, id);
  while (replies.length < 5) {
    const reply = await sendMail(gateway.port("smtp"), TO, mail);
    replies.push(reply);
    if (reply.startsWith("250")) return replies;
    expect(reply).toMatch(/^45[12] 4\.3\.[01] .*again later/);
  }
  throw new Error(`never taken: ${replies.join(" / ")}`);
}

async function allDelivered(store: Store): Promise<boolean> {
  const rows = await store.deliveries({ limit: 100 });
  return rows.length === MAILS.length && rows.every(({ state }) => state === "delivered");
}

async function checkEnd(store: Store, sink: SmtpSink, arrivalsMax: number): Promise<void> {
  const balance = await store.balance();
  expect(balance).toEqual([{ alias: "billing", accepted: 3, delivered: 3, waiting: 0, held: 0, missing: 0 }]);
  expect((await store.outcomes({ limit: 100 })).length).toBe(MAILS.length);
  for (const [id] of MAILS) {
    const arrived = sink.taken.filter(({ raw }) => raw.includes(`<${id}>`)).length;
    expect(arrived, id).toBeGreaterThanOrEqual(1);
    expect(arrived, id).toBeLessThanOrEqual(arrivalsMax);
  }
}

type Run = { readonly failed: boolean };

/** One run with the fault at call n; the gateway goes on by itself. */
async function runInOneProcess(n: number, fault: Fault): Promise<Run> {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  const clock = drivenClock();
  const planted: { failing?: FailingStore; store?: Store } = {};
  const wrapStore = (store: Store): Store => {
    planted.store = store;
    planted.failing = failingStore(store, n, fault);
    return planted.failing.store;
  };
  const options = { rules: rulesForwardingTo(sink.port), now: clock.now };
  let gateway: TestGateway;
  try {
    gateway = await testGateway(dir.path, { ...options, wrapStore });
  } catch (error) {
    expect(error).toBeInstanceOf(StoreTrouble); // no start without the store, and the next start is well
    gateway = await testGateway(dir.path, options);
    planted.store = gateway.store;
  }
  await using running = gateway;
  for (const [id, body] of MAILS) await sendUntilTaken(running, id, body);
  await soon(`call ${n} has failed: everything delivered by the same process`, () => {
    clock.advance(1000);
    return allDelivered(planted.store!);
  });
  await checkEnd(planted.store!, sink, 1);
  return { failed: planted.failing!.failed() };
}

/** The same, and the process is started anew after the last 250: whatever was lost is found again. */
async function runWithRestart(n: number, fault: Fault): Promise<Run> {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  const clock = drivenClock();
  const options = { rules: rulesForwardingTo(sink.port), now: clock.now };
  let failing: FailingStore | undefined;
  const wrapStore = (store: Store): Store => {
    failing = failingStore(store, n, fault);
    return failing.store;
  };
  try {
    await using gateway = await testGateway(dir.path, { ...options, wrapStore });
    for (const [id, body] of MAILS) await sendUntilTaken(gateway, id, body);
  } catch (error) {
    expect(error).toBeInstanceOf(StoreTrouble);
    await using gateway = await testGateway(dir.path, options);
    for (const [id, body] of MAILS) await sendUntilTaken(gateway, id, body);
  }
  const failed = failing!.failed();
  await using gateway = await testGateway(dir.path, options);
  await soon(`call ${n} has failed: everything delivered after a restart`, () => {
    clock.advance(1000);
    return allDelivered(gateway.store);
  });
  await checkEnd(gateway.store, sink, 2);
  return { failed };
}

/** Some at a time, because most of a run is waiting. Answers how many runs had their fault. */
async function untilClean(run: (n: number) => Promise<Run>): Promise<number> {
  for (let first = 1; first <= CALLS_MAX; first += AT_A_TIME) {
    const runs = await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => run(first + index)));
    const clean = runs.findIndex(({ failed }) => !failed);
    if (clean >= 0) return first + clean - 1;
  }
  throw new Error(`still failing after ${CALLS_MAX} runs`);
}

const MINUTES = 5 * 60_000;

test("the n-th store call fails before it did anything: the same process delivers all, each once", {
  timeout: MINUTES,
}, async () => {
  const runs = await untilClean((n) => runInOneProcess(n, { when: "before", reason: n % 2 === 0 ? "full" : "busy" }));
  expect(runs).toBeGreaterThan(15);
});

test("the answer of the n-th store call is lost: a restart delivers all", { timeout: MINUTES }, async () => {
  const runs = await untilClean((n) => runWithRestart(n, { when: "after", reason: "broken" }));
  expect(runs).toBeGreaterThan(10);
});

test.each([
  ["full", /^452 4\.3\.1 This server has no room left just now/],
  ["busy", /^451 4\.3\.0 This server cannot keep mail just now/],
  ["broken", /^451 4\.3\.0 This server cannot keep mail just now/],
] as const)(
  "a store that is %s answers %s, keeps nothing, and takes the retry once it is well",
  async (reason, reply) => {
    await using dir = await tempDir();
    let sick = true;
    const wrapStore = (store: Store): Store => ({
      ...store,
      accept: (mail) => (sick ? Promise.reject(new StoreTrouble(reason, "planted")) : store.accept(mail)),
      appendBody: (id, bytes) =>
        sick ? Promise.reject(new StoreTrouble(reason, "planted")) : store.appendBody(id, bytes),
    });
    await using gateway = await testGateway(dir.path, { wrapStore });
    for (const [id, body] of MAILS) {
      expect(await sendMail(gateway.port("smtp"), TO, mailText("sick", body, id))).toMatch(reply);
    }
    expect(await gateway.store.balance()).toEqual([]);
    sick = false;
    for (const [id, body] of MAILS) {
      expect(await sendMail(gateway.port("smtp"), TO, mailText("sick", body, id))).toMatch(/^250 2\.0\.0 Accepted as/);
    }
    await soon("delivered", () => allDelivered(gateway.store));
  },
);
