// History: what happened long ago ("in 2019 I had a stroke", "history of seizures") or to a relative ("my mother had a
// stroke", "family history of"). Any sign that it goes on, is back, is recent or worries the writer keeps the phrase.

import {
  ADVICE,
  ALIVE,
  ALIVE_BESIDE,
  BEHIND_PAST,
  DEATHS,
  ERRAND_WORDS,
  EVENTS,
  HISTORY_CUES,
  HISTORY_LEFT,
  HISTORY_LEFT_DOUBTS,
  JUST_NOW,
  KIN,
  MINE,
  PAST_FILLERS,
  PAST_HEADS,
  PAST_VERBS,
  PEOPLE,
  POLITE,
} from "./cancel-history-words.ts";
import {
  anyOf,
  endsSentence,
  type FoundCue,
  gapAfter,
  isQuestion,
  type Stretch,
  sentenceEnd,
  standAt,
  wordAt,
} from "./cancel-stretch.ts";
import { timeFrom, timeUpTo } from "./cancel-time.ts";
import { ALARMS, BOTH, COMPLAINTS, EITHER, GLUE, REVIVALS } from "./cancel-words.ts";

/** How many words may stand between a past verb and the phrase, and between a time and its verb. */
const FILLER_WORDS = 8;
/** "And my mother had"; not "I think my mother had". */
const BEFORE_KIN = new Set(["and", "y", "a", "also", "hi", "hello", "hola"]);
/** How far around the phrase signs of now are looked for, in words. */
const BEFORE_WORDS = 14;
const BEHIND_WORDS = 30;

/** The cue that puts the phrase in the past or gives it to somebody else; null when there is none, or any doubt. */
export function historyOf(stretch: Stretch, first: number, last: number): FoundCue | null {
  const cue = statedHistory(stretch, first, last) ?? deathOf(stretch, first) ?? pastEvent(stretch, first, last);
  if (cue === null) return null;
  return isOver(stretch, cue, first, last) ? cue : null;
}

/** "History of stroke", "h/o seizures, stroke", "antecedentes de infarto", "used to have". */
function statedHistory(stretch: Stretch, first: number, last: number): FoundCue | null {
  // "History of stroke and chest pain" may tell of now; "and stroke" goes with the history.
  const event = anyOf(stretch, first, last, EVENTS);
  for (let at = first - 1; at >= 0 && first - at <= FILLER_WORDS; at--) {
    const cue = HISTORY_CUES.find(({ words }) => {
      const from = at - words.length + 1;
      return words.at(-1) === wordAt(stretch, at) && from >= 0 && standAt(stretch, from, words);
    });
    const gap = gapAfter(stretch, at);
    if (cue !== undefined) {
      const from = at - cue.words.length + 1;
      if (gap !== "space" && gap !== "wrap") return null;
      return historyLeftHolds(stretch, from) ? { why: cue.why, first: from, last: at } : null;
    }
    if (gap !== "space" || !mayStandInPast(stretch, at)) return null;
    const word = wordAt(stretch, at);
    if ((BOTH.has(word) || EITHER.has(word)) && !event) return null;
  }
  return null;
}

/** What stands left of "history of": "2 day history of", "presents with a history of" tell of now. */
function historyLeftHolds(stretch: Stretch, from: number): boolean {
  const gap = gapAfter(stretch, from - 1);
  if (gap === "stop" || gap === "line" || gap === "comma" || gap === "colon") return true;
  if (!HISTORY_LEFT.has(wordAt(stretch, from - 1))) return false;
  return !anyOf(stretch, from - 6, from - 1, HISTORY_LEFT_DOUBTS);
}

/** "My dad died of a heart attack". */
function deathOf(stretch: Stretch, first: number): FoundCue | null {
  for (let at = first - 1; at >= 0 && first - at <= FILLER_WORDS; at--) {
    if (DEATHS.has(wordAt(stretch, at))) {
      const who = subjectBefore(stretch, at);
      return who !== null && who.kin ? { why: "somebody-else", first: who.first, last: at } : null;
    }
    const joined = wordAt(stretch, at);
    if (gapAfter(stretch, at) !== "space" || !(mayStandInPast(stretch, at) || joined === "from")) return null;
  }
  return null;
}

/** A past verb before the phrase or at its head, and a time long gone or a relative. */
function pastEvent(stretch: Stretch, first: number, last: number): FoundCue | null {
  const verb = PAST_HEADS.has(wordAt(stretch, first)) ? first : verbBefore(stretch, first);
  const time = timeFrom(stretch, last + 1);
  const behind = time !== null && gapAfter(stretch, last) === "space" ? time : null;
  if (verb === null) {
    // "My stroke in 2019".
    const owned = MINE.has(wordAt(stretch, first - 1)) && gapAfter(stretch, first - 1) === "space";
    return owned && behind !== null && EVENTS.has(wordAt(stretch, last))
      ? { why: "past", first: last + 1, last: behind }
      : null;
  }
  const who = subjectBefore(stretch, verb);
  const start = who?.first ?? verb;
  if (who === null && !startsFresh(stretch, verb)) return null;
  if (behind !== null) return { why: "past", first: last + 1, last: behind };
  const gap = gapAfter(stretch, start - 1);
  const before = gap === "space" || gap === "comma" || gap === "wrap" ? timeUpTo(stretch, start - 1) : null;
  if (before !== null) return { why: "past", first: before, last: start - 1 };
  const event = anyOf(stretch, first, last, EVENTS) && !anyOf(stretch, first, last, JUST_NOW);
  const plain = gap === "stop" || gap === "line" || gap === "comma" || BEFORE_KIN.has(wordAt(stretch, start - 1));
  if (who?.kin !== true || !event || !plain || !isToldCalmly(stretch, last)) return null;
  return { why: "somebody-else", first: start, last: Math.min(verb, first - 1) };
}

/** A past verb with only an article, an adjective or another complaint between it and the phrase. */
function verbBefore(stretch: Stretch, first: number): number | null {
  for (let at = first - 1; at >= 0 && first - at <= FILLER_WORDS; at--) {
    const gap = gapAfter(stretch, at);
    if (gap !== "space" && gap !== "wrap") return null;
    if (PAST_VERBS.has(wordAt(stretch, at))) return at;
    if (!mayStandInPast(stretch, at)) return null;
  }
  return null;
}

function mayStandInPast(stretch: Stretch, at: number): boolean {
  const word = wordAt(stretch, at);
  return PAST_FILLERS.has(word) || COMPLAINTS.has(word) || GLUE.has(word) || BOTH.has(word) || EITHER.has(word);
}

/** A verb without a subject must stand at the head of its clause or behind a time: "el año pasado tuve un infarto". */
function startsFresh(stretch: Stretch, verb: number): boolean {
  const gap = gapAfter(stretch, verb - 1);
  return gap === "stop" || gap === "line" || gap === "comma" || timeUpTo(stretch, verb - 1) !== null;
}

/** Who it happened to: "I", "the patient", "my wife", "my mother". Only a relative of an older or the same age is `kin`. */
function subjectBefore(stretch: Stretch, verb: number): { readonly first: number; readonly kin: boolean } | null {
  let at = verb - 1;
  if (["me", "le", "se"].includes(wordAt(stretch, at)) && gapAfter(stretch, at) === "space") at--;
  const word = wordAt(stretch, at);
  if (gapAfter(stretch, at) !== "space" && gapAfter(stretch, at) !== "wrap")
    return at < verb - 1 ? { first: at + 1, kin: false } : null;
  if (KIN.has(word)) {
    const owned = MINE.has(wordAt(stretch, at - 1)) && gapAfter(stretch, at - 1) === "space";
    return owned ? { first: at - 1, kin: true } : null;
  }
  if (!PEOPLE.has(word)) return at < verb - 1 ? { first: at + 1, kin: false } : null;
  const article = MINE.has(wordAt(stretch, at - 1)) || ["the", "el", "la", "this"].includes(wordAt(stretch, at - 1));
  return { first: article && gapAfter(stretch, at - 1) === "space" ? at - 1 : at, kin: false };
}

/** Whether nothing around says that it goes on, is back, is recent, or that help is sought now. */
function isOver(stretch: Stretch, cue: FoundCue, first: number, last: number): boolean {
  const inCue = (at: number) => (at >= cue.first && at <= cue.last) || (at >= first && at <= last);
  const behindCue = Math.max(last, cue.last);
  if (!rightHolds(stretch, behindCue) || anyOf(stretch, first, last, REVIVALS)) return false;
  const end = sentenceEnd(stretch, behindCue, BEHIND_WORDS);
  if (isQuestion(stretch, end)) return false;
  const nextEnd = Math.min(sentenceEnd(stretch, end + 1, BEHIND_WORDS), behindCue + BEHIND_WORDS);
  const from = Math.min(first, cue.first);
  for (let at = Math.max(0, from - BEFORE_WORDS); at <= Math.max(end, nextEnd); at++) {
    if (inCue(at)) continue;
    const word = wordAt(stretch, at);
    if ((ALIVE.has(word) && !isPolite(stretch, at)) || ALARMS.has(word)) return false;
    if (at > behindCue && at <= end && ALIVE_BESIDE.has(word)) return false;
    if (cue.why === "somebody-else" && ADVICE.has(word)) return false;
  }
  return !goesOnAbout(stretch, end + 1) && !isQuestionNext(stretch, cue, nextEnd);
}

/** "Good morning", "I would like", "buenas tardes". */
function isPolite(stretch: Stretch, at: number): boolean {
  return POLITE.has(wordAt(stretch, at - 1));
}

/** What may follow directly: the end, a comma, "and", an age, a time, or "when he was". */
function rightHolds(stretch: Stretch, last: number): boolean {
  const gap = gapAfter(stretch, last);
  if (endsSentence(stretch, last) || gap === "comma") return true;
  if (gap !== "space" && gap !== "wrap") return false;
  const word = wordAt(stretch, last + 1);
  if (timeFrom(stretch, last + 1) !== null) return true;
  if (word === "at") return ageEnd(stretch, last + 2) !== null;
  return BEHIND_PAST.has(word);
}

/** "At 60", "at age 60": the word of the number; not "at 8", "at 10:30", "at 10 pm". */
function ageEnd(stretch: Stretch, at: number): number | null {
  const number = wordAt(stretch, at) === "age" ? at + 1 : at;
  if (!/^[2-9]\d$/.test(wordAt(stretch, number))) return null;
  const gap = gapAfter(stretch, number);
  return endsSentence(stretch, number) || gap === "comma" || wordAt(stretch, number + 1) === "and" ? number : null;
}

/** A relative's trouble told without a time: the sentence ends there, and the next one is about something else. */
function isToldCalmly(stretch: Stretch, last: number): boolean {
  const age = wordAt(stretch, last + 1) === "at" ? ageEnd(stretch, last + 2) : null;
  const end = age ?? timeFrom(stretch, last + 1) ?? last;
  if (!endsSentence(stretch, end)) return false;
  // With nothing else in the mail it may be the news.
  if (end >= stretch.words.text.length - 1) return end > last;
  return anyOf(stretch, end + 1, sentenceEnd(stretch, end + 1, BEFORE_WORDS), ERRAND_WORDS);
}

/** The next sentence says how it is now: "She is not talking", "It hurts". */
function goesOnAbout(stretch: Stretch, from: number): boolean {
  return ["he", "she", "it", "its", "hes", "shes", "they", "ella", "and", "but", "pero", "y"].includes(
    wordAt(stretch, from),
  );
}

/** A question about a relative's trouble may be a call for help. */
function isQuestionNext(stretch: Stretch, cue: FoundCue, nextEnd: number): boolean {
  return cue.why === "somebody-else" && isQuestion(stretch, nextEnd);
}
