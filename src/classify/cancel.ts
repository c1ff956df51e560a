// Whether a found phrase is cancelled by the words around it: "no chest pain", "chest pain in 2019", "my mother had a
// stroke". After NegEx and ConText (Chapman 2001, Harkema 2009), the other way round: a cue counts only when every word
// between it and the phrase, and the first one behind, is known to be harmless. In doubt the phrase is kept.

import type { Heed } from "../config/rule.ts";
import { historyOf } from "./cancel-history.ts";
import { negationOf } from "./cancel-negation.ts";
import type { Words } from "./words.ts";

/** Why a phrase does not count, and the characters of the text that say so. */
export type Cancel = {
  readonly why: "negated" | "past" | "somebody-else";
  readonly start: number;
  readonly end: number;
};

/**
 * Whether the phrase at words `first` to `last` of a stretch is cancelled, and by which words; `heed` says what is looked
 * for; years from `recentYear` on are no history. Total, and of one cost whatever the length of the mail: it looks at
 * some hundred words around the phrase at most.
 */
export function cancelOf(
  words: Words,
  text: string,
  first: number,
  last: number,
  heed: readonly Heed[],
  recentYear = Number.POSITIVE_INFINITY,
): Cancel | null {
  const stretch = { words, text, recentYear };
  const cue =
    (heed.includes("negation") ? negationOf(stretch, first, last) : null) ??
    (heed.includes("history") ? historyOf(stretch, first, last) : null);
  if (cue === null) return null;
  return { why: cue.why, start: words.start[cue.first] ?? 0, end: words.end[cue.last] ?? 0 };
}
