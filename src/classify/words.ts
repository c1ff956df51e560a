// Text as words: what a phrase is compared with. Case, accents, typographic quotes and apostrophes make no difference,
// hyphens and all other signs part words, and every word knows where it stands in the text.

/** Words of a text side by side: the i-th word is `text[i]`, standing from `start[i]` up to, not including, `end[i]`. */
export type Words = {
  readonly text: readonly string[];
  readonly start: readonly number[];
  readonly end: readonly number[];
};

const OTHER = 0;
const LETTER = 1;
/** Dropped inside a word, so that can't, can’t and cant are one word. */
const APOSTROPHE = 2;
/** Signs nobody sees (soft hyphen, zero-width joiners, byte order mark): dropped, wherever they are. */
const INVISIBLE = 3;

const APOSTROPHES = new Set([0x27, 0x60, 0xb4, 0x2bc, 0x2018, 0x2019, 0x201b, 0xff07]);
const INVISIBLES = new Set([0xad, 0x34f, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff]);
const CLASSES = classTable();

/** Cut a stretch of a text, by default all of it, into normalised words with their places. Linear in its length. */
export function words(text: string, from = 0, to = text.length): Words {
  const found = { text: [] as string[], start: [] as number[], end: [] as number[] };
  let at = from;
  while (at < to) {
    if (classOf(text, at) !== LETTER) {
      at++;
      continue;
    }
    const start = at;
    let plain = true;
    let end = at;
    for (; at < to; at++) {
      const kind = classOf(text, at);
      if (kind === OTHER || (kind === APOSTROPHE && classOf(text, at + 1) !== LETTER)) break;
      if (kind !== LETTER || text.charCodeAt(at) > 0x7f) plain = false;
      if (kind === LETTER) end = at + 1;
    }
    add(found, text.slice(start, end), plain, start, end);
  }
  return found;
}

/** Only the words, for phrases. */
export function wordsOf(phrase: string): readonly string[] {
  return words(phrase).text;
}

function add(
  found: { readonly text: string[]; readonly start: number[]; readonly end: number[] },
  raw: string,
  plain: boolean,
  start: number,
  end: number,
): void {
  const word = plain ? raw.toLowerCase() : normal(raw);
  if (word === "") return;
  found.text.push(word);
  found.start.push(start);
  found.end.push(end);
}

/** NFKD takes accents and ligatures apart; what is neither letter nor digit then falls away. */
function normal(raw: string): string {
  return raw
    .normalize("NFKD")
    .replace(/[^\p{L}\p{N}]+/gu, "")
    .toLowerCase();
}

function classOf(text: string, at: number): number {
  // Past the end charCodeAt is NaN, which reads as undefined.
  return CLASSES[text.charCodeAt(at)] ?? OTHER;
}

/** One class for each UTF-16 unit; surrogates (emoji, rare scripts) part words. */
function classTable(): Uint8Array {
  const table = new Uint8Array(0x10000);
  const letter = /[\p{L}\p{N}\p{M}]/u;
  for (let code = 0; code < table.length; code++) {
    if (APOSTROPHES.has(code)) table[code] = APOSTROPHE;
    else if (INVISIBLES.has(code)) table[code] = INVISIBLE;
    else if ((code < 0xd800 || code > 0xdfff) && letter.test(String.fromCharCode(code))) table[code] = LETTER;
  }
  return table;
}
