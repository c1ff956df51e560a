// What words say as a whole, in a linear model: a score over a mail's features for each head. Two heads are levels of urgency,
// which naive Bayes tells badly (at the same precision it found 54 of 100 emergencies of writers it had not seen where this one
// found 86: few words of an emergency are its own); the others are the types, beside Bayes: of the same mails each alone told
// 86 of 100 right, both together 87. It is learnt of our written mails only.

import { type Counts, countsFrom, countsOf, filledCounts, SEEN } from "./counts.ts";
import type { Features } from "./features.ts";

/** What is asked of a mail: whether it is P1, and whether it is P2 or P1. The first heads. */
export const RAISING = ["P1", "P2"] as const;

/** The probability of each; right as often as it says. */
export type UrgencyOdds = { readonly [level in (typeof RAISING)[number]]: number };

/** What a score means: `slope` and `shift` make its log-odds (Platt). */
export type UrgencyOdd = { readonly slope: number; readonly shift: number };

/** Plain values, to be posted to threads. */
export type LinearSetup = {
  readonly slots: Uint32Array;
  readonly entries: number;
  readonly used: number;
  /** The levels of `RAISING`, then types. */
  readonly heads: readonly string[];
  readonly biases: readonly number[];
  readonly odds: readonly [UrgencyOdd, UrgencyOdd];
};

/** Heads a model has room for. */
export const HEADS_MAX = SEEN;
/** Weights are kept as whole numbers above 0 of 16 bits. */
const WEIGHT_UNIT = 1 / 1000;
const WEIGHT_ZERO = 0x8000;

/** A weight as it is kept. */
export function keptWeight(weight: number): number {
  return Math.min(0xffff, Math.max(1, WEIGHT_ZERO + Math.round(weight / WEIGHT_UNIT)));
}

/**
 * The model of at most so many weights, which `fill` adds as they are kept. Where features share a row, the first one speaks
 * for all.
 */
export function linearSetup(
  weights: number,
  fill: (add: (row: number, head: number, weight: number) => void) => void,
  { heads, biases, odds }: Pick<LinearSetup, "heads" | "biases" | "odds">,
): LinearSetup {
  if (heads.length > HEADS_MAX) throw new Error(`a linear model has at most ${HEADS_MAX} heads`);
  const counts = filledCounts(weights, (add, has) => {
    fill((row, head, weight) => {
      if (!has(row, head)) add(row, head, weight);
    });
  });
  const slots = new Uint32Array(new SharedArrayBuffer(counts.slots.byteLength));
  slots.set(counts.slots);
  return { slots, entries: counts.entries, used: counts.used, heads, biases, odds };
}

export type LinearModel = { readonly weights: Counts; readonly setup: LinearSetup };

/** Throws when the setup's slots are no table, which is a mistake of ours. */
export function linearModel(setup: LinearSetup): LinearModel {
  const weights = countsFrom(setup.slots, setup.entries, setup.used);
  if (weights === null) throw new Error(`a table of weights has ${setup.slots.length} numbers`);
  return { weights, setup };
}

/** The score of each head: mean weights, as it were, so that long mails do not score by their length. */
export function linearScores({ weights, setup }: LinearModel, { rows }: Features): Float64Array {
  const { biases } = setup;
  const own = new Uint32Array(biases.length);
  const sums = new Float64Array(biases.length);
  for (const row of rows) {
    if (countsOf(weights, row, own) === 0) continue;
    for (let at = 0; at < own.length; at++) {
      const kept = own[at] ?? 0;
      if (kept !== 0) sums[at] = (sums[at] ?? 0) + (kept - WEIGHT_ZERO) * WEIGHT_UNIT;
    }
  }
  const root = Math.sqrt(Math.max(1, rows.length));
  return sums.map((sum, at) => sum / root + (biases[at] ?? 0));
}

/** How likely each level is by the scores of the first two heads. */
export function urgencyOdds([p1 = 0, p2 = 0]: Float64Array, [first, second]: LinearSetup["odds"]): UrgencyOdds {
  return { P1: likely(p1, first), P2: likely(p2, second) };
}

function likely(score: number, { slope, shift }: UrgencyOdd): number {
  return Math.round(1000 / (1 + Math.exp(-(slope * score + shift)))) / 1000;
}

/** What the scores say of each class, around 0. A class without a head stands where yes and no are alike. */
export function typeScores(scores: Float64Array, heads: readonly string[], classes: readonly string[]): Float64Array {
  const own = classes.map((name) => scores[heads.indexOf(name, RAISING.length)] ?? null);
  const told = own.filter((score) => score !== null);
  const mean = told.reduce((sum, score) => sum + score, 0) / Math.max(1, told.length);
  return Float64Array.from(own, (score) => (score ?? 0) - mean);
}
