// The starter's file: what our written mails count together, by the hashes of their stems, so that a model under any key
// is made of it in a few hundredths of a second, and what makes a mail urgent. A line of JSON, then the hashes, then the
// counts, then the weights.

import { type BayesModel, mailWeight } from "../classify/bayes.ts";
import type { Calibration } from "../classify/calibration.ts";
import { filledCounts, SEEN } from "../classify/counts.ts";
import { eachFeature, FEATURE_KINDS, type FeatureKind, keyedHashes, rowOf, type Stems } from "../classify/features.ts";
import { type UrgencyScores, type UrgencySetup, urgencySetup } from "../classify/urgency-model.ts";
import type { Urgency } from "../outcome.ts";
import { learnUrgency } from "./urgency-training.ts";

/** A mail by the place of its class, what the model sees of it, and how urgent it is; null: it does not teach that. */
export type StarterMail = { readonly at: number; readonly stems: Stems; readonly urgency: Urgency | null };

/** What is fitted on mails whose writers the model had not seen. */
export type StarterFit = { readonly calibration: Calibration; readonly odds: UrgencySetup["odds"] };

type Head = StarterFit & {
  readonly v: 2;
  readonly classes: readonly string[];
  /** Mails, and what their features count, by class. */
  readonly mails: readonly number[];
  readonly totals: readonly number[];
  readonly stems: number;
  readonly entries: number;
  /** Numbers that hold the counts; what follows are the weights. */
  readonly counts: number;
  readonly biases: UrgencyScores;
};

export type StarterFile = Omit<Head, "v" | "counts"> & {
  readonly hashes: Float64Array;
  /** For each feature: the places of its stems, its classes as bits with its kind above, and the count of each class. */
  readonly counts: Uint16Array;
  /** For each feature: the places of its stems, its kind, and its weights for the levels. */
  readonly weights: Uint16Array;
};

/** Among the bits of a feature's classes: in how many mails its word stood, and above them its kind. */
const SEEN_BIT = 12;
const KIND_BIT = 13;
/** Words apart that stand in one mail only are left out: half of all features, for a seventh of a point in a hundred. */
const APART_MAILS_MIN = 2;
const PLACES = 0x10000;
const COUNT_MAX = 0xffff;

/** Adds up the mails. Throws where there are more stems, counts or classes than the file has room for. */
export function starterBytes(classes: readonly string[], fit: StarterFit, mails: readonly StarterMail[]): Uint8Array {
  const places = new Map<number, number>();
  const counted = new Map<number, { mails: number; readonly counts: Map<number, number> }>();
  const totals = classes.map(() => 0);
  const teaching: { readonly features: readonly number[]; readonly urgency: Urgency }[] = [];
  for (const { at, stems, urgency } of mails) {
    const features = featuresOf(stems, places);
    if (urgency !== null) teaching.push({ features: [...features], urgency });
    const weight = mailWeight(features.size);
    totals[at] = (totals[at] ?? 0) + weight * features.size;
    for (const feature of features) {
      const found = counted.get(feature) ?? { mails: 0, counts: new Map<number, number>() };
      counted.set(feature, found);
      found.mails += 1;
      const { counts } = found;
      counts.set(at, (counts.get(at) ?? 0) + weight);
      if (kindOf(feature) === "word") counts.set(SEEN_BIT, (counts.get(SEEN_BIT) ?? 0) + 1);
    }
  }
  const all = [...counted]
    .filter(([feature, { mails: count }]) => kindOf(feature) !== "apart" || count >= APART_MAILS_MIN)
    .sort(([a], [b]) => a - b);
  const stream = all.flatMap(([feature, { counts }]) => {
    const bits = [...counts.keys()].sort((a, b) => a - b);
    const own = bits.map((bit) => counts.get(bit) ?? 0);
    const kind = FEATURE_KINDS.indexOf(kindOf(feature)) << KIND_BIT;
    return [...stemsOf(feature), bits.reduce((sum, bit) => sum | (1 << bit), kind), ...own];
  });
  const learnt = learnUrgency(teaching);
  const weights = [...learnt.weights]
    .sort(([a], [b]) => a - b)
    .flatMap(([feature, own]) => [...stemsOf(feature), FEATURE_KINDS.indexOf(kindOf(feature)), ...own]);
  if (places.size > PLACES || classes.length > SEEN_BIT || stream.some((number) => number > COUNT_MAX))
    throw new Error("the starter has more stems, classes or mails than its file can hold");
  const head: Head = {
    v: 2,
    classes,
    ...fit,
    mails: classes.map((_, own) => mails.filter(({ at }) => at === own).length),
    totals,
    stems: places.size,
    entries: all.reduce((sum, [, { counts }]) => sum + counts.size, 0),
    counts: stream.length,
    biases: learnt.biases,
  };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    Buffer.from(Float64Array.from(places.keys()).buffer),
    Buffer.from(Uint16Array.from(stream).buffer),
    Buffer.from(Uint16Array.from(weights).buffer),
  ]);
}

/** The features of a mail as numbers: kind, place of the first stem and place of the second. */
function featuresOf(stems: Stems, places: Map<number, number>): ReadonlySet<number> {
  const placeOf = (stem: number): number => {
    const place = places.get(stem) ?? places.size;
    places.set(stem, place);
    return place;
  };
  const features = new Set<number>();
  eachFeature(stems, (kind, first, second) => {
    features.add((FEATURE_KINDS.indexOf(kind) * PLACES + placeOf(first)) * PLACES + placeOf(second));
  });
  return features;
}

function kindOf(feature: number): FeatureKind {
  return FEATURE_KINDS[Math.floor(feature / PLACES / PLACES)] ?? "word";
}

function stemsOf(feature: number): readonly [number, number] {
  return [Math.floor(feature / PLACES) % PLACES, feature % PLACES];
}

/** Throws when the bytes are those of no starter, which is a mistake of ours. */
export function starterFrom(bytes: Uint8Array): StarterFile {
  const end = bytes.indexOf(0x0a) + 1;
  const head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString("utf8")) as Head;
  const own = new Uint8Array(bytes.subarray(end)).buffer; // a copy, so that numbers of 64 bits begin where they must
  const hashes = new Float64Array(own, 0, head.stems);
  const counts = new Uint16Array(own, hashes.byteLength, head.counts);
  return { ...head, hashes, counts, weights: new Uint16Array(own, hashes.byteLength + counts.byteLength) };
}

/** What makes a mail urgent, under a key. */
export function starterUrgency({ hashes, weights, biases, odds }: StarterFile, key: string): UrgencySetup {
  const keyed = keyedHashes(key)(hashes);
  const rows = Array.from({ length: weights.length / 5 }, (_, at): readonly [number, UrgencyScores] => {
    const [first = 0, second = 0, kind = 0, p1 = 0, p2 = 0] = weights.subarray(at * 5, at * 5 + 5);
    return [rowOf(FEATURE_KINDS[kind] ?? "word", keyed[first] ?? 0, keyed[second] ?? 0), [p1, p2]];
  });
  return urgencySetup(rows, { biases, odds });
}

/** The model of the file under a key. */
export function starterModel(
  { classes, mails, totals, hashes, entries, counts }: StarterFile,
  key: string,
): BayesModel {
  const keyed = keyedHashes(key)(hashes);
  const filled = filledCounts(entries, (add) => {
    for (let next = 0; next < counts.length; ) {
      const [first = 0, second = 0, flags = 0] = counts.subarray(next, next + 3);
      const row = rowOf(FEATURE_KINDS[flags >>> KIND_BIT] ?? "word", keyed[first] ?? 0, keyed[second] ?? 0);
      let bits = flags & ((1 << KIND_BIT) - 1);
      next += 3;
      for (let bit = 0; bits !== 0; bit++, bits >>>= 1) {
        if (bits % 2 === 1) add(row, bit === SEEN_BIT ? SEEN : bit, counts[next++] ?? 0);
      }
    }
  });
  return { classes, mails: Uint32Array.from(mails), totals: Uint32Array.from(totals), counts: filled };
}
