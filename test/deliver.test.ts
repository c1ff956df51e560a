// Deliveries by SMTP to a far end that misbehaves: the mail waits, is tried again, and arrives; or a person sees it.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RuleSet } from "../src/config/rules.ts";
import type { Store } from "../src/store/store.ts";
import { mailText, sendMail, talk } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { defaultRules, forwardTo, rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { type Behaviour, type SmtpSink, type Stage, smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";
import { wiretap } from "./support/wiretap.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BILLING = ["billing@clinic.example"];
const BILL = "I want to set up a payment plan for my bill.";

beforeEach(driveLoops);
afterEach(() => void vi.useRealTimers());

async function send(gateway: TestGateway, id: string, to: readonly string[] = BILLING, body = BILL): Promise<void> {
  expect(await sendMail(gateway.port("smtp"), to, mailText("a question", body, id))).toMatch(/^250 2\.0\.0 Accepted/);
}

/** How often the far end has had a mail. */
function arrivals(sink: SmtpSink, id: string): number {
  return sink.taken.filter(({ raw }) => raw.includes(`<${id}>`)).length;
}

async function onlyDelivery(store: Store) {
  const [row, ...others] = await store.deliveries({ limit: 10 });
  expect(others).toEqual([]);
  return row;
}

async function attempted(store: Store, attempts: number) {
  return await soon(`${attempts} attempts written down`, async () => {
    const row = await onlyDelivery(store);
    return row !== undefined && row.attempts >= attempts && row.state !== "leased" ? row : null;
  });
}

async function delivered(store: Store, count = 1): Promise<void> {
  await soon(`${count} delivered`, async () => {
    const rows = await store.deliveries({ state: "delivered", limit: 1000 });
    return rows.length === count;
  });
}

async function balanced(store: Store): Promise<void> {
  for (const row of await store.balance()) {
    expect(row.missing).toBe(0);
    expect(row.delivered + row.waiting + row.held).toBe(row.accepted);
  }
}

test("mail for a far end that is down waits, and arrives exactly once when it is back", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  const gone = await smtpSink();
  await gone[Symbol.asyncDispose]();
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(gone.port), now: clock.now });
  await send(gateway, "down@home");
  const waiting = await attempted(gateway.store, 1);
  expect(waiting.state).toBe("waiting");
  expect(waiting.reason).toBe("the destination cannot be reached");
  await using back = await smtpSink({ port: gone.port });
  clock.advance(MINUTE_MS);
  await delivered(gateway.store);
  expect(arrivals(back, "down@home")).toBe(1);
  await balanced(gateway.store);
});

test("a slow far end gets its mail once, at its own pace", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink({ behaviour: { kind: "slow", ms: 60 } });
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port) });
  for (const id of ["a@slow", "b@slow", "c@slow"]) await send(gateway, id);
  await delivered(gateway.store, 3);
  expect(sink.taken.length).toBe(3);
});

/** A misbehaviour that passes: the mail waits with a reason of ours, and arrives afterwards. */
type Passing = {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly reason: string;
  /** How often the far end has had the mail in the end. */
  readonly arrivals: number;
};

const UNREACHABLE = "the destination cannot be reached";
const NOT_NOW = "the destination does not take this message now";
const LOST = "the connection was lost before the destination answered; it may have the message";
const ALL_STAGES: readonly Stage[] = ["greeting", "ehlo", "mail", "rcpt", "data", "dot"];
const BEFORE_MAIL: readonly Stage[] = ["greeting", "ehlo"];

const PASSING: readonly Passing[] = [
  { name: "hangs up in the middle of DATA", behaviour: { kind: "drop", at: "mid-data" }, reason: LOST, arrivals: 1 },
  { name: "takes the mail and hangs up", behaviour: { kind: "drop", at: "dot" }, reason: LOST, arrivals: 2 },
  ...ALL_STAGES.map((at) => ({
    name: `says 4xx at ${at}`,
    behaviour: { kind: "answer" as const, at, line: "451 4.3.0 not now" },
    reason: BEFORE_MAIL.includes(at) ? UNREACHABLE : NOT_NOW,
    arrivals: at === "dot" ? 2 : 1,
  })),
  ...BEFORE_MAIL.map((at) => ({
    name: `says 5xx at ${at}, which speaks of itself and not of the mail`,
    behaviour: { kind: "answer" as const, at, line: "554 5.3.2 not here" },
    reason: UNREACHABLE,
    arrivals: 1,
  })),
  ...ALL_STAGES.map((at) => ({
    name: `talks nonsense at ${at}`,
    behaviour: { kind: "answer" as const, at, line: "what do you want from me" },
    reason: "",
    arrivals: at === "dot" ? 2 : 1,
  })),
];

test.each(PASSING)("a far end that $name: the mail waits, and arrives", async (passing) => {
  await using dir = await tempDir();
  const clock = drivenClock();
  await using sink = await smtpSink({ behaviour: passing.behaviour });
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), now: clock.now });
  await send(gateway, "passing@home");
  const waiting = await attempted(gateway.store, 1);
  expect(waiting.state).toBe("waiting");
  if (passing.reason !== "") expect(waiting.reason).toBe(passing.reason);
  sink.behave({ kind: "accept" });
  clock.advance(MINUTE_MS);
  await delivered(gateway.store);
  expect(arrivals(sink, "passing@home")).toBe(passing.arrivals);
  const found = await gateway.store.find(waiting.ref);
  expect(found?.attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  await balanced(gateway.store);
});

test.each(["mail", "rcpt", "data", "dot"] as const)(
  "a 5xx at %s is held for a person, and nothing more is tried",
  async (at) => {
    await using dir = await tempDir();
    const clock = drivenClock();
    await using sink = await smtpSink({ behaviour: { kind: "answer", at, line: "550 5.7.1 never" } });
    await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), now: clock.now });
    await send(gateway, "refused@home");
    const row = await attempted(gateway.store, 1);
    expect(row).toMatchObject({ state: "held", reason: "refused", attempts: 1 });
    const found = await gateway.store.find(row.ref);
    expect(found?.attempts[0]?.code).toBe("550 5.7.1");
    sink.behave({ kind: "accept" });
    clock.advance(24 * HOUR_MS);
    await send(gateway, "next@home");
    await delivered(gateway.store); // the next one passes, over the same or another connection
    expect(sink.taken.filter(({ acknowledged }) => acknowledged).length).toBe(1);
    expect((await gateway.store.find(row.ref))?.deliveries[0]?.state).toBe("held");
    await balanced(gateway.store);
  },
);

test("a refused sign-in waits: a wrong password must not shelve a day's mail", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  const rules = withDelivery(sink.port, { user: "desk", passwordEnv: "MAILWARD_NO_SUCH_PASSWORD" });
  await using gateway = await testGateway(dir.path, { rules });
  await send(gateway, "auth@home");
  const row = await attempted(gateway.store, 1);
  expect(row).toMatchObject({ state: "waiting", reason: "the destination does not accept our sign-in" });
  expect(sink.taken.length).toBe(0);
});

test("a queue that requires TLS never sends in clear: the mail waits, and the reason says why", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  await using gateway = await testGateway(dir.path, { rules: withDelivery(sink.port, { tls: "required" }) });
  await send(gateway, "tls@home");
  const row = await attempted(gateway.store, 1);
  expect(row.state).toBe("waiting");
  expect(row.reason).toBe(
    "no encrypted connection to the destination: it offers no TLS, or its certificate is not right",
  );
  expect(sink.taken.length).toBe(0);
});

function withDelivery(port: number, over: Partial<ReturnType<typeof forwardTo>>): RuleSet {
  const rules = rulesForwardingTo(port);
  const queues = rules.queues.map((queue) => ({ ...queue, deliver: { ...forwardTo(port, "q@far.example"), ...over } }));
  return { ...rules, queues };
}

test("4xx for a day is 31 attempts on the printed schedule and the mail still waits; after five days a person sees it", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  const began = clock.now();
  await using sink = await smtpSink({ behaviour: { kind: "answer", at: "rcpt", line: "450 4.2.0 later" } });
  const options = { rules: rulesForwardingTo(sink.port), now: clock.now, chance: () => 0.5 };
  await using gateway = await testGateway(dir.path, options);
  await send(gateway, "patience@home");
  let row = await attempted(gateway.store, 1);
  for (let attempts = 1; row.state === "waiting"; attempts++) {
    row = await attempted(gateway.store, attempts);
    if (row.nextAt - began > 24 * HOUR_MS && clock.now() - began <= 24 * HOUR_MS) {
      expect(attempts).toBe(30);
      expect((await gateway.store.counts()).waiting).toBe(1);
    }
    if (row.state === "waiting") clock.advance(row.nextAt - clock.now());
  }
  expect(row).toMatchObject({ state: "held", reason: "gave-up" });
  expect(clock.now() - began).toBeGreaterThanOrEqual(5 * 24 * HOUR_MS);
  expect(clock.now() - began).toBeLessThan(5 * 24 * HOUR_MS + HOUR_MS + 1);
  const attempts = (await gateway.store.find(row.ref))?.attempts ?? [];
  const pauses = attempts.slice(1).map(({ startedAt }, index) => (startedAt - attempts[index]!.startedAt) / MINUTE_MS);
  expect(pauses.slice(0, 8)).toEqual([0.5, 1, 2, 5, 10, 20, 30, 60]);
  expect(new Set(pauses.slice(8))).toEqual(new Set([60]));
  sink.behave({ kind: "accept" });
  expect(await gateway.store.releaseDeliveries({ ref: row.ref }, clock.now())).toBe(1);
  await delivered(gateway.store);
  expect(arrivals(sink, "patience@home")).toBe(1);
});

test.each<Behaviour>([
  { kind: "hang", at: "greeting" },
  { kind: "drop", at: "greeting" },
  { kind: "hang", at: "dot" },
])("a dead destination ($kind at $at) slows no other queue", async (behaviour) => {
  await using dir = await tempDir();
  const dead = await smtpSink({ behaviour });
  await using well = await smtpSink();
  const rules = defaultRules();
  const queues = rules.queues.map((queue) => {
    const { port } = queue.name === "clinical-triage" ? dead : well;
    return { ...queue, deliver: forwardTo(port, `${queue.name}@far.example`) };
  });
  await using gateway = await testGateway(dir.path, { rules: { ...rules, queues } });
  for (let i = 0; i < 15; i++) {
    await send(gateway, `c${i}@home`, ["clinical@clinic.example"], "I need a refill of my prescription.");
    await send(gateway, `b${i}@home`);
  }
  await soon("all bills delivered", () => well.taken.length === 15);
  const states = await gateway.store.deliveries({ queue: "clinical-triage", limit: 100 });
  expect(states.length).toBe(15);
  expect(states.filter(({ state }) => state === "delivered")).toEqual([]);
  await dead[Symbol.asyncDispose]();
});

test("the message's bytes arrive unchanged under our headers, and forged ones of our names are renamed", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port) });
  const forged = "X-Mailward-Queue: review\r\nx-mailward-priority: P4\r\n";
  const rest = `${mailText("dots", `${BILL}\r\n.\r\n..two\r\n.end`)}\r\nbytes: \xe9\xff\x01 trailing  \t\r\n\r\n`;
  expect(await sendMail(gateway.port("smtp"), BILLING, forged + rest)).toMatch(/^250/);
  await delivered(gateway.store);
  const raw = sink.taken[0]!.raw.toString("latin1");
  const renamed = "X-Untrusted-Mailward-Queue: review\r\nX-Untrusted-Mailward-priority: P4\r\n";
  expect(raw.endsWith(renamed + rest)).toBe(true);
  const top = raw.slice(0, -(renamed + rest).length);
  expect(top).toMatch(/^X-Mailward-Ref: \S+\r\nX-Mailward-Queue: billing-desk\r\n/);
  expect(raw.match(/^x-mailward-queue:/gim)?.length).toBe(1);
});

test("DSN parameters and the null sender are passed on", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  await using wire = await wiretap(sink.port);
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(wire.port) });
  using client = await talk(gateway.port("smtp"));
  await client.reply();
  await client.say("EHLO client.example");
  await client.say("MAIL FROM:<> RET=HDRS ENVID=QQ314159");
  await client.say("RCPT TO:<billing@clinic.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;pat@home.example");
  await client.say("DATA");
  client.write(`${mailText("bounce", BILL)}.\r\n`);
  expect(await client.reply()).toMatch(/^250/);
  await delivered(gateway.store);
  const from = wire.lines().find((line) => line.startsWith("MAIL FROM:"));
  const to = wire.lines().find((line) => line.startsWith("RCPT TO:"));
  expect(from).toMatch(/^MAIL FROM:<> /);
  expect(from).toContain("RET=HDRS");
  expect(from).toContain("ENVID=QQ314159");
  expect(to).toContain("NOTIFY=FAILURE,DELAY");
  expect(to).toContain("ORCPT=rfc822;pat@home.example");
  expect(sink.taken[0]?.mailFrom).toBe("");
});
