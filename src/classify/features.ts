// What the model sees of a mail: its words and word pairs by their stems, each as a keyed hash, so that neither the model
// nor a label kept for it holds a word. Words of the subject stand apart from those of the text.

import { createHmac } from "node:crypto";
import type { Heard } from "./hear.ts";
import { type FormOf, stemFor } from "./stems.ts";
import type { Words } from "./words.ts";

/**
 * Features of one mail, each once: whole numbers up to 2^52. `known` are its single words of the text and the subject,
 * by which it is told whether the model has seen such mail at all.
 */
export type Features = { readonly all: readonly number[]; readonly known: readonly number[] };

/** Cuts mails into features under one key; another key gives other numbers for the same words. */
export type FeatureReader = (heard: Heard, language: string | null) => Features;

/** Longer runs of letters are no words: encoded data, links. */
const WORD_CHARS_MAX = 40;
/** Words looked at of a mail: those of the longest letters people write. */
const WORDS_MAX = 20_000;
/** Hashes remembered: the words of many mails. */
const MEMO_MAX = 50_000;
const HIGH_BITS = 0x100000;
const LOW_BITS = 0x100000000;
/** Sets words of the subject apart. */
const SUBJECT_SALT = 0x5bd1e995;

/** A reader of features under a key (any text; of a site's own chance, so that a stolen model tells no words). */
export function featureReader(key: string): FeatureReader {
  const memos = { en: new Map<string, number>(), es: new Map<string, number>() };
  return (heard, language) => {
    const isSpanish = language === "es";
    const hashOf = hasher(key, stemFor(isSpanish ? "es" : "en"), isSpanish ? memos.es : memos.en);
    const all = new Set<number>();
    const known = new Set<number>();
    let left = WORDS_MAX;
    const take = (words: Words, salt: number) => {
      let before = -1;
      const count = Math.min(left, words.text.length);
      left -= count;
      for (let at = 0; at < count; at++) {
        const word = words.text[at] ?? "";
        if (word.length > WORD_CHARS_MAX) continue;
        const hash = hashOf(word);
        known.add(hash);
        all.add(salt === 0 ? hash : mix(hash, salt));
        if (before >= 0) all.add(mix(before, hash));
        before = hash;
      }
    };
    take(heard.subject.words, SUBJECT_SALT);
    for (const { words } of heard.text) take(words, 0);
    // Words of the subject also count as words: a subject is often the whole mail.
    for (const hash of known) all.add(hash);
    return { all: [...all], known: [...known] };
  };
}

function hasher(key: string, stem: FormOf, memo: Map<string, number>): (word: string) => number {
  return (word) => {
    const remembered = memo.get(word);
    if (remembered !== undefined) return remembered;
    const digest = createHmac("sha256", key)
      .update(stem(word) ?? word)
      .digest();
    const hash = (digest.readUInt32LE(4) % HIGH_BITS) * LOW_BITS + digest.readUInt32LE(0);
    if (memo.size < MEMO_MAX) memo.set(word, hash);
    return hash;
  };
}

/** One number of two in this order, well spread (the finishing steps of MurmurHash3). */
function mix(first: number, second: number): number {
  const low = spread((first >>> 0) ^ Math.imul(second >>> 0, 0x85ebca6b));
  const high = spread((second / LOW_BITS) ^ Math.imul((first / LOW_BITS) | 0, 0xc2b2ae35) ^ low);
  return (high % HIGH_BITS) * LOW_BITS + low;
}

function spread(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
