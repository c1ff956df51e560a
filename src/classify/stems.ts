// Other forms of a word, English and Spanish: the one door of natural's stemmers. Only words that begin like one of the
// rules' are stemmed, and each only once, so that a mail's other words cost nothing.

import { PorterStemmer, PorterStemmerEs, type Stemmer } from "natural/lib/natural/stemmers/index.js";

/** A word's stem; null for a word that cannot have one of those looked for. */
export type StemOf = (word: string) => string | null;

const LANGUAGES: readonly Stemmer[] = [PorterStemmer, PorterStemmerEs];
/** Words that begin alike so far may share a stem; stemmers leave the first letters alone. */
const HEAD_CHARS = 3;
/** Stems remembered of a language: more words than people use in their mails. */
const MEMO_MAX = 20_000;

/** One stem function for each language, for texts in which these words, normalised as in words.ts, are looked for. */
export function stemmers(words: Iterable<string>): readonly StemOf[] {
  const heads = new Set<string>();
  for (const word of words) heads.add(word.slice(0, HEAD_CHARS));
  return LANGUAGES.map((stemmer) => {
    const memo = new Map<string, string>();
    return (word) => {
      if (!heads.has(word.slice(0, HEAD_CHARS))) return null;
      const known = memo.get(word);
      if (known !== undefined) return known;
      const stem = stemmer.stem(word);
      if (memo.size >= MEMO_MAX) memo.clear();
      memo.set(word, stem);
      return stem;
    };
  });
}
