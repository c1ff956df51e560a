// What the model sees of a mail: its words and word pairs by their stems, as rows of its table. A stem becomes a hash
// that everybody has, and under a site's own key a row, so that neither the model nor a label kept for it tells a word.

import { createHash, createHmac } from "node:crypto";
import type { Heard } from "./hear.ts";
import { stemFor } from "./stems.ts";
import type { Words } from "./words.ts";

/** Rows of a model's table: as many features as it tells apart. Features that share a row share their counts. */
export const ROWS = 2 ** 18;

/** The stems of a mail in order, as hashes below 2^52; the text in the stretches that words stand side by side in. */
export type Stems = { readonly subject: readonly number[]; readonly text: readonly (readonly number[])[] };

/**
 * Features of one mail as rows, each once, in the order they are met. `words` are those of its single words, by which
 * it is told whether the model has seen such mail at all.
 */
export type Features = { readonly rows: Uint32Array; readonly words: Uint32Array };

/** A row, and the words of the mail that it stands for. */
export type NamedFeature = { readonly row: number; readonly words: string };

/** Turns stems into features under one key; another key gives other rows for the same stems. */
export type FeatureReader = {
  features(stems: Stems): Features;
  /** The features with their words, of the mail the stems are of; for people. */
  named(stems: Stems, heard: Heard): readonly NamedFeature[];
};

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

/** Cuts mails into stems; remembers words it has met. */
export function stemReader(): (heard: Heard, language: string | null) => Stems {
  const english = stemHasher("en");
  const spanish = stemHasher("es");
  return (heard, language) => {
    const hashOf = language === "es" ? spanish : english;
    let left = WORDS_MAX;
    const take = ({ text }: Words): readonly number[] => {
      const count = Math.min(left, text.length);
      left -= count;
      const stems: number[] = [];
      for (let at = 0; at < count; at++) {
        const word = text[at] ?? "";
        if (isWord(word)) stems.push(hashOf(word));
      }
      return stems;
    };
    return { subject: take(heard.subject.words), text: heard.text.map(({ words }) => take(words)) };
  };
}

function isWord(word: string): boolean {
  return word.length <= WORD_CHARS_MAX;
}

function stemHasher(language: "en" | "es"): (word: string) => number {
  const stem = stemFor(language);
  return remembering((word: string) => {
    const digest = createHash("sha256")
      .update(stem(word) ?? word)
      .digest();
    return (digest.readUInt32LE(4) % HIGH_BITS) * LOW_BITS + digest.readUInt32LE(0);
  });
}

/** A reader of features under a key (any text; of a site's own chance, so that a stolen model tells no words). */
export function featureReader(key: string): FeatureReader {
  const keyed = remembering((stem: number) => createHmac("sha256", key).update(String(stem)).digest().readUInt32LE(0));
  const sets = { rows: startRowSet(), words: startRowSet() };
  return {
    features(stems) {
      sets.rows.clear();
      sets.words.clear();
      eachFeature(stems, keyed, (row, isWordAlone) => {
        sets.rows.add(row);
        if (isWordAlone) sets.words.add(row);
      });
      return { rows: sets.rows.taken(), words: sets.words.taken() };
    },
    named(stems, heard) {
      const stretches = [heard.subject, ...heard.text].map(({ words }) => words.text.filter(isWord));
      const found = new Map<number, string>();
      eachFeature(stems, keyed, (row, _isWordAlone, stretch, from, to) => {
        const words = (stretches[stretch] ?? []).slice(from, to).join(" ");
        if (!found.has(row)) found.set(row, words);
      });
      return [...found].map(([row, words]) => ({ row, words }));
    },
  };
}

/** A row, whether a single word of subject or text gave it, and which words of which stretch (0: the subject). */
type OnFeature = (row: number, isWordAlone: boolean, stretch: number, from: number, to: number) => void;

function eachFeature({ subject, text }: Stems, keyed: (stem: number) => number, on: OnFeature): void {
  [subject, ...text].forEach((stems, stretch) => {
    let before = -1;
    stems.forEach((stem, at) => {
      const hash = keyed(stem);
      // Words of the subject also count as words: a subject is often the whole mail.
      on(rowOf(hash), true, stretch, at, at + 1);
      if (stretch === 0) on(rowOf(mix(hash, SUBJECT_SALT)), false, stretch, at, at + 1);
      if (before >= 0) on(rowOf(mix(before, hash)), false, stretch, at - 1, at + 1);
      before = hash;
    });
  });
}

function rowOf(hash: number): number {
  return hash & (ROWS - 1);
}

function remembering<K>(work: (key: K) => number): (key: K) => number {
  const memo = new Map<K, number>();
  return (key) => {
    const remembered = memo.get(key);
    if (remembered !== undefined) return remembered;
    const value = work(key);
    if (memo.size < MEMO_MAX) memo.set(key, value);
    return value;
  };
}

/** A set of rows that is used again for the next mail; marks instead of hashing keep a long mail cheap. */
function startRowSet() {
  const marks = new Uint32Array(ROWS);
  let mark = 0;
  let rows: number[] = [];
  return {
    clear(): void {
      mark += 1;
      rows = [];
    },
    add(row: number): void {
      if (marks[row] === mark) return;
      marks[row] = mark;
      rows.push(row);
    },
    taken: (): Uint32Array => Uint32Array.from(rows),
  };
}

/** One number of two in this order, well spread (the finishing steps of MurmurHash3). */
function mix(first: number, second: number): number {
  let mixed = first ^ Math.imul(second, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
