// From whom and for whom fetched mail is, by its header block; and header blocks made to be dear.

import { expect, test } from "vitest";
import { envelopeOf, headOf, recipientOf } from "../src/intake/imap-envelope.ts";

const ACCOUNT = { alias: "desk@clinic.example", user: "desk" };
const lookup = (address: string) =>
  address.endsWith("@clinic.example") ? { alias: address.split("@")[0] ?? "", tag: "" } : null;
const BYTES = 64 * 1024;
/** A hundred times what it takes when the cost is linear; the square of the length takes seconds. */
const LIMIT_MS = 500;

test("the sender is what the server noted, else the writer", () => {
  expect(envelopeOf("Return-Path: <a@b.example>\r\nFrom: c@d.example").mailFrom).toBe("a@b.example");
  expect(envelopeOf("Return-Path: <>\r\nFrom: c@d.example").mailFrom).toBe("");
  expect(envelopeOf('Subject: x\r\nFrom: "Ana, of B"\r\n <c@d.example>').mailFrom).toBe("c@d.example");
  expect(envelopeOf("From: @ a@ @b ana@home.example, b@c.example").mailFrom).toBe("ana@home.example");
  expect(envelopeOf("From: nobody").mailFrom).toBe("");
});

test("the recipient is the first noted address of ours, else whose mailbox it is", () => {
  const of = (head: string) => recipientOf(head, ACCOUNT, lookup).address;
  expect(of("Delivered-To: u123@host.example\nX-Original-To: billing@clinic.example")).toBe("billing@clinic.example");
  expect(of("Delivered-To: u123@host.example")).toBe("desk@clinic.example");
});

test.each([
  ["a long word without @", "a".repeat(BYTES)],
  ["many @", "@".repeat(BYTES)],
  ["words that are nearly addresses", "a@ ".repeat(BYTES / 3)],
  ["a long word in folded lines", `${"a".repeat(900)}\r\n `.repeat(BYTES / 903)],
  ["a long local part", `${"a".repeat(BYTES)}@b.example`],
  ["addresses in brackets", "<a@b.example>".repeat(BYTES / 13)],
])("a header with %s costs no more than its length", async (_, value) => {
  const names = ["Delivered-To", "X-Original-To", "Envelope-To", "From"];
  for (const name of names) {
    const mail = Buffer.from(`${name}: ${value}\r\nSubject: x\r\n\r\nHello`);
    const began = performance.now();
    const { head } = await headOf(
      (async function* () {
        yield mail;
      })(),
    );
    envelopeOf(head);
    recipientOf(head, ACCOUNT, lookup);
    expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  }
});
