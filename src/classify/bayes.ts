// Naive Bayes over hashed features: counts that are trained and untrained exactly, and log scores from them.
// Multinomial with presence instead of frequency (Metsis, Androutsopoulos, Paliouras 2006), or complement naive Bayes
// (Rennie et al. 2003).

/** How scores are made of counts. */
export type BayesKind = "multinomial" | "complement";

/** Counts by class. A feature's counts stand side by side in `counts`, from `slot * classes.length` on. */
export type BayesModel = {
  readonly classes: readonly string[];
  /** Mails trained, by class. */
  readonly mails: Uint32Array;
  /** Features of those mails added up, by class. */
  readonly totals: Float64Array;
  /** Where a feature's counts stand; a feature whose counts are all 0 is not there. */
  readonly slots: Map<number, number>;
  readonly free: number[];
  counts: Uint32Array;
};

/** Lidstone's constant: what an unseen feature counts. Small, because most features are rare pairs. */
const SMOOTHING = 0.1;
const SLOTS_AT_FIRST = 1024;

/** A model that has seen nothing. */
export function emptyModel(classes: readonly string[]): BayesModel {
  return {
    classes,
    mails: new Uint32Array(classes.length),
    totals: new Float64Array(classes.length),
    slots: new Map(),
    free: [],
    counts: new Uint32Array(SLOTS_AT_FIRST * classes.length),
  };
}

/** Learn one mail of a class. Unknown classes are a mistake of ours and throw. */
export function train(model: BayesModel, features: readonly number[], name: string): void {
  const at = classAt(model, name);
  for (const feature of features) {
    const slot = model.slots.get(feature) ?? newSlot(model, feature);
    const place = slot * model.classes.length + at;
    model.counts[place] = (model.counts[place] ?? 0) + 1;
  }
  model.mails[at] = (model.mails[at] ?? 0) + 1;
  model.totals[at] = (model.totals[at] ?? 0) + features.length;
}

/** Take back exactly what `train` with the same features and class did. */
export function untrain(model: BayesModel, features: readonly number[], name: string): void {
  const at = classAt(model, name);
  const width = model.classes.length;
  for (const feature of features) {
    const slot = model.slots.get(feature);
    const count = slot === undefined ? 0 : (model.counts[slot * width + at] ?? 0);
    if (slot === undefined || count === 0) throw new Error("untrain: this was never trained");
    model.counts[slot * width + at] = count - 1;
    if (model.counts.subarray(slot * width, (slot + 1) * width).every((left) => left === 0)) {
      model.slots.delete(feature);
      model.free.push(slot);
    }
  }
  model.mails[at] = (model.mails[at] ?? 0) - 1;
  model.totals[at] = (model.totals[at] ?? 0) - features.length;
}

/**
 * Log score of each class for a mail, in the order of `model.classes`: sums of logarithms, so no mail is too long.
 * Features the model has never seen say nothing. Classes without a mail score -Infinity.
 */
export function logScores(model: BayesModel, features: readonly number[], kind: BayesKind): Float64Array {
  const width = model.classes.length;
  const vocabulary = model.slots.size;
  const sum = model.totals.reduce((a, b) => a + b, 0);
  const scores = new Float64Array(width);
  let seen = 0;
  for (const feature of features) {
    const slot = model.slots.get(feature);
    if (slot === undefined) continue;
    seen++;
    let all = 0;
    if (kind === "complement") for (let at = 0; at < width; at++) all += model.counts[slot * width + at] ?? 0;
    for (let at = 0; at < width; at++) {
      const count = model.counts[slot * width + at] ?? 0;
      const log = Math.log((kind === "complement" ? all - count : count) + SMOOTHING);
      scores[at] = (scores[at] ?? 0) + (kind === "complement" ? -log : log);
    }
  }
  for (let at = 0; at < width; at++) {
    const own = model.totals[at] ?? 0;
    const room = (kind === "complement" ? sum - own : own) + SMOOTHING * vocabulary;
    const base = seen * Math.log(Math.max(room, SMOOTHING));
    const score = scores[at] ?? 0;
    scores[at] = (model.mails[at] ?? 0) === 0 ? -Infinity : kind === "complement" ? score + base : score - base;
  }
  return scores;
}

/** The share of words that the model has seen, 0 to 1; 1 for a mail without words. */
export function knownShare(model: BayesModel, words: readonly number[]): number {
  if (words.length === 0) return 1;
  return words.filter((word) => model.slots.has(word)).length / words.length;
}

/** The model as text that is the same for the same counts, however they came about. */
export function fingerprint(model: BayesModel): string {
  const width = model.classes.length;
  const rows = [...model.slots]
    .sort(([a], [b]) => a - b)
    .map(([feature, slot]) => `${feature}:${model.counts.subarray(slot * width, (slot + 1) * width).join(",")}`);
  return [model.classes.join(","), model.mails.join(","), model.totals.join(","), ...rows].join("\n");
}

function classAt(model: BayesModel, name: string): number {
  const at = model.classes.indexOf(name);
  if (at < 0) throw new Error(`the model has no class "${name}"`);
  return at;
}

function newSlot(model: BayesModel, feature: number): number {
  const slot = model.free.pop() ?? model.slots.size;
  const width = model.classes.length;
  if ((slot + 1) * width > model.counts.length) {
    const larger = new Uint32Array(model.counts.length * 2);
    larger.set(model.counts);
    model.counts = larger;
  }
  model.slots.set(feature, slot);
  return slot;
}
