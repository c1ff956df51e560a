// What is told of rules that load: a case is a folder of rule files in fixtures/rules-lint/ and the exact text in
// expected.txt, empty where nothing is to be said.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadRules } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import { FINDINGS, type Finding } from "../src/rulebook/finding.ts";
import { readRulebook } from "../src/rulebook/rulebook.ts";

const LINT = join(import.meta.dirname, "../fixtures/rules-lint");
const TODAY = "2026-11-23";
const cases = readdirSync(LINT);

test("there are cases", () => {
  expect(cases.length).toBeGreaterThanOrEqual(40);
});

describe("what is told of rules that load", () => {
  test.each(cases)("%s", (name) => {
    const shown = told(name);
    const file = join(LINT, name, "expected.txt");
    if (process.env["UPDATE"] === "1") writeFileSync(file, shown);
    if (!existsSync(file)) throw new Error(`${file} is missing; UPDATE=1 writes it, then review it`);
    expect(shown).toBe(readFileSync(file, "utf8"));
  });
});

describe("every code", () => {
  test.each(Object.keys(FINDINGS))("%s is shown by a case", (code) => {
    expect(cases.flatMap((name) => findingsOf(name).map((each) => each.code))).toContain(code);
  });
});

test("errors keep rules from being used, warnings do not", () => {
  for (const name of cases) {
    const isBad = findingsOf(name).some(({ severity }) => severity === "error");
    expect(readRulebook(join(LINT, name), TODAY).kind, name).toBe(isBad ? "bad" : "good");
  }
});

test("nothing is told of days when no day is given", () => {
  const book = readRulebook(join(LINT, "rule-past"), null);
  expect(book.kind === "good" && book.warnings).toEqual([]);
});

test("the default rules have nothing to be told", () => {
  const book = readRulebook(join(LINT, "../../rules"), TODAY);
  expect(printProblems(book.kind === "good" ? book.warnings : book.problems)).toBe("");
});

function told(name: string): string {
  const found = findingsOf(name);
  const shown = found.map((each) => `${each.severity} ${each.code}\n${printProblems([each])}`).join("\n\n");
  return found.length === 0 ? "" : `${shown.replaceAll(join(LINT, name), name)}\n`;
}

function findingsOf(name: string): readonly Finding[] {
  const loaded = loadRules(join(LINT, name));
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  const book = readRulebook(join(LINT, name), TODAY);
  return (book.kind === "good" ? book.warnings : book.problems) as readonly Finding[];
}
