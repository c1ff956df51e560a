// Negation: "no chest pain", "denies fever, cough or chest pain", "chest pain: no", "sin fiebre ni dolor de pecho". Walks
// from the phrase back to a cue over words that may stand there, then asks whether anything behind takes it back.

import { gapBeforeNext, LIST_WORDS, type Rest, restOfList } from "./cancel-list.ts";
import { behindIsQuiet, HEAD_WORDS } from "./cancel-quiet.ts";
import {
  anyOf,
  endsSentence,
  type FoundCue,
  gapAfter,
  isQuestion,
  type Stretch,
  sentenceStart,
  signsAfter,
  standAt,
  wordAt,
} from "./cancel-stretch.ts";
import {
  ANSWERS,
  BOTH,
  COLON_CUES,
  COMPLAINTS,
  CUES_BY_LAST_WORD,
  type CueKind,
  DONE,
  EITHER,
  FILLERS,
  GLUE,
  LEFT_DOUBTS,
  NEXT_REVIVALS,
  REVIVALS,
  SPANISH_ACHE,
  SPANISH_NOW,
  SPANISH_THEN,
  STATEMENT_STARTS,
  STATES,
  VERDICTS,
} from "./cancel-words.ts";

/** How far left of a cue its clause is read for doubts. */
const LEFT_WORDS = 8;
/** How much of the next sentence is read for negations about the past. */
const NEXT_WORDS = 14;
/** "I had never had chest pain" says that it came. */
const BEFORE_PAST = new Set(["had", "habia"]);
/** Complaints that a list with commas alone must have: "denies fever, chest pain" may say that it is there. */
const BARE_LIST = 3;

/** The cue that negates the phrase; null when there is none, or any doubt. */
export function negationOf(stretch: Stretch, first: number, last: number): FoundCue | null {
  return answerBehind(stretch, first, last) ?? verdictBehind(stretch, first, last) ?? cueBefore(stretch, first, last);
}

/** "Chest pain: no", "chest pain? No.", "chest pain - denies". The answer must stand alone. */
function answerBehind(stretch: Stretch, first: number, last: number): FoundCue | null {
  const at = last + 1;
  if (!ANSWERS.has(wordAt(stretch, at)) || !/^[ \t]*([:=?(]|[-–—]+(?=[ \t]))[ \t]*$/.test(signsAfter(stretch, last))) {
    return null;
  }
  if (anyOf(stretch, first - 3, first - 1, LEFT_DOUBTS) || STATEMENT_STARTS.has(wordAt(stretch, first))) return null;
  const alone = at === stretch.words.text.length - 1 || /^[ \t]*\)?[ \t]*[.;\n\r]/.test(signsAfter(stretch, at));
  const field = leadsToField(stretch, at);
  if ((!alone && !field) || isQuestion(stretch, at)) return null;
  if (!field && anyOf(stretch, at + 1, at + HEAD_WORDS, NEXT_REVIVALS)) return null;
  return { why: "negated", first: at, last: at };
}

/** "Chest pain: no, cough: yes": behind the comma another field begins. */
function leadsToField(stretch: Stretch, at: number): boolean {
  const gap = gapAfter(stretch, at);
  if (gap !== "comma" && gap !== "line") return false;
  for (let next = at + 1; next <= at + 4; next++) {
    if (gapAfter(stretch, next) === "colon") return true;
    if (gapAfter(stretch, next) !== "space") return false;
  }
  return false;
}

/** "A heart attack was ruled out", "he is chest pain free". */
function verdictBehind(stretch: Stretch, first: number, last: number): FoundCue | null {
  const verdict = VERDICTS.find((each) => standAt(stretch, last + 1, each));
  if (verdict === undefined || gapAfter(stretch, last) !== "space") return null;
  if (leftIsDoubtful(stretch, first) || STATEMENT_STARTS.has(wordAt(stretch, first))) return null;
  // "Please get a stroke ruled out": without a was it must be the whole clause.
  if (verdict[0] === "ruled" && gapAfter(stretch, first - 1) === "space") return null;
  const end = last + verdict.length;
  return behindIsQuiet(stretch, end, NEXT_WORDS) ? { why: "negated", first: last + 1, last: end } : null;
}

type Before = { readonly first: number; readonly last: number; readonly kind: CueKind };

/** What was walked over on the way back to the cue. */
type Walk = {
  at: number;
  items: number;
  commas: boolean;
  nearest: "comma" | "word" | null;
  either: boolean;
  both: boolean;
};

function cueBefore(stretch: Stretch, first: number, last: number): FoundCue | null {
  const walk: Walk = { at: first - 1, items: 0, commas: false, nearest: null, either: false, both: false };
  for (; walk.at >= 0 && first - walk.at <= LIST_WORDS; walk.at--) {
    const cue = cueEndingAt(stretch, walk.at, first, last);
    if (cue !== null) return cueHolds(stretch, cue, walk, first, last) ? { why: "negated", ...spanOf(cue) } : null;
    if (!walkOn(stretch, walk, first)) return null;
  }
  return null;
}

function spanOf({ first, last }: Before): { readonly first: number; readonly last: number } {
  return { first, last };
}

/** The longest cue that ends at a word and fits the phrase. */
function cueEndingAt(stretch: Stretch, at: number, first: number, last: number): Before | null {
  const cues = CUES_BY_LAST_WORD.get(wordAt(stretch, at)) ?? [];
  const fits = cues.find(({ words, kind }) => {
    const from = at - words.length + 1;
    return from >= 0 && standAt(stretch, from, words) && phraseFits(stretch, kind, at, first, last);
  });
  return fits === undefined ? null : { first: at - fits.words.length + 1, last: at, kind: fits.kind };
}

/** Whether the phrase has the form the cue asks for: "no" wants a noun, "did not" a verb. */
function phraseFits(stretch: Stretch, kind: CueKind, at: number, first: number, last: number): boolean {
  const head = wordAt(stretch, first);
  const adjacent = at === first - 1;
  switch (kind) {
    case "plain":
    case "past":
    case "strong": {
      if (head === "having") return kind === "strong" && adjacent;
      if (STATEMENT_STARTS.has(head)) return false;
      const bare = ["no", "ni", "nor", "neither", "sin", "tampoco"].includes(wordAt(stretch, at));
      return !bare || COMPLAINTS.has(head) || COMPLAINTS.has(wordAt(stretch, last)) || FILLERS.has(head);
    }
    case "do-not":
      return adjacent && head === "have";
    case "did-not":
      return adjacent && head === "have";
    case "is-not":
      return adjacent && STATES.has(head);
    case "has-not":
      return adjacent && DONE.has(head);
    case "spanish-not":
      return (
        adjacent &&
        (SPANISH_NOW.has(head) ||
          SPANISH_THEN.has(head) ||
          (SPANISH_ACHE.has(head) && wordAt(stretch, first + 1) === "duele"))
      );
  }
}

/** Whether the word may stand between cue and phrase, noting what it is. */
function walkOn(stretch: Stretch, walk: Walk, first: number): boolean {
  const word = wordAt(stretch, walk.at);
  const gap = gapBeforeNext(stretch, walk.at);
  if (gap === "break") return false;
  if (EITHER.has(word) || BOTH.has(word)) {
    if (EITHER.has(word)) walk.either = true;
    else walk.both = true;
    walk.nearest ??= "word";
    return true;
  }
  if (gap === "comma") {
    walk.commas = true;
    walk.nearest ??= "comma";
  }
  if (COMPLAINTS.has(word)) {
    const next = wordAt(stretch, walk.at + 1);
    // "No fever chest pain": a complaint with nothing between it and the phrase ends it.
    if (walk.at + 1 === first && gap === "space") return false;
    if (gap === "comma" || EITHER.has(next) || BOTH.has(next)) walk.items++;
    return true;
  }
  if (gap === "comma") return false;
  return FILLERS.has(word) || (GLUE.has(word) && walk.at + 1 !== first && COMPLAINTS.has(wordAt(stretch, walk.at - 1)));
}

/** Whether the cue counts, given what stands between, to its left and behind the phrase. */
function cueHolds(stretch: Stretch, cue: Before, walk: Walk, first: number, last: number): boolean {
  const colon = gapAfter(stretch, cue.last) === "colon" && COLON_CUES.has(wordAt(stretch, cue.last));
  // A rule's phrase may be "chest pain since" itself; the verb behind a Spanish "no" is what is negated.
  if (anyOf(stretch, cue.kind === "spanish-not" ? first + 2 : first, last, REVIVALS)) return false;
  const gap = gapAfter(stretch, cue.last);
  // "No, chest pain", "Allergies: no" and the next line. A cue that cannot end a sentence may end a line.
  const close =
    gap === "space" || colon || (gap === "wrap" && cue.last > cue.first && !["no"].includes(wordAt(stretch, cue.last)));
  if (!close || leftIsDoubtful(stretch, cue.first) || answersComplaint(stretch, cue)) return false;
  if (cue.kind === "past" && BEFORE_PAST.has(wordAt(stretch, cue.first - 1))) return false;
  const list = restOfList(stretch, last, cue.kind === "strong");
  if (!listHolds(stretch, cue, walk, list, first)) return false;
  if (cue.kind === "past" || cue.kind === "did-not" || cue.kind === "has-not" || isSpanishPast(stretch, cue, first)) {
    return endsSentence(stretch, list.end) && behindIsQuiet(stretch, list.end, NEXT_WORDS);
  }
  return behindIsQuiet(stretch, list.end, HEAD_WORDS);
}

function isSpanishPast(stretch: Stretch, cue: Before, first: number): boolean {
  return cue.kind === "spanish-not" && SPANISH_THEN.has(wordAt(stretch, first));
}

/** A doubt, a condition or a second negation in the clause to the left. */
function leftIsDoubtful(stretch: Stretch, from: number): boolean {
  if (from > 0 && gapAfter(stretch, from - 1) === "space" && EITHER.has(wordAt(stretch, from - 1))) {
    if (["or", "o"].includes(wordAt(stretch, from - 1))) return true;
  }
  for (let at = from - 1; at >= 0 && at >= from - LEFT_WORDS; at--) {
    const gap = gapAfter(stretch, at);
    if (gap !== "space" && gap !== "wrap") return false;
    const word = wordAt(stretch, at);
    if (LEFT_DOUBTS.has(word)) return true;
    if (BOTH.has(word) || EITHER.has(word)) return false;
  }
  return false;
}

/** "Fever no chest pain": a no behind a complaint may answer it. Not when that one has a cue of its own. */
function answersComplaint(stretch: Stretch, cue: Before): boolean {
  if (cue.last !== cue.first || !ANSWERS.has(wordAt(stretch, cue.first))) return false;
  let at = cue.first - 1;
  if (gapAfter(stretch, at) !== "space" || !COMPLAINTS.has(wordAt(stretch, at))) return false;
  const start = sentenceStart(stretch, at, LEFT_WORDS);
  while (at >= start && (COMPLAINTS.has(wordAt(stretch, at)) || GLUE.has(wordAt(stretch, at)))) {
    if (at > start && gapAfter(stretch, at - 1) !== "space") return true;
    at--;
  }
  return at < start;
}

/** Whether the words walked over make a list whose every part is negated. */
function listHolds(stretch: Stretch, cue: Before, walk: Walk, rest: Rest, first: number): boolean {
  const strong = cue.kind === "strong";
  if (walk.both && !strong) return false;
  if (walk.items === 0) return !walk.either && !walk.both && !walk.commas;
  // "No fever or cough, chest pain": the list ended with its or, and the comma begins something else.
  if (walk.nearest === "comma" && (walk.either || walk.both)) return false;
  if (walk.either || rest.either) return true;
  if (!strong) return false;
  if (walk.both || rest.both) return true;
  return walk.items + rest.items + 1 >= BARE_LIST && first > cue.last;
}
