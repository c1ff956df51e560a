// Learns the linear model from written mails: linear support vector machines over words and pairs, one for each level of
// urgency and one for each type, by dual coordinate descent (Hsieh et al. 2008), with rare features weighing more (inverse
// document frequency). The same mails give the same weights.

import type { Features } from "../classify/features.ts";
import {
  HEADS_MAX,
  keptWeight,
  type LinearSetup,
  linearModel,
  linearScores,
  linearSetup,
  RAISING,
  type UrgencyOdd,
} from "../classify/linear.ts";
import type { Urgency } from "../outcome.ts";

/** A mail by its features (any numbers, each once), its type, and how urgent it is; null: it does not teach that. */
export type TeachingMail = {
  readonly features: ArrayLike<number>;
  readonly type: string;
  readonly urgency: Urgency | null;
};

/** Weights by feature, as kept, 0 where it says nothing, and what is added to each score; by heads. */
export type LearntHeads = {
  readonly heads: readonly string[];
  readonly weights: ReadonlyMap<number, readonly number[]>;
  readonly biases: readonly number[];
};

/**
 * `cost`: how much a mail that is told wrong weighs against large weights; `balanced`: mails of the rarer answer weigh as much
 * together as the others. Features of fewer mails are not looked at, and smaller weights left out, where `whole` says so only
 * those of a feature all of whose weights are small.
 */
type Learning = {
  readonly cost: number;
  readonly balanced: boolean;
  readonly mailsMin: number;
  readonly weightMin: number;
  readonly whole: boolean;
};

/** With a cost of 0.3 a twentieth fewer emergencies were found; more finds none. The smaller weights change no score that matters. */
const URGENCY: Learning = { cost: 5, balanced: true, mailsMin: 1, weightMin: 0.15, whole: true };
/** All features and weights are forty times as many, and tell 2 of 1,000 mails more right. */
const TYPES: Learning = { cost: 2, balanced: false, mailsMin: 3, weightMin: 0.3, whole: false };
const ROUNDS = 25;
/** Single sentences of this type were written to teach words, without a thought of how urgent they are. */
const UNSAID_TYPE = "clinical";
const PLATT_STEPS = 20;
const PLATT_PULL = 0.01;

/** Learns both levels of urgency and these types, the first ones where there are more than a model has heads for. */
export function learnLinear(mails: readonly TeachingMail[], all: readonly string[]): LearntHeads {
  const types = all.slice(0, HEADS_MAX - RAISING.length);
  const told = mails.filter(({ urgency }) => urgency !== null);
  const isP1 = told.map(({ urgency }) => urgency === "P1");
  const isP2 = told.map(({ urgency }, at) => urgency === "P2" || isP1[at] === true);
  const urgency = headsOf(told, [isP1, isP2], URGENCY);
  const byType = types.map((type) => mails.map((mail) => mail.type === type));
  const other = headsOf(mails, byType, TYPES);
  const weights = new Map<number, readonly number[]>();
  for (const feature of new Set([...urgency.weights.keys(), ...other.weights.keys()])) {
    const ofUrgency = urgency.weights.get(feature) ?? RAISING.map(() => 0);
    const ofTypes = other.weights.get(feature) ?? types.map(() => 0);
    weights.set(feature, [...ofUrgency, ...ofTypes]);
  }
  return { heads: [...RAISING, ...types], weights, biases: [...urgency.biases, ...other.biases] };
}

/** The model of what is learnt over rows. */
export function setupOf({ weights, heads, biases }: LearntHeads, odds: LinearSetup["odds"]): LinearSetup {
  const fill = (add: (row: number, head: number, weight: number) => void): void => {
    for (const [row, own] of weights)
      for (const [head, weight] of own.entries()) if (weight !== 0) add(row, head, weight);
  };
  return linearSetup(weighed({ weights }), fill, { heads, biases, odds });
}

/** How many weights were learnt. */
export function weighed({ weights }: Pick<LearntHeads, "weights">): number {
  return [...weights.values()].reduce((sum, own) => sum + own.filter((weight) => weight !== 0).length, 0);
}

/** A head for each list of answers, which are in the order of the mails. */
function headsOf(
  mails: readonly TeachingMail[],
  answers: readonly (readonly boolean[])[],
  learning: Learning,
): Pick<LearntHeads, "weights" | "biases"> {
  const space = spaceOf(mails, learning.mailsMin);
  const learnt = answers.map((own) => separate(space, own, learning));
  const weights = new Map<number, readonly number[]>();
  for (const [feature, at] of space.places) {
    const unit = (space.inverse[at] ?? 0) / space.usualInverse;
    const own = learnt.map((head) => (head[at] ?? 0) * unit);
    const isLarge = own.map((weight) => Math.abs(weight) >= learning.weightMin);
    if (!isLarge.includes(true)) continue;
    weights.set(
      feature,
      own.map((weight, head) => (learning.whole || isLarge[head] === true ? keptWeight(weight) : 0)),
    );
  }
  return { weights, biases: learnt.map((head) => rounded(head.at(-1) ?? 0)) };
}

/** Mails as vectors of length 1 whose last place is the bias. */
type Space = {
  readonly places: ReadonlyMap<number, number>;
  readonly mails: readonly { readonly at: Uint32Array; readonly by: Float64Array }[];
  readonly inverse: Float64Array;
  /** The root of the mean square of the inverse frequencies met in a mail. */
  readonly usualInverse: number;
};

function spaceOf(mails: readonly TeachingMail[], mailsMin: number): Space {
  const met = new Map<number, number>();
  for (const { features } of mails)
    for (let at = 0; at < features.length; at++) met.set(features[at] ?? 0, (met.get(features[at] ?? 0) ?? 0) + 1);
  const often = [...met].filter(([, count]) => count >= mailsMin);
  const places = new Map(often.map(([feature], at) => [feature, at]));
  const found = often.map(([, count]) => count);
  const rows = mails.map(({ features }) =>
    Uint32Array.from(Array.from(features).flatMap((feature) => places.get(feature) ?? [])),
  );
  const inverse = Float64Array.from(found, (count) => Math.log((1 + mails.length) / (1 + count)) + 1);
  let [squares, all] = [0, 0];
  const vectors = rows.map((row) => {
    const by = Float64Array.from(row, (at) => inverse[at] ?? 0);
    const square = by.reduce((sum, each) => sum + each * each, 0);
    squares += square;
    all += row.length;
    const length = Math.sqrt(square) || 1;
    return { at: Uint32Array.of(...row, places.size), by: Float64Array.of(...by.map((each) => each / length), 1) };
  });
  return { places, mails: vectors, inverse, usualInverse: Math.sqrt(squares / Math.max(1, all)) };
}

/** Weights by place. */
function separate({ places, mails }: Space, answers: readonly boolean[], { cost, balanced }: Learning): Float64Array {
  const weights = new Float64Array(places.size + 1);
  const yes = answers.filter(Boolean).length;
  const half = answers.length / 2;
  const costs = answers.map((answer) =>
    balanced ? (cost * half) / Math.max(1, answer ? yes : answers.length - yes) : cost,
  );
  const pulls = new Float64Array(mails.length);
  const order = shuffled(mails.length);
  for (let round = 0; round < ROUNDS; round++) {
    for (const mail of order) {
      const { at, by } = mails[mail] ?? { at: new Uint32Array(), by: new Float64Array() };
      const sign = answers[mail] === true ? 1 : -1;
      const give = 1 / (2 * (costs[mail] ?? cost));
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

/** Scores by head of a mail whose writer the model had not seen, and how urgent it is. */
export type HeldUrgency = { readonly scores: Float64Array; readonly urgency: Urgency };

/** What the scores mean, by mails whose writers the model had not seen. */
export function plattOdds(held: readonly HeldUrgency[]): LinearSetup["odds"] {
  const isUrgent = ({ urgency }: HeldUrgency) => urgency === "P1" || urgency === "P2";
  return [
    plattOf(held.map((each) => [each.scores[0] ?? 0, each.urgency === "P1"])),
    plattOf(held.map((each) => [each.scores[1] ?? 0, isUrgent(each)])),
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

/** The scores of each mail by head, in their order, by what is learnt of the mails of other folds. */
export function heldLinear(mails: readonly VoicedMail[], types: readonly string[]): readonly Float64Array[] {
  const folds = foldsOf(mails);
  const models = Array.from({ length: WRITER_FOLDS }, (_, fold) => {
    const others = mails.filter(({ voice }) => folds.get(voice) !== fold);
    const learnt = learnLinear(others.map(teaching), types);
    return linearModel(setupOf(learnt, NO_ODDS));
  });
  return mails.map(({ voice, features }) => {
    const model = models[folds.get(voice) ?? 0];
    return model === undefined ? new Float64Array() : linearScores(model, features);
  });
}

function teaching(mail: VoicedMail): TeachingMail {
  return { features: mail.features.rows, type: mail.type, urgency: taughtUrgency(mail) };
}

/** What a mail teaches of urgency: whole mails of which it is known do, and single sentences that are of no illness. */
export function taughtUrgency({
  type,
  urgency,
  evaluate,
}: Pick<VoicedMail, "type" | "urgency" | "evaluate">): Urgency | null {
  return evaluate === false && type === UNSAID_TYPE ? null : (urgency ?? null);
}

const NO_ODDS: LinearSetup["odds"] = [
  { slope: 1, shift: 0 },
  { slope: 1, shift: 0 },
];

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
