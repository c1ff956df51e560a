// Other forms of a word, English and Spanish: the one door of natural's stemmers. Only words that begin like one of the
// rules' are stemmed, so that a mail's other words cost next to nothing.

import { PorterStemmer, PorterStemmerEs, type Stemmer } from "natural/lib/natural/stemmers/index.js";

/** The form of a word that phrases are compared in; null for a word that cannot stand in one of them. */
export type FormOf = (word: string) => string | null;

const LANGUAGES: readonly Stemmer[] = [PorterStemmer, PorterStemmerEs];
/** Words that begin alike so far may share a stem; stemmers leave the first letters alone. */
const HEAD_CHARS = 3;

/** One stem function for each language, for texts in which these words, normalised as in words.ts, are looked for. */
export function stemmers(words: Iterable<string>): readonly FormOf[] {
  const heads = new Set<string>();
  for (const word of words) heads.add(word.slice(0, HEAD_CHARS));
  return LANGUAGES.map((stemmer) => (word) => (heads.has(word.slice(0, HEAD_CHARS)) ? stemmer.stem(word) : null));
}
