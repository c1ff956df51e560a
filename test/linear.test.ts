// The linear model: it learns from whole mails, says the same each time, tells types and urgency, raises urgency and never
// lowers it, and the starter hears emergencies that no rule has words for.

import { expect, test } from "vitest";
import { adviser } from "../src/classify/adviser.ts";
import { modelFrom, numbersOf, train, widened } from "../src/classify/bayes.ts";
import { classify } from "../src/classify/classify.ts";
import { compileRules } from "../src/classify/compile.ts";
import { featureReader, stemReader } from "../src/classify/features.ts";
import { hear } from "../src/classify/hear.ts";
import { keptWeight, linearModel, linearScores, linearSetup, typeScores, urgencyOdds } from "../src/classify/linear.ts";
import { starterSetup } from "../src/decider/taught.ts";
import type { Urgency } from "../src/outcome.ts";
import { heldLinear, learnLinear, plattOdds, setupOf, taughtUrgency } from "../src/rulebook/linear-training.ts";
import { BLANK_RULES, messageSaying, NO_GROUND, ruleSaying } from "./support/blank.ts";

const TYPES = ["clinical", "admissions"];
const stems = stemReader();
const reader = featureReader("a key");

function featuresOf(text: string) {
  return reader.features(stems(hear(messageSaying(text)), "en"));
}

const WRITTEN: readonly (readonly [string, Urgency, string])[] = Array.from({ length: 40 }, (_, n) => [
  [`he went grey and slid off the chair, number ${n}`, "P1", "clinical"] as const,
  [`the wound is red and warm since day ${n}`, "P2", "clinical"] as const,
  [`please move my visit to day ${n}`, "P4", "admissions"] as const,
  [`the chair in room ${n} is grey`, "P4", "admissions"] as const,
]).flat();

const MAILS = WRITTEN.map(([text, urgency, type], n) => ({
  voice: `writer ${n % 10}`,
  type,
  features: featuresOf(text),
  urgency,
}));

const learn = (mails: readonly (typeof MAILS)[number][]) =>
  learnLinear(
    mails.map((mail) => ({ ...mail, features: mail.features.rows })),
    TYPES,
  );

function taught() {
  const learnt = learn(MAILS);
  const scores = heldLinear(MAILS, TYPES);
  const odds = plattOdds(MAILS.map(({ urgency }, at) => ({ urgency, scores: scores[at] ?? new Float64Array() })));
  return setupOf(learnt, odds);
}

function oddsFor(text: string) {
  const setup = taught();
  return urgencyOdds(linearScores(linearModel(setup), featuresOf(text)), setup.odds);
}

test.each([
  ["Could you refill my inhaler? The pharmacy says I need a new prescription.", "clinical"],
  ["I was charged twice on the last statement and would like a refund.", "billing"],
  ["Please move my appointment from Monday to any day next week.", "admissions"],
  ["My password does not work and the portal has locked me out.", "access"],
])("the starter tells the type without counts, and a type it was not taught is in between: %s", (text, type) => {
  const { linear, key, classes } = starterSetup();
  if (linear === null) throw new Error("the starter has no linear model");
  const features = featureReader(key).features(stems(hear(messageSaying(text)), "en"));
  const all = ["dental", ...classes];
  const scores = typeScores(linearScores(linearModel(linear), features), linear.heads, all);
  const own = scores.slice(1);
  expect(Math.abs(own.reduce((sum, score) => sum + score, 0))).toBeLessThan(1e-9);
  expect(scores[0]).toBeGreaterThan(Math.min(...own)); // a machine says no to most mail, which is no word against it
  expect(all[scores.indexOf(Math.max(...scores))]).toBe(type);
});

test("a weight is kept to a thousandth, and where there is none the score is the head's own", () => {
  const odds = [
    { slope: 1, shift: 0 },
    { slope: 1, shift: 0 },
  ] as const;
  const heads = ["P1", "P2", "clinical"];
  const setup = linearSetup(
    2,
    (add) => {
      add(7, 0, keptWeight(-1.234));
      add(7, 2, keptWeight(0.5));
      add(7, 2, keptWeight(9)); // another feature's, on the same row
    },
    { heads, biases: [0.25, -1, 0], odds },
  );
  expect(setup.entries).toBe(2);
  const rows = Uint32Array.of(7, 9, 11, 13);
  const scores = linearScores(linearModel(setup), { rows, words: rows });
  expect([...scores].map((score) => Math.round(score * 1000) / 1000)).toEqual([-0.367, -1, 0.25]);
});

test("it tells an emergency by its words as a whole, and P2 from P1", () => {
  const emergency = oddsFor("mother went grey and slid down");
  expect(emergency.P1).toBeGreaterThan(0.7);
  expect(emergency.P2).toBeGreaterThan(0.7);
  const wound = oddsFor("my wound is red and warm");
  expect(wound.P1).toBeLessThan(0.2);
  expect(wound.P2).toBeGreaterThan(0.8);
  expect(oddsFor("the chair is grey, please move it").P2).toBeLessThan(0.2);
});

test("the same mails teach the same, and what nobody has said the urgency of teaches nothing", () => {
  expect(taught()).toEqual(taught());
  expect(taughtUrgency({ type: "billing" })).toBeNull();
  expect(taughtUrgency({ type: "clinical", urgency: "P4", evaluate: false })).toBeNull();
  expect(taughtUrgency({ type: "billing", urgency: "P4", evaluate: false })).toBe("P4");
  expect(taughtUrgency({ type: "clinical", urgency: "P1" })).toBe("P1");
});

test("a writer's mails are judged by what others have written", () => {
  const alone = {
    voice: "somebody else",
    type: "clinical",
    features: featuresOf("zebra quagga okapi"),
    urgency: "P1",
  } as const;
  const [scores = new Float64Array()] = heldLinear([...MAILS, alone], TYPES).slice(-1);
  const seen = learn([...MAILS, alone]);
  const own = linearScores(linearModel(setupOf(seen, taught().odds)), alone.features);
  expect(own[0]).toBeGreaterThan((scores[0] ?? 0) + 0.5);
});

test("a mail of a megabyte is no more urgent by its length", () => {
  const calm = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `please move visit ${from + n} to day ${from + n}`).join(" ");
  const [once, often] = [oddsFor(calm(0, 2)), oddsFor(calm(0, 30_000))];
  expect(Math.abs(once.P1 - often.P1)).toBeLessThan(0.1);
});

test("the model raises to the level it is sure enough of, never lowers, and not where the rules do not say so", () => {
  const rules = (modelUrgency: { P1?: number; P2?: number }) =>
    compileRules({ ...BLANK_RULES, decide: { ...BLANK_RULES.decide, modelUrgency } });
  const matches = { hits: new Map(), cancelled: new Map(), facts: [] };
  const said = (urgency: Urgency | null) => {
    const span = { field: "text", start: 0, end: 1 } as const;
    const field = urgency && ({ kind: "field-urgency", field: "urgency", value: "x", urgency, span } as const);
    return { evidence: [], urgency: field, defects: [] };
  };
  const judged = (P1: number, P2: number, from: { P1?: number; P2?: number }, field: Urgency | null = null) => {
    const advice = { type: "x", probability: 0.5, all: [], urgency: { P1, P2 }, version: "1", stage: "site" } as const;
    return classify(matches, said(field), { ...NO_GROUND, advice }, rules(from));
  };
  const from = { P1: 0.3, P2: 0.5 };
  expect(judged(0.3, 0.4, from)).toMatchObject({
    urgency: "P1",
    evidence: [{ kind: "model-urgency", urgency: "P1", probability: 0.3 }],
  });
  expect(judged(0.29, 0.5, from).urgency).toBe("P2");
  expect(judged(0.29, 0.49, from)).toMatchObject({ urgency: "P4", evidence: [] });
  expect(judged(0, 0.9, from, "P1")).toMatchObject({ urgency: "P1", evidence: [{ kind: "field-urgency" }] });
  expect(judged(0.9, 0.9, {}).urgency).toBe("P4");
  expect(judged(0.9, 0.9, { P2: 0.5 }).urgency).toBe("P2");
});

test("where an emergency is denied, the model must be surer to raise", () => {
  const emergency = { ...ruleSaying({ any: ["chest pain"] }), also: null };
  const decide = { ...BLANK_RULES.decide, modelUrgency: { P1: 0.3 } };
  const rules = compileRules({ ...BLANK_RULES, decide, urgencies: [{ urgency: "P1", rules: [emergency] }] });
  const span = { field: "text", start: 0, end: 1 } as const;
  const denied = { phrase: "chest pain", span, why: "negated", by: span } as const;
  const matches = { hits: new Map(), cancelled: new Map([[0, denied]]), facts: [] };
  const urgencyAt = (P1: number) => {
    const advice = {
      type: "x",
      probability: 0.5,
      all: [],
      urgency: { P1, P2: P1 },
      version: "1",
      stage: "site",
    } as const;
    return classify(matches, { evidence: [], urgency: null, defects: [] }, { ...NO_GROUND, advice }, rules).urgency;
  };
  expect([urgencyAt(0.89), urgencyAt(0.9)]).toEqual(["P4", "P1"]);
});

test("a P1 phrase is doubted only where the model is sure of another type and all but certain of no emergency", () => {
  const span = { field: "text", start: 0, end: 1 } as const;
  const types = ["clinical", "billing"].map((name) => ({ name, rules: [] }));
  const emergency = { ...ruleSaying({ any: ["heart attack"] }), also: { type: "clinical", points: 6 } };
  const rules = compileRules({
    ...BLANK_RULES,
    types,
    decide: { ...BLANK_RULES.decide, modelPointsMax: 15 },
    urgencies: [{ urgency: "P1", rules: [emergency] }],
  });
  const matches = {
    hits: new Map([[0, { phrase: "heart attack", span, others: [] }]]),
    cancelled: new Map(),
    facts: [],
  };
  const decidedBy = (type: string, probability: number, P1: number) => {
    const all = [{ type, probability }];
    const advice = { type, probability, all, urgency: { P1, P2: P1 }, version: "1", stage: "site" } as const;
    return classify(matches, { evidence: [], urgency: null, defects: [] }, { ...NO_GROUND, advice }, rules);
  };
  expect(decidedBy("billing", 0.8, 0.04)).toMatchObject({ urgency: "P1", reviewReason: "safety-doubted" });
  expect(decidedBy("billing", 0.79, 0.04)).toMatchObject({ requestType: "clinical", decidedBy: "safety" });
  expect(decidedBy("billing", 0.95, 0.05)).toMatchObject({ requestType: "clinical", decidedBy: "safety" });
  expect(decidedBy("clinical", 0.95, 0.04)).toMatchObject({ requestType: "clinical", reviewReason: null });
});

test.each([
  ["dad just slumped over at the table and half his face is hanging, he cannot answer me", "en"],
  ["mi hermana se tomó todo el frasco y no la puedo despertar", "es"],
])("the starter takes an emergency for one: %s", (text, language) => {
  const said = adviser(starterSetup()).advise(hear(messageSaying(text)), language);
  expect(said?.urgency?.P1).toBeGreaterThan(0.3);
});

test.each([
  ["Could you tell me when my appointment with the dentist is?", "en"],
  ["My cough is back.", "en"],
  ["I cannot log in.", "en"],
  ["Mi fecha de nacimiento está mal en el sistema.", "es"],
  ["I was charged twice for the parking at the emergency department.", "en"],
  ["¿Me pueden mandar la factura de la semana pasada?", "es"],
])("the starter takes a plain request for one: %s", (text, language) => {
  const said = adviser(starterSetup()).advise(hear(messageSaying(text)), language);
  expect(said?.urgency?.P1).toBeLessThan(0.2);
});

test("a class that only the site has taught wins its mail after sixty corrections", () => {
  const starter = starterSetup();
  const model = modelFrom(starter.classes, starter.numbers);
  if (model === null) throw new Error("the starter has no model");
  const wide = widened(model, "pharmacy");
  const own = featureReader(starter.key);
  const heard = (text: string) => hear(messageSaying(text));
  const asked = ["metformin 500", "insulin pens", "the children's ibuprofen", "lisinopril", "eye drops", "test strips"];
  const ways = [
    (what: string) => `Do you have ${what} in stock at the pharmacy`,
    (what: string) => `When does the pharmacy counter close, I want to collect ${what}`,
    (what: string) => `Is ${what} ready for pick up at your pharmacy window`,
  ];
  const lessons = Array.from({ length: 60 }, (_, n) => (ways[n % 3] ?? String)(`${asked[n % 5]} ${n}`));
  for (const lesson of lessons) train(wide, own.features(stems(heard(lesson), "en")), "pharmacy");
  const said = adviser({ ...starter, classes: wide.classes, numbers: numbersOf(wide) });
  for (const way of ways) expect(said.advise(heard(way("test strips")), "en")?.type).toBe("pharmacy");
});

test("the words told are those that spoke, each once, also where they spoke as what is asked", () => {
  const heard = hear(messageSaying("My chart is fine. Could you refill my inhaler?"));
  const told = adviser(starterSetup()).strongest(heard, "en", "clinical", 5);
  const words = told.map((term) => term.words);
  expect(words[0]).toMatch(/refill|inhaler/);
  expect(new Set(words).size).toBe(words.length);
  const without = adviser({ ...starterSetup(), linear: null }).strongest(heard, "en", "clinical", 5);
  expect(told[0]?.weight).not.toBe(without[0]?.weight);
});
