// The line above a quoted mail: "On Tue, 3 May 2022, Ana Ruiz <ana@x> wrote:", in the languages mail programs speak.
// Also wrapped over lines. Recognised by its verb, its date and its colon, not by the order of its words.

import type { Address } from "../message.ts";
import { findAddress, readPrintedAddress } from "./address-list.ts";
import { isEmpty, type Line, lineAt } from "./text-line.ts";
import { readWrittenDate } from "./written-date.ts";

/** Who wrote when, and where the line after it begins. */
export type Attribution = {
  readonly start: number;
  readonly end: number;
  readonly from: Address;
  readonly date: number | null;
  readonly dateText: string;
};

/** An attribution is shorter, in characters, and wrapped over no more lines. */
const ATTRIBUTION_CHARS_MAX = 400;
const ATTRIBUTION_LINES_MAX = 3;

/** "wrote", as mail programs say it. */
const WROTE = new Set(
  `wrote writes escribió escribio écrit ecrit schrieb geschrieben scritto escreveu geschreven schreef skrev kirjoitti napisał napisała
  napisal napisala napsal napsala napísal napísala napisao napisala piše írta ezt scris написал написала написав пише пишет yazdı yazmış kirjutas
  έγραψε написа rakstīja rašė napisao escrigué idatzi menulis viết 写道 寫道 写道： 작성 כתב كتب`.split(/\s+/u),
);

/** Words between date and name, or date and verb, that belong to neither. */
const BETWEEN = new Set(
  `am pm a.m. p.m. uhr on at at: le el em il la den d. op dne dnia am um om kl kl. klo las a o u v в о г г. р р. heeft het följande følgende
  użytkownik używateľ používateľ uporabnik korisnik időpontban пользователь користувач giorno alle ore à às tarihinde şunu van from by da de
  est edt cst cdt mst mdt pst pdt cet cest utc gmt bst mez mesz sečt seč eet eest msk`.split(/\s+/u),
);

/** The attribution that begins in a line; null when none does. */
export function attributionAt(text: string, line: Line): Attribution | null {
  const joined = joinedTo(text, line);
  if (joined === null) return null;
  const { words, end } = joined;
  const verb = verbOf(words);
  if (verb === null || !/\d/u.test(words)) return null;
  const at = findAddress(words);
  const name = at === null ? nameAround(words, verb) : nameBefore(words.slice(0, at.start));
  const from = readPrintedAddress(at === null ? name : `${name} <${words.slice(at.start, at.end)}>`);
  if (from === null || (from.address === "" && from.name === "")) return null;
  const dateText = datePart(words, from);
  return { start: line.start, end, from, date: readWrittenDate(dateText), dateText };
}

/** The words from a line up to a line that ends in a colon. */
function joinedTo(text: string, first: Line): { readonly words: string; readonly end: number } | null {
  let words = "";
  let line = first;
  for (let count = 0; count < ATTRIBUTION_LINES_MAX; count += 1) {
    if (isEmpty(line) || words.length + line.end - line.inner > ATTRIBUTION_CHARS_MAX) return null;
    words = `${words} ${text.slice(line.inner, line.end)}`.trim();
    const last = text[line.end - 1];
    if (last === ":" || last === "\uff1a") return { words: words.slice(0, -1), end: line.next };
    line = lineAt(text, line.next);
  }
  return null;
}

function verbOf(words: string): { readonly start: number; readonly end: number } | null {
  for (const match of words.matchAll(/\p{L}+/gu)) {
    if (WROTE.has(match[0].toLowerCase())) return { start: match.index, end: match.index + match[0].length };
  }
  return null;
}

/** The name right before an address: in quotes, or the words back to the date. */
function nameBefore(left: string): string {
  const bare = left.replace(/[\s<([\u00a0]+$/u, "");
  const quoted =
    /["\u201c\u201d\u201e\u00ab]\s*([^"\u201c\u201d\u201e\u00ab\u00bb]{1,100}?)\s*["\u201d\u201c\u00bb]$/u.exec(bare);
  return quoted?.[1] ?? wordsBack(bare);
}

/** Without an address: the words before the verb, or, where the verb comes first, those after it. */
function nameAround(words: string, verb: { readonly start: number; readonly end: number }): string {
  return wordsBack(words.slice(0, verb.start).trim()) || words.slice(verb.end).trim();
}

function wordsBack(left: string): string {
  const words = left.split(/[\s\u00a0]+/u);
  let from = words.length;
  while (from > 0) {
    const word = words[from - 1] ?? "";
    if (/\d/u.test(word) || BETWEEN.has(word.toLowerCase().replace(/[,:]$/u, "")) || WROTE.has(word.toLowerCase()))
      break;
    from -= 1;
  }
  return words.slice(from).join(" ");
}

/** The part with the digits: before the name, or behind the address. */
function datePart(words: string, from: Address): string {
  const at = words.indexOf(from.name === "" ? from.address : from.name);
  const before = words.slice(0, Math.max(0, at));
  if (/\d/u.test(before)) return before.replace(/["\u201e\u00ab\u201c\s,<(]+$/u, "");
  return words
    .slice(Math.max(words.indexOf(from.address), at) + Math.max(from.address.length, 1))
    .replace(/^[\s>),"]+/u, "");
}
