// Naive Bayes over hashed features: counts that are trained and untrained exactly, and log scores from them.
// Multinomial with presence instead of frequency (Metsis, Androutsopoulos, Paliouras 2006), or complement naive Bayes
// (Rennie et al. 2003).

import { addTo, type Counts, countOf, countsFrom, countsOf, emptyCounts, SEEN } from "./counts.ts";
import type { Features } from "./features.ts";

/** How scores are made of counts. */
export type BayesKind = "multinomial" | "complement";

/** Whole numbers only. Trained and untrained in place. */
export type BayesModel = {
  readonly classes: readonly string[];
  /** Mails trained, by class. */
  readonly mails: Uint32Array;
  /** What the features of those mails count, added up by class. */
  readonly totals: Uint32Array;
  /** What each row counts, and in how many mails each word stood. */
  readonly counts: Counts;
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
/** Pairs, and words as those of the subject or of what is asked, beside single words: they repeat what those say. 75 instead of 73. */
const PAIR_WEIGHT = 0.5;
/** A word of fewer mails is not known: it may be one writer's own. */
const WORD_MAILS_MIN = 2;
/** Logarithms of small counts are looked up. */
const LOGS = Float64Array.from({ length: 4096 }, (_, count) => Math.log(count + SMOOTHING));

/** A model that has seen nothing. Throws for more classes than counts are kept of. */
export function emptyModel(classes: readonly string[]): BayesModel {
  if (classes.length > SEEN) throw new Error(`a model has at most ${SEEN} classes`);
  const { length } = classes;
  return { classes, mails: new Uint32Array(length), totals: new Uint32Array(length), counts: emptyCounts() };
}

/** The whole model in one stretch of memory that threads share, to be kept, compared, and read by `modelFrom`. */
export function numbersOf({ mails, totals, counts }: BayesModel): Uint32Array {
  const head = [...mails, ...totals, counts.entries, counts.used];
  const numbers = new Uint32Array(new SharedArrayBuffer((head.length + counts.slots.length) * 4));
  numbers.set(head);
  numbers.set(counts.slots, head.length);
  return numbers;
}

/** The model in these numbers, which stay its own; null when they are not as many as its classes need. */
export function modelFrom(classes: readonly string[], numbers: Uint32Array): BayesModel | null {
  const { length } = classes;
  const [entries = 0, used = 0] = numbers.subarray(length * 2);
  const counts = countsFrom(numbers.subarray(length * 2 + 2), entries, used);
  return counts === null
    ? null
    : { classes, mails: numbers.subarray(0, length), totals: numbers.subarray(length, length * 2), counts };
}

/** The model with one class more, of which it has seen nothing. */
export function widened({ classes, mails, totals, counts }: BayesModel, name: string): BayesModel {
  const wide = emptyModel([...classes, name]);
  wide.mails.set(mails);
  wide.totals.set(totals);
  return { ...wide, counts: { ...counts, slots: counts.slots.slice() } };
}

/** Learn one mail of a class. Unknown classes are a mistake of ours and throw. */
export function train(model: BayesModel, features: Features, name: string): void {
  add(model, features, classAt(model, name), 1);
}

/** Take back exactly what `train` with the same features and class did; throws, changing nothing, when that cannot have been. */
export function untrain(model: BayesModel, features: Features, name: string): void {
  const at = classAt(model, name);
  const { counts, mails } = model;
  const weight = mailWeight(features.rows.length);
  const was =
    mails[at] !== 0 &&
    features.rows.every((row) => countOf(counts, row, at) >= weight) &&
    features.words.every((word) => countOf(counts, word, SEEN) !== 0);
  if (!was) throw new Error("untrain: this was never trained");
  add(model, features, at, -1);
}

function add({ mails, totals, counts }: BayesModel, features: Features, at: number, by: 1 | -1): void {
  const weight = by * mailWeight(features.rows.length);
  for (const row of features.rows) addTo(counts, row, at, weight);
  for (const word of features.words) addTo(counts, word, SEEN, by);
  mails[at] = (mails[at] ?? 0) + by;
  totals[at] = (totals[at] ?? 0) + weight * features.rows.length;
}

/** What a mail of so many features counts in each: a whole number, so that it can be taken back exactly. */
export function mailWeight(features: number): number {
  const weight = Math.round(MAIL_WEIGHT / Math.sqrt(Math.max(1, features)));
  return Math.min(MAIL_WEIGHT_MAX, Math.max(1, weight));
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
  const known = addLogs(model, rows, words.length, isComplement, scores);
  const smoothed = SMOOTHING * model.counts.used;
  const all = totals.reduce((a, b) => a + b, 0);
  for (let at = 0; at < width; at++) {
    const total = totals[at] ?? 0;
    const room = known * Math.log(Math.max((isComplement ? all - total : total) + smoothed, SMOOTHING));
    const score = (scores[at] ?? 0) + (isComplement ? room : -room);
    scores[at] = mails[at] === 0 ? -Infinity : score;
  }
  return scores;
}

/** Adds the logarithms of the rows' counts to the scores, those behind the words at less; answers how much is known. */
function addLogs(
  { counts, classes }: BayesModel,
  rows: Uint32Array,
  words: number,
  isComplement: boolean,
  scores: Float64Array,
): number {
  const width = classes.length;
  const own = new Uint32Array(width);
  let known = 0;
  for (let place = 0; place < rows.length; place++) {
    const sum = countsOf(counts, rows[place] ?? 0, own);
    if (sum === 0) continue;
    const weight = place < words ? 1 : PAIR_WEIGHT;
    known += weight;
    for (let at = 0; at < width; at++) {
      const count = own[at] ?? 0;
      scores[at] = (scores[at] ?? 0) + weight * (isComplement ? -logOf(sum - count) : logOf(count));
    }
  }
  return known;
}

function logOf(count: number): number {
  return LOGS[count] ?? Math.log(count + SMOOTHING);
}

/** The share of words that the model has seen, 0 to 1; 1 for a mail without words. */
export function knownShare({ counts }: BayesModel, words: Uint32Array): number {
  if (words.length === 0) return 1;
  const known = words.reduce((sum, word) => sum + Number(countOf(counts, word, SEEN) >= WORD_MAILS_MIN), 0);
  return known / words.length;
}

function classAt(model: BayesModel, name: string): number {
  const at = model.classes.indexOf(name);
  if (at < 0) throw new Error(`the model has no class "${name}"`);
  return at;
}
