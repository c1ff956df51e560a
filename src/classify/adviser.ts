// The model as whoever decides asks it: the likeliest class of a mail with its probability, or that it does not know;
// and, for people, the words that spoke most.

import { createHmac } from "node:crypto";
import { type BayesKind, type BayesModel, knownShare, logScores, modelFrom } from "./bayes.ts";
import { type Calibration, probabilities, type Scores } from "./calibration.ts";
import { type Features, featureReader, type NamedFeature, stemReader } from "./features.ts";
import type { Heard } from "./hear.ts";
import {
  type LinearModel,
  type LinearSetup,
  linearModel,
  linearScores,
  typeScores,
  type UrgencyOdds,
  urgencyOdds,
} from "./linear.ts";
import { wordsOf } from "./words.ts";

/** The class of mail that belongs to none of the queues. */
export const NONE = "none";

/** How the model in use counts: of the two the better on writers it had not seen (`mailward evaluate`). */
export const KIND: BayesKind = "complement";

/** Who taught the model: our own written mails, or enough confirmed mails of the site. */
export type Stage = "starter" | "site";

/** A model as plain values, to be posted to threads. */
export type ModelSetup = {
  readonly classes: readonly string[];
  readonly numbers: Uint32Array;
  /** The key its features are hashed under. */
  readonly key: string;
  readonly calibration: Calibration;
  /** What our written mails say beside the counts, of types and of urgency; null: nothing. */
  readonly linear: LinearSetup | null;
  /** Names exactly what it was taught. */
  readonly version: string;
  readonly stage: Stage;
  /** Mail that people have pinned to a queue. */
  readonly pins: readonly Pinned[];
};

/** `print` is that of sender and subject (`pinPrint`), in hex. */
export type Pinned = { readonly print: string; readonly type: string; readonly queue: string };

/** A request type or `none`, and how likely it is; right as often as it says. */
export type Likely = { readonly type: string; readonly probability: number };

/** What the model thinks of one mail: the likeliest type, and all of them, likeliest first. */
export type Advice = Likely & {
  readonly all: readonly Likely[];
  /** How likely it is urgent; null: the model says nothing of that. */
  readonly urgency: UrgencyOdds | null;
  readonly version: string;
  readonly stage: Stage;
};

/** Words of a mail that spoke for a class, most first; `weight` in natural logarithms. */
export type Term = { readonly words: string; readonly weight: number };

export type Adviser = {
  readonly version: string;
  /** The classes it has seen enough of. */
  readonly types: readonly string[];
  /** The pin that fits a mail of this sender with this subject. */
  pinned(sender: string, subject: string): Pinned | null;
  /** null: too little is known of such mail. */
  advise(heard: Heard, language: string | null): Advice | null;
  /** The words that spoke most for a class, at most so many. Worked out anew, never stored. */
  strongest(heard: Heard, language: string | null, type: string, most: number): readonly Term[];
};

const NO_WORDS = new Uint32Array();

/** Mails of every class that the model must have seen before it speaks. */
const MAILS_MIN = 20;
/** Of a mail with fewer known words than this the model has no opinion: another language, another trade. */
const KNOWN_SHARE_MIN = 0.5;
/** No mail is more certain than this: what was held out to calibrate is too little to tell. */
const PROBABILITY_MAX = 0.99;

/** Throws when the setup's numbers are not those of its classes, which is a mistake of ours. */
export function adviser(setup: ModelSetup): Adviser {
  const { classes, version, stage } = setup;
  const model = modelFrom(classes, setup.numbers);
  if (model === null) throw new Error(`model ${version} has ${setup.numbers.length} numbers`);
  const types = classes.filter((_, at) => (model.mails[at] ?? 0) >= MAILS_MIN);
  const pins = new Map(setup.pins.map((pin) => [pin.print, pin]));
  const linear = setup.linear && linearModel(setup.linear);
  const stems = stemReader();
  const reader = featureReader(setup.key);
  return {
    version,
    types,
    pinned: (sender, subject) => (pins.size === 0 ? null : (pins.get(pinPrint(setup.key, sender, subject)) ?? null)),
    advise(heard, language) {
      const features = reader.features(stems(heard, language));
      if (!knows(model, features)) return null;
      const heads = linear && linearScores(linear, features);
      const likely = likeliest(scoresOf(model, features, linearOf(linear, heads, classes)), setup);
      return { ...likely, urgency: linear && heads && urgencyOdds(heads, linear.setup.odds), version, stage };
    },
    strongest(heard, language, type, most) {
      const at = classes.indexOf(type);
      const { scale, lean } = setup.calibration;
      const linearly = (rows: Uint32Array) =>
        linearOf(linear, linear && linearScores(linear, { rows, words: NO_WORDS }), classes);
      const nothing = linearly(NO_WORDS);
      const mail = stems(heard, language);
      const root = Math.sqrt(Math.max(1, reader.features(mail).rows.length));
      const weigh = ({ row, kind }: NamedFeature): number => {
        const rows = Uint32Array.of(row);
        const logs = logScores(model, { rows, words: kind === "word" ? rows : NO_WORDS }, KIND);
        const line = linearly(rows).map((score, place) => score - (nothing[place] ?? 0));
        return (scale * leadOf(logs, at) + lean * leadOf(line, at)) / root;
      };
      const weights = new Map<string, number>();
      for (const feature of reader.named(mail, heard))
        weights.set(feature.words, (weights.get(feature.words) ?? 0) + weigh(feature));
      return [...weights]
        .map(([words, weight]): Term => ({ words, weight }))
        .filter(({ weight }) => weight > 0)
        .sort((a, b) => b.weight - a.weight)
        .slice(0, most);
    },
  };
}

/** By how much one score is above the mean of the others. */
function leadOf(scores: Float64Array, at: number): number {
  const others = scores.filter((score, place) => place !== at && Number.isFinite(score));
  return (scores[at] ?? 0) - others.reduce((sum, score) => sum + score, 0) / Math.max(1, others.length);
}

/**
 * What tells mail of one sender and one shape of subject: case, accents, signs, numbers and answer marks make no
 * difference. 16 bytes under the site's key, in hex.
 */
export function pinPrint(key: string, sender: string, subject: string): string {
  const shape = wordsOf(subject).map((word) => (/\d/.test(word) ? "#" : word));
  while (ANSWER_MARKS.has(shape[0] ?? "")) shape.shift();
  return keyed(key, ["pin", sender.toLowerCase(), ...shape]);
}

/** What tells mails of one writer, by the address: 16 bytes under the site's key, in hex. */
export function writerPrint(key: string, address: string): string {
  return keyed(key, ["writer", address.toLowerCase()]);
}

function keyed(key: string, told: readonly string[]): string {
  return createHmac("sha256", key).update(JSON.stringify(told)).digest("hex").slice(0, 32);
}

const ANSWER_MARKS = new Set(["re", "fw", "fwd", "rv", "aw", "wg", "tr"]);

/** Whether the model knows enough of a mail's words to have an opinion. */
export function knows(model: BayesModel, { words }: Features): boolean {
  return words.length > 0 && knownShare(model, words) >= KNOWN_SHARE_MIN;
}

/** What the model says of a mail, with what the linear model says of its classes. */
export function scoresOf(model: BayesModel, features: Features, linear: Float64Array, kind = KIND): Scores {
  return { logs: logScores(model, features, kind), linear, features: features.rows.length };
}

/** What scores by head say of the classes; nothing without a linear model. */
export function linearOf(
  linear: LinearModel | null,
  heads: Float64Array | null,
  classes: readonly string[],
): Float64Array {
  return linear === null || heads === null
    ? new Float64Array(classes.length)
    : typeScores(heads, linear.setup.heads, classes);
}

/** What scores say of each class, the likeliest first. */
export function likeliest(
  scores: Scores,
  { classes, calibration }: Pick<ModelSetup, "classes" | "calibration">,
): Pick<Advice, "type" | "probability" | "all"> {
  const likely = probabilities(scores, calibration);
  const all = classes
    .map((type, at): Likely => {
      return { type, probability: Math.min(PROBABILITY_MAX, Math.round((likely[at] ?? 0) * 1000) / 1000) };
    })
    .sort((a, b) => b.probability - a.probability);
  const [{ type, probability } = { type: "", probability: 0 }] = all;
  return { type, probability, all };
}
