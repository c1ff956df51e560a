// Lists of complaints: "fever, chills or chest pain". What may part their items, and how far a list goes on behind a phrase.

import { endsSentence, gapAfter, type Stretch, wordAt } from "./cancel-stretch.ts";
import { BOTH, COMPLAINTS, EITHER, FILLERS, GLUE, OPEN_WORDS } from "./cancel-words.ts";

/** How many words a list may have before and behind the phrase. */
export const LIST_WORDS = 24;

/** Space, comma, or something that parts. */
export function gapBeforeNext(stretch: Stretch, at: number): "space" | "comma" | "break" {
  const gap = gapAfter(stretch, at);
  if (gap === "space") return "space";
  if (gap === "wrap") return OPEN_WORDS.has(wordAt(stretch, at)) ? "space" : "break";
  return gap === "comma" || gap === "slash" ? "comma" : "break";
}

/** The list that goes on behind the phrase: ", shortness of breath, or fever". */
export type Rest = { readonly end: number; readonly items: number; readonly either: boolean; readonly both: boolean };

/**
 * The list as far as it surely belongs to the cue: up to a complaint behind an or; with a strong cue also behind an and, or
 * up to the end of the sentence.
 */
export function restOfList(stretch: Stretch, last: number, strong: boolean): Rest {
  let rest: Rest = { end: last, items: 0, either: false, both: false };
  let at = last;
  let items = 0;
  let either = false;
  let both = false;
  while (at < last + LIST_WORDS) {
    let next = at + 1;
    const comma = ["comma", "slash"].includes(gapAfter(stretch, at));
    if (!comma && gapBeforeNext(stretch, at) === "break") break;
    const joins = EITHER.has(wordAt(stretch, next)) ? "either" : BOTH.has(wordAt(stretch, next)) ? "both" : null;
    if (!comma && joins === null) break;
    if (joins === "either") either = true;
    if (joins === "both") both = true;
    if (joins !== null) next++;
    const end = complaintEnd(stretch, next);
    if (end < next) break;
    items++;
    at = end;
    if (either || (strong && (both || endsSentence(stretch, at)))) rest = { end: at, items, either, both };
  }
  return rest;
}

/** The last word of the complaint that begins at a place; before it when none does. */
function complaintEnd(stretch: Stretch, from: number): number {
  let at = from;
  while (at < from + 3 && FILLERS.has(wordAt(stretch, at)) && gapAfter(stretch, at) === "space") at++;
  if (!COMPLAINTS.has(wordAt(stretch, at))) return from - 1;
  for (let next = at; next < from + 8; next++) {
    const word = wordAt(stretch, next);
    if (COMPLAINTS.has(word)) at = next;
    else if (!GLUE.has(word)) break;
    if (gapAfter(stretch, next) !== "space") break;
  }
  return at;
}
