// Whether anything behind a negated phrase takes the negation back: the rest of its sentence, and the head of the next.

import { gapAfter, isQuestion, type Stretch, sentenceEnd, standAt, wordAt } from "./cancel-stretch.ts";
import {
  ALARMS,
  ASKED_FOR,
  ASKING,
  BOTH,
  COMPLAINTS,
  CONTRASTS,
  EITHER,
  ERRANDS,
  FILLERS,
  GLUE,
  MERELY,
  MILD,
  NEXT_REVIVALS,
  REVIVALS,
  RIGHT_OPENERS,
  RIGHT_PHRASES,
} from "./cancel-words.ts";

/** How far behind a phrase its sentence is read for words that take the negation back. */
const BEHIND_WORDS = 24;
/** How much of the next sentence is read at its head. */
export const HEAD_WORDS = 4;
/** Behind these, in the rest of a sentence, complaints are negated too. */
const NEGATORS = new Set(["no", "denies", "denied", "without", "nor", "sin", "ni", "niega", "tampoco"]);

/** Whether nothing behind takes the negation back: the next word is harmless, and no word of the sentence revives. */
export function behindIsQuiet(stretch: Stretch, last: number, nextWords: number): boolean {
  const end = sentenceEnd(stretch, last, BEHIND_WORDS);
  if (isQuestion(stretch, end)) return false;
  if (revives(stretch, end + 1, end + nextWords, nextWords > HEAD_WORDS ? REVIVALS : NEXT_REVIVALS)) return false;
  if (nextWords > HEAD_WORDS && revives(stretch, end + 1, end + nextWords, NEXT_REVIVALS)) return false;
  if (end === last) return true;
  const gap = gapAfter(stretch, last);
  if (gap !== "space" && gap !== "wrap" && gap !== "comma") return false;
  let from = last + 1;
  if (gap === "space") {
    const opener = RIGHT_PHRASES.find((each) => standAt(stretch, last + 1, each));
    if (opener !== undefined) from += opener.length;
    else if (BOTH.has(wordAt(stretch, last + 1)) && !ERRANDS.has(wordAt(stretch, last + 2))) return false;
    else if (!RIGHT_OPENERS.has(wordAt(stretch, last + 1))) return false;
  }
  return restIsQuiet(stretch, from, end);
}

/** The rest of the sentence: no word that revives, and alarms only where they are negated themselves. */
function restIsQuiet(stretch: Stretch, from: number, end: number): boolean {
  let negated = false;
  for (let at = from; at <= end; at++) {
    const word = wordAt(stretch, at);
    if (CONTRASTS.has(word)) return isMild(stretch, at + 1, end);
    if (revives(stretch, at, at, REVIVALS)) return false;
    if (NEGATORS.has(word)) negated = true;
    else if (negated) negated = COMPLAINTS.has(word) || FILLERS.has(word) || GLUE.has(word) || EITHER.has(word);
    if (!negated && ALARMS.has(word)) return false;
  }
  return true;
}

/** Whether a word takes the negation back; "just need a refill" and "I would like" ask for something and do not. */
function revives(stretch: Stretch, from: number, to: number, words: ReadonlySet<string>): boolean {
  for (let at = Math.max(0, from); at <= to; at++) {
    const word = wordAt(stretch, at);
    if (!words.has(word)) continue;
    if (word === "like" && ["would", "id"].includes(wordAt(stretch, at - 1))) continue;
    if (MERELY.has(word) && asksFor(stretch, at + 1)) continue;
    return true;
  }
  return false;
}

/** Behind "just": an errand, such as "need", "wanted" or "a refill". */
function asksFor(stretch: Stretch, at: number): boolean {
  if (gapAfter(stretch, at - 1) !== "space") return false;
  const word = wordAt(stretch, at);
  return (
    ASKING.has(word) || ((word === "a" || word === "un" || word === "una") && ASKED_FOR.has(wordAt(stretch, at + 1)))
  );
}

/** What stands behind a "but". */
function isMild(stretch: Stretch, from: number, to: number): boolean {
  for (let at = from; at <= to; at++) if (!MILD.has(wordAt(stretch, at))) return false;
  return to >= from && to < from + BEHIND_WORDS - 4;
}
