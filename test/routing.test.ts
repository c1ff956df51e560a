// Whole decisions: every example mail under the default rules, and small rule sets that show one thing each.
// A case is files: fixtures/mail/<what-it-shows>.eml and .json, fixtures/routing/<case>/ with mail, rules and verdict.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompiledRules, compileRules } from "../src/classify/compile.ts";
import { fieldText } from "../src/classify/hear.ts";
import { expand } from "../src/config/phrases.ts";
import { loadRules } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import { recipientLookup } from "../src/intake/recipients.ts";
import type { Message } from "../src/message.ts";
import type { Decided } from "../src/outcome.ts";
import { parse } from "../src/parse/parse.ts";
import { decideMessage, UNKNOWN_ALIAS } from "../src/pipeline.ts";
import { facts } from "./support/facts.ts";

const ROOT = join(import.meta.dirname, "..");
const MAILS = join(ROOT, "fixtures/mail");
const CASES = join(ROOT, "fixtures/routing");
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’]*/gu;
const defaults = rulesIn(join(ROOT, "rules"));

describe("every example mail under the default rules", () => {
  const mails = readdirSync(MAILS).filter((file) => file.endsWith(".eml"));

  test("is found", () => {
    expect(mails.length).toBeGreaterThanOrEqual(60);
  });

  test.each(mails)("%s is decided as expected", async (file) => {
    const decided = summary(await decideFile(readFileSync(join(MAILS, file)), defaults));
    expect(decided).toEqual(expected(join(MAILS, file.replace(/\.eml$/, ".json")), decided));
  });

  test.each(mails)("%s is decided the same with bare line feeds", async (file) => {
    const raw = readFileSync(join(MAILS, file));
    const bare = Buffer.from(raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
    expect(bare.equals(raw)).toBe(false);
    const [crlf, lf] = [await decideFile(raw, defaults), await decideFile(bare, defaults)];
    // The size of an attached text is the one thing that line ends change.
    const { attachments: _, ...others } = summary(crlf);
    expect(summary(lf)).toMatchObject(others);
  });

  test.each(mails)("%s has evidence that stands where it says", async (file) => {
    const { message, decided } = await decideFile(readFileSync(join(MAILS, file)), defaults);
    for (const evidence of decided.outcomes.flatMap((outcome) => outcome.evidence)) {
      if (evidence.kind !== "rule" && evidence.kind !== "urgency") continue;
      const { field, start, end } = evidence.span;
      if (field === "sender") continue;
      expect(fieldText(message, field).slice(start, end)).toSatisfy((text: string) => says(text, evidence.phrase));
    }
  });
});

describe("small rule sets", () => {
  const cases = readdirSync(CASES);

  test("are found", () => {
    expect(cases.length).toBeGreaterThanOrEqual(8);
  });

  test.each(cases)("%s", async (name) => {
    const folder = join(CASES, name);
    const decided = summary(await decideFile(readFileSync(join(folder, "mail.eml")), rulesIn(folder)));
    expect(decided).toEqual(expected(join(folder, "verdict.json"), decided));
  });
});

function rulesIn(folder: string): CompiledRules {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  // The way a rule set reaches the decider's threads.
  return compileRules(structuredClone(loaded.rules));
}

/** As `explain` does, to every alias in To and Cc; without one the alias is unknown. */
async function decideFile(
  raw: Uint8Array,
  rules: CompiledRules,
): Promise<{ readonly message: Message; readonly decided: Decided }> {
  const message = await parse(raw);
  const lookup = recipientLookup(rules.set);
  const found = [...message.to, ...message.cc].flatMap(({ address }) => lookup(address)?.alias ?? []);
  const aliases = found.length > 0 ? [...new Set(found)] : [UNKNOWN_ALIAS];
  return { message, decided: decideMessage(message, facts({ aliases }), rules) };
}

/** What a reviewer of a diff wants to see: the decision and the names of its reasons. */
function summary({ message, decided }: { readonly message: Message; readonly decided: Decided }) {
  return {
    kind: decided.kind,
    originalSender: decided.originalSender,
    language: decided.language,
    ...(decided.forwardTier === "none"
      ? {}
      : { forwarder: decided.forwarder, forwardTier: decided.forwardTier, confidence: decided.confidence }),
    ...(decided.refusals.length === 0 ? {} : { refusals: decided.refusals.map(({ sign }) => sign) }),
    ...(decided.fields.length === 0 ? {} : { fields: decided.fields.map(({ field, value }) => `${field}: ${value}`) }),
    ...(decided.defects.length === 0 ? {} : { defects: decided.defects }),
    ...(message.attachments.length === 0 ? {} : { attachments: message.attachments }),
    outcomes: decided.outcomes.map(
      ({ alias, requestType, urgency, decidedBy, scores, decision, evidence, missing }) => ({
        alias,
        requestType,
        urgency,
        decidedBy,
        ...decision,
        scores: Object.fromEntries(scores.map(({ type, points }) => [type, points])),
        rules: evidence.flatMap((each) => ("rule" in each ? [each.rule] : [])),
        ...(missing.length === 0 ? {} : { missing }),
      }),
    ),
  };
}

function expected(file: string, decided: unknown): unknown {
  if (process.env["UPDATE"] === "1") writeFileSync(file, `${JSON.stringify(decided, null, 2)}\n`);
  if (!existsSync(file)) throw new Error(`${file} is missing; UPDATE=1 writes it, then review it`);
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Whether a text is what a phrase, with its word lists written out, or a pattern stands for; other forms begin alike. */
function says(text: string, phrase: string): boolean {
  if (phrase.includes("\\b")) return new RegExp(phrase, "iu").test(text);
  const lists = new Map(defaults.set.words.map(({ name, any }) => [name, any]));
  const heads = (words: string) => (words.match(WORD) ?? []).map((word) => bare(word).slice(0, 3)).join(" ");
  return expand(phrase, lists).some((each) => heads(each) === heads(text));
}

/** Letters and digits only, without accents: what two spellings of a phrase share. */
function bare(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}
