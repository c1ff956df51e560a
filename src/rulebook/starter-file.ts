// The starter's file: what our written mails count together, by the hashes of their stems, so that a model under any key
// is made of it in a few hundredths of a second. A line of JSON, then the hashes, then the counts.

import type { BayesModel } from "../classify/bayes.ts";
import { mailWeight } from "../classify/bayes.ts";
import type { Calibration } from "../classify/calibration.ts";
import { filledCounts, SEEN } from "../classify/counts.ts";
import { eachFeature, type FeatureKind, keyedHashes, rowOf, type Stems } from "../classify/features.ts";

/** A mail by the place of its class, and what the model sees of it. */
export type StarterMail = { readonly at: number; readonly stems: Stems };

type Head = {
  readonly v: 2;
  readonly classes: readonly string[];
  readonly calibration: Calibration;
  /** Mails, and what their features count, by class. */
  readonly mails: readonly number[];
  readonly totals: readonly number[];
  readonly stems: number;
  readonly entries: number;
};

export type StarterFile = Omit<Head, "v"> & {
  readonly hashes: Float64Array;
  /** For each feature: the places of its stems, its classes as bits, and the count of each of them. */
  readonly counts: Uint16Array;
};

/** In the place of a second stem, for features of one. Stems have places below these. */
const ONE_STEM: Readonly<Record<number, FeatureKind>> = { 0xffff: "word", 0xfffe: "subject" };
const PLACE_OF_KIND = { word: 0xffff, subject: 0xfffe } as const;
const STEMS_MAX = 0xfffe;
const COUNT_MAX = 0xffff;
/** Among the classes of a feature: in how many mails its word stood. */
const SEEN_BIT = 15;

/** Adds up the mails. Throws where there are more stems, counts or classes than the file has room for. */
export function starterBytes(
  classes: readonly string[],
  calibration: Calibration,
  mails: readonly StarterMail[],
): Uint8Array {
  const places = new Map<number, number>();
  const counted = new Map<number, Map<number, number>>();
  const totals = classes.map(() => 0);
  for (const { at, stems } of mails) {
    const features = featuresOf(stems, places);
    const weight = mailWeight(features.size);
    totals[at] = (totals[at] ?? 0) + weight * features.size;
    for (const feature of features) {
      const counts = counted.get(feature) ?? new Map<number, number>();
      counted.set(feature, counts);
      counts.set(at, (counts.get(at) ?? 0) + weight);
      if (feature % 0x10000 === PLACE_OF_KIND.word) counts.set(SEEN_BIT, (counts.get(SEEN_BIT) ?? 0) + 1);
    }
  }
  const all = [...counted].sort(([a], [b]) => a - b);
  const stream = all.flatMap(([feature, counts]) => {
    const bits = [...counts.keys()].sort((a, b) => a - b);
    const own = bits.map((bit) => counts.get(bit) ?? 0);
    return [Math.floor(feature / 0x10000), feature % 0x10000, bits.reduce((sum, bit) => sum | (1 << bit), 0), ...own];
  });
  if (places.size >= STEMS_MAX || classes.length > SEEN_BIT || stream.some((number) => number > COUNT_MAX))
    throw new Error("the starter has more stems, classes or mails than its file can hold");
  const head: Head = {
    v: 2,
    classes,
    calibration,
    mails: classes.map((_, own) => mails.filter(({ at }) => at === own).length),
    totals,
    stems: places.size,
    entries: all.reduce((sum, [, counts]) => sum + counts.size, 0),
  };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    Buffer.from(Float64Array.from(places.keys()).buffer),
    Buffer.from(Uint16Array.from(stream).buffer),
  ]);
}

/** The features of a mail as numbers: place of the first stem, then that of the second or what stands for it. */
function featuresOf(stems: Stems, places: Map<number, number>): ReadonlySet<number> {
  const placeOf = (stem: number): number => {
    const place = places.get(stem) ?? places.size;
    places.set(stem, place);
    return place;
  };
  const features = new Set<number>();
  eachFeature(stems, (kind, first, second) => {
    const place = placeOf(first);
    features.add(place * 0x10000 + (kind === "pair" ? placeOf(second) : PLACE_OF_KIND[kind]));
  });
  return features;
}

/** Throws when the bytes are those of no starter, which is a mistake of ours. */
export function starterFrom(bytes: Uint8Array): StarterFile {
  const end = bytes.indexOf(0x0a) + 1;
  const head = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString("utf8")) as Head;
  const own = new Uint8Array(bytes.subarray(end)).buffer; // a copy, so that numbers of 64 bits begin where they must
  const hashes = new Float64Array(own, 0, head.stems);
  return { ...head, hashes, counts: new Uint16Array(own, hashes.byteLength) };
}

/** The model of the file under a key. */
export function starterModel(
  { classes, mails, totals, hashes, entries, counts }: StarterFile,
  key: string,
): BayesModel {
  const keyed = keyedHashes(key)(hashes);
  const filled = filledCounts(entries, (add) => {
    for (let next = 0; next < counts.length; ) {
      const second = counts[next + 1] ?? 0;
      const row = rowOf(ONE_STEM[second] ?? "pair", keyed[counts[next] ?? 0] ?? 0, keyed[second] ?? 0);
      let bits = counts[next + 2] ?? 0;
      next += 3;
      for (let bit = 0; bits !== 0; bit++, bits >>>= 1) {
        if (bits % 2 === 1) add(row, bit === SEEN_BIT ? SEEN : bit, counts[next++] ?? 0);
      }
    }
  });
  return { classes, mails: Uint32Array.from(mails), totals: Uint32Array.from(totals), counts: filled };
}
