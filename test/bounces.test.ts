// A forward leaves under an address of ours, and what comes back to it is tied to its case, told and never dropped.

import { expect, test } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { mailText, sendMail, talk } from "./support/dialogue.ts";
import { forwardTo, rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { events, metric } from "./support/rules-house.ts";
import { type SmtpSink, smtpSink } from "./support/smtp-sink.ts";
import { decidedOf, newMail, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const SRS = "srs: {domain: bounces.clinic.example}";
const BILLING = ["billing@clinic.example"];

type Report = { readonly action?: string; readonly status?: string; readonly id?: string };

function bounce({ action = "failed", status = "5.1.1", id = "b" }: Report = {}): string {
  const part = (type: string, text: string) => `--x\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`;
  const report = `Reporting-MTA: dns; far.example\r\n\r\nFinal-Recipient: rfc822; desk@far.example\r\nAction: ${action}\r\nStatus: ${status}\r\n`;
  return [
    "From: MAILER-DAEMON@far.example\r\nTo: x@bounces.clinic.example\r\nSubject: Undelivered Mail\r\n",
    `Message-ID: <${id}@far.example>\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n`,
    'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n',
    part("text/plain", "Your mail could not be delivered."),
    part("message/delivery-status", report),
    part("message/rfc822", "Subject: my bill\r\n\r\nI want a payment plan for my bill."),
    "--x--\r\n",
  ].join("");
}

/** Forwards a mail, and answers its reference and the sender the far end was told. */
async function forwarded(gateway: TestGateway, sink: SmtpSink, id = "m") {
  const before = sink.taken.length;
  const text = mailText("a question", "I want to set up a payment plan for my bill.", id);
  const reply = await sendMail(gateway.port("smtp"), BILLING, text, "pat@home.example");
  const taken = await until("it is forwarded", () => sink.taken[before]);
  return { ref: /Accepted as (\S+)/.exec(reply)?.[1] ?? reply, sender: taken.mailFrom };
}

async function decidedCase(gateway: TestGateway, reply: string) {
  const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
  return until(`${ref} is decided`, async () => {
    const found = await gateway.store.find(ref);
    return found !== null && found.outcomes.length > 0 ? found : null;
  });
}

test("a bounce is tied to the forward it is of, goes to review as mail, and is an alarm once", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), settings: SRS });
  const { ref, sender } = await forwarded(gateway, sink);
  expect(sender).toMatch(/^SRS0=\w+=\w+=home\.example=pat=\w+@bounces\.clinic\.example$/);
  const back = await decidedCase(gateway, await sendMail(gateway.port("smtp"), [sender], bounce(), ""));
  const [outcome] = back.outcomes;
  expect(outcome).toMatchObject({ alias: "(returned)", queue: gateway.rules().reviewQueue, review: true });
  expect(outcome?.outcome.decision).toMatchObject({ kind: "review", reason: "came-back" });
  const found = await gateway.store.find(ref);
  const tied = { ref, queue: "billing-desk", bounceRef: back.ref, action: "failed", status: "5.1.1" };
  expect(found?.bounces).toMatchObject([tied]);
  expect(back.bounces).toMatchObject([tied]);
  expect(found?.deliveries[0]?.id).toBe(back.bounces[0]?.deliveryId);
  const [alarm, ...more] = events(gateway, "bounced");
  expect(more).toEqual([]);
  expect(alarm).toMatchObject({ level: 50, ref, queue: "billing-desk", code: "5.1.1" });
  expect(await metric(gateway, 'mailward_bounced_total{queue="billing-desk",urgency="P4"}')).toBe("1");
  await until("the bounce itself is in review", () =>
    sink.taken.some(({ rcptTo }) => rcptTo[0]?.startsWith("review@")),
  );
});

test("a delay is written down without alarm, an automatic answer only goes to review", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), settings: SRS });
  const { ref, sender } = await forwarded(gateway, sink);

  const late = bounce({ action: "delayed", status: "4.4.1" });
  const delayed = await decidedCase(gateway, await sendMail(gateway.port("smtp"), [sender], late, ""));
  expect(delayed.bounces).toMatchObject([{ ref, action: "delayed", status: "4.4.1" }]);
  expect(events(gateway, "bounced")).toMatchObject([{ level: 40, ref, code: "4.4.1" }]);
  const away = `Auto-Submitted: auto-replied\r\n${mailText("Out of office", "I am away.", "away")}`;
  const answer = await decidedCase(gateway, await sendMail(gateway.port("smtp"), [sender], away, ""));
  expect(answer.bounces).toEqual([]);
  expect(answer.outcomes[0]).toMatchObject({ review: true, queue: gateway.rules().reviewQueue });
  const person = bounce({ id: "forged" });
  const stranger = await decidedCase(gateway, await sendMail(gateway.port("smtp"), [sender], person, "x@y.example"));
  expect(stranger.bounces).toEqual([]);
  expect((await gateway.store.find(ref))?.bounces).toHaveLength(1);
});

test("forged and expired addresses are refused in words that say why", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  let at = Date.parse("2026-11-24T12:00:00Z");
  await using gateway = await testGateway(dir.path, {
    ...{ rules: rulesForwardingTo(sink.port), settings: SRS },
    now: () => at,
  });
  const { sender } = await forwarded(gateway, sink);
  using client = await talk(gateway.port("smtp"));
  await client.reply();
  await client.say("EHLO far.example");
  await client.say("MAIL FROM:<>");
  const forged = sender.replace(/^SRS0=./, (start) => (start.endsWith("a") ? "SRS0=b" : "SRS0=a"));
  expect(await client.say(`RCPT TO:<${forged}>`)).toMatch(/^550 5\.1\.1 .*signature does not fit/);
  expect(await client.say("RCPT TO:<nobody@bounces.clinic.example>")).toMatch(/^550 5\.1\.1 There is no mailbox/);
  at += 22 * 86_400_000;
  expect(await client.say(`RCPT TO:<${sender}>`)).toMatch(/^550 5\.1\.6 .*expired/);
  expect(await metric(gateway, 'mailward_refused_total{reason="forged-return"}')).toBe("1");
  expect(await metric(gateway, 'mailward_refused_total{reason="expired-return"}')).toBe("1");
});

test("without a domain for it, or where the queue says so, the sender stays or nobody is told", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  const rules = rulesForwardingTo(sink.port);
  await using plain = await testGateway(`${dir.path}/plain`, { rules });
  expect((await forwarded(plain, sink)).sender).toBe("pat@home.example");
  for (const [envelope, told] of [
    ["sender", "pat@home.example"],
    ["nobody", ""],
  ] as const) {
    const deliver = { ...forwardTo(sink.port, "desk@far.example"), envelope };
    const queues = rules.queues.map((queue) => ({ ...queue, deliver }));
    await using gateway = await testGateway(`${dir.path}/${envelope}`, { rules: { ...rules, queues }, settings: SRS });
    expect((await forwarded(gateway, sink)).sender).toBe(told);
  }
});

test("a bounce is written once however often it is noted, never changed, and only for a delivery that is there", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { messageId, routings } = await store.accept(newMail("x", ["billing"], () => "key"));
  const routingId = routings[0]?.kind === "new" ? routings[0].routingId : 0;
  const [job] = await store.record(
    decidedOf(messageId ?? 0, [{ routingId, outcome: outcomeOf("billing", "desk"), leaseTo: "me" }]),
  );
  const told = { deliveryId: job?.id ?? 0, messageId: messageId ?? 0, at: 5, action: "failed", status: null } as const;
  expect(await store.noteBounce(told)).toMatchObject({ queue: "desk", isNew: true });
  expect(await store.noteBounce(told)).toMatchObject({ queue: "desk", isNew: false });
  expect(await store.noteBounce({ ...told, deliveryId: 999 })).toBeNull();
  expect(await store.srsKey()).toMatch(/^[0-9a-f]{64}$/);
  expect(await store.srsKey()).not.toBe(await store.threadKey());
});
