// The starter's file: what our written mails count together, by the hashes of their stems, so that a model under any key
// is made of it in a few hundredths of a second, and the linear model beside it. A line of JSON, then the hashes, then the
// counts, then the weights.

import { type BayesModel, mailWeight } from "../classify/bayes.ts";
import type { Calibration } from "../classify/calibration.ts";
import { filledCounts, SEEN } from "../classify/counts.ts";
import { eachFeature, FEATURE_KINDS, type FeatureKind, keyedHashes, rowOf, type Stems } from "../classify/features.ts";
import { type LinearSetup, linearSetup } from "../classify/linear.ts";
import type { Urgency } from "../outcome.ts";
import { learnLinear, type TeachingMail, weighed } from "./linear-training.ts";

/** A mail by the place of its class, what the model sees of it, and how urgent it is; null: it does not teach that. */
export type StarterMail = { readonly at: number; readonly stems: Stems; readonly urgency: Urgency | null };

/** What is fitted on mails whose writers the model had not seen. */
export type StarterFit = { readonly calibration: Calibration; readonly odds: LinearSetup["odds"] };

type Head = StarterFit & {
  readonly v: 3;
  readonly classes: readonly string[];
  /** Mails, and what their features count, by class. */
  readonly mails: readonly number[];
  readonly totals: readonly number[];
  readonly stems: number;
  readonly entries: number;
  /** Numbers that hold the counts; what follows are the weights. */
  readonly counts: number;
  readonly heads: readonly string[];
  /** Weights of all features. */
  readonly weighed: number;
  readonly biases: readonly number[];
};

export type StarterFile = Omit<Head, "v" | "counts"> & {
  readonly hashes: Float64Array;
  /** For each feature: the places of its stems, its classes as bits with its kind above, and the count of each class. */
  readonly counts: Uint16Array;
  /** For each feature: the places of its stems, its heads as bits with its kind above, and the weight of each head. */
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
  const teaching: TeachingMail[] = [];
  for (const { at, stems, urgency } of mails) {
    const features = featuresOf(stems, places);
    teaching.push({ features: [...features], type: classes[at] ?? "", urgency });
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
  const stream = all.flatMap(([feature, { counts }]) => packed(feature, [...counts]));
  const learnt = learnLinear(teaching, classes);
  const weights = [...learnt.weights]
    .sort(([a], [b]) => a - b)
    .flatMap(([feature, own]) => packed(feature, [...own.entries()]));
  const isRoom = places.size <= PLACES && learnt.heads.length <= KIND_BIT && classes.length <= SEEN_BIT;
  if (!isRoom || stream.some((number) => number > COUNT_MAX))
    throw new Error("the starter has more stems, classes or mails than its file can hold");
  const head: Head = {
    v: 3,
    classes,
    ...fit,
    mails: classes.map((_, own) => mails.filter(({ at }) => at === own).length),
    totals,
    stems: places.size,
    entries: all.reduce((sum, [, { counts }]) => sum + counts.size, 0),
    counts: stream.length,
    heads: learnt.heads,
    weighed: weighed(learnt),
    biases: learnt.biases,
  };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    Buffer.from(Float64Array.from(places.keys()).buffer),
    Buffer.from(Uint16Array.from(stream).buffer),
    Buffer.from(Uint16Array.from(weights).buffer),
  ]);
}

/** A feature with what it counts by bits, those that are 0 left out. */
function packed(feature: number, told: readonly (readonly [bit: number, own: number])[]): readonly number[] {
  const own = told.filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
  const kind = FEATURE_KINDS.indexOf(kindOf(feature)) << KIND_BIT;
  return [...stemsOf(feature), own.reduce((sum, [bit]) => sum | (1 << bit), kind), ...own.map(([, count]) => count)];
}

/** Every feature of a stream of such under keyed hashes: its row, and what it counts by bits. */
function eachPacked(
  stream: Uint16Array,
  keyed: Uint32Array,
  on: (row: number, bit: number, own: number) => void,
): void {
  for (let next = 0; next < stream.length; ) {
    const flags = stream[next + 2] ?? 0;
    const [first, second] = [keyed[stream[next] ?? 0] ?? 0, keyed[stream[next + 1] ?? 0] ?? 0];
    const row = rowOf(FEATURE_KINDS[flags >>> KIND_BIT] ?? "word", first, second);
    let bits = flags & ((1 << KIND_BIT) - 1);
    next += 3;
    for (let bit = 0; bits !== 0; bit++, bits >>>= 1) if (bits % 2 === 1) on(row, bit, stream[next++] ?? 0);
  }
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

/** The linear model of the file under a key. */
export function starterLinear(
  { hashes, weights, weighed: all, heads, biases, odds }: StarterFile,
  key: string,
): LinearSetup {
  const keyed = keyedHashes(key)(hashes);
  return linearSetup(all, (add) => eachPacked(weights, keyed, add), { heads, biases, odds });
}

/** The model of the file under a key. */
export function starterModel(
  { classes, mails, totals, hashes, entries, counts }: StarterFile,
  key: string,
): BayesModel {
  const keyed = keyedHashes(key)(hashes);
  const filled = filledCounts(entries, (add) => {
    eachPacked(counts, keyed, (row, bit, count) => add(row, bit === SEEN_BIT ? SEEN : bit, count));
  });
  return { classes, mails: Uint32Array.from(mails), totals: Uint32Array.from(totals), counts: filled };
}
