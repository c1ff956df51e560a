// What the model thinks of one mail: its best class and how certain it is, or that it does not know.

import { type BayesKind, type BayesModel, knownShare, logScores } from "./bayes.ts";
import type { Features } from "./features.ts";

/** The best class of a mail. `margin` is its lead in log score over the next, by the square root of the features. */
export type Opinion = { readonly best: string; readonly margin: number };

/** Mails of every class that the model must have seen before it speaks. */
const MAILS_MIN = 20;
/** Of a mail with fewer known words than this the model has no opinion: another language, another trade. */
const KNOWN_SHARE_MIN = 0.5;

/** The class of mail that belongs to none of the queues; a site may have taught nothing of it yet. */
export const NONE = "none";

/** The opinion; null when the model knows too little of such mail. */
export function opinion(model: BayesModel, features: Features, kind: BayesKind): Opinion | null {
  if (features.known.length === 0 || !isReady(model)) return null;
  if (knownShare(model, features.known) < KNOWN_SHARE_MIN) return null;
  const scores = logScores(model, features.all, kind);
  let best = 0;
  for (let at = 1; at < scores.length; at++) if ((scores[at] ?? 0) > (scores[best] ?? 0)) best = at;
  const second = scores.reduce((most, score, at) => (at === best ? most : Math.max(most, score)), -Infinity);
  const margin = ((scores[best] ?? 0) - second) / Math.sqrt(features.all.length);
  return { best: model.classes[best] ?? "", margin };
}

/** A type the model hardly knows would always lose to the others, so it speaks for none until it knows them all. */
function isReady({ classes, mails }: BayesModel): boolean {
  return classes.every((name, at) => name === NONE || (mails[at] ?? 0) >= MAILS_MIN);
}
