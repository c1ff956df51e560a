// Forwards of 13 mail programs in up to 21 languages, as real messages, plain and HTML: who wrote the mail passed on.
// The corpus lies outside the repository; what we read otherwise than its makers is a list here that must stay true.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Address, Message } from "../src/message.ts";
import { parse } from "../src/parse/parse.ts";
import { describeCorpus } from "./support/corpus-tests.ts";

type Expected = {
  readonly subject: string;
  readonly body: string;
  readonly message_variant_2: string;
  readonly from: Address;
  readonly to: readonly string[];
  readonly cc: readonly Address[];
};

/** What of a forward was read wrong, by file name; a reason each. Empty where all is right. */
const DEVIATIONS: Readonly<Record<string, string>> = {};

/** The original sender must be right on this share, plain and HTML each. */
const SENDERS_RIGHT_MIN = 0.97;

describeCorpus("forwards of the public corpus", "mail-forward-parser", (folder) => {
  const fixtures = join(folder, "fixtures");
  const expected: Expected = JSON.parse(readFileSync(join(folder, "EXPECTED.json"), "utf8"));
  const names = readdirSync(fixtures).filter((name) => name.includes("_body"));

  test.each([["plain"], ["html"]] as const)("the original sender is found in %s", async (form) => {
    const wrong: Record<string, string> = {};
    let forwards = 0;
    let senders = 0;
    expect(names.length).toBeGreaterThan(150);
    for (const [turn, name] of names.entries()) {
      const text = readFileSync(join(fixtures, name), "utf8").replace(/\r\n/g, "\n");
      const message = await parse(mailOf(form, subjectOf(fixtures, name, turn), text, turn));
      const complaints = isReply(name) ? replyComplaints(message) : forwardComplaints(message, text, expected);
      if (complaints.length > 0) wrong[name] = complaints.join("; ");
      if (isReply(name)) continue;
      forwards += 1;
      senders += complaints.some((complaint) => complaint.startsWith("sender")) ? 0 : 1;
    }
    process.stdout.write(`forwards, ${form}: original sender right in ${senders} of ${forwards}; read otherwise: `);
    process.stdout.write(`${JSON.stringify(wrong, null, 2)}\n`);
    expect(senders / forwards).toBeGreaterThanOrEqual(SENDERS_RIGHT_MIN);
    expect(Object.keys(wrong)).toEqual(Object.keys(DEVIATIONS));
  });
});

/** Variant 4 is an answer with history below: no forward. */
function isReply(name: string): boolean {
  return name.includes("_variant_4");
}

/** The subject of the corpus where there is one; else as the program writes it, or, where a separator tells, without a prefix. */
function subjectOf(fixtures: string, name: string, turn: number): string {
  const title = "Integer consequat non purus";
  const own = name.replace("_body", "_subject");
  const candidates = [own, own.replace(/_variant_.*\.txt$/, ".txt"), general(own)];
  for (const candidate of candidates) {
    if (readdirSync(fixtures).includes(candidate)) return readFileSync(join(fixtures, candidate), "utf8").trim();
  }
  if (isReply(name)) return `Re: ${title}`;
  return turn % 2 === 0 || name.startsWith("ionos") ? `Fwd: ${title}` : title;
}

function general(name: string): string {
  if (name.startsWith("outlook_2019")) return "outlook_2019_subject.txt";
  if (name.startsWith("outlook_live")) return "outlook_live_en_subject.txt";
  return "";
}

/** A message as the front desk sends it, encoded in turns. */
function mailOf(form: "plain" | "html", subject: string, text: string, turn: number): Buffer {
  const body = form === "plain" ? text : htmlOf(text, turn);
  const base64 = turn % 2 === 0;
  return Buffer.from(
    [
      "From: Front Desk <desk@clinic.example>",
      "To: billing@clinic.example",
      `Subject: =?utf-8?B?${Buffer.from(subject).toString("base64")}?=`,
      "Date: Mon, 23 Nov 2026 10:00:00 +0000",
      "Message-ID: <1@clinic.example>",
      "MIME-Version: 1.0",
      `Content-Type: text/${form}; charset=utf-8`,
      `Content-Transfer-Encoding: ${base64 ? "base64" : "quoted-printable"}`,
      "",
      base64
        ? (
            Buffer.from(body)
              .toString("base64")
              .match(/.{1,76}/g) ?? []
          ).join("\r\n")
        : quotedPrintable(body),
      "",
    ].join("\r\n"),
  );
}

function htmlOf(text: string, turn: number): string {
  const lines = text.split("\n").map((line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;"));
  const divs = Math.floor(turn / 2) % 2 === 0;
  const body = divs
    ? lines.map((line) => `<div>${line === "" ? "<br>" : line}</div>`).join("\n")
    : lines.join("<br>\n");
  return `<html><body>${body}</body></html>`;
}

function quotedPrintable(text: string): string {
  const bytes = [...Buffer.from(text.replace(/\n/g, "\r\n"), "utf8")];
  const signs = bytes.map((byte) =>
    byte === 13 || byte === 10 || (byte >= 32 && byte < 127 && byte !== 61)
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  );
  let width = 0;
  let out = "";
  for (const sign of signs) {
    if (sign === "\n") width = 0;
    else if (width + sign.length > 75 && sign !== "\r") {
      out += "=\r\n";
      width = sign.length;
    } else width += sign.length;
    out += sign;
  }
  return out.replace(/[ \t](?=\r\n)/g, (blank) => (blank === " " ? "=20" : "=09"));
}

function replyComplaints(message: Message): string[] {
  return message.forward === null ? [] : ["a reply was taken for a forward"];
}

function forwardComplaints(message: Message, text: string, expected: Expected): string[] {
  const forward = message.forward;
  if (forward === null) return ["sender: no forward found"];
  const [mail] = forward.mails;
  const head = text.slice(0, text.indexOf("Aenean quis diam"));
  const named = (address: Address) => `${address.name} <${address.address}>`;
  const sender = head.includes(expected.from.address) ? expected.from.address : "";
  const note = head.includes("Praesent suscipit") ? expected.message_variant_2 : "";
  const to = expected.to.filter((address) => head.includes(address));
  const cc = expected.cc.map(({ address }) => address).filter((address) => head.includes(address));
  const inner = message.sections
    .filter(({ kind }) => kind === "forwarded")
    .map(({ start, end }) => message.text.slice(start, end))
    .join("")
    .replace(/^[> \u00a0\ufeff]+/gm, "")
    .trim();
  const name = mail.from?.name.replaceAll(",", "") ?? "";
  const wrong: [boolean, string][] = [
    [mail.from?.address !== sender || !["John Doe", ""].includes(name), `sender ${mail.from && named(mail.from)}`],
    [name === "" && /John,? Doe/.test(head), "name lost"],
    [sender !== "" && mail.to.map(({ address }) => address).join() !== to.join(), `to ${mail.to.map(named).join()}`],
    [mail.cc.map(({ address }) => address).join() !== cc.join(), `cc ${mail.cc.map(named).join()}`],
    [mail.subject !== expected.subject, `subject ${mail.subject}`],
    [squeezed(forward.note) !== squeezed(note), `note ${forward.note}`],
    [!squeezed(inner).startsWith(squeezed(expected.body).slice(0, 200)), `inner ${inner.slice(0, 80)}`],
  ];
  return wrong.flatMap(([isWrong, complaint]) => (isWrong ? [complaint] : []));
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
