// What the model's scores mean: probabilities that are right as often as they say. Log scores are put on one scale for
// mails of any length; they and the linear scores are stretched, added and shifted by class (vector scaling: Platt's method
// for several classes), by numbers that are fitted on mails the model had not seen, so each counts for what it is worth.

/** `scale` stretches the log scores, `lean` the linear ones, `bias` shifts each class, in the order of the model's classes. */
export type Calibration = { readonly scale: number; readonly lean: number; readonly bias: readonly number[] };

/** What a model says of a mail, by class: log scores, summed over so many features, and linear scores around 0. */
export type Scores = { readonly logs: Float64Array; readonly linear: Float64Array; readonly features: number };

/** The scores of a mail that was held out, and its class by its place. */
export type Held = Scores & { readonly at: number };

/** Rounds of the fit and the length of its steps: enough for seven numbers to settle to three places. */
const ROUNDS = 1500;
const STEP = 0.5;
/** Pulls the shifts to 0 where there are few mails. */
const PULL = 0.001;

/** The probability of each class; 0 for one without a mail. They add up to 1. */
export function probabilities(scores: Scores, calibration: Calibration): Float64Array {
  return softmax(added(evened(scores), scores.linear, calibration));
}

/** One score for each class; a class without a mail stays impossible. */
function added(even: Float64Array, linear: Float64Array, { scale, lean, bias }: Added): Float64Array {
  return even.map((score, at) =>
    Number.isFinite(score) ? score * scale + (linear[at] ?? 0) * lean + (bias[at] ?? 0) : -Infinity,
  );
}

type Added = { readonly scale: number; readonly lean: number; readonly bias: ArrayLike<number> };

/** The calibration under which the held-out mails are most likely. The same mails give the same numbers. */
export function fitted(held: readonly Held[], classes: number): Calibration {
  const evens = held.map(evened);
  // Steps of one length fit scores of one size.
  const size = rootMeanSquare(evens.flatMap((even) => [...even])) || 1;
  const leanSize = rootMeanSquare(held.flatMap(({ linear }) => [...linear])) || 1;
  const mails = held.map(({ linear, at }, place) => ({
    even: (evens[place] ?? new Float64Array()).map((score) => score / size),
    linear: linear.map((score) => score / leanSize),
    at,
  }));
  let [scale, lean] = [1, 0];
  const bias = new Float64Array(classes);
  for (let round = 0; round < ROUNDS && mails.length > 0; round++) {
    let [stretch, leaning] = [0, 0];
    const shift = new Float64Array(classes);
    for (const { even, linear, at } of mails) {
      const likely = softmax(added(even, linear, { scale, lean, bias }));
      for (let place = 0; place < classes; place++) {
        const miss = (likely[place] ?? 0) - Number(place === at);
        const score = even[place] ?? 0;
        if (!Number.isFinite(score)) continue;
        stretch += miss * score;
        leaning += miss * (linear[place] ?? 0);
        shift[place] = (shift[place] ?? 0) + miss;
      }
    }
    scale -= (STEP * stretch) / mails.length;
    lean -= (STEP * leaning) / mails.length;
    for (let place = 0; place < classes; place++) {
      const own = bias[place] ?? 0;
      bias[place] = own - STEP * ((shift[place] ?? 0) / mails.length + PULL * own);
    }
  }
  return { scale: rounded(scale / size), lean: rounded(lean / leanSize), bias: [...bias].map(rounded) };
}

/** Differences of scores grow with the root of the features: most of them repeat each other. */
function evened({ logs, features }: Scores): Float64Array {
  const finite = logs.filter((score) => Number.isFinite(score));
  const mean = finite.reduce((sum, score) => sum + score, 0) / Math.max(1, finite.length);
  const root = Math.sqrt(Math.max(1, features));
  return logs.map((score) => (Number.isFinite(score) ? (score - mean) / root : -Infinity));
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
