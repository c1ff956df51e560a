// Deciding by 10 to 10,000 rules: what a mail of usual size costs beyond reading it, and how long rules take to compile.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileRules } from "../../src/classify/compile.ts";
import { wordsOf } from "../../src/classify/words.ts";
import { loadRules, type RuleSet, type TypeRule, type UrgencyRule } from "../../src/config/rules.ts";
import type { Message } from "../../src/message.ts";
import { parse } from "../../src/parse/parse.ts";
import { decideMessage } from "../../src/pipeline.ts";
import { ruleSaying } from "../support/blank.ts";
import { facts } from "../support/facts.ts";
import { median, printMachine, say } from "./machine.ts";

const ROOT = join(import.meta.dirname, "../..");
const SIZES = [10, 100, 1000, 10_000] as const;
const USUAL_BYTES = 10 * 1024;
const ROUNDS = 2000;
const WARM_ROUNDS = 300;
const COMPILES = 9;
const GOAL_P99_MS = 2;
const GOAL_RATIO = 1.5;
const GOAL_COMPILE_MS = 200;

type Figures = { readonly median: number; readonly p99: number };

export async function rulesBench(): Promise<void> {
  printMachine();
  const { rules, words } = defaults();
  const message = await parse(await usualMail());
  const decided = new Map<number, Figures>();
  for (const size of SIZES) decided.set(size, figures(ruleSetOf(size, rules, words), message));
  for (const [size, { median: middle, p99 }] of decided) {
    say(`${String(size).padStart(6)} rules: median ${middle.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms`);
  }
  const p99 = decided.get(1000)?.p99 ?? Number.NaN;
  const ratio = (decided.get(1000)?.median ?? Number.NaN) / (decided.get(10)?.median ?? Number.NaN);
  const compiling = compileTime(ruleSetOf(1000, rules, words));
  goal(`p99 with 1,000 rules ${p99.toFixed(3)} ms, goal under ${GOAL_P99_MS} ms`, p99 < GOAL_P99_MS);
  goal(`1,000 rules cost ${ratio.toFixed(2)} × 10 rules, goal at most ${GOAL_RATIO}`, ratio <= GOAL_RATIO);
  goal(
    `compile of 1,000 rules ${compiling.toFixed(0)} ms, goal under ${GOAL_COMPILE_MS} ms`,
    compiling < GOAL_COMPILE_MS,
  );
  const own = figures(rules, message);
  say(`the default rules: median ${own.median.toFixed(3)} ms, p99 ${own.p99.toFixed(3)} ms`);
}

function goal(what: string, reached: boolean): void {
  say(`${what}: ${reached ? "reached" : "MISSED"}`);
  if (!reached) process.exitCode = 1;
}

function figures(set: RuleSet, message: Message): Figures {
  const compiled = compileRules(set);
  return timesOf(() => decideMessage(message, facts({ aliases: ["billing"] }), compiled));
}

function timesOf(work: () => unknown): Figures {
  for (let i = 0; i < WARM_ROUNDS; i++) work();
  const times = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  }).sort((a, b) => a - b);
  return { median: median(times), p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

function compileTime(set: RuleSet): number {
  return median(
    Array.from({ length: COMPILES }, () => {
      const started = performance.now();
      compileRules(set);
      return performance.now() - started;
    }),
  );
}

/** The default rules, and the words of their phrases, in the order of the files. */
function defaults(): { readonly rules: RuleSet; readonly words: readonly string[] } {
  const loaded = loadRules(join(ROOT, "rules"));
  if (loaded.kind !== "rules") throw new Error("the default rules do not load");
  const { rules } = loaded;
  const phrases = [...rules.types, ...rules.urgencies].flatMap((group) => group.rules.flatMap(({ any }) => any));
  return { rules, words: [...new Set(phrases.flatMap(wordsOf))] };
}

/** Rules in the words of the default ones: one in five in each of any, all, near, inflect, and heed; some with patterns. */
function ruleSetOf(size: number, rules: RuleSet, words: readonly string[]): RuleSet {
  const types = ["clinical", "billing", "admissions", "access"];
  const made = Array.from({ length: size }, (_, i) => ruleOf(i, (at) => words[(i * 7 + at) % words.length] ?? ""));
  const urgent = made.filter((rule) => rule.heed.length > 0).map((rule): UrgencyRule => ({ ...rule, also: null }));
  const others = made.filter((rule) => rule.heed.length === 0);
  return {
    ...rules,
    types: types.map((name, at) => ({ name, rules: others.filter((_, i) => i % types.length === at) })),
    urgencies: [{ urgency: "P3", rules: urgent }],
  };
}

function ruleOf(i: number, word: (at: number) => string): TypeRule {
  const id = `rule-${i}`;
  const any = [
    `${word(0)} ${word(1)} ${i}`,
    `${word(2)} matter${i}`,
    `matter${i} ${word(3)}`,
    `asunto${i} de ${word(4)}`,
  ];
  switch (i % 5) {
    case 0:
      return ruleSaying({ id, any, ...(i % 50 === 0 ? { patterns: [`case${i} [0-9]{4,8}`] } : {}) });
    case 1:
      return ruleSaying({ id, all: [`matter${i}`, [word(0), word(1)]], none: [`never${i}`] });
    case 2:
      return ruleSaying({ id, near: { of: [`affair${i}`, [word(2), word(3)]], within: 5 } });
    case 3:
      return ruleSaying({ id, any, inflect: true, when: { language: "es" } });
    default:
      return ruleSaying({ id, any, heed: ["negation", "history"] });
  }
}

/** 10 KB of what people write: the texts of our example mails one below the other. */
async function usualMail(): Promise<Buffer> {
  const head = "From: Ana Ruiz <ana@example.net>\r\nTo: billing@clinic.example\r\nSubject: my last visit\r\n\r\n";
  const mails = join(ROOT, "fixtures/mail");
  let text = "";
  for (const file of readdirSync(mails).filter((name) =>
    /^(?:billing|clinical|admissions|access)-.*\.eml$/.test(name),
  )) {
    if (text.length < USUAL_BYTES) text += `${(await parse(readFileSync(join(mails, file)))).text}\r\n`;
  }
  return Buffer.from((head + text).slice(0, USUAL_BYTES));
}
