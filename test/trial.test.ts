// What the model makes of lessons: learnt once, tried before it goes live, kept as a snapshot, and no word of them.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { numbersOf } from "../src/classify/bayes.ts";
import { type Features, featureReader, stemReader } from "../src/classify/features.ts";
import { hear } from "../src/classify/hear.ts";
import { modelInUse, modelOfThen } from "../src/decider/model-in-use.ts";
import { TaughtModel } from "../src/decider/taught.ts";
import { calibrationOf, tryLessons } from "../src/decider/trial.ts";
import { labelledMails } from "../src/rulebook/labelled.ts";
import { readStarter, STARTER_FILE, STARTER_TYPES, starterOf } from "../src/rulebook/starter.ts";
import { openSqliteStore, type SqliteStore } from "../src/store/sqlite/sqlite.ts";
import { messageSaying } from "./support/blank.ts";
import { NOW } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const stems = stemReader();

function featuresOf(text: string, key: string): Features {
  return featureReader(key).features(stems(hear(messageSaying(text)), "en"));
}

function open(folder: string): Promise<SqliteStore> {
  return openSqliteStore({ folder, mode: "gateway" });
}

test("the starter file is what our written mails make; `npm run starter` writes it", { timeout: 600_000 }, async () => {
  const { mails, mistakes } = labelledMails(join(import.meta.dirname, "../fixtures/training"), STARTER_TYPES);
  expect(mistakes).toEqual([]);
  expect(Buffer.compare(await starterOf(mails), readFileSync(STARTER_FILE))).toBe(0);
});

/** Lessons of one type from sentences, or (null) those taken back; the same sentence is learnt once. */
async function learn(
  store: SqliteStore,
  type: string | null,
  sentences: readonly string[],
  writer: Buffer | null = null,
) {
  const key = await store.modelKey();
  const labels = sentences.map((text) => ({
    type,
    features: featuresOf(text, key),
    print: createHash("sha256").update(text).digest().subarray(0, 16),
    writer,
  }));
  return store.teach(labels, NOW, "maria");
}

async function teach(store: SqliteStore, type: string, sentences: readonly string[]): Promise<number> {
  return (await learn(store, type, sentences)).fresh;
}

const SAYS = {
  clinical: (i: number) => `my rash burns and the cream does not help number ${i}`,
  billing: (i: number) => `the invoice is wrong and I want the refund number ${i}`,
} as const;

function many(says: (i: number) => string, from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => says(from + i));
}

test("sorted mail is learnt once, however often it is imported", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  expect(await teach(store, "billing", many(SAYS.billing, 0, 5))).toBe(5);
  expect(await teach(store, "billing", many(SAYS.billing, 3, 5))).toBe(3);
  expect(await store.taught()).toMatchObject({ last: 8, live: 0 });
});

test("a model goes live when it loses nothing, and one taught wrongly stays out with its reason", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const starterVersion = (await modelInUse(store)).version;
  expect(starterVersion).toMatch(/^starter-[0-9a-f]{8}$/);
  await teach(store, "clinical", many(SAYS.clinical, 0, 20));
  await teach(store, "billing", many(SAYS.billing, 0, 20));
  const good = await tryLessons(store, ["clinical"], NOW);
  expect(good).toMatchObject({ passed: true, labelId: 40 });
  const { version } = await modelInUse(store);
  expect(version).toMatch(/^40-[0-9a-f]{8}$/);
  expect(await tryLessons(store, ["clinical"], NOW)).toBeNull();
  // Somebody sorts clinical mail into the billing folder.
  await teach(store, "billing", many(SAYS.clinical, 100, 80));
  const bad = await tryLessons(store, ["clinical"], NOW);
  expect(bad).toMatchObject({ passed: false, labelId: 120, found: { worse: ["clinical"] } });
  expect((await modelInUse(store)).version).toBe(version);
  expect((await modelOfThen(store, version))?.version).toBe(version);
  expect((await modelOfThen(store, starterVersion))?.version).toBe(starterVersion);
  expect(await modelOfThen(store, "40-00000000")).toBeNull();
});

test("an import that was wrong is taken back, or learnt as what it is, and nothing of it stays", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const starter = readStarter().model(await store.modelKey());
  await teach(store, "clinical", many(SAYS.clinical, 0, 20));
  await teach(store, "billing", many(SAYS.billing, 0, 20));
  expect(await tryLessons(store, ["clinical"], NOW)).toMatchObject({ passed: true });
  await teach(store, "billing", many(SAYS.clinical, 100, 80));
  expect(await tryLessons(store, ["clinical"], NOW)).toMatchObject({ passed: false });
  // Sorted right, the same mails are no second lesson.
  expect(await learn(store, "clinical", many(SAYS.clinical, 100, 80))).toEqual({ fresh: 0, changed: 80, takenBack: 0 });
  expect(await tryLessons(store, ["clinical"], NOW)).toMatchObject({ passed: true });
  for (const says of [SAYS.clinical, SAYS.billing])
    await learn(store, null, [...many(says, 0, 20), ...many(says, 100, 80)]);
  expect(await learn(store, null, many(SAYS.clinical, 0, 20))).toEqual({ fresh: 0, changed: 0, takenBack: 0 });
  const { last } = await store.taught();
  expect(numbersOf((await TaughtModel.open(store, last)).model)).toEqual(numbersOf(starter));
});

test("a model that did not pass takes nothing from the one in use, its calibration neither", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  for (const type of ["clinical", "billing", "admissions", "access"])
    await teach(
      store,
      type,
      many((i) => `${type} words that ${type} people write ${i} ${"abcdefghij"[i % 10]}${i}`, 0, 60),
    );
  expect(await tryLessons(store, ["clinical"], NOW)).toMatchObject({ passed: true });
  const before = await modelInUse(store);
  expect(before.calibration).not.toEqual(readStarter().calibration);
  const wrong = many((i) => `clinical words that clinical people write ${i}`, 200, 200);
  await teach(store, "billing", wrong);
  expect(await tryLessons(store, ["clinical"], NOW)).toMatchObject({ passed: false });
  const after = await modelInUse(store);
  expect([after.version, after.calibration]).toEqual([before.version, before.calibration]);
});

test("a mail is tried without the other mails of its writer", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const writer = Buffer.alloc(16, 1);
  const sentences = many((i) => `zibbel quorax wumple nerl ${i}`, 0, 20);
  await learn(store, "billing", sentences, writer);
  const [row] = (await tryLessons(store, [], NOW))?.found.rows ?? [];
  // Nobody else says such words, so of what was not learnt nothing is known.
  expect(row?.next).toEqual({ right: 0, lost: 0 });
  await learn(store, null, sentences);
  await learn(store, "billing", sentences);
  expect((await tryLessons(store, [], NOW))?.found.rows[0]?.next.right).toBeGreaterThan(15);
});

test("a model from a snapshot is the model from all lessons", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  await teach(store, "billing", many(SAYS.billing, 0, 600));
  const counted = await TaughtModel.open(store, 600);
  await counted.keep();
  expect(await store.snapshot()).toMatchObject({ labelId: 600 });
  await teach(store, "clinical", many(SAYS.clinical, 0, 3));
  const [kept, anew] = [await TaughtModel.open(store, 603), await TaughtModel.open(store, 600)];
  expect(anew.version).toBe(counted.version);
  expect(numbersOf(anew.model)).toEqual(numbersOf(counted.model));
  await counted.learnUpTo(603);
  expect(numbersOf(kept.model)).toEqual(numbersOf(counted.model));
  expect(kept.version).toBe(counted.version);
});

test("the model is the site's own once thirty mails of every type are confirmed", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  for (const type of ["clinical", "billing", "admissions"])
    await teach(
      store,
      type,
      many((i) => `${type} words as people write them ${i}`, 0, 30),
    );
  await teach(
    store,
    "access",
    many((i) => `access words as people write them ${i}`, 0, 29),
  );
  const { last } = await store.taught();
  const model = await TaughtModel.open(store, last);
  expect(model.stage).toBe("starter");
  await teach(store, "access", ["one more mail"]);
  await model.learnUpTo(last + 1);
  expect(model.stage).toBe("site");
});

test("lessons hold no word: another store has other rows for the same mail", async () => {
  await using one = await tempDir();
  await using other = await tempDir();
  await using first = await open(one.path);
  await using second = await open(other.path);
  const keys = [await first.modelKey(), await second.modelKey()];
  expect(keys[0]).not.toBe(keys[1]);
  expect(await first.modelKey()).toBe(keys[0]);
  const rows = keys.map((key) => new Set(featuresOf("an unusual rash on my left arm", key).rows));
  expect([...(rows[0] ?? [])].filter((row) => rows[1]?.has(row)).length).toBeLessThan(2);
});

test("a calibration found before the linear model counted is not used with it", () => {
  const starterCalibration = { scale: 3, lean: 1, bias: [0, 0] };
  const taught = { labelId: 7, starterCalibration };
  const of = (v: number, calibration: object | null) =>
    calibrationOf({ live: 7, liveFound: JSON.stringify({ v, rows: [], worse: [], calibration }) }, taught);
  expect(of(1, { scale: 9, bias: [1, 1] })).toEqual(starterCalibration);
  expect(of(2, { scale: 9, lean: 2, bias: [1, 1] })).toEqual({ scale: 9, lean: 2, bias: [1, 1] });
  expect(of(2, null)).toEqual(starterCalibration);
});
