// Learns from written mails what makes one urgent: linear support vector machines over words and pairs, one for each level,
// by dual coordinate descent (Hsieh et al. 2008), with rare features weighing more (inverse document frequency). The same
// mails give the same weights.

import type { Features } from "../classify/features.ts";
import {
  keptWeight,
  type UrgencyOdd,
  type UrgencyScores,
  type UrgencySetup,
  urgencyModel,
  urgencyScores,
  urgencySetup,
} from "../classify/urgency-model.ts";
import type { Urgency } from "../outcome.ts";

/** A mail by its features (any numbers, each once) and how urgent it is. */
export type UrgentMail = { readonly features: ArrayLike<number>; readonly urgency: Urgency };

/** Weights by feature, as kept, and what is added to each score. */
export type LearntUrgency = {
  readonly weights: ReadonlyMap<number, UrgencyScores>;
  readonly biases: UrgencyScores;
};

/** How much a mail that is told wrong weighs against large weights: with 0.3 a twentieth fewer emergencies were found, more finds none. */
const COST = 5;
const ROUNDS = 25;
/** Single sentences of this type were written to teach words, without a thought of how urgent they are. */
const UNSAID_TYPE = "clinical";
const PLATT_STEPS = 20;
const PLATT_PULL = 0.01;
/** Smaller weights change no score that matters; leaving them out makes the file a fifth. */
const WEIGHT_MIN = 0.15;

/** Learns both levels. */
export function learnUrgency(mails: readonly UrgentMail[]): LearntUrgency {
  const space = spaceOf(mails);
  const [p1, p2] = [
    separate(
      space,
      mails.map(({ urgency }) => urgency === "P1"),
    ),
    separate(
      space,
      mails.map(({ urgency }) => urgency === "P1" || urgency === "P2"),
    ),
  ];
  const weights = new Map<number, UrgencyScores>();
  for (const [feature, at] of space.places) {
    const unit = (space.inverse[at] ?? 0) / space.usualInverse;
    const own = [(p1[at] ?? 0) * unit, (p2[at] ?? 0) * unit] as const;
    if (own.some((weight) => Math.abs(weight) >= WEIGHT_MIN))
      weights.set(feature, [keptWeight(own[0]), keptWeight(own[1])]);
  }
  return { weights, biases: [rounded(p1.at(-1) ?? 0), rounded(p2.at(-1) ?? 0)] };
}

/** Mails as vectors of length 1 whose last place is the bias. */
type Space = {
  readonly places: ReadonlyMap<number, number>;
  readonly mails: readonly { readonly at: Uint32Array; readonly by: Float64Array }[];
  readonly inverse: Float64Array;
  /** The root of the mean square of the inverse frequencies met in a mail. */
  readonly usualInverse: number;
};

function spaceOf(mails: readonly UrgentMail[]): Space {
  const places = new Map<number, number>();
  const found: number[] = [];
  const rows = mails.map(({ features }) =>
    Uint32Array.from(features, (feature) => {
      const at = places.get(feature) ?? places.size;
      places.set(feature, at);
      found[at] = (found[at] ?? 0) + 1;
      return at;
    }),
  );
  const inverse = Float64Array.from(found, (count) => Math.log((1 + mails.length) / (1 + count)) + 1);
  let [squares, met] = [0, 0];
  const vectors = rows.map((row) => {
    const by = Float64Array.from(row, (at) => inverse[at] ?? 0);
    const square = by.reduce((sum, each) => sum + each * each, 0);
    squares += square;
    met += row.length;
    const length = Math.sqrt(square) || 1;
    return { at: Uint32Array.of(...row, places.size), by: Float64Array.of(...by.map((each) => each / length), 1) };
  });
  return { places, mails: vectors, inverse, usualInverse: Math.sqrt(squares / Math.max(1, met)) };
}

/** Weights by place; the rarer of the two answers weighs as much as the other. */
function separate({ places, mails }: Space, answers: readonly boolean[]): Float64Array {
  const weights = new Float64Array(places.size + 1);
  const yes = answers.filter(Boolean).length;
  const costs = answers.map((answer) => (COST * answers.length) / 2 / Math.max(1, answer ? yes : answers.length - yes));
  const pulls = new Float64Array(mails.length);
  const order = shuffled(mails.length);
  for (let round = 0; round < ROUNDS; round++) {
    for (const mail of order) {
      const { at, by } = mails[mail] ?? { at: new Uint32Array(), by: new Float64Array() };
      const sign = answers[mail] === true ? 1 : -1;
      const give = 1 / (2 * (costs[mail] ?? COST));
      let [score, square] = [0, give];
      for (let place = 0; place < at.length; place++) {
        const value = by[place] ?? 0;
        score += value * (weights[at[place] ?? 0] ?? 0);
        square += value * value;
      }
      const was = pulls[mail] ?? 0;
      const pull = Math.max(0, was - (sign * score - 1 + give * was) / square);
      pulls[mail] = pull;
      const step = (pull - was) * sign;
      if (step === 0) continue;
      for (let place = 0; place < at.length; place++) {
        const goal = at[place] ?? 0;
        weights[goal] = (weights[goal] ?? 0) + step * (by[place] ?? 0);
      }
    }
  }
  return weights;
}

/** The numbers below `length` in an order that is the same each time and has nothing to do with that of the mails. */
function shuffled(length: number): readonly number[] {
  const order = Array.from({ length }, (_, at) => at);
  let state = 12345;
  for (let at = length - 1; at > 0; at--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

/** Scores of a mail by a model that had not seen its writer, and what it is. */
export type HeldUrgency = { readonly scores: UrgencyScores; readonly urgency: Urgency };

/** What the scores mean, by mails whose writers the model had not seen. */
export function plattOdds(held: readonly HeldUrgency[]): UrgencySetup["odds"] {
  const isUrgent = ({ urgency }: HeldUrgency) => urgency === "P1" || urgency === "P2";
  return [
    plattOf(held.map((each) => [each.scores[0], each.urgency === "P1"])),
    plattOf(held.map((each) => [each.scores[1], isUrgent(each)])),
  ];
}

/** Slope and shift under which the answers are most likely, by Newton's method, pulled a little towards none. */
function plattOf(told: readonly (readonly [score: number, is: boolean])[]): UrgencyOdd {
  let [slope, shift] = [1, 0];
  for (let step = 0; step < PLATT_STEPS; step++) {
    let [down, across, bend, turn, twist] = [slope * PLATT_PULL, shift * PLATT_PULL, PLATT_PULL, PLATT_PULL, 0];
    for (const [score, is] of told) {
      const likely = 1 / (1 + Math.exp(-(slope * score + shift)));
      const miss = likely - Number(is);
      const spread = likely * (1 - likely);
      down += miss * score;
      across += miss;
      bend += spread * score * score;
      turn += spread;
      twist += spread * score;
    }
    const scale = bend * turn - twist * twist;
    slope -= (down * turn - across * twist) / scale;
    shift -= (across * bend - down * twist) / scale;
  }
  return { slope: rounded(slope), shift: rounded(shift) };
}

/** A mail by the features the model sees, its writer, and how urgent it is where somebody has said so. */
type VoicedMail = {
  readonly voice: string;
  readonly type: string;
  readonly features: Features;
  readonly urgency?: Urgency;
  readonly evaluate?: boolean;
};

/** Groups of writers: each is asked about by what is learnt of the others. */
export const WRITER_FOLDS = 5;

/** The fold of each writer. */
export function foldsOf(mails: readonly { readonly voice: string }[]): ReadonlyMap<string, number> {
  const voices = [...new Set(mails.map(({ voice }) => voice))].sort();
  return new Map(voices.map((voice, at) => [voice, at % WRITER_FOLDS]));
}

/** The scores of each mail, in their order, by what is learnt of the mails of other folds that have an urgency. */
export function heldUrgency(mails: readonly VoicedMail[]): readonly UrgencyScores[] {
  const folds = foldsOf(mails);
  const models = Array.from({ length: WRITER_FOLDS }, (_, fold) => {
    const learnt = learnUrgency(mails.flatMap((mail) => (folds.get(mail.voice) === fold ? [] : urgent(mail))));
    return urgencyModel(urgencySetup([...learnt.weights], { biases: learnt.biases, odds: NO_ODDS }));
  });
  return mails.map(({ voice, features }) => {
    const model = models[folds.get(voice) ?? 0];
    return model === undefined ? [0, 0] : urgencyScores(model, features);
  });
}

function urgent(mail: VoicedMail): readonly UrgentMail[] {
  const urgency = taughtUrgency(mail);
  return urgency === null ? [] : [{ features: mail.features.rows, urgency }];
}

/** What a mail teaches of urgency: whole mails of which it is known do, and single sentences that are of no illness. */
export function taughtUrgency({
  type,
  urgency,
  evaluate,
}: Pick<VoicedMail, "type" | "urgency" | "evaluate">): Urgency | null {
  return evaluate === false && type === UNSAID_TYPE ? null : (urgency ?? null);
}

const NO_ODDS: UrgencySetup["odds"] = [
  { slope: 1, shift: 0 },
  { slope: 1, shift: 0 },
];

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
