// Queues that lead to one server share its limit and its health; servers are found by MX; mail is not rewritten on the way.

import { afterEach, expect, test, vi } from "vitest";
import type { RuleSet } from "../src/config/rules.ts";
import { mxLookup } from "../src/deliver/mx.ts";
import { mailText, sendMail, talk } from "./support/dialogue.ts";
import { startDns } from "./support/dns.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { defaultRules, forwardTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";
import type { Zone } from "./support/zone.ts";

afterEach(() => void vi.useRealTimers());

type Forward = Partial<ReturnType<typeof forwardTo>>;

function forwarding(port: number, over: Forward): RuleSet {
  const rules = defaultRules();
  const queues = rules.queues.map((queue) => ({
    ...queue,
    backup: null,
    deliver: { ...forwardTo(port, `${queue.name}@far.example`), ...over },
  }));
  return { ...rules, queues };
}

const TEXTS: Readonly<Record<string, string>> = {
  billing: "I want to set up a payment plan for my bill.",
  admissions: "What time should I arrive for my admission?",
};

async function send(gateway: TestGateway, alias: string, id: string): Promise<void> {
  const mail = mailText("a question", TEXTS[alias] ?? "", id);
  expect(await sendMail(gateway.port("smtp"), [`${alias}@clinic.example`], mail)).toMatch(/^250 /);
}

test("a server found to be away by one queue is left alone by the others, and one of them tries it", async () => {
  await using dir = await tempDir();
  driveLoops();
  const clock = drivenClock();
  await using sink = await smtpSink({ behaviour: { kind: "drop", at: "greeting" } });
  await using gateway = await testGateway(dir.path, { rules: forwarding(sink.port, {}), now: clock.now });
  await send(gateway, "billing", "1@m");
  await soon("it was tried", () => sink.connections() === 1);
  await soon("it is down", () => gateway.log.some((line) => line.includes("destination-down")));
  for (let n = 0; n < 5; n += 1) await send(gateway, "admissions", `a${n}@m`);
  await soon("all are decided", async () => (await gateway.store.outcomes({ limit: 50 })).length === 6);
  for (let n = 0; n < 5; n += 1) vi.advanceTimersByTime(1000);
  expect(sink.connections()).toBe(1);
  clock.advance(1100);
  await soon("one tries", () => sink.connections() === 2);
  sink.behave({ kind: "accept" });
  await soon("all arrive", () => {
    clock.advance(1000);
    return sink.taken.length === 6;
  });
  expect(gateway.log.filter((line) => line.includes('"destination-down"'))).toHaveLength(1);
});

/** Billing signs in at the same server, which does not know AUTH; all others come without. */
function billingSigningIn(port: number): RuleSet {
  process.env["MAILWARD_TEST_FAR_PASSWORD"] = "wrong";
  const rules = forwarding(port, {});
  const signIn = { user: "us", passwordEnv: "MAILWARD_TEST_FAR_PASSWORD" };
  const queues = rules.queues.map((queue) =>
    queue.name === "billing-desk" && queue.deliver.kind === "smtp"
      ? { ...queue, deliver: { ...queue.deliver, ...signIn } }
      : queue,
  );
  return { ...rules, queues };
}

test("a queue whose sign-in is refused harms no other at the same server, which does not mend it either", async () => {
  await using dir = await tempDir();
  driveLoops();
  const clock = drivenClock();
  await using sink = await smtpSink({ offers: ["AUTH PLAIN"] });
  await using gateway = await testGateway(dir.path, { rules: billingSigningIn(sink.port), now: clock.now });
  const down = async () => {
    const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/readyz`);
    return ((await answer.json()) as { destinationsDown: string[] }).destinationsDown;
  };
  for (let round = 1; round <= 3; round += 1) {
    const tried = sink.connections();
    await send(gateway, "billing", `b${round}@m`);
    await soon("the sign-in is tried", () => {
      clock.advance(round === 1 ? 0 : 1000);
      return sink.connections() > tried;
    });
    await soon("its queue is down", async () => (await down()).includes("billing-desk"));
    // The clock stands still: a lane that was held back would wait for ever.
    for (let n = 0; n < 5; n += 1) await send(gateway, "admissions", `a${round}-${n}@m`);
    await soon("the others' mail arrives", () => sink.taken.length === 5 * round);
    expect(await down()).toEqual(["billing-desk"]);
  }
  const told = gateway.log.filter((line) => /"destination-(?:down|up)"/.test(line));
  expect(told.map((line) => (JSON.parse(line) as { queue: string }).queue)).toEqual(["billing-desk"]);
});

test("connections to one server are counted over all queues, however they come there", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink({ behaviour: { kind: "hang", at: "dot" } });
  const rules = forwarding(sink.port, { connections: 2 });
  const queues = rules.queues.map((queue) =>
    queue.name === "billing-desk" && queue.deliver.kind === "smtp"
      ? { ...queue, deliver: { ...queue.deliver, tls: "opportunistic" as const } }
      : queue,
  );
  await using gateway = await testGateway(dir.path, { rules: { ...rules, queues } });
  for (let n = 0; n < 4; n += 1)
    for (const alias of ["billing", "admissions"]) await send(gateway, alias, `${alias}${n}@m`);
  await until("all are decided", async () => (await gateway.store.outcomes({ limit: 50 })).length === 8);
  await until("two are under way", () => sink.taken.length === 2);
  // A third would have come by now: the lanes have looked at what waits again and again.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(sink.connections()).toBe(2);
});

async function findServers(zone: Zone, chance = 0) {
  await using dns = await startDns(zone);
  const places = [chance, 1 - chance, 0.5];
  const find = mxLookup({
    servers: [dns.address],
    hostname: "mx.clinic.example",
    now: () => 0,
    chance: () => places.shift() ?? 0,
  });
  return await find("far.example");
}

test("servers are found by MX, the preferred first, those alike by chance, never ourselves", async () => {
  const mx = (...exchanges: (readonly [number, string])[]): Zone => ({
    "far.example": { MX: exchanges.map(([priority, exchange]) => ({ priority, exchange })) },
  });
  const hosts = (...names: string[]) => ({ kind: "hosts", hosts: names });
  const three = mx([20, "c.example"], [10, "a.example"], [10, "b.example"]);
  expect(await findServers(three)).toEqual(hosts("b.example", "a.example", "c.example"));
  expect(await findServers(mx([10, "a.example"], [10, "b.example"]), 0)).toEqual(hosts("a.example", "b.example"));
  expect(await findServers(mx([10, "a.example"], [10, "b.example"]), 1)).toEqual(hosts("b.example", "a.example"));
  const ours = mx([10, "a.example"], [20, "mx.clinic.example"], [30, "c.example"]);
  expect(await findServers(ours)).toEqual(hosts("a.example"));
  expect(await findServers(mx([10, "mx.clinic.example"]))).toMatchObject({ kind: "failed", code: "ELOOP" });
  expect(await findServers(mx([0, ""]))).toMatchObject({ kind: "failed", stage: "envelope", reply: 556 });
  expect(await findServers({ "far.example": { A: ["127.0.0.1"] } })).toEqual(hosts("far.example"));
});

test("without a host the servers of the domain are tried, the next when one does not answer", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  const exchanges = [
    { priority: 10, exchange: "127.0.0.2" },
    { priority: 20, exchange: "localhost" },
  ];
  await using dns = await startDns({ "far.example": { MX: exchanges } });
  const settings = `proof: {dns_servers: ["${dns.address}"]}`;
  const rules = forwarding(sink.port, { host: null });
  await using gateway = await testGateway(dir.path, { rules, settings });
  await send(gateway, "billing", "1@m");
  await until("it arrives", () => sink.taken.length === 1);
  expect(sink.taken[0]?.rcptTo).toEqual(["billing-desk@far.example"]);
});

/** Sends UTF-8 under a MAIL FROM of its own. */
async function sayMail(gateway: TestGateway, from: string, text: string): Promise<void> {
  const bytes = (said: string) => Buffer.from(said).toString("latin1");
  using client = await talk(gateway.port("smtp"));
  await client.reply();
  for (const line of ["EHLO c.example", from, "RCPT TO:<billing@clinic.example>", "DATA"])
    expect(await client.say(bytes(line))).toMatch(/^(250|354)/);
  expect(await client.say(bytes(`${text}.`))).toMatch(/^250 /);
}

const EIGHT_BITS = "Subject: una pregunta\r\n\r\nMañana no puedo pagar mi factura, quiero un plan de pago.\r\n";

test.each([
  ["8BITMIME", "MAIL FROM:<ana@home.example> BODY=8BITMIME", EIGHT_BITS, "5.6.3"],
  [
    "SMTPUTF8",
    "MAIL FROM:<ana@home.example> SMTPUTF8",
    EIGHT_BITS.replace("una", "uña").replace("ñana", "nana"),
    "5.6.7",
  ],
  ["SMTPUTF8 in the sender", "MAIL FROM:<aña@home.example> SMTPUTF8", EIGHT_BITS.replace("ñ", "n"), "5.6.7"],
])(
  "a mail that needs %s is held with a clear reason where the far end does not offer it",
  async (_, from, text, code) => {
    await using dir = await tempDir();
    await using sink = await smtpSink({ offers: [] });
    await using gateway = await testGateway(dir.path, { rules: forwarding(sink.port, {}) });
    await sayMail(gateway, from, text);
    const row = await until("it is held", async () => (await gateway.store.deliveries({ state: "held", limit: 5 }))[0]);
    expect(row.reason).toBe("not-ascii");
    const found = await gateway.store.find(row.ref);
    expect(found?.attempts[0]).toMatchObject({ code: `554 ${code}` });
    expect(found?.attempts[0]?.text).toMatch(/^the destination cannot take letters beyond ASCII/);
    expect(sink.taken).toEqual([]);
  },
);

test("a mail announced as 8BITMIME or SMTPUTF8 that is plain ASCII goes through", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink({ offers: [] });
  await using gateway = await testGateway(dir.path, { rules: forwarding(sink.port, {}) });
  const plain = "Subject: a bill\r\n\r\nI want to set up a payment plan.\r\n";
  const from = "MAIL FROM:<ana@home.example> BODY=8BITMIME SMTPUTF8";
  await sayMail(gateway, from, plain);
  await until("it arrives", () => sink.taken.length === 1);
});
