// The model's arithmetic: what is trained can be taken back exactly, no word is special, no mail is too long, and
// neither features nor counts tell a word.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emptyModel, fingerprint, knownShare, logScores, train, untrain } from "../src/classify/bayes.ts";
import { featureReader } from "../src/classify/features.ts";
import { hear } from "../src/classify/hear.ts";
import { opinion } from "../src/classify/opinion.ts";
import { messageSaying } from "./support/blank.ts";

const CLASSES = ["clinical", "billing", "none"];
const read = featureReader("a key");

function featuresOf(text: string, language: string | null = "en", reader = read) {
  return reader(hear(messageSaying(text)), language);
}

/** A model that knows two trades well. */
function taught() {
  const model = emptyModel(CLASSES);
  for (let i = 0; i < 30; i++) {
    train(model, featuresOf(`my rash itches and the cream from the nurse burns ${i}`).all, "clinical");
    train(model, featuresOf(`the invoice is wrong and I want a refund for the payment ${i}`).all, "billing");
  }
  return model;
}

test("what was trained and taken back leaves the model as it was, bit for bit", () => {
  const mail = fc.record({
    features: fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 30 }),
    name: fc.constantFrom(...CLASSES),
  });
  fc.assert(
    fc.property(fc.array(mail), fc.array(mail), (kept, taken) => {
      const model = emptyModel(CLASSES);
      for (const { features, name } of kept) train(model, features, name);
      const before = fingerprint(model);
      const scores = logScores(model, [1, 2, 3], "complement");
      for (const { features, name } of taken) train(model, features, name);
      for (const { features, name } of taken) untrain(model, features, name);
      expect(fingerprint(model)).toBe(before);
      expect(logScores(model, [1, 2, 3], "complement")).toEqual(scores);
    }),
  );
});

test("the order of training makes no difference", () => {
  const mails = ["a b c", "b c d", "x y"].map((text) => featuresOf(text).all);
  const one = emptyModel(CLASSES);
  const other = emptyModel(CLASSES);
  for (const each of mails) train(one, each, "billing");
  for (const each of mails.toReversed()) train(other, each, "billing");
  expect(fingerprint(one)).toBe(fingerprint(other));
});

test("taking back what was never trained is a mistake, not a negative count", () => {
  expect(() => untrain(emptyModel(CLASSES), [7], "billing")).toThrow("never trained");
  expect(() => train(emptyModel(CLASSES), [7], "parking")).toThrow('no class "parking"');
});

test.each(["multinomial", "complement"] as const)("%s: words that fit one class speak for it", (kind) => {
  const model = taught();
  expect(opinion(model, featuresOf("a rash that itches, nurse"), kind)?.best).toBe("clinical");
  expect(opinion(model, featuresOf("refund of my payment"), kind)?.best).toBe("billing");
});

test.each(["multinomial", "complement"] as const)(
  "%s: a mail of a megabyte has scores that can be compared",
  (kind) => {
    const words = Array.from({ length: 150_000 }, (_, i) => (i % 3 === 0 ? "refund" : `word${i % 5_000}`));
    const model = taught();
    train(model, featuresOf(words.join(" ")).all, "billing");
    const scores = logScores(model, featuresOf(words.join(" ")).all, kind);
    expect(Number.isFinite(scores[0]) && Number.isFinite(scores[1])).toBe(true);
    expect(scores[1]).toBeGreaterThan(scores[0] ?? Infinity);
  },
);

test("names of an object's own machinery are only words", () => {
  const model = taught();
  const odd = featuresOf("__proto__ constructor toString hasOwnProperty").all;
  const before = fingerprint(model);
  expect(knownShare(model, odd)).toBe(0);
  train(model, odd, "clinical");
  expect(knownShare(model, odd)).toBe(1);
  untrain(model, odd, "clinical");
  expect(fingerprint(model)).toBe(before);
});

test("a mail of unknown words has no opinion, nor has a model that hardly knows one of the types", () => {
  expect(opinion(taught(), featuresOf("zurück bitte schnell anrufen danke"), "complement")).toBeNull();
  const young = emptyModel(CLASSES);
  train(young, featuresOf("refund").all, "billing");
  expect(opinion(young, featuresOf("refund"), "complement")).toBeNull();
  expect(opinion(taught(), featuresOf(""), "complement")).toBeNull();
});

test("another key gives other numbers for the same words", () => {
  const text = "the same words";
  const mine = new Set(featuresOf(text).all);
  const other = featuresOf(text, "en", featureReader("another key")).all;
  expect(other).toHaveLength(mine.size);
  expect(other.some((feature) => mine.has(feature))).toBe(false);
});

test("forms of a word are one feature in its own language, and a word of the subject is also one of its own", () => {
  expect(featuresOf("payments").all).toEqual(featuresOf("payment").all);
  expect(featuresOf("facturas", "es").all).toEqual(featuresOf("factura", "es").all);
  const subject = { ...messageSaying(""), subject: "refund" };
  const heard = read(hear(subject), "en");
  expect(heard.known).toEqual(featuresOf("refund").all);
  expect(heard.all).toHaveLength(2);
});

test("the same mail has the same features and scores on every machine", () => {
  const features = featuresOf("refund my payment");
  expect(features.known).toMatchInlineSnapshot(`
    [
      584314631925920,
      723193764122006,
      4225705894564294,
    ]
  `);
  expect([...logScores(taught(), features.all, "complement")]).toMatchInlineSnapshot(`
    [
      15.284153189564147,
      20.454760869512405,
      -Infinity,
    ]
  `);
});
