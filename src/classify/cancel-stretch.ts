// A stretch of words read around a phrase: what stands between two words, where a sentence ends, whether some words
// follow. Every look is at a bounded number of words and characters, so that a mail of a megabyte costs no more.

import type { Words } from "./words.ts";

/** Words with the text they come from. */
export type Stretch = { readonly words: Words; readonly text: string; readonly recentYear: number };

/** The words of a cue, first and last, and what it says of the phrase. */
export type FoundCue = {
  readonly why: "negated" | "past" | "somebody-else";
  readonly first: number;
  readonly last: number;
};

/**
 * What stands between two words. `space`: nothing to be seen; `wrap`: the line breaks and goes on in lower case; `comma`
 * (or slash); `colon`; `line`: a new line or item begins; `stop`: the sentence ends; `other`: any other sign.
 */
export type Gap = "space" | "wrap" | "comma" | "slash" | "colon" | "line" | "stop" | "other";

/** A gap wider than this parts, whatever is in it. In characters. */
const GAP_MAX = 12;

/** The word at a place; empty outside the stretch. */
export function wordAt({ words }: Stretch, at: number): string {
  return words.text[at] ?? "";
}

/** The signs between a word and the next one, cut to what is looked at. */
export function signsAfter({ words, text }: Stretch, at: number): string {
  const from = words.end[at] ?? text.length;
  // Past the last word the rest of the stretch is not known to be ours: a stop.
  const to = words.start[at + 1] ?? from;
  return text.slice(from, Math.min(to, from + GAP_MAX + 1));
}

/** What stands between the word at a place and the next one. Before the first and behind the last word: a stop. */
export function gapAfter(stretch: Stretch, at: number): Gap {
  const { words, text } = stretch;
  if (at < 0 || at >= words.text.length - 1) return "stop";
  const signs = signsAfter(stretch, at);
  if (signs.length > GAP_MAX) return "stop";
  if (/^[ \t\u00a0-]?[ \t\u00a0]{0,3}$/.test(signs)) return "space";
  if (/[.!?¿¡;…]|\n[ \t]*\r?\n/.test(signs)) return "stop";
  if (signs.includes("\n")) {
    const next = text.charAt(words.start[at + 1] ?? 0);
    return /^[ \t]*,?[ \t]*\r?\n[ \t]*$/.test(signs) && next !== next.toUpperCase() ? "wrap" : "line";
  }
  const sign = signs.trim();
  if (sign === ",") return "comma";
  if (sign === "/") return "slash";
  return sign === ":" ? "colon" : "other";
}

/** Whether a sentence ends behind the word at a place. */
export function endsSentence(stretch: Stretch, at: number): boolean {
  const gap = gapAfter(stretch, at);
  return gap === "stop" || gap === "line";
}

/** The place of the last word of the sentence, at most `reach` words on. */
export function sentenceEnd(stretch: Stretch, from: number, reach: number): number {
  let at = from;
  while (at < from + reach && !endsSentence(stretch, at)) at++;
  return at;
}

/** The place of the first word of the sentence, at most `reach` words back. */
export function sentenceStart(stretch: Stretch, from: number, reach: number): number {
  let at = from;
  while (at > Math.max(0, from - reach) && !endsSentence(stretch, at - 1)) at--;
  return at;
}

/** Whether the sentence that goes on to the word at a place is a question. */
export function isQuestion(stretch: Stretch, lastOfSentence: number): boolean {
  const from = stretch.words.end[lastOfSentence] ?? 0;
  const to = stretch.words.start[lastOfSentence + 1] ?? stretch.text.length;
  return /^[^.!\n]*\?/.test(stretch.text.slice(from, Math.min(to, from + GAP_MAX)));
}

/** Whether some word from one place to another, both included, is in a list. */
export function anyOf(stretch: Stretch, from: number, to: number, list: ReadonlySet<string>): boolean {
  for (let at = Math.max(0, from); at <= to; at++) if (list.has(wordAt(stretch, at))) return true;
  return false;
}

/** Whether these words stand at a place, with nothing but space between them. */
export function standAt(stretch: Stretch, from: number, words: readonly string[]): boolean {
  return words.every((word, i) => {
    if (wordAt(stretch, from + i) !== word) return false;
    if (i === 0) return true;
    const gap = gapAfter(stretch, from + i - 1);
    return gap === "space" || gap === "wrap" || (gap === "slash" && word === "o");
  });
}
