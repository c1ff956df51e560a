// Naive Bayes over hashed features: counts that are trained and untrained exactly, and log scores from them.
// Multinomial with presence instead of frequency (Metsis, Androutsopoulos, Paliouras 2006), or complement naive Bayes
// (Rennie et al. 2003).

import { type Features, ROWS } from "./features.ts";

/** How scores are made of counts. */
export type BayesKind = "multinomial" | "complement";

/** Whole numbers only, all in one stretch of memory, so that a model is copied, kept and compared at once. */
export type BayesModel = {
  readonly classes: readonly string[];
  /** Everything below, one after the other. */
  readonly numbers: Uint32Array;
  /** Mails trained, by class. */
  readonly mails: Uint32Array;
  /** What the features of those mails count, added up by class. */
  readonly totals: Uint32Array;
  /** One number: rows with any count. */
  readonly used: Uint32Array;
  /** Mails each word stood in, by row; 0 for rows of pairs alone. */
  readonly seen: Uint32Array;
  /** What each feature counts: a row's counts by class stand side by side, from `row * classes.length` on. */
  readonly counts: Uint32Array;
};

/** Lidstone's constant: what an unseen feature counts. */
const SMOOTHING = 2;
/**
 * A mail of so many features, by its root, counts one in each of them; shorter ones more. A short mail is all matter, a
 * long one mostly its writer's manner: on writers it had not seen the model was right in 73 of 100 mails instead of 71.
 */
const MAIL_WEIGHT = 40;
/** ... up to this: no single word of a correction outweighs many mails. */
const MAIL_WEIGHT_MAX = 12;
/** Pairs, and words as words of the subject, beside single words: they repeat what those say. 75 instead of 73. */
const PAIR_WEIGHT = 0.5;
/** A word of fewer mails is not known: it may be another's row. */
const WORD_MAILS_MIN = 2;
/** Logarithms of small counts are looked up. */
const LOGS = Float64Array.from({ length: 4096 }, (_, count) => Math.log(count + SMOOTHING));

/** A model that has seen nothing. */
export function emptyModel(classes: readonly string[]): BayesModel {
  return modelOf(classes, new Uint32Array(lengthFor(classes)));
}

/** The model in these numbers, which stay its own; null when they are not as many as its classes need. */
export function modelFrom(classes: readonly string[], numbers: Uint32Array): BayesModel | null {
  return numbers.length === lengthFor(classes) ? modelOf(classes, numbers) : null;
}

/** A copy that training the first does not change, in memory that threads share. */
export function copyOf({ classes, numbers }: BayesModel): BayesModel {
  const copy = new Uint32Array(new SharedArrayBuffer(numbers.byteLength));
  copy.set(numbers);
  return modelOf(classes, copy);
}

/** The model with one class more, of which it has seen nothing. */
export function widened(model: BayesModel, name: string): BayesModel {
  const classes = [...model.classes, name];
  const wide = emptyModel(classes);
  const { length } = model.classes;
  wide.mails.set(model.mails);
  wide.totals.set(model.totals);
  wide.used.set(model.used);
  wide.seen.set(model.seen);
  for (let row = 0; row < ROWS; row++) {
    wide.counts.set(model.counts.subarray(row * length, (row + 1) * length), row * classes.length);
  }
  return wide;
}

function lengthFor({ length }: readonly string[]): number {
  return length * 2 + 1 + ROWS + ROWS * length;
}

function modelOf(classes: readonly string[], numbers: Uint32Array): BayesModel {
  const width = classes.length;
  const seenAt = width * 2 + 1;
  return {
    classes,
    numbers,
    mails: numbers.subarray(0, width),
    totals: numbers.subarray(width, width * 2),
    used: numbers.subarray(width * 2, seenAt),
    seen: numbers.subarray(seenAt, seenAt + ROWS),
    counts: numbers.subarray(seenAt + ROWS),
  };
}

/** Learn one mail of a class. Unknown classes are a mistake of ours and throw. */
export function train(model: BayesModel, features: Features, name: string): void {
  add(model, features, classAt(model, name), 1);
}

/** Take back exactly what `train` with the same features and class did; throws, changing nothing, when that cannot have been. */
export function untrain(model: BayesModel, features: Features, name: string): void {
  const at = classAt(model, name);
  const { classes, counts, seen, mails } = model;
  const weight = weightOf(features);
  const was =
    mails[at] !== 0 &&
    features.rows.every((row) => (counts[row * classes.length + at] ?? 0) >= weight) &&
    features.words.every((row) => seen[row] !== 0);
  if (!was) throw new Error("untrain: this was never trained");
  add(model, features, at, -1);
}

function add({ classes, mails, totals, used, seen, counts }: BayesModel, features: Features, at: number, by: 1 | -1) {
  const width = classes.length;
  const weight = by * weightOf(features);
  for (const row of features.rows) {
    const place = row * width + at;
    const before = sumOf(counts, row, width);
    counts[place] = (counts[place] ?? 0) + weight;
    if (before === 0 || before + weight === 0) used[0] = (used[0] ?? 0) + by;
  }
  for (const row of features.words) seen[row] = (seen[row] ?? 0) + by;
  mails[at] = (mails[at] ?? 0) + by;
  totals[at] = (totals[at] ?? 0) + weight * features.rows.length;
}

/** What a mail counts in each of its features: a whole number, so that it can be taken back exactly. */
function weightOf({ rows }: Features): number {
  const weight = Math.round(MAIL_WEIGHT / Math.sqrt(Math.max(1, rows.length)));
  return Math.min(MAIL_WEIGHT_MAX, Math.max(1, weight));
}

function sumOf(counts: Uint32Array, row: number, width: number): number {
  let sum = 0;
  for (let at = row * width; at < (row + 1) * width; at++) sum += counts[at] ?? 0;
  return sum;
}

/**
 * Log score of each class for a mail, in the order of `model.classes`: sums of logarithms, so no mail is too long.
 * Features the model has never seen say nothing. Classes without a mail score -Infinity.
 */
export function logScores(model: BayesModel, { rows, words }: Features, kind: BayesKind): Float64Array {
  const { classes, mails, totals } = model;
  const width = classes.length;
  const scores = new Float64Array(width);
  const isComplement = kind === "complement";
  const known =
    PAIR_WEIGHT * addLogs(model, rows, PAIR_WEIGHT, isComplement, scores) +
    (1 - PAIR_WEIGHT) * addLogs(model, words, 1 - PAIR_WEIGHT, isComplement, scores);
  const smoothed = SMOOTHING * (model.used[0] ?? 0);
  const all = totals.reduce((a, b) => a + b, 0);
  for (let at = 0; at < width; at++) {
    const total = totals[at] ?? 0;
    const room = known * Math.log(Math.max((isComplement ? all - total : total) + smoothed, SMOOTHING));
    const score = (scores[at] ?? 0) + (isComplement ? room : -room);
    scores[at] = mails[at] === 0 ? -Infinity : score;
  }
  return scores;
}

/** Adds the weighted logarithms of the features' counts to the scores; answers how many features are known. */
function addLogs(
  { counts, classes }: BayesModel,
  rows: Uint32Array,
  weight: number,
  isComplement: boolean,
  scores: Float64Array,
): number {
  const width = classes.length;
  let known = 0;
  for (const row of rows) {
    const sum = sumOf(counts, row, width);
    if (sum === 0) continue;
    known++;
    for (let at = 0; at < width; at++) {
      const count = counts[row * width + at] ?? 0;
      scores[at] = (scores[at] ?? 0) + weight * (isComplement ? -logOf(sum - count) : logOf(count));
    }
  }
  return known;
}

function logOf(count: number): number {
  return LOGS[count] ?? Math.log(count + SMOOTHING);
}

/** The share of words that the model has seen, 0 to 1; 1 for a mail without words. */
export function knownShare({ seen }: BayesModel, words: Uint32Array): number {
  if (words.length === 0) return 1;
  return words.reduce((known, row) => known + Number((seen[row] ?? 0) >= WORD_MAILS_MIN), 0) / words.length;
}

function classAt(model: BayesModel, name: string): number {
  const at = model.classes.indexOf(name);
  if (at < 0) throw new Error(`the model has no class "${name}"`);
  return at;
}
