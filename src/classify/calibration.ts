// What the model's scores mean: probabilities that are right as often as they say. Scores are put on one scale for
// mails of any length, stretched and shifted by class (vector scaling: Platt's method for several classes), by numbers
// that are fitted on mails the model had not seen.

/** `scale` stretches all scores, `bias` shifts each class, in the order of the model's classes. */
export type Calibration = { readonly scale: number; readonly bias: readonly number[] };

/** Log scores of a mail that was held out, the features they were summed over, and its class by its place. */
export type Held = { readonly scores: Float64Array; readonly features: number; readonly at: number };

/** Rounds of the fit and the length of its steps: enough for six numbers to settle to three places. */
const ROUNDS = 1500;
const STEP = 0.5;
/** Pulls the shifts to 0 where there are few mails. */
const PULL = 0.001;

/** The probability of each class; 0 for one without a mail. They add up to 1. */
export function probabilities(scores: Float64Array, features: number, { scale, bias }: Calibration): Float64Array {
  const even = evened(scores, features);
  return softmax(even.map((score, at) => score * scale + (bias[at] ?? 0)));
}

/** The calibration under which the held-out mails are most likely. The same mails give the same numbers. */
export function fitted(held: readonly Held[], classes: number): Calibration {
  const evens = held.map(({ scores, features }) => evened(scores, features));
  // Steps of one length fit scores of one size.
  const size = rootMeanSquare(evens.flatMap((even) => [...even])) || 1;
  const mails = held.map(({ at }, place) => ({
    even: (evens[place] ?? new Float64Array()).map((score) => score / size),
    at,
  }));
  let scale = 1;
  const bias = new Float64Array(classes);
  for (let round = 0; round < ROUNDS && mails.length > 0; round++) {
    let stretch = 0;
    const shift = new Float64Array(classes);
    for (const { even, at } of mails) {
      const likely = softmax(even.map((score, place) => score * scale + (bias[place] ?? 0)));
      for (let place = 0; place < classes; place++) {
        const miss = (likely[place] ?? 0) - Number(place === at);
        const score = even[place] ?? 0;
        if (!Number.isFinite(score)) continue;
        stretch += miss * score;
        shift[place] = (shift[place] ?? 0) + miss;
      }
    }
    scale -= (STEP * stretch) / mails.length;
    for (let place = 0; place < classes; place++) {
      const own = bias[place] ?? 0;
      bias[place] = own - STEP * ((shift[place] ?? 0) / mails.length + PULL * own);
    }
  }
  return { scale: rounded(scale / size), bias: [...bias].map(rounded) };
}

/** Differences of scores grow with the root of the features: most of them repeat each other. */
function evened(scores: Float64Array, features: number): Float64Array {
  const finite = scores.filter((score) => Number.isFinite(score));
  const mean = finite.reduce((sum, score) => sum + score, 0) / Math.max(1, finite.length);
  const root = Math.sqrt(Math.max(1, features));
  return scores.map((score) => (Number.isFinite(score) ? (score - mean) / root : -Infinity));
}

function rootMeanSquare(values: readonly number[]): number {
  const finite = values.filter((value) => Number.isFinite(value));
  return Math.sqrt(finite.reduce((sum, value) => sum + value * value, 0) / Math.max(1, finite.length));
}

function softmax(scores: Float64Array): Float64Array {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => (Number.isFinite(score) ? Math.exp(score - most) : 0));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
