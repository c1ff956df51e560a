// What the model sees of a mail: its words, word pairs and words of sentences that ask, by their stems, as rows of its table. A stem becomes a hash
// that everybody has, and under a site's own key a row, so that neither the model nor a label kept for it tells a word.

import { createCipheriv, createHash } from "node:crypto";
import { askedPlaces } from "./asking.ts";
import type { Heard } from "./hear.ts";
import { stemFor } from "./stems.ts";
import type { Words } from "./words.ts";

/**
 * The stems of a mail in order, as hashes below 2^52; the text in the stretches that words stand side by side in, with the
 * places of those in sentences that ask.
 */
export type Stems = { readonly subject: readonly number[]; readonly text: readonly StemStretch[] };

type StemStretch = { readonly stems: readonly number[]; readonly asked: readonly number[] };

/**
 * Features of one mail as rows, hardly ever one twice. `words` are those of its single words, with which `rows` begin: by them it is
 * told whether the model has seen such mail at all.
 */
export type Features = { readonly rows: Uint32Array; readonly words: Uint32Array };

/** A row, and the words of the mail that it stands for. */
export type NamedFeature = { readonly row: number; readonly kind: FeatureKind; readonly words: string };

/**
 * What a feature is of: a word, a word as one of the subject, two words side by side, two with one between them, or a word as
 * one of a sentence that asks.
 */
export const FEATURE_KINDS = ["word", "subject", "pair", "apart", "asked"] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

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
/** 52 bits in two halves. */
const HIGH_BITS = 0x100000;
const LOW_BITS = 0x100000000;
const BLOCK_BYTES = 16;
/** More than twice the features of the longest mail. */
const SET_SLOTS = 2 ** 18;
/** Tell kinds of features apart. */
const SUBJECT_SALT = 0x5bd1e995;

const APART_SALT = 0x1b873593;
const ASKED_SALT = 0xe6546b64;

/** Cuts mails into stems; remembers words it has met. */
export function stemReader(): (heard: Heard, language: string | null) => Stems {
  const english = stemHasher("en");
  const spanish = stemHasher("es");
  return (heard, language) => {
    const hashOf = language === "es" ? spanish : english;
    let left = WORDS_MAX;
    const take = ({ text }: Words, asking: readonly number[]): StemStretch => {
      const count = Math.min(left, text.length);
      left -= count;
      const stems: number[] = [];
      const asked: number[] = [];
      let next = 0;
      for (let at = 0; at < count; at++) {
        const word = text[at] ?? "";
        const isAsked = asking[next] === at;
        if (isAsked) next += 1;
        if (!isWord(word)) continue;
        if (isAsked) asked.push(stems.length);
        stems.push(hashOf(word));
      }
      return { stems, asked };
    };
    const subject = take(heard.subject.words, []).stems;
    return { subject, text: heard.text.map(({ words, end }) => take(words, askedPlaces(words, heard.source, end))) };
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
  const hashed = keyedHashes(key);
  const keyed = remembering((stem: number) => hashed([stem])[0] ?? 0);
  const underKey = ({ subject, text }: Stems): Stems => ({
    subject: subject.map(keyed),
    text: text.map(({ stems, asked }) => ({ stems: stems.map(keyed), asked })),
  });
  const words = startRowSet();
  const others = startRowSet();
  return {
    features(stems) {
      const all = stems.text.reduce((sum, { stems: { length } }) => sum + length, stems.subject.length);
      words.clear(all);
      others.clear(all * 3);
      eachFeature(underKey(stems), (kind, first, second) => {
        const row = rowOf(kind, first, second);
        if (kind === "word") words.add(row);
        else others.add(row);
      });
      const rows = new Uint32Array(words.taken().length + others.taken().length);
      rows.set(words.taken());
      rows.set(others.taken(), words.taken().length);
      return { rows, words: rows.subarray(0, words.taken().length) };
    },
    named(stems, heard) {
      const stretches = [heard.subject, ...heard.text].map((each) => each.words.text.filter(isWord));
      const found = new Map<number, NamedFeature>();
      eachFeature(underKey(stems), (kind, first, second, stretch, from) => {
        const row = rowOf(kind, first, second);
        const words = stretches[stretch] ?? [];
        const named =
          kind === "apart" ? `${words[from]} … ${words[from + 2]}` : words.slice(from, from + WORDS_OF[kind]).join(" ");
        if (!found.has(row)) found.set(row, { row, kind, words: named });
      });
      return [...found.values()];
    },
  };
}

const WORDS_OF = { word: 1, subject: 1, pair: 2, asked: 1 } as const;

/** Hashes of stems under a key, in their order: AES of each, as good a keyed function as an HMAC and far cheaper. */
export function keyedHashes(key: string): (stems: ArrayLike<number>) => Uint32Array {
  const secret = createHash("sha256").update(key).digest().subarray(0, BLOCK_BYTES);
  const cipher = createCipheriv("aes-128-ecb", secret, null).setAutoPadding(false);
  return (stems) => {
    const blocks = new Uint32Array((stems.length * BLOCK_BYTES) / 4);
    for (let at = 0; at < stems.length; at++) {
      const stem = stems[at] ?? 0;
      blocks[at * 4] = stem % LOW_BITS;
      blocks[at * 4 + 1] = Math.floor(stem / LOW_BITS);
    }
    const enciphered = cipher.update(new Uint8Array(blocks.buffer));
    return Uint32Array.from(stems, (_, at) => enciphered.readUInt32LE(at * BLOCK_BYTES));
  };
}

/** The row of a feature by the keyed hashes of its word or its two words: 32 bits. */
export function rowOf(kind: FeatureKind, first: number, second: number): number {
  switch (kind) {
    case "word":
      return first;
    case "subject":
      return mix(first, SUBJECT_SALT);
    case "pair":
      return mix(first, second);
    case "apart":
      return mix(mix(first, APART_SALT), second);
    case "asked":
      return mix(first, ASKED_SALT);
  }
}

/** A feature, the hash of its word or its two words (else `second` is `first`), and where in which stretch (0: the subject). */
type OnFeature = (kind: FeatureKind, first: number, second: number, stretch: number, from: number) => void;

/** Every feature of a mail in the order they are met, as often as they are; `stems` may be hashes under a key. */
export function eachFeature({ subject, text }: Stems, on: OnFeature): void {
  [{ stems: subject, asked: [] }, ...text].forEach(({ stems, asked }, stretch) => {
    stems.forEach((stem, at) => {
      // Words of the subject also count as words: a subject is often the whole mail.
      on("word", stem, stem, stretch, at);
      if (stretch === 0) on("subject", stem, stem, stretch, at);
      if (at > 0) on("pair", stems[at - 1] ?? 0, stem, stretch, at - 1);
      // "move my surgery" and "move the surgery": 84 of 100 right instead of 83.
      if (at > 1) on("apart", stems[at - 2] ?? 0, stem, stretch, at - 2);
    });
    for (const at of asked) on("asked", stems[at] ?? 0, stems[at] ?? 0, stretch, at);
  });
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

/** A set of rows that is used again for the next mail: a `Set` of a long mail's took as long as all the rest. */
function startRowSet() {
  const slots = new Uint32Array(SET_SLOTS);
  const marks = new Uint32Array(SET_SLOTS);
  let mark = 0;
  let mask = 0;
  let rows: number[] = [];
  return {
    /** For at most so many rows: few slots stay in the processor's cache. */
    clear(most: number): void {
      mark += 1;
      mask = Math.min(SET_SLOTS, 2 ** Math.ceil(Math.log2(most * 2 + 2))) - 1;
      rows = [];
    },
    add(row: number): void {
      let slot = row & mask;
      while (marks[slot] === mark && slots[slot] !== row) slot = (slot + 1) & mask;
      if (marks[slot] === mark) return;
      marks[slot] = mark;
      slots[slot] = row;
      rows.push(row);
    },
    taken: (): readonly number[] => rows,
  };
}

/** One number of two in this order, well spread (the finishing steps of MurmurHash3). */
function mix(first: number, second: number): number {
  let mixed = first ^ Math.imul(second, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
