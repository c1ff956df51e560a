// RFC 2047: encoded words in a header, as mail programs really write them. A run of them is decoded as one, because
// characters are cut in half between words, and written anew as one plain UTF-8 word for the parser.

import { decodeBytes } from "./charset.ts";

type Word = {
  readonly charset: string;
  readonly encoding: string;
  readonly payload: string;
  readonly start: number;
  readonly end: number;
};

/** The beginning of an encoded word. RFC 2231 5 adds a language after "*". */
const WORD_START = /=\?([^?\s=]{1,60})\?([bq])\?/giy;

/** A header line with every run of encoded words replaced by one that is UTF-8 and base64. */
export function plainWords(line: string): { readonly line: string; readonly broken: boolean } {
  return withWords(line, asWord);
}

/** A header value as people read it. */
export function readableWords(value: string): string {
  return value.includes("=?") ? withWords(value, (text) => text.toWellFormed()).line : value;
}

function withWords(
  line: string,
  written: (text: string) => string,
): { readonly line: string; readonly broken: boolean } {
  let broken = false;
  let from = 0;
  const out: string[] = [];
  for (const run of runs(line)) {
    const first = run[0];
    const last = run[run.length - 1];
    if (first === undefined || last === undefined) continue;
    const decoded = decodeRun(run);
    broken ||= decoded.broken;
    out.push(line.slice(from, first.start), written(decoded.text));
    from = last.end;
  }
  out.push(line.slice(from));
  return { line: out.join(""), broken };
}

function asWord(text: string): string {
  return text === "" ? "" : `=?utf-8?B?${Buffer.from(text.toWellFormed()).toString("base64")}?=`;
}

/** Words with nothing but white space between them belong together (RFC 2047 6.2). */
function runs(line: string): readonly (readonly Word[])[] {
  const found: Word[][] = [];
  let last: Word[] = [];
  for (let word = nextWord(line, 0); word !== null; word = nextWord(line, word.end)) {
    const before = last[last.length - 1];
    if (before !== undefined && line.slice(before.end, word.start).trim() === "") last.push(word);
    else {
      last = [word];
      found.push(last);
    }
  }
  return found;
}

/** Each step goes on behind the last, and a word without end stops the search: linear in the line. */
function nextWord(line: string, from: number): Word | null {
  for (let start = line.indexOf("=?", from); start !== -1; start = line.indexOf("=?", start + 1)) {
    WORD_START.lastIndex = start;
    const [head, charset, encoding] = WORD_START.exec(line) ?? [];
    if (head === undefined || charset === undefined || encoding === undefined) continue;
    const close = line.indexOf("?=", start + head.length);
    if (close === -1) return null;
    const payload = line.slice(start + head.length, close);
    return { charset: charset.toLowerCase(), encoding: encoding.toLowerCase(), payload, start, end: close + 2 };
  }
  return null;
}

/** Bytes of neighbours in the same character set are put together before they become characters. */
function decodeRun(run: readonly Word[]): { readonly text: string; readonly broken: boolean } {
  const texts: string[] = [];
  let broken = false;
  for (let i = 0; i < run.length; ) {
    const charset = run[i]?.charset ?? "";
    const same: Word[] = [];
    for (let word = run[i]; word !== undefined && word.charset === charset; word = run[++i]) same.push(word);
    const decoded = decodeBytes(Buffer.concat(packed(same)), charset);
    texts.push(decoded.text);
    broken ||= decoded.broken;
  }
  // A line break in a decoded header would be a header of its own to whoever prints it.
  return { text: texts.join("").replace(/[\r\n]+/g, " "), broken };
}

/** The bytes of words in one character set. Some programs cut base64 anywhere, so pieces of odd length are joined first. */
function packed(words: readonly Word[]): readonly Uint8Array[] {
  const bytes: Uint8Array[] = [];
  let open = "";
  for (const { encoding, payload } of words) {
    if (encoding === "q") {
      bytes.push(Buffer.from(open, "base64"), fromQ(payload));
      open = "";
      continue;
    }
    open += payload.replace(/\s+/g, "");
    if (open.endsWith("=") || open.length % 4 === 0) {
      bytes.push(Buffer.from(open, "base64"));
      open = "";
    }
  }
  return [...bytes, Buffer.from(open, "base64")];
}

function fromQ(payload: string): Buffer {
  const spaced = payload.replace(/\r?\n[ \t]?/g, "").replaceAll("_", " ");
  const plain = spaced.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}
