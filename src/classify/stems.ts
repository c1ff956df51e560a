// Other forms of a word, English and Spanish: the one door of natural's stemmers. Only words that begin like one of the
// rules' are stemmed, so that a mail's other words cost next to nothing.

import { PorterStemmer, PorterStemmerEs, type Stemmer } from "natural/lib/natural/stemmers/index.js";

/** The form of a word that phrases are compared in; null for a word that cannot stand in one of them. */
export type FormOf = (word: string) => string | null;

const LANGUAGES: readonly Stemmer[] = [PorterStemmer, PorterStemmerEs];
/** Words that begin alike so far may share a stem; stemmers leave the first letters alone. */
const HEAD_CHARS = 3;
const STEM_CHARS_MIN = 4;
/** Stems remembered of a language: the words of many rules and those of their mails that begin alike. */
const MEMO_MAX = 20_000;

/** One stem function for each language, for texts in which these words, normalised as in words.ts, are looked for. */
export function stemmers(words: Iterable<string>): readonly FormOf[] {
  const heads = new Set<string>();
  for (const word of words) heads.add(word.slice(0, HEAD_CHARS));
  return LANGUAGES.map((stemmer) => {
    const memo = new Map<string, string>();
    return (word) => {
      if (!heads.has(word.slice(0, HEAD_CHARS))) return null;
      const known = memo.get(word);
      if (known !== undefined) return known;
      const form = formOf(word, stemmer.stem(word));
      if (memo.size < MEMO_MAX) memo.set(word, form);
      return form;
    };
  });
}

/** The stem of any word of a language, for the model; words as in words.ts. */
export function stemFor(language: "en" | "es"): FormOf {
  const stemmer = language === "es" ? PorterStemmerEs : PorterStemmer;
  return (word) => formOf(word, stemmer.stem(word));
}

/** Short stems are those of many words, so "paper" is no form of "pap"; only a plural is. */
function formOf(word: string, stem: string): string {
  if (stem.length >= STEM_CHARS_MIN) return stem;
  return stem.length >= HEAD_CHARS && word === `${stem}s` ? stem : word;
}
