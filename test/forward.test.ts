// Forwards as real mail programs write them, and what only looks like one. A case is two files in fixtures/forwards:
// <what-it-shows>.eml and .json with the forward expected, or null.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Message } from "../src/message.ts";
import { readForward } from "../src/parse/forward.ts";
import { findHeaderBlocks } from "../src/parse/header-block.ts";
import { parse } from "../src/parse/parse.ts";

type ExpectedForward = {
  readonly tier: "attached" | "inline";
  /** "" where only a name was printed. */
  readonly originalSender: string;
  readonly name: string;
  readonly subject: string;
  /** What the forwarder wrote; with `noteStartsWith` only its beginning, because a tag line follows. */
  readonly note: string;
  readonly noteStartsWith?: boolean;
  /** The first words of the original. */
  readonly inner: string;
  readonly confidenceMin: number;
  readonly confidenceMax?: number;
  readonly date?: string;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  /** How many header blocks stand above the original. */
  readonly headers?: number;
  /** Senders of all mails passed on. */
  readonly mails?: readonly string[];
};

const FORWARDS = join(import.meta.dirname, "../fixtures/forwards");
const mails = readdirSync(FORWARDS).filter((file) => file.endsWith(".eml"));

describe("every example forward", () => {
  test("is found", () => {
    expect(mails.length).toBeGreaterThanOrEqual(40);
  });

  test.each(mails)("%s is read as expected", async (file) => {
    expectForward(await parse(readFileSync(join(FORWARDS, file))), expectedOf(file));
  });

  test.each(mails)("%s is read the same with bare line feeds", async (file) => {
    const raw = readFileSync(join(FORWARDS, file)).toString("latin1").replaceAll("\r\n", "\n");
    expectForward(await parse(Buffer.from(raw, "latin1")), expectedOf(file));
  });
});

function expectedOf(file: string): ExpectedForward | null {
  return JSON.parse(readFileSync(join(FORWARDS, file.replace(/\.eml$/, ".json")), "utf8")).forward;
}

function expectForward(message: Message, expected: ExpectedForward | null): void {
  if (expected === null) {
    expect(message.forward).toBeNull();
    return;
  }
  const [mail] = message.forward?.mails ?? [];
  expect({
    tier: message.forward?.tier,
    originalSender: mail?.from?.address,
    name: mail?.from?.name,
    subject: mail?.subject,
    inner: kept(message, "forwarded", expected).slice(0, expected.inner.length),
  }).toEqual({
    tier: expected.tier,
    originalSender: expected.originalSender,
    name: expected.name,
    subject: expected.subject,
    inner: expected.inner,
  });
  const note = message.forward?.note ?? "";
  expect(expected.noteStartsWith === true ? note.slice(0, expected.note.length) : note).toBe(expected.note);
  expect(message.forward?.confidence).toBeGreaterThanOrEqual(expected.confidenceMin);
  expect(message.forward?.confidence).toBeLessThanOrEqual(expected.confidenceMax ?? 1);
  if (expected.date !== undefined) expect(new Date(mail?.date ?? 0).toISOString()).toBe(expected.date);
  if (expected.to !== undefined) expect(mail?.to.map(({ address }) => address)).toEqual(expected.to);
  if (expected.cc !== undefined) expect(mail?.cc.map(({ address }) => address)).toEqual(expected.cc);
  if (expected.mails !== undefined)
    expect(message.forward?.mails.map(({ from }) => from?.address)).toEqual(expected.mails);
  if (expected.headers !== undefined)
    expect(message.sections.filter(({ kind }) => kind === "forward-header")).toHaveLength(expected.headers);
}

/** The words of a kind, in order; of an attached mail without the subject that stands above its text. */
function kept(message: Message, kind: "forwarded", expected: ExpectedForward): string {
  const text = message.sections
    .filter((section) => section.kind === kind)
    .map(({ start, end }) => message.text.slice(start, end))
    .join("\n")
    .replace(/^[> \ufeff]+/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return expected.tier === "attached" ? text.replace(expected.subject, "").trim() : text;
}

test("who writes to the writer of the mail below answers it, though subject and thread are lost", () => {
  const text =
    "Thanks!\n\nFrom: Billing <Billing@c.example>\nSent: 5 May 2026\nTo: Ana <a@x.example>\nSubject: s\n\nPaid\n";
  const blocks = findHeaderBlocks(text);
  expect(readForward(text, "Question", blocks, false, ["billing@c.example"])).toBeNull();
  expect(readForward(text, "Question", blocks, false, ["office@c.example"])?.confidence).toBe(0.6);
  expect(readForward(text, "FW: s", blocks, true, [])?.confidence).toBe(0.9);
});
