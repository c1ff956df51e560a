// Phrases of many rules in one tree over words, to find which phrase holds another: one walk for each phrase, so the cost
// grows with the number of words and not with the pairs of phrases.

import { wordsOf } from "../classify/words.ts";
import { expand } from "../config/phrases.ts";

/** So many phrases are kept that are the same word for word; more would say nothing new. */
const SAME_MAX = 8;

type Node<T> = { readonly next: Map<string, Node<T>>; readonly ends: T[] };

export type PhraseTree<T> = {
  /** Add a phrase that stands for `value`. */
  add(words: readonly string[], value: T): void;
  /** The values of all phrases whose words stand in a row in these, and how many words each has. */
  within(words: readonly string[]): readonly { readonly value: T; readonly length: number }[];
};

/** A tree without phrases. */
export function phraseTree<T>(): PhraseTree<T> {
  const root: Node<T> = { next: new Map(), ends: [] };
  return {
    add(words, value) {
      let here = root;
      for (const word of words) {
        const next = here.next.get(word) ?? { next: new Map(), ends: [] };
        here.next.set(word, next);
        here = next;
      }
      if (here !== root && here.ends.length < SAME_MAX) here.ends.push(value);
    },
    within(words) {
      const found: { value: T; length: number }[] = [];
      for (let start = 0; start < words.length; start++) {
        let here: Node<T> | undefined = root;
        for (let at = start; here !== undefined && at < words.length; at++) {
          here = here.next.get(words[at] ?? "");
          for (const value of here?.ends ?? []) found.push({ value, length: at + 1 - start });
        }
      }
      return found;
    },
  };
}

/** A phrase as written, in words, once for each phrase it stands for. */
export function wordsFor(
  phrase: string,
  lists: ReadonlyMap<string, readonly string[]>,
): readonly (readonly string[])[] {
  return expand(phrase, lists).map((one) => wordsOf(one));
}
