// Which words of a text stand in a sentence that asks for something. A mail tells a story and asks one thing, so for what is
// asked the model hears those words once more.

import type { Words } from "./words.ts";

/** A line shorter than this ends what it says; a longer one may have been broken by the mail program. */
const LINE_CHARS_MIN = 60;
const ENDS = /[!?¿;]|\.["')\]]*\s|\n\s*\n/;
/** Words whose full stop ends nothing. */
const TITLES = new Set(["dr", "dra", "mr", "mrs", "ms", "sr", "sra", "srta", "st", "no", "vs"]);
/** Signs looked at behind the last word. */
const TAIL_CHARS = 6;

/** Words of questions and requests, as in words.ts. */
const ASKING = new Set(
  `can could do does where how when what which who need needs want wants wanting would wonder wondering please pls plz ask
  call fix help send should tell
  como cual cuando cuanto donde diganme digan envien favor manden mande necesita necesitamos necesito por podria podrian
  puede pueden puedo quiere quiero quisiera quisieramos ruego solicita solicito`.split(/\s+/),
);

/** I'd, we'd, he'd, she'd and they'd, before "like". */
const WOULD = new Set(["id", "wed", "hed", "shed", "theyd"]);

/** The places of the words, among `words` of this text up to `until`, whose sentences ask. */
export function askedPlaces({ text: words, start, end }: Words, text: string, until: number): readonly number[] {
  const asked: number[] = [];
  let first = 0;
  let isAsked = false;
  let line = start[0] ?? 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    isAsked ||= ASKING.has(word) || (word === "like" && WOULD.has(words[at - 1] ?? ""));
    const from = end[at] ?? 0;
    const next = start[at + 1] ?? Math.min(until, from + TAIL_CHARS);
    const gap = next === from + 1 ? (text[from] ?? "") : text.slice(from, next);
    const isBroken = gap.includes("\n");
    const isTitle = gap.startsWith(".") && TITLES.has(word);
    const isEnd = at + 1 === words.length || (ENDS.test(gap) && !isTitle) || (isBroken && from - line < LINE_CHARS_MIN);
    if (isBroken) line = next;
    if (!isEnd) continue;
    if (isAsked || gap.includes("?")) for (let place = first; place <= at; place++) asked.push(place);
    first = at + 1;
    isAsked = false;
  }
  return asked;
}
