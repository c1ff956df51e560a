// The line a mail program writes above the mail it answers: "On Mon, May 4, 2026 at 9:12 AM Ana <ana@x> wrote:", as
// the border between own words and history. How sure it must be depends on what stands under it, so both are told.

import type { Piece } from "./pieces.ts";

/** Lines one attribution is wrapped over. */
const LINES_MAX = 4;
/** Characters of a whole attribution: two long names, two addresses, a date. */
const CHARS_MAX = 400;
/** Words of "Maria Lopez Garcia via the portal wrote:", where neither date nor address is there. */
const NAME_WORDS_MAX = 8;

/**
 * How much an attribution proves: `sure` names date and writer as programs do, else it needs a quote under it.
 * `start` is the index of the first of its pieces.
 */
export type WroteLine = { readonly start: number; readonly sure: boolean };

/** "wrote" where it stands last. */
const WROTE_LAST = `wrote|writes|said|escribió|escribio|escribía|escribe|va escriure|ha escrit|escribiu|idatzi zuen|a écrit|a ecrit|écrit|
  ha scritto|scrive|ha escrito|escreveu|escreve|kirjoitti|napisał|napisała|napisał\\(a\\)|napisał/a|pisze|napsal|napsal\\(a\\)|napsala|napísal|
  napísal\\(a\\)|napisao|napisala|napisao je|je napisao|je napisal|je napisao/la|írta|ezt írta|a scris|yazdı|şunu yazdı|şunları yazdı|написал|написала|
  написал\\(а\\)|пишет|писал|писал\\(а\\)|написав|пише|написа|έγραψε|rašė|parašė|rakstīja|kirjutas|skrifaði|đã viết|menulis|ekri|
  skrev|schrieb|schreef|hat geschrieben|heeft geschreven|schrieb folgendes`;

/** "wrote" where name or date follow. */
const WROTE_INSIDE = "schrieb|schreef|skrev|geschreven|escribió|escreveu|a écrit|ha scritto|wrote|napisał";

/** Languages that write without spaces, or from the right. */
const WROTE_GLUED =
  /(?:写道|寫道|写到|寫到|のメール|が書きました|書きました|님이 작성|님의 글|작성|كتب|כתב|כתבה|נכתב על ידי|เขียน)\s?[:：]?$/u;

const ENDS_WROTE = new RegExp(`(?<!\\p{L})(?:${alternatives(WROTE_LAST)})(?:\\s?\\([^()]{0,80}\\))?\\s?[:：]$`, "iu");
const HAS_WROTE = new RegExp(`(?<!\\p{L})(?:${WROTE_INSIDE})(?!\\p{L})`, "iu");

const GLUED_QUOTE = /(?<!\p{L})(?:wrote|escribió|écrit ?|schrieb|escreveu|scritto|schreef):[ \u00a0]{2,8}(?=\S)/gu;

/** A person telling what somebody wrote, not a program. */
const TELLS =
  /(?<!\p{L})(?:I|we|you|he|she|they|who|yo|él|ella|je|il|elle|ich|er|sie|wir|eu|ele|ela|io|lui|lei) (?:also |have |had |just |me |m'|le )?(?:wrote|said|escrib\p{L}+|a écrit|ai écrit|schrieb|escrev\p{L}+|ha scritto|ho scritto)/iu;

/** How attributions begin: On, El, Le, Am …, or a date. */
const OPENS =
  /^(?:(?:On|El|Le|Am|Il|Il giorno|Em|No dia|A|Op|Den|På|Dne|Dňa|Dana|W dniu|Dnia|În|La|Pe|Vào|Pada|Στις|Tarihinde|ב|في|Quoting|Citando|Zitat von|At)(?=[\s\d-])|(?:\p{L}{1,12}\.?,? ?){0,2}\d)/u;
const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d\d(?!\d)/;
const DATE =
  /(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?<!\d)\d{1,2}(?:st|nd|rd|th|er|\.|º)? (?:de )?\p{L}{3}|\p{L}{3}\.? \d{1,2}(?!\d)/u;
const TIME = /(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)/;
const ADDRESS = /[^\s<>()[\]"]{1,64}@[^\s<>()[\]"]{1,255}/;
const ADDRESS_ENDS = /[<([][^\s<>()[\]]{1,64}@[^\s<>()[\]]{1,255}[>)\]]{1,2}\s?[:：]?$/;

/** Where a quote begins in the line of its attribution: Yahoo on Android writes "wrote:" and goes on after blanks. */
export function gluedQuotes(text: string): readonly number[] {
  return [...text.matchAll(GLUED_QUOTE)].map((found) => found.index + found[0].length);
}

/** The attribution that ends with the piece at `last`, within pieces from `first` on; null when there is none. */
export function wroteLineEnding(pieces: readonly Piece[], last: number, first: number): WroteLine | null {
  const end = pieces[last];
  if (end === undefined || !mayEnd(end.words)) return null;
  let joined = "";
  let alone: WroteLine | null = null;
  for (let i = last; i >= first && i > last - LINES_MAX; i--) {
    const piece = pieces[i];
    if (piece === undefined || piece.words === "" || piece.depth !== end.depth || piece.kind !== end.kind) break;
    joined = joined === "" ? piece.words : `${piece.words} ${joined}`;
    if (joined.length > CHARS_MAX) break;
    const sure = isSure(joined);
    if (sure && OPENS.test(joined)) return { start: i, sure };
    if (alone === null && (sure || isLikely(joined))) alone = { start: i, sure };
  }
  return alone;
}

function alternatives(words: string): string {
  return words.split(/\s*\|\s*/).join("|");
}

function mayEnd(words: string): boolean {
  return words.length <= CHARS_MAX && (/[:：>)\]]$/.test(words) || WROTE_GLUED.test(words));
}

/** Written as programs write it: the writer and when, and at its end that this was written. */
function isSure(line: string): boolean {
  if (TELLS.test(line)) return false;
  const address = ADDRESS.test(line);
  const year = YEAR.test(line);
  const time = TIME.test(line);
  if (!(year && (time || address)) && !(address && time)) return false;
  if (ENDS_WROTE.test(line) || WROTE_GLUED.test(line)) return true;
  if (!OPENS.test(line) && !address) return false;
  if (OPENS.test(line) && ADDRESS_ENDS.test(line) && (/^\d/.test(line) || /[:：]$/.test(line))) return true;
  if (!HAS_WROTE.test(line) || !/[:：]$/.test(line)) return false;
  return /^(?:Am|Op|Den|På) /.test(line) || ADDRESS.test(line.slice(0, line.search(HAS_WROTE)));
}

/** A name or an address and "wrote:", or an opening with a date and a colon: enough above a quote. */
function isLikely(line: string): boolean {
  if (ENDS_WROTE.test(line) || WROTE_GLUED.test(line)) {
    return DATE.test(line) || ADDRESS.test(line) || line.split(" ").length <= NAME_WORDS_MAX;
  }
  if (!/[:：]$/.test(line) && !ADDRESS_ENDS.test(line)) return false;
  return OPENS.test(line) && DATE.test(line) && (ADDRESS.test(line) || TIME.test(line) || HAS_WROTE.test(line));
}
