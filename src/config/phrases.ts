// Phrases as an admin writes them: `<name>` in one stands for every entry of the word list of that name. Alone, so that
// a worker need not load the whole schema.

/** Longest phrase in words: matching costs at most this many steps for each word of a mail. */
export const PHRASE_WORDS_MAX = 12;

/** So many phrases one phrase may stand for; two long lists in one phrase multiply. */
export const EXPANSIONS_MAX = 1000;

const LIST_NAME = /<([a-z][a-z0-9-]*)>/g;

/** The word lists a phrase names, in order. */
export function listNames(phrase: string): readonly string[] {
  return [...phrase.matchAll(LIST_NAME)].map((found) => found[1] ?? "");
}

/** Every phrase that one stands for, at most `EXPANSIONS_MAX`; a list that is not there stands for nothing. */
export function expand(phrase: string, lists: ReadonlyMap<string, readonly string[]>): readonly string[] {
  if (!phrase.includes("<")) return [phrase];
  let expanded = [""];
  let at = 0;
  for (const found of phrase.matchAll(LIST_NAME)) {
    const before = phrase.slice(at, found.index);
    const entries = lists.get(found[1] ?? "") ?? [];
    expanded = expanded.flatMap((start) => entries.map((entry) => start + before + entry)).slice(0, EXPANSIONS_MAX);
    at = found.index + found[0].length;
  }
  const rest = phrase.slice(at);
  return expanded.map((start) => start + rest);
}

/** How many phrases one stands for. */
export function expansions(phrase: string, lists: ReadonlyMap<string, readonly string[]>): number {
  return listNames(phrase).reduce((product, name) => product * (lists.get(name)?.length ?? 0), 1);
}
