// What sort of mail it is and whether it may be answered: each case is a mail in fixtures/kinds with what is expected.
// Adding a case is adding two files. "sign where" is how a refusal is written; `facts` are what envelope and site add.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { Facts, FailedDelivery, MailKind, Refusal } from "../src/message.ts";
import { type KindInput, kindWithFacts, readKind } from "../src/parse/kind.ts";
import { parse } from "../src/parse/parse.ts";
import { REFUSAL_TEXT } from "../src/parse/refusal.ts";
import { facts } from "./support/facts.ts";

type Expected = {
  readonly kind: MailKind;
  readonly refusals: readonly string[];
  readonly failures: readonly FailedDelivery[];
  readonly facts?: Partial<Facts>;
};

const FOLDER = resolve(import.meta.dirname, "../fixtures/kinds");
const CASES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".eml"))
  .map((file) => file.slice(0, -".eml".length));

const written = ({ sign, where }: Refusal) => `${sign} ${where}`;
const expectedOf = (name: string) => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Expected;

async function read(raw: Uint8Array, said: Partial<Facts> = {}) {
  const message = await parse(raw);
  const { kind, refusals } = kindWithFacts(message, message.from, facts(said));
  return { kind, refusals: refusals.map(written), failures: message.failures };
}

describe("a mail of fixtures/kinds", () => {
  test("is there, with each sign and each kind among them", () => {
    expect(CASES.length).toBeGreaterThanOrEqual(90);
    const signs = new Set(CASES.flatMap((name) => expectedOf(name).refusals.map((line) => line.split(" ")[0])));
    expect(signs).toEqual(new Set(Object.keys(REFUSAL_TEXT)));
    expect([...new Set(CASES.map((name) => expectedOf(name).kind))].sort()).toEqual([
      "auto-reply",
      "bounce",
      "bulk",
      "calendar",
      "feedback-report",
      "list",
      "person",
    ]);
  });

  test.each(CASES)("%s", async (name) => {
    const { facts: said, ...expected } = expectedOf(name);
    expect(await read(readFileSync(join(FOLDER, `${name}.eml`)), said)).toEqual(expected);
  });

  test.each(CASES)("%s is read the same with bare line feeds", async (name) => {
    const { facts: said, ...expected } = expectedOf(name);
    const text = readFileSync(join(FOLDER, `${name}.eml`), "utf8").replaceAll("\r\n", "\n");
    expect(await read(Buffer.from(text), said)).toEqual(expected);
  });

  test.each(CASES)("%s decides nothing when it is only attached", async (name) => {
    const inner = readFileSync(join(FOLDER, `${name}.eml`), "utf8");
    const outer = [
      "From: Ana Ruiz <ana.ruiz@family.example>",
      "Subject: see below",
      'Content-Type: multipart/mixed; boundary="outermost"',
      "",
      "--outermost",
      "Content-Type: text/plain",
      "",
      "What is this?",
      "--outermost",
      "Content-Type: message/rfc822",
      "",
      inner,
      "--outermost--",
      "",
    ].join("\r\n");
    expect(await read(Buffer.from(outer))).toEqual({ kind: "person", refusals: [], failures: [] });
  });
});

describe("every sign", () => {
  test("has a sentence of its own", () => {
    const sentences = Object.values(REFUSAL_TEXT);
    expect(new Set(sentences).size).toBe(sentences.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].+\.$/);
  });
});

/** How long any input may take, in milliseconds: a hang is meant, not a slow machine. */
const HANG_MS = 5_000;

describe("hostile input", () => {
  const empty: KindInput = {
    header: () => [],
    from: { name: "", address: "mailer-daemon@x.example" },
    subject: "Undeliverable: x",
    text: "could not be delivered",
    partTypes: [],
    reports: [],
    calendarMethod: null,
  };
  const long = (text: string) => text.repeat(Math.ceil(1_000_000 / text.length));

  test.each([
    ["a", "a"],
    ["at signs", "@"],
    ["addresses without end", "a@"],
    ["recipients", "<a@b.example>: "],
    ["recipients on lines", "<a@b.example>:\n"],
    ["blanks", " "],
    ["dashes", "-"],
    ["brackets", "["],
    ["line feeds", "\n"],
    ["dots and digits", "5.1."],
    ["recipient words", "recipient user address "],
    ["report fields", "Final-Recipient: rfc822; a@b\n"],
    ["folded fields", "Final-Recipient: a\n Action: b\n"],
    ["comments", "(("],
    ["subjects", "[x] out of the office "],
  ])("of a million %s is read in time and in bounds", (_, unit) => {
    const value = long(unit);
    const before = performance.now();
    const found = readKind({
      ...empty,
      header: () => [value, value],
      from: { name: value, address: value },
      subject: value,
      text: value,
      partTypes: [value],
      reports: [value],
      calendarMethod: value,
    });
    const bounce = readKind({ ...empty, text: `could not be delivered\n${value}`, reports: [value] });
    expect(performance.now() - before).toBeLessThan(HANG_MS);
    expect(bounce.kind).toBe("bounce");
    for (const { refusals, failures } of [found, bounce]) {
      expect(refusals.length).toBeLessThan(60);
      expect(failures.length).toBeLessThanOrEqual(50);
      for (const { recipient } of failures) expect((recipient ?? "").length).toBeLessThanOrEqual(320);
    }
  });

  test("a report of thousands names fifty", () => {
    const report = Array.from(
      { length: 5_000 },
      (_, i) => `Final-Recipient: rfc822; a${i}@b.example\nAction: failed\n`,
    );
    const { failures } = readKind({ ...empty, reports: [report.join("\n")] });
    expect([failures.length, failures.at(-1)?.recipient]).toEqual([50, "a49@b.example"]);
  });
});
