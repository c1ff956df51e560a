// What the model makes of urgency: it learns from whole mails, says the same each time, raises and never lowers, and the
// starter hears emergencies that no rule has words for.

import { expect, test } from "vitest";
import { adviser } from "../src/classify/adviser.ts";
import { classify } from "../src/classify/classify.ts";
import { compileRules } from "../src/classify/compile.ts";
import { featureReader, stemReader } from "../src/classify/features.ts";
import { hear } from "../src/classify/hear.ts";
import { urgencyModel, urgencyOdds, urgencyScores, urgencySetup } from "../src/classify/urgency-model.ts";
import { starterSetup } from "../src/decider/taught.ts";
import type { Urgency } from "../src/outcome.ts";
import { heldUrgency, learnUrgency, plattOdds, taughtUrgency } from "../src/rulebook/urgency-training.ts";
import { BLANK_RULES, messageSaying, NO_GROUND, ruleSaying } from "./support/blank.ts";

const stems = stemReader();
const reader = featureReader("a key");

function featuresOf(text: string) {
  return reader.features(stems(hear(messageSaying(text)), "en"));
}

const WRITTEN: readonly (readonly [string, Urgency])[] = Array.from({ length: 40 }, (_, n) => [
  [`he went grey and slid off the chair, number ${n}`, "P1"] as const,
  [`the wound is red and warm since day ${n}`, "P2"] as const,
  [`please move my visit to day ${n}`, "P4"] as const,
  [`the chair in room ${n} is grey`, "P4"] as const,
]).flat();

const MAILS = WRITTEN.map(([text, urgency], n) => ({
  voice: `writer ${n % 10}`,
  type: "clinical",
  features: featuresOf(text),
  urgency,
}));

function taught() {
  const { weights, biases } = learnUrgency(
    MAILS.map(({ features, urgency }) => ({ features: features.rows, urgency })),
  );
  const scores = heldUrgency(MAILS);
  const odds = plattOdds(MAILS.map(({ urgency }, at) => ({ urgency, scores: scores[at] ?? [0, 0] })));
  return urgencySetup([...weights], { biases, odds });
}

function oddsFor(text: string) {
  const setup = taught();
  return urgencyOdds(urgencyScores(urgencyModel(setup), featuresOf(text)), setup.odds);
}

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
  const [scores = [0, 0]] = heldUrgency([...MAILS, alone]).slice(-1);
  const seen = learnUrgency([...MAILS, alone].map((mail) => ({ features: mail.features.rows, urgency: mail.urgency })));
  const own = urgencyScores(
    urgencyModel(urgencySetup([...seen.weights], { biases: seen.biases, odds: taught().odds })),
    alone.features,
  );
  expect(own[0]).toBeGreaterThan(scores[0] + 0.5);
});

test("a mail of a megabyte is no more urgent by its length", () => {
  const calm = "please move my visit to another day ";
  const [once, often] = [oddsFor(calm), oddsFor(calm.repeat(30_000))];
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

test("a P1 phrase is doubted only where the model is all but certain of another type and of no emergency", () => {
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
  expect(decidedBy("billing", 0.95, 0.04)).toMatchObject({ urgency: "P1", reviewReason: "safety-doubted" });
  expect(decidedBy("billing", 0.94, 0.04)).toMatchObject({ requestType: "clinical", decidedBy: "safety" });
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
