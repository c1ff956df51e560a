// Queues that stand in for others, and what people are told, by the real gateway with real servers that refuse or are away.

import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RuleSet } from "../src/config/rules.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { defaultRules, forwardTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";

const MINUTE = 60_000;
const PACE = { pollMs: 500, gatherMs: 1000 };

beforeEach(() => driveLoops());
afterEach(() => void vi.useRealTimers());

/** Billing is forwarded to this port; its backup and the review queue are Maildirs. */
function rulesWith(port: number, backup: string | null = "on-call"): RuleSet {
  const rules = defaultRules();
  const queues = rules.queues.map((queue) =>
    queue.name === "billing-desk"
      ? { ...queue, backup, owner: "Billing lead", deliver: forwardTo(port, "billing@far.example") }
      : { ...queue, backup: null },
  );
  const staff = [{ key: "billing-lead", name: "Billing lead", mail: "lead@far.example", phone: null }];
  return { ...rules, queues, staff };
}

async function send(
  gateway: TestGateway,
  id: string,
  text = "I want to set up a payment plan for my bill.",
): Promise<void> {
  const mail = mailText("Zebra stripes", text, `${id}@m`);
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mail)).toMatch(/^250 /);
}

/** An SMTP server that says what it is told to; keeps what it takes. */
async function farEnd(answers: { rcpt: string; hello: string }) {
  const taken: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (answers.hello === "") return void socket.destroy();
    socket.write(`${answers.hello}\r\n`);
    let inData = false;
    let held = "";
    socket.on("data", (bytes) => {
      held += bytes.toString("latin1");
      for (;;) {
        const end = inData ? held.indexOf("\r\n.\r\n") : held.indexOf("\r\n");
        if (end < 0) return;
        const line = held.slice(0, end);
        held = held.slice(end + (inData ? 5 : 2));
        if (inData) taken.push(line);
        const say = inData
          ? "250 2.0.0 taken"
          : /^EHLO/i.test(line)
            ? "250 far"
            : /^RCPT/i.test(line)
              ? answers.rcpt
              : /^DATA/i.test(line)
                ? "354 go"
                : "250 ok";
        inData = !inData && /^DATA/i.test(line);
        socket.write(`${say}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    taken,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

async function maildir(gateway: TestGateway, queue: string): Promise<readonly string[]> {
  const folder = join(gateway.folder, "data", "mail", queue, "new");
  const names = await readdir(folder).catch(() => []);
  return await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")));
}

const states = async (gateway: TestGateway) =>
  (await gateway.store.deliveries({ limit: 50 })).map(({ queue, state }) => `${queue} ${state}`).toSorted();

async function balanced(gateway: TestGateway): Promise<void> {
  for (const row of await gateway.store.balance()) expect(row).toMatchObject({ missing: 0 });
}

test("a destination away past its limit: the queue that stands in has its mail, marked; back again, it has its own", async () => {
  await using dir = await tempDir();
  const answers = { hello: "", rcpt: "250 ok" };
  await using far = await farEnd(answers);
  const clock = drivenClock();
  await using gateway = await testGateway(dir.path, { rules: rulesWith(far.port), now: clock.now, followUpPace: PACE });
  await send(gateway, "one");
  await soon("it is known to be away", async () => (await gateway.store.outages()).length === 1);
  clock.advance(59 * MINUTE);
  await soon("it was tried again", () => gateway.log.filter((line) => line.includes("attempt-failed")).length > 1);
  expect(await states(gateway)).toEqual(["billing-desk waiting"]);
  clock.advance(2 * MINUTE);
  await soon("the other queue has it", async () => (await states(gateway)).includes("on-call delivered"));
  const [mail = ""] = await maildir(gateway, "on-call");
  expect(mail).toContain("\r\nX-Mailward-Stands-In-For: billing-desk\r\n");
  expect(gateway.log.filter((line) => line.includes('"backup-in-use"'))).toHaveLength(1);
  const found = await gateway.store.find((await gateway.store.outcomes({ limit: 1 }))[0]?.ref ?? "");
  expect(found?.standIns).toMatchObject([{ fromQueue: "billing-desk", toQueue: "on-call", why: "away" }]);
  expect(found?.overrides).toEqual([]);
  expect(await gateway.store.lessons(0, 10)).toEqual([]);
  // The destination is back: the next mail is for it, and what the other queue has stays there.
  answers.hello = "220 far";
  await send(gateway, "two");
  await soon("its own has it", () => {
    clock.advance(1000);
    return far.taken.length === 1;
  });
  await soon("the outage has ended", async () => (await gateway.store.outages()).length === 0);
  expect((await states(gateway)).filter((each) => each.startsWith("on-call"))).toEqual(["on-call delivered"]);
  await balanced(gateway);
});

test("a refused sign-in moves mail after five minutes, also while another queue delivers to the same server", async () => {
  await using dir = await tempDir();
  process.env["MAILWARD_TEST_FAR_PASSWORD"] = "wrong";
  await using far = await smtpSink({ offers: ["AUTH PLAIN"] });
  const rules = rulesWith(far.port);
  const queues = rules.queues.map((queue) => {
    if (queue.name === "admissions-desk") return { ...queue, deliver: forwardTo(far.port, "admissions@far.example") };
    if (queue.deliver.kind !== "smtp") return queue;
    return { ...queue, deliver: { ...queue.deliver, user: "us", passwordEnv: "MAILWARD_TEST_FAR_PASSWORD" } };
  });
  const clock = drivenClock();
  const options = { rules: { ...rules, queues }, now: clock.now, followUpPace: PACE };
  await using gateway = await testGateway(dir.path, options);
  await send(gateway, "one");
  await soon("it is known to be away", async () => (await gateway.store.outages()).length === 1);
  for (let minute = 1; minute <= 5; minute += 1) {
    const mail = mailText("a question", "What time should I arrive for my admission?", `a${minute}@m`);
    expect(await sendMail(gateway.port("smtp"), ["admissions@clinic.example"], mail)).toMatch(/^250 /);
    await soon("the neighbour's mail arrives", () => far.taken.length === minute);
    expect((await states(gateway)).filter((each) => each.startsWith("on-call"))).toEqual([]);
    clock.advance(MINUTE);
  }
  clock.advance(MINUTE);
  await soon("the other queue has it", async () => (await states(gateway)).includes("on-call delivered"));
  await balanced(gateway);
});

test("a mail goes to a queue that stands in once: two that stand in for each other do not play with it", async () => {
  await using dir = await tempDir();
  await using far = await farEnd({ hello: "", rcpt: "250 ok" });
  const clock = drivenClock();
  const rules = rulesWith(far.port);
  const queues = rules.queues.map((queue) =>
    queue.name === "on-call"
      ? { ...queue, backup: "billing-desk", deliver: forwardTo(far.port, "x@far.example") }
      : queue,
  );
  await using gateway = await testGateway(dir.path, {
    rules: { ...rules, queues },
    now: clock.now,
    followUpPace: PACE,
  });
  await send(gateway, "one");
  await soon("it is known to be away", async () => (await gateway.store.outages()).length > 0);
  clock.advance(61 * MINUTE);
  await soon("the other queue has it", async () => (await states(gateway)).includes("on-call waiting"));
  await soon("that is away as well", async () => {
    clock.advance(1000);
    return (await gateway.store.outages()).length === 2;
  });
  for (let hour = 0; hour < 3; hour += 1) {
    clock.advance(61 * MINUTE);
    const tried = gateway.log.length;
    await soon("it was tried", () => {
      clock.advance(1000);
      return gateway.log.length > tried;
    });
  }
  const found = await gateway.store.find((await gateway.store.outcomes({ limit: 1 }))[0]?.ref ?? "");
  expect(found?.standIns).toHaveLength(1);
  expect(await states(gateway)).toEqual(["on-call waiting"]);
  await balanced(gateway);
});

test("a mail that is refused for good goes to the queue that stands in at once, others stay", async () => {
  await using dir = await tempDir();
  const answers = { hello: "220 far", rcpt: "550 5.1.1 who?" };
  await using far = await farEnd(answers);
  await using gateway = await testGateway(dir.path, { rules: rulesWith(far.port), followUpPace: PACE });
  await send(gateway, "one");
  await soon("the other queue has it", async () => (await states(gateway)).includes("on-call delivered"));
  answers.rcpt = "250 ok";
  await send(gateway, "two");
  await soon("its own has it", () => far.taken.length === 1);
  expect((await states(gateway)).filter((each) => each.startsWith("on-call"))).toHaveLength(1);
  await balanced(gateway);
});

test("owner and review queue are told of failures by one delivery report without a word of the patient", async () => {
  await using dir = await tempDir();
  await using far = await farEnd({ hello: "220 far", rcpt: "550 5.1.1 no such mailbox of Zebra" });
  await using post = await farEnd({ hello: "220 post", rcpt: "250 ok" });
  const settings = `notices: {host: 127.0.0.1, port: ${post.port}, tls: none, from: mailward@clinic.example}`;
  const rules = rulesWith(far.port, null);
  const clock = drivenClock();
  await using gateway = await testGateway(dir.path, { rules, settings, now: clock.now, followUpPace: PACE });
  await send(gateway, "one");
  await soon("it is looked at", async () => (await gateway.store.dueNotices(clock.now(), 50)).length === 2);
  for (const id of ["two", "three"]) await send(gateway, id);
  await soon("all are held", async () => (await gateway.store.counts()).held === 3);
  // What comes together is told together.
  await soon("they are looked at", async () => (await gateway.store.dueNotices(clock.now(), 50)).length === 6);
  clock.advance(PACE.gatherMs);
  await soon("both are told", async () => post.taken.length > 0 && (await maildir(gateway, "review")).length > 0);
  await soon(
    "nothing is to be told any more",
    async () => (await gateway.store.dueNotices(clock.now(), 50)).length === 0,
  );
  const [report = "", ...more] = post.taken;
  expect(more).toEqual([]);
  expect(await maildir(gateway, "review")).toHaveLength(1);
  expect(report).toContain("To: <lead@far.example>");
  expect(report).toContain("Subject: [Mailward] 3 mails for billing-desk not delivered");
  expect(report).toContain("Content-Type: multipart/report; report-type=delivery-status");
  expect(report).toContain("Auto-Submitted: auto-generated");
  expect(report.match(/^Final-Recipient: x-mailward-queue; billing-desk\r$/gm)).toHaveLength(3);
  for (const told of [report, (await maildir(gateway, "review"))[0] ?? ""])
    expect(told).not.toMatch(/zebra|payment plan/i);
});

test("an urgent mail is late after its first failed attempt, others after two hours, each told once", async () => {
  await using dir = await tempDir();
  await using post = await farEnd({ hello: "220 post", rcpt: "250 ok" });
  await using away = await farEnd({ hello: "", rcpt: "" });
  const settings = `notices: {host: 127.0.0.1, port: ${post.port}, tls: none}`;
  const rules = rulesWith(away.port, null);
  const clinical = rules.queues.map((queue) => ({ ...queue, deliver: forwardTo(away.port, "x@far.example") }));
  const everybody = clinical.map((queue) => ({ ...queue, owner: "Billing lead" }));
  const clock = drivenClock();
  await using gateway = await testGateway(dir.path, {
    rules: { ...rules, queues: everybody },
    settings,
    now: clock.now,
    followUpPace: PACE,
  });
  await send(gateway, "calm");
  await send(gateway, "urgent", "I have chest pain right now and cannot breathe.");
  await soon("the urgent one is told", () => {
    clock.advance(1000);
    return post.taken.length === 1;
  });
  expect(post.taken[0]).toMatch(/Subject: \[Mailward\] 1 mail for (?:clinical-triage|on-call) late, 1 urgent/);
  clock.advance(121 * MINUTE);
  await soon("the other is told", () => {
    clock.advance(1000);
    return post.taken.length === 2;
  });
  expect(post.taken[1]).toMatch(/Subject: \[Mailward\] 1 mail for billing-desk late\r/);
  clock.advance(121 * MINUTE);
  const tried = gateway.log.length;
  await soon("they were tried again", () => {
    clock.advance(1000);
    return gateway.log.length > tried + 1;
  });
  expect(post.taken).toHaveLength(2);
});

test("where nobody can be told, the log says so, and what could not be sent is sent later", async () => {
  await using dir = await tempDir();
  const answers = { hello: "", rcpt: "250 ok" };
  await using post = await farEnd(answers);
  await using far = await farEnd({ hello: "220 far", rcpt: "550 5.1.1 no" });
  const settings = `notices: {host: 127.0.0.1, port: ${post.port}, tls: none}`;
  const rules = rulesWith(far.port, null);
  const clock = drivenClock();
  const options = { rules: { ...rules, reviewQueue: "billing-desk" }, settings, now: clock.now, followUpPace: PACE };
  await using gateway = await testGateway(dir.path, options);
  await send(gateway, "one");
  await soon("it could not be told", () => {
    clock.advance(1000);
    return gateway.log.some((line) => line.includes('"notice-unsent"'));
  });
  answers.hello = "220 post";
  await soon("it is told later", () => {
    clock.advance(10_000);
    return post.taken.length === 1;
  });
});
