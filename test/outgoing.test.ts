// The bytes that leave: our headers on top, the message untouched underneath.

import fc from "fast-check";
import { expect, test } from "vitest";
import { labelHeaders, receivedHeader, stamped, topHeaders, withHeaders } from "../src/deliver/outgoing.ts";
import { type Mail, NO_PROOF, type Proof, type Recipient } from "../src/message.ts";
import type { Job, Label } from "../src/outcome.ts";

const TOP = "X-Mailward-Ref: MW-1\r\n";
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const stamp = (message: string) => text(stamped(TOP, Buffer.from(message, "latin1")));

async function inChunks(message: string, size: number): Promise<string> {
  async function* chunks() {
    for (let at = 0; at < message.length; at += size) yield Buffer.from(message.slice(at, at + size), "latin1");
  }
  const parts: Uint8Array[] = [];
  for await (const part of withHeaders(TOP, chunks())) parts.push(part);
  return text(Buffer.concat(parts));
}

test("every byte of a message without forged headers stays as it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      const message = Buffer.concat([Buffer.from("Subject: a\r\n\r\n"), body]);
      expect(Buffer.compare(stamped(TOP, message), Buffer.concat([Buffer.from(TOP), message]))).toBe(0);
    }),
  );
});

test("forged headers of our names are renamed, in any case and also folded ones, and only in the header block", () => {
  const message =
    "Subject: a\r\nx-mailward-queue: clinical\r\nX-MAILWARD-Rule: a,\r\n b\r\nTo: c\r\n\r\nX-Mailward-Queue: in the text\r\n";
  expect(stamp(message)).toBe(
    `${TOP}Subject: a\r\nX-Untrusted-Mailward-queue: clinical\r\nX-Untrusted-Mailward-Rule: a,\r\n b\r\nTo: c\r\n\r\nX-Mailward-Queue: in the text\r\n`,
  );
});

test("results of SPF, DKIM and DMARC that came with the mail are renamed, all of them, and nothing else is", () => {
  const arc = "ARC-Authentication-Results: i=1; mx.example; dmarc=pass\r\n";
  const message = `Authentication-Results: mx.clinic.example; dmarc=pass\r\n header.from=clinic.example\r\n${arc}AUTHENTICATION-RESULTS : a; none\r\nAuthentication-Results\r\n : b; none\r\nAuthentication-Results-Original: kept\r\nDKIM-Signature: v=1\r\n\r\nAuthentication-Results: text\r\n`;
  expect(stamp(message)).toBe(
    `${TOP}X-Untrusted-Authentication-Results: mx.clinic.example; dmarc=pass\r\n header.from=clinic.example\r\n${arc}X-Untrusted-Authentication-Results : a; none\r\nX-Untrusted-Authentication-Results\r\n : b; none\r\nAuthentication-Results-Original: kept\r\nDKIM-Signature: v=1\r\n\r\nAuthentication-Results: text\r\n`,
  );
});

test("results that came with the mail are renamed however it is cut into chunks", async () => {
  const message = "Subject: a\r\nAuthentication-Results: mx; dmarc=pass\r\n\r\ntext\r\n";
  for (let size = 1; size <= message.length; size++) expect(await inChunks(message, size)).toBe(stamp(message));
});

test("what was found out about the sender stands on top in our name", () => {
  const mail = {
    door: "smtp",
    receivedAt: 0,
    client: { address: "192.0.2.1", helo: "mail.example.org", tls: false, user: null },
    envelope: { smtpUtf8: false, mailFrom: "a@example.org" },
  } as Mail;
  const proof: Proof = { ...NO_PROOF, source: "checked", spf: { result: "pass", domain: "example.org" } };
  const job = { label: { ...LABEL, proof }, mail, recipients: [] as readonly Recipient[] } as Job;
  const lines = topHeaders("mx.clinic.example", job).split("\r\n");
  expect(lines.slice(8, 11)).toEqual([
    "Authentication-Results: mx.clinic.example;",
    "\tspf=pass smtp.mailfrom=example.org;",
    "\tdkim=none",
  ]);
});

test("a forged header is found however the message is cut into chunks", async () => {
  const message = "Subject: a\r\nX-Mailward-Queue: clinical\r\n\r\ntext\r\n";
  for (let size = 1; size <= message.length; size++) expect(await inChunks(message, size)).toBe(stamp(message));
});

test("a message with no headers keeps its first line as text", () => {
  expect(stamp("Hello, my arm hurts\r\nsince Monday\r\n")).toBe(`${TOP}\r\nHello, my arm hurts\r\nsince Monday\r\n`);
  expect(stamp("\r\nonly text\r\n")).toBe(`${TOP}\r\nonly text\r\n`);
  expect(stamp("")).toBe(`${TOP}\r\n`);
});

test("a forged header is found behind a megabyte of others", async () => {
  const message = `${"Filler: a\r\n".repeat(120_000)}X-Mailward-Queue: forged\r\n\r\nX-Mailward-Queue: text\r\n`;
  for (const whole of [await inChunks(message, 50_001), stamp(message)]) {
    expect(whole.match(/^X-Mailward-Queue.*$/gm)).toEqual(["X-Mailward-Queue: text"]);
    expect(whole).toContain("\r\nX-Untrusted-Mailward-Queue: forged\r\n\r\n");
  }
});

test("an endless header block is passed on, not kept", async () => {
  const message = "A: b\r\n".repeat(300_000);
  expect((await inChunks(message, 65_536)).length).toBe(message.length + TOP.length);
});

const LABEL: Label = {
  ref: "MW-1",
  queue: "clinical",
  requestType: "clinical",
  urgency: "P1",
  department: "Nurse line",
  decidedBy: "sure-rule",
  proof: NO_PROOF,
  standsInFor: null,
  rules: ["chest-pain", "refill"],
};

test("the label is ASCII, one header a line, and a name cannot break out of its line", () => {
  expect(labelHeaders(LABEL)).toBe(
    [
      "X-Mailward-Ref: MW-1",
      "X-Mailward-Queue: clinical",
      "X-Mailward-Type: clinical",
      "X-Mailward-Priority: P1",
      "X-Mailward-Department: Nurse line",
      "X-Mailward-Decided-By: sure-rule",
      "X-Mailward-Rule: chest-pain,\r\n refill",
      "",
    ].join("\r\n"),
  );
  const odd = labelHeaders({ ...LABEL, department: "Línea\r\nBcc: x@y.z", requestType: null, rules: [] });
  expect(odd).not.toMatch(/^Bcc/m);
  expect(odd).toMatch(/^[\r\n -~]*$/);
  expect(odd).toContain("X-Mailward-Type: unknown\r\n");
  expect(odd).toContain("X-Mailward-Rule: none\r\n");
});

test("the trace line names the client, the protocol and the reference, and garbage in HELO cannot break it", () => {
  const mail = {
    door: "submission",
    receivedAt: Date.UTC(2026, 10, 23, 8, 0, 0),
    client: { address: "127.0.0.1", helo: "evil\r\nBcc: x", tls: true, user: "desk" },
    envelope: { smtpUtf8: false },
  } as Mail;
  const header = receivedHeader("mx.clinic.example", "MW-1", mail, []);
  expect(header).toBe(
    "Received: from unknown ([127.0.0.1])\r\n\tby mx.clinic.example with ESMTPSA id MW-1;\r\n\tMon, 23 Nov 2026 08:00:00 +0000\r\n",
  );
});
