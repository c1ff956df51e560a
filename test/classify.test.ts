// Words and phrases: what counts as the same, where hits stand, and how points decide.

import { describe, expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { hear } from "../src/classify/hear.ts";
import { match } from "../src/classify/match.ts";
import { addUp, rule } from "../src/classify/scorecard.ts";
import { words, wordsOf } from "../src/classify/words.ts";
import type { RuleSet } from "../src/config/rules.ts";
import type { Evidence } from "../src/outcome.ts";
import { BLANK_RULES, messageSaying, NO_FORM, NO_SAFETY, ruleSaying } from "./support/blank.ts";

describe("the same word", () => {
  test.each([
    ["can't", "can’t", "cant", "CAN'T", "can`t", "cań't"],
    ["contraseña", "CONTRASEÑA", "contrasena", "contrasen\u0303a"],
    ["pre-registration", "pre registration", "Pre‑Registration", "pre/registration"],
    ["refill", "re\u00adfill", "re\u200bfill", "ｒｅｆｉｌｌ", "reﬁll"],
    ["factura", "'factura'", "«factura»", "¿factura?"],
    ["patients'", "patients", "“patients”"],
  ])("is %j however it is written", (first, ...others) => {
    for (const other of others) expect(wordsOf(other)).toEqual(wordsOf(first));
  });

  test("is not one that only looks alike", () => {
    expect(wordsOf("bill 😀 bills")).toEqual(["bill", "bills"]);
    expect(wordsOf("...?! — 😀")).toEqual([]);
  });

  test("stands where the text has it, accents and all", () => {
    const text = "¡No puedo   entrar a mi «contrasen\u0303a»!";
    const found = words(text);
    const shown = found.start.map((start, index) => text.slice(start, found.end[index]));
    expect(shown).toEqual(["No", "puedo", "entrar", "a", "mi", "contrasen\u0303a"]);
  });
});

describe("a phrase", () => {
  test("is found across line ends and signs, and not inside longer words", () => {
    expect(hits(["payment plan"], "a payment\r\nplan")).toEqual(["payment\r\nplan"]);
    expect(hits(["payment plan"], "a payment-plan")).toEqual(["payment-plan"]);
    expect(hits(["payment plan"], "a prepayment plan")).toEqual([]);
    expect(hits(["payment plan"], "a payment planner")).toEqual([]);
    expect(hits(["payment plan"], "a payment for the plan")).toEqual([]);
  });

  test("that fails half way does not hide one that begins inside it", () => {
    expect(hits(["one two three four", "two three five"], "one two three five")).toEqual(["two three five"]);
  });

  test("with a name objects have is a phrase like any other", () => {
    expect(hits(["constructor"], "the __proto__ of toString and constructor")).toEqual(["constructor"]);
    expect(hits(["refill"], "the __proto__ of toString and constructor")).toEqual([]);
  });

  test("is found at the very end and as the whole text", () => {
    expect(hits(["refill please"], "refill please")).toEqual(["refill please"]);
    expect(hits(["refill please"], "refill")).toEqual([]);
  });
});

describe("points", () => {
  const bar = BLANK_RULES.decide;
  const hint = (type: string, points: number): Evidence => {
    const span = { field: "text", start: 0, end: 1 } as const;
    return { kind: "rule", rule: `${type}-rule`, type, points, sure: false, phrase: "x", span, others: [] };
  };
  const model = (type: string, points: number): Evidence => {
    return { kind: "model", type, points, probability: 0.9, stage: "site" };
  };
  const alias: Evidence = { kind: "alias", alias: "billing", type: "billing", points: 1.5 };

  test.each([
    ["a clear rule beats a wrong alias", [hint("clinical", 3), alias], [3, 1.5], "clinical", "scorecard", null],
    ["the alias alone decides", [alias], [1.5], "billing", "alias", null],
    [
      "a hint against the alias asks people",
      [hint("clinical", 2), alias],
      [2, 1.5],
      "clinical",
      "review",
      "alias-contradicted",
    ],
    ["a hint for the alias passes with it", [hint("billing", 1.5), alias], [3], "billing", "scorecard", null],
    ["a hint without an alias is too little", [hint("clinical", 2)], [2], "clinical", "review", "too-close"],
    [
      "a lead just too small asks people",
      [hint("billing", 3), hint("clinical", 3.1), alias],
      [4.5, 3.1],
      "billing",
      "review",
      "too-close",
    ],
    ["the model alone is too little", [model("clinical", 2.5)], [2.5], "clinical", "review", "too-close"],
    ["the model for the alias passes with it", [alias, model("billing", 1.6)], [3.1], "billing", "scorecard", null],
    [
      "the model against the alias asks people",
      [alias, model("clinical", 2.5)],
      [2.5, 1.5],
      "clinical",
      "review",
      "alias-contradicted",
    ],
    [
      "the model does not beat a clear rule",
      [hint("billing", 3), alias, model("clinical", 2.5)],
      [4.5, 2.5],
      "billing",
      "scorecard",
      null,
    ],
    ["nothing at all asks people", [], [], null, "review", "nothing-matched"],
  ] as const)("%s", (_, evidence, points, requestType, decidedBy, reviewReason) => {
    const order = points[0] === 4.5 || requestType === "billing" ? ["billing", "clinical"] : ["clinical", "billing"];
    const scores = points.map((each, index) => ({ type: order[index] ?? "", points: each }));
    expect(rule(evidence, scores, NO_SAFETY, [], bar)).toEqual({ requestType, decidedBy, reviewReason });
  });
});

test("what the model takes for mail of no queue goes to people, with the alias as the guess", () => {
  const evidence: readonly Evidence[] = [
    { kind: "alias", alias: "billing", type: "billing", points: 1.5 },
    { kind: "model", type: "none", points: 2.5, probability: 0.95, stage: "starter" },
  ];
  const set: RuleSet = { ...BLANK_RULES, types: [{ name: "billing", rules: [] }] };
  const scores = addUp(evidence, set);
  expect(scores).toEqual([
    { type: "none", points: 2.5 },
    { type: "billing", points: 1.5 },
  ]);
  const ruling = { requestType: "billing", decidedBy: "review", reviewReason: "may-be-none" };
  expect(rule(evidence, scores, NO_SAFETY, [], set.decide)).toEqual(ruling);
});

test("where nothing but the model speaks for a type, it needs more points than with the alias", () => {
  const alias: Evidence = { kind: "alias", alias: "billing", type: "billing", points: 1.5 };
  const says = (points: number): Evidence => {
    return { kind: "model", type: "clinical", points, probability: 0.9, stage: "site" };
  };
  const set: RuleSet = { ...BLANK_RULES, types: ["clinical", "billing"].map((name) => ({ name, rules: [] })) };
  const ruled = (evidence: readonly Evidence[]) => rule(evidence, addUp(evidence, set), NO_SAFETY, [], set.decide);
  expect(ruled([alias, says(11.9)])).toMatchObject({ requestType: "clinical", decidedBy: "review" });
  expect(ruled([alias, says(12)])).toMatchObject({ requestType: "clinical", decidedBy: "scorecard" });
  expect(ruled([says(14.4)])).toMatchObject({ requestType: "clinical", decidedBy: "review" });
  expect(ruled([says(14.5)])).toMatchObject({ requestType: "clinical", decidedBy: "scorecard" });
  const own: Evidence = { ...alias, alias: "clinical", type: "clinical" };
  expect(ruled([own, says(1.5)])).toMatchObject({ requestType: "clinical", decidedBy: "scorecard" });
});

test("where the model speaks, others need their own lead over what must not be lost, and over mail of no queue", () => {
  const types = ["clinical", "billing"].map((name) => ({ name, rules: [] }));
  const decide = { ...BLANK_RULES.decide, modelMargin: 3, modelMarginOver: { clinical: 6, none: 4 } };
  const set: RuleSet = { ...BLANK_RULES, types, decide };
  const says = (type: string, points: number): Evidence => {
    return { kind: "model", type, points, probability: 0.5, stage: "site" };
  };
  const ruled = (...evidence: readonly Evidence[]) => rule(evidence, addUp(evidence, set), NO_SAFETY, [], set.decide);
  const people = (reviewReason: string) => ({ decidedBy: "review", reviewReason });
  expect(ruled(says("billing", 14), says("clinical", 8.1))).toMatchObject(people("too-close"));
  expect(ruled(says("billing", 14), says("clinical", 8))).toMatchObject({ requestType: "billing" });
  expect(ruled(says("clinical", 14), says("billing", 11))).toMatchObject({ requestType: "clinical" });
  expect(ruled(says("clinical", 14), says("billing", 11.1))).toMatchObject(people("too-close"));
  expect(ruled(says("clinical", 14), says("none", 10.1))).toMatchObject(people("may-be-none"));
  const less = { ...decide, modelMarginOver: { none: 1 } };
  const bySmaller = (points: number) => {
    const evidence = [says("clinical", 14), says("none", points)];
    return rule(evidence, addUp(evidence, set), NO_SAFETY, [], less);
  };
  expect(bySmaller(13)).toMatchObject({ requestType: "clinical" });
  expect(bySmaller(13.1)).toMatchObject(people("may-be-none"));
  const alias: Evidence = { kind: "alias", alias: "billing", type: "billing", points: 1.5 };
  expect(ruled(alias, says("clinical", 14), says("billing", 10))).toMatchObject(people("alias-contradicted"));
});

test("a type that needs a greater lead asks people below it, also where the alias alone decides", () => {
  const alias: Evidence = { kind: "alias", alias: "billing", type: "billing", points: 1.5 };
  const decide = { ...BLANK_RULES.decide, marginFor: { billing: 2 } };
  const ruled = rule([alias], [{ type: "billing", points: 1.5 }], NO_SAFETY, [], decide);
  expect(ruled).toEqual({ requestType: "billing", decidedBy: "review", reviewReason: "too-close" });
});

test("a thousand rules find the same as one", () => {
  const many = Array.from({ length: 1000 }, (_, index) => `payment number ${index} of many`);
  expect(hits([...many, "payment plan"], "I made payment number 512 of many. A payment plan?")).toEqual([
    "payment number 512 of many",
    "payment plan",
  ]);
});

/** The texts found for phrases, each a rule of its own. */
function hits(phrases: readonly string[], text: string): readonly string[] {
  const rules = phrases.map((phrase, index) => ruleSaying({ id: `r${index}`, any: [phrase], in: ["text"] }));
  const set: RuleSet = { ...BLANK_RULES, types: [{ name: "any", rules }] };
  const message = messageSaying(text);
  const found = match(message, hear(message), NO_FORM, compileRules(set)).hits;
  return [...found].sort(([a], [b]) => a - b).map(([, { span }]) => text.slice(span.start, span.end));
}
