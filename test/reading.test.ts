// What is read reaches the outcome: mails sent to the real gateway by people, staff, forms and robots, and what is
// remembered and passed on of them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Case } from "../src/store/store.ts";
import { sendMail } from "./support/dialogue.ts";
import { startDns } from "./support/dns.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";
import { signed, ZONE } from "./support/zone.ts";

const STAFF_NETWORK = "trust: {networks: [127.0.0.1]}";

type MailParts = { readonly from?: string; readonly head?: readonly string[]; readonly body: readonly string[] };

let sent = 0;

function letter({ from = "Maria Lopez <maria.lopez@example.net>", head = [], body }: MailParts): string {
  sent += 1;
  return [
    `From: ${from}`,
    "To: access@clinic.example",
    "Date: Mon, 23 Nov 2026 08:00:00 +0000",
    ...(head.some((line) => line.startsWith("Message-ID:")) ? [] : [`Message-ID: <letter-${sent}@example.net>`]),
    ...(head.some((line) => line.startsWith("Subject:")) ? head : ["Subject: Hello", ...head]),
    "",
    ...body,
    "",
  ].join("\r\n");
}

/** Send, wait until it is decided, and answer the case. */
async function decided(
  gateway: TestGateway,
  raw: string,
  { to = "access@clinic.example", from = "maria.lopez@example.net" } = {},
): Promise<Case> {
  const reply = await sendMail(gateway.port("smtp"), [to], raw, from);
  const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? `not accepted: ${reply}`;
  return until(`${ref} is decided`, async () => {
    const found = await gateway.store.find(ref);
    return found !== null && found.outcomes.length > 0 ? found : null;
  });
}

const FORWARD = {
  from: "Front Desk <desk@clinic.example>",
  head: ["Subject: Fwd: my question"],
  body: [
    "billing pls",
    "",
    "---------- Forwarded message ---------",
    "From: Ana Ruiz <ana.ruiz@example.org>",
    "Date: Sun, 22 Nov 2026 at 18:02",
    "Subject: my question",
    "To: <desk@clinic.example>",
    "",
    "I need a refill of my inhaler before the weekend.",
  ],
} as const;

describe("a forward", () => {
  test("of proven staff obeys their note and names the patient", async () => {
    await using dir = await tempDir();
    await using gateway = await testGateway(dir.path, { settings: STAFF_NETWORK });
    const found = await decided(gateway, letter(FORWARD), { from: "desk@clinic.example" });
    expect(found.reading).toMatchObject({
      staff: "network",
      originalSender: "ana.ruiz@example.org",
      forwarder: "desk@clinic.example",
      forwardTier: "inline",
    });
    expect(found.outcomes[0]).toMatchObject({ requestType: "billing", decidedBy: "override" });
  });

  test("of a stranger is routed by what it says, marked unproven, its note a hint", async () => {
    await using dir = await tempDir();
    await using gateway = await testGateway(dir.path);
    const found = await decided(gateway, letter(FORWARD), { from: "desk@clinic.example" });
    expect(found.reading).toMatchObject({ staff: null, forwardTier: "inline", forwarder: "desk@clinic.example" });
    expect(found.outcomes[0]?.decidedBy).not.toBe("override");
    expect(found.outcomes[0]?.outcome.evidence).toContainEqual(
      expect.objectContaining({ kind: "override", type: "billing", sure: false }),
    );
    expect(found.outcomes[0]?.rules).toContain("refill");
  });
});

describe("the signature of a staff domain", () => {
  const settings = (address: string) =>
    `trust: {staff_domains: [clinic.example]}\nproof: {dns_servers: ["${address}"], timeout_seconds: 4}`;
  const signedForward = () => signed(letter(FORWARD), "clinic.example", Date.now());

  test("makes a note on a forward an order", async () => {
    await using dir = await tempDir();
    await using dns = await startDns(ZONE);
    await using gateway = await testGateway(dir.path, { settings: settings(dns.address) });
    const found = await decided(gateway, await signedForward(), { from: "desk@clinic.example" });
    expect(found.reading?.proof).toMatchObject({
      source: "checked",
      dkim: [{ result: "pass", domain: "clinic.example" }],
      dmarc: { result: "pass", domain: "clinic.example" },
    });
    expect(found.reading?.staff).toBe("dmarc");
    expect(found.outcomes[0]).toMatchObject({ requestType: "billing", decidedBy: "override" });
  });

  test("proves nothing when the mail was changed", async () => {
    await using dir = await tempDir();
    await using dns = await startDns(ZONE);
    await using gateway = await testGateway(dir.path, { settings: settings(dns.address) });
    const raw = (await signedForward()).replace("billing pls", "clinical pls");
    const found = await decided(gateway, raw, { from: "desk@clinic.example" });
    expect(found.reading?.proof.dkim).toMatchObject([{ result: "fail" }]);
    expect(found.reading?.staff).toBeNull();
    expect(found.outcomes[0]?.decidedBy).not.toBe("override");
  });

  test("is not known while DNS is silent: the mail is accepted all the same, routed, and marked", async () => {
    await using dir = await tempDir();
    await using dns = await startDns(ZONE, "dead");
    await using gateway = await testGateway(dir.path, { settings: settings(dns.address) });
    const raw = await signedForward();
    const reply = await sendMail(gateway.port("smtp"), ["access@clinic.example"], raw, "desk@clinic.example");
    expect(reply).toMatch(/^250 /);
    expect((await gateway.store.counts()).undecided).toBe(1); // accepted before anything is known
    const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? "";
    const found = await until("the mail is decided", async () => {
      const asked = await gateway.store.find(ref);
      return asked?.reading ? asked : null;
    });
    expect(found.reading?.proof).toMatchObject({ source: "checked", dmarc: { result: "temperror" } });
    expect(found.reading?.staff).toBeNull();
    expect(found.outcomes[0]?.rules).toContain("refill");
  });
});

describe("an answer", () => {
  const question = {
    head: ["Message-ID: <first@example.net>"],
    body: ["I want to set up a payment plan for my bill."],
  };
  const answer = (from: string) =>
    letter({ from, head: ["Subject: Re: Hello", "In-Reply-To: <first@example.net>"], body: ["Yes, that is right."] });

  test("by the writer goes where the case went", async () => {
    await using dir = await tempDir();
    await using gateway = await testGateway(dir.path);
    const first = await decided(gateway, letter(question));
    expect(first.outcomes[0]?.requestType).toBe("billing");
    const found = await decided(gateway, answer("maria.lopez@example.net"));
    expect(found.outcomes[0]).toMatchObject({ requestType: "billing", decidedBy: "thread" });
  });

  test("by somebody else is shown as a suggestion and goes its own way", async () => {
    await using dir = await tempDir();
    await using gateway = await testGateway(dir.path);
    const first = await decided(gateway, letter(question));
    const found = await decided(gateway, answer("eve@example.com"), { from: "eve@example.com" });
    // Whether alias, model or people decide so short a mail depends on the key of the store, which is chance.
    expect(found.outcomes[0]?.decidedBy).not.toBe("thread");
    expect(found.outcomes[0]?.outcome.evidence).toContainEqual(
      expect.objectContaining({ kind: "thread", ref: first.ref, sure: false }),
    );
  });
});

describe("a form", () => {
  test("decides by its request type, and what is missing is listed", async () => {
    await using dir = await tempDir();
    await using gateway = await testGateway(dir.path);
    const body = ["Request type: Admissions", "Name: Sam Field", "Facility: North Campus", "Date of service:"];
    const found = await decided(gateway, letter({ head: ["Subject: Web form"], body }));
    expect(found.reading?.kind).toBe("form");
    expect(found.outcomes[0]).toMatchObject({ requestType: "admissions", decidedBy: "field" });
    expect(found.outcomes[0]?.outcome.missing).toEqual(["date of service"]);
  });

  test("about money in which somebody writes of chest pain goes to the nurses at once", async () => {
    await using dir = await tempDir();
    await using gateway = await testGateway(dir.path);
    const body = ["Request type: Billing", "Name: Sam Field", "Message: I have crushing chest pain right now"];
    const found = await decided(gateway, letter({ body }));
    expect(found.outcomes[0]).toMatchObject({ requestType: "clinical", urgency: "P1" });
    expect(found.outcomes[0]?.outcome.evidence).toContainEqual(expect.objectContaining({ kind: "contradiction" }));
  });
});

test("what an answering machine sends is routed, and never to be answered", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  const raw = letter({ head: ["Auto-Submitted: auto-replied"], body: ["I cannot breathe, please call me."] });
  const found = await decided(gateway, raw, { from: "" });
  expect(found.reading?.kind).toBe("auto-reply");
  expect(found.reading?.refusals.map(({ sign }) => sign)).toEqual(
    expect.arrayContaining(["auto-submitted", "null-sender"]),
  );
  expect(found.outcomes[0]).toMatchObject({ urgency: "P1", requestType: "clinical" });
});

test("history, signature and legal notice do not speak", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  const body = [
    "Thank you, that answers it. I still cannot log in to the portal.",
    "",
    "On Fri, 20 Nov 2026 at 09:00, Clinic <clinical@clinic.example> wrote:",
    "> If you have chest pain, call 911.",
    "> Your refill is at the pharmacy.",
  ];
  const found = await decided(gateway, letter({ head: ["Subject: Re: your question"], body }));
  expect(found.outcomes[0]).toMatchObject({ requestType: "access" });
  expect(found.outcomes[0]?.urgency).not.toBe("P1");
  expect(found.outcomes[0]?.rules).not.toContain("refill");
});

test("the delivered mail says what was proven, and a forged claim is renamed", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  const head = ["Authentication-Results: mx.clinic.example; dmarc=pass header.from=clinic.example"];
  const found = await decided(gateway, letter({ head, body: ["I cannot log in to the portal."] }));
  const folder = join(gateway.folder, "data", "mail", found.outcomes[0]?.queue ?? "", "new");
  const delivered = await until("the mail is delivered", () => {
    const [file] = readdirSync(folder);
    return file === undefined ? null : readFileSync(join(folder, file), "latin1");
  });
  expect(delivered).toMatch(/^Authentication-Results: mx\.clinic\.example; none\r\n/im);
  expect(delivered).toMatch(/^X-Untrusted-Authentication-Results: mx\.clinic\.example; dmarc=pass/im);
});
