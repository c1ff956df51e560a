// The model's arithmetic: what is trained can be taken back exactly, no word is special, no mail is too long, what it
// says is as likely as it says, and neither features nor counts tell a word.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { adviser, type ModelSetup, pinPrint } from "../src/classify/adviser.ts";
import {
  type BayesKind,
  type BayesModel,
  emptyModel,
  knownShare,
  logScores,
  modelFrom,
  numbersOf,
  train,
  untrain,
  widened,
} from "../src/classify/bayes.ts";
import { fitted, probabilities } from "../src/classify/calibration.ts";
import { type Features, featureReader, stemReader } from "../src/classify/features.ts";
import { hear } from "../src/classify/hear.ts";
import { messageSaying } from "./support/blank.ts";

const CLASSES = ["clinical", "billing", "none"];
const KINDS: readonly BayesKind[] = ["multinomial", "complement"];
const stems = stemReader();
const read = featureReader("a key");

function featuresOf(text: string, language: string | null = "en", reader = read): Features {
  return reader.features(stems(hear(messageSaying(text)), language));
}

/** A model that knows two trades well. */
function taught(): BayesModel {
  const model = emptyModel(CLASSES);
  for (let i = 0; i < 30; i++) {
    train(model, featuresOf(`my rash itches and the cream from the nurse burns ${i}`), "clinical");
    train(model, featuresOf(`the invoice is wrong and I want a refund for the payment ${i}`), "billing");
  }
  return model;
}

function setupOf(model: BayesModel, change: Partial<ModelSetup> = {}): ModelSetup {
  const { classes } = model;
  const calibration = { scale: 4, lean: 0, bias: classes.map(() => 0) };
  return {
    classes,
    numbers: numbersOf(model),
    key: "a key",
    calibration,
    version: "7-abc",
    stage: "site",
    pins: [],
    linear: null,
    ...change,
  };
}

function advise(model: BayesModel, text: string) {
  return adviser(setupOf(model)).advise(hear(messageSaying(text)), "en");
}

function featuresFrom(rows: readonly number[]): Features {
  return { rows: Uint32Array.from(rows), words: Uint32Array.from(rows.slice(0, 5)) };
}

test("what was trained and taken back leaves the model as it was, bit for bit", () => {
  const mail = fc.record({
    rows: fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 30 }),
    name: fc.constantFrom(...CLASSES),
  });
  const few = fc.array(mail, { maxLength: 8 });
  fc.assert(
    fc.property(few, few, (kept, taken) => {
      const model = emptyModel(CLASSES);
      for (const { rows, name } of kept) train(model, featuresFrom(rows), name);
      const before = Buffer.from(numbersOf(model).buffer).toString("latin1");
      for (const { rows, name } of taken) train(model, featuresFrom(rows), name);
      for (const { rows, name } of taken) untrain(model, featuresFrom(rows), name);
      expect(Buffer.from(numbersOf(model).buffer).toString("latin1") === before).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("the order of training makes no difference", () => {
  const mails = ["a b c", "b c d", "x y"].map((text) => featuresOf(text));
  const [one, other] = [emptyModel(CLASSES), emptyModel(CLASSES)];
  for (const each of mails) train(one, each, "billing");
  for (const each of mails.toReversed()) train(other, each, "billing");
  expect(numbersOf(one)).toEqual(numbersOf(other));
});

test("taking back what was never trained is a mistake and changes nothing", () => {
  const model = taught();
  const before = numbersOf(model);
  const partly = featuresOf("my rash and an unheard word");
  expect(() => untrain(model, partly, "clinical")).toThrow("never trained");
  expect(numbersOf(model)).toEqual(before);
  expect(() => train(model, partly, "parking")).toThrow('no class "parking"');
});

test.each(KINDS)("%s: words that fit one class score higher for it", (kind) => {
  const best = (text: string) => {
    const scores = logScores(taught(), featuresOf(text), kind);
    return CLASSES[scores.indexOf(Math.max(...scores))];
  };
  expect(best("a rash that itches, nurse")).toBe("clinical");
  expect(best("refund of my payment")).toBe("billing");
});

test.each(KINDS)("%s: a mail of a megabyte has scores that can be compared", (kind) => {
  const words = Array.from({ length: 150_000 }, (_, i) => (i % 3 === 0 ? "refund" : `word${i % 5_000}`));
  const model = taught();
  const long = featuresOf(words.join(" "));
  train(model, long, "billing");
  train(model, long, "billing");
  const scores = logScores(model, long, kind);
  expect(Number.isFinite(scores[0]) && Number.isFinite(scores[1])).toBe(true);
  expect(scores[1]).toBeGreaterThan(scores[0] ?? Infinity);
});

test("names of an object's own machinery are only words", () => {
  const model = taught();
  const odd = featuresOf("__proto__ constructor toString hasOwnProperty");
  const before = numbersOf(model);
  expect(knownShare(model, odd.words)).toBe(0);
  train(model, odd, "clinical");
  train(model, odd, "clinical");
  expect(knownShare(model, odd.words)).toBe(1);
  untrain(model, odd, "clinical");
  untrain(model, odd, "clinical");
  expect(numbersOf(model)).toEqual(before);
});

test("a mail of unknown words gets no advice, nor does an empty one", () => {
  const model = taught();
  expect(advise(model, "refund of my payment")).toMatchObject({ type: "billing", version: "7-abc", stage: "site" });
  expect(advise(model, "zurück bitte schnell anrufen danke")).toBeNull();
  expect(advise(model, "")).toBeNull();
});

test("a class of which too little was seen is not among those it knows", () => {
  expect(adviser(setupOf(taught())).types).toEqual(["clinical", "billing"]);
});

test("the words that spoke most are told from the mail, and those of the other class are not", () => {
  const text = "the nurse said a refund of the payment";
  const terms = adviser(setupOf(taught())).strongest(hear(messageSaying(text)), "en", "billing", 3);
  expect(terms.map(({ words }) => words).join(" ")).toMatch(/refund|payment/);
  expect(terms.map(({ words }) => words)).not.toContain("nurse");
});

test("a class more leaves what was known as it was", () => {
  const model = taught();
  const wide = widened(model, "pharmacy");
  expect(wide.classes).toEqual([...CLASSES, "pharmacy"]);
  const features = featuresOf("refund of my payment to the nurse");
  expect([...logScores(wide, features, "multinomial")]).toEqual([
    ...logScores(model, features, "multinomial"),
    -Infinity,
  ]);
  train(wide, featuresOf("tablets"), "pharmacy");
  expect(wide.mails[3]).toBe(1);
});

test("numbers that are not those of the classes make no model", () => {
  expect(modelFrom(CLASSES, new Uint32Array(10))).toBeNull();
  expect(() => adviser(setupOf(taught(), { classes: ["one"] }))).toThrow("7-abc");
});

test("calibrated, what is said with 70 % is right in 70 of 100 held-out mails", () => {
  // Scores that are right in 70 of 100 and say nothing of how certain that is.
  const held = Array.from({ length: 400 }, (_, i) => {
    const at = i % 2;
    const says = i % 20 < 14 ? at : 1 - at;
    const logs = Float64Array.of(says === 0 ? 9 : -9, says === 1 ? 9 : -9);
    return { logs, linear: new Float64Array(2), features: 9, at };
  });
  const calibration = fitted(held, 2);
  const nothing = { linear: new Float64Array(2), features: 9 };
  const likely = probabilities({ ...nothing, logs: Float64Array.of(9, -9) }, calibration);
  expect(likely[0]).toBeCloseTo(0.7, 2);
  expect((likely[0] ?? 0) + (likely[1] ?? 0)).toBeCloseTo(1, 9);
  expect(fitted(held, 2)).toEqual(calibration);
});

test("a class without a mail has no share of the probability", () => {
  const scores = { logs: Float64Array.of(3, 1, -Infinity), linear: Float64Array.of(0, 0, 3), features: 4 };
  const likely = probabilities(scores, { scale: 2, lean: 1, bias: [0, 0, 5] });
  expect(likely[2]).toBe(0);
});

test("what says nothing of a mail's class does not count, and what is always right counts most", () => {
  const held = Array.from({ length: 400 }, (_, i) => {
    const at = i % 2;
    const [right, chance] = [Float64Array.of(1 - 2 * at, 2 * at - 1), Float64Array.of(i % 3, -(i % 3))];
    return { right, chance, features: 4, at };
  });
  const byLogs = fitted(
    held.map(({ right, chance, ...mail }) => ({ ...mail, logs: right, linear: chance })),
    2,
  );
  expect(byLogs.scale).toBeGreaterThan(20 * Math.abs(byLogs.lean));
  const byLine = fitted(
    held.map(({ right, chance, ...mail }) => ({ ...mail, logs: chance, linear: right })),
    2,
  );
  expect(byLine.lean).toBeGreaterThan(20 * Math.abs(byLine.scale));
});

test("another key gives other rows for the same words, and rows are whole numbers of 32 bits", () => {
  const text = "quite the same words here again";
  const mine = new Set(featuresOf(text).rows);
  const other = featuresOf(text, "en", featureReader("another key")).rows;
  expect(other).toHaveLength(mine.size);
  expect([...other].filter((row) => mine.has(row)).length).toBeLessThan(2);
  expect([...other].some((row) => row > 0x7fff_ffff)).toBe(true);
});

test("forms of a word are one feature in its own language, and a word of the subject is also one of its own", () => {
  expect(featuresOf("payments")).toEqual(featuresOf("payment"));
  expect(featuresOf("facturas", "es")).toEqual(featuresOf("factura", "es"));
  const subject = { ...messageSaying(""), subject: "refund" };
  const heard = read.features(stems(hear(subject), "en"));
  expect(heard.words).toEqual(featuresOf("refund").rows);
  expect(heard.rows).toHaveLength(2);
});

test("a reader used for many mails never mixes them", () => {
  const first = featuresOf("refund my payment");
  featuresOf("something else in between");
  expect(featuresOf("refund my payment")).toEqual(first);
});

test("a pin is for one sender and one shape of subject, whatever numbers and answer marks it has", () => {
  const print = pinPrint("k", "Ana@Example.net", "Report 17 of May");
  expect(pinPrint("k", "ana@example.net", "RE: report 18 of may")).toBe(print);
  expect(pinPrint("k", "ana@example.net", "Report of May")).not.toBe(print);
  expect(pinPrint("k", "bea@example.net", "Report 17 of May")).not.toBe(print);
  expect(pinPrint("other", "ana@example.net", "Report 17 of May")).not.toBe(print);
});

test("the same mail has the same features and scores on every machine", () => {
  const features = featuresOf("refund my payment");
  expect([...features.rows]).toMatchInlineSnapshot(`
    [
      2731725410,
      804683343,
      3960233109,
      3745158489,
      3773550655,
      2766739821,
    ]
  `);
  expect([...logScores(taught(), features, "complement")]).toMatchInlineSnapshot(`
    [
      16.198406361689194,
      19.634312591278817,
      -Infinity,
    ]
  `);
});
