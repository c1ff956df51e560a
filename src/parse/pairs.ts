// What a web form mailed, as pairs of a key and a value: lines such as `Name: Ana`, a key with its value below, rows of
// a table, and bodies that are one JSON object or one simple XML document. Which keys mean something is said by the
// rules (classify/form.ts); here a person's line "Note: …" is a pair as well.

import type { Pair, Section } from "../message.ts";
import { jsonPairs } from "./pairs-json.ts";
import { xmlPairs } from "./pairs-xml.ts";

/** Pairs kept of one mail; the longest intake forms have about 120 fields. */
const PAIRS_MAX = 200;
/** Characters of a value; more is a document and not an answer. */
const VALUE_CHARS_MAX = 2_000;
/** Characters of a key: questions on forms are longer only where they are sentences. */
const KEY_CHARS_MAX = 60;
/** Words of a key: "What is the reason for your visit" has seven. */
const KEY_WORDS_MAX = 8;
/** Characters before the key that bullets, numbers and indentation may take. */
const LEAD_CHARS_MAX = 12;

/** A line without the white space around it; `indented` when a tab stands before it, as where a table's first cell is empty. */
type Line = { readonly start: number; readonly end: number; readonly indented: boolean };

/** A line that begins with a key. */
type Head = { readonly key: string; readonly start: number; readonly end: number; readonly layout: Pair["layout"] };

/**
 * Pairs out of what the writer wrote: sections `own` and `forwarded`, in reading order. A blank value is a pair with
 * the value "". Linear in the length of the text.
 */
export function readPairs(text: string, sections: readonly Section[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const { kind, start, end } of sections) {
    if (kind !== "own" && kind !== "forwarded") continue;
    for (const pair of sectionPairs(text, start, end)) {
      if (pairs.length >= PAIRS_MAX) return pairs;
      pairs.push(pair);
    }
  }
  return pairs;
}

function sectionPairs(text: string, start: number, end: number): readonly Pair[] {
  const body = text.slice(start, end);
  const tree = jsonPairs(body, PAIRS_MAX) ?? xmlPairs(body, PAIRS_MAX);
  if (tree === null) return linePairs(text, linesOf(text, start, end));
  return tree.map((leaf) => ({
    key: leaf.key.slice(0, KEY_CHARS_MAX),
    value: leaf.value.trim().slice(0, VALUE_CHARS_MAX),
    start: start + leaf.start,
    end: start + leaf.end,
    layout: "tree" as const,
  }));
}

function linePairs(text: string, lines: readonly Line[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at < lines.length && pairs.length < PAIRS_MAX; at++) {
    const line = lines[at];
    if (line === undefined || line.end === line.start) continue;
    const head = headOf(text, line) ?? headAboveCell(text, line, lines[at + 1]);
    if (head === null) continue;
    const last = head.end > head.start || head.layout === "row" ? null : lastLineBelow(text, lines, at);
    if (last === null) {
      pairs.push(pairFrom(text, head.key, head.start, head.end, head.layout));
      continue;
    }
    const first = lines[last.first]?.start ?? head.start;
    pairs.push(
      pairFrom(text, head.key, first, lines[last.last]?.end ?? first, lines[last.first]?.indented ? "row" : "below"),
    );
    at = last.last;
  }
  return pairs;
}

function pairFrom(text: string, key: string, start: number, end: number, layout: Pair["layout"]): Pair {
  const value = text.slice(start, Math.min(end, start + VALUE_CHARS_MAX)).trimEnd();
  return { key, value, start, end: start + value.length, layout };
}

/** The lines below a key that are its value: up to a blank line or the next key; one blank line may stand before them. */
function lastLineBelow(
  text: string,
  lines: readonly Line[],
  at: number,
): { readonly first: number; readonly last: number } | null {
  const isValue = (index: number) => {
    const line = lines[index];
    return line !== undefined && line.end > line.start && headOf(text, line) === null && !isRule(text, line);
  };
  const next = lines[at + 1];
  const first = next !== undefined && next.end === next.start ? at + 2 : at + 1;
  if (!isValue(first)) return null;
  // Past the longest value nothing is kept, so the search ends there.
  const limit = (lines[first]?.start ?? 0) + VALUE_CHARS_MAX;
  const isCell = lines[first]?.indented === true;
  const goesOn = (next: Line | undefined) => next !== undefined && next.start < limit && (!isCell || next.indented);
  let last = first;
  while (goesOn(lines[last + 1]) && isValue(last + 1)) last++;
  return { first, last };
}

/** A key at the beginning of a line, its sign (colon, equals, tab), and the rest of the line as its value. */
function headOf(text: string, line: Line): Head | null {
  if (line.indented) return null;
  const begin = skipLead(text, line);
  const sign = signAt(text, begin, Math.min(line.end, begin + KEY_CHARS_MAX + 4));
  if (sign === null) return ruledHead(text, line);
  const key = keyOf(text.slice(begin, sign));
  if (key === null) return null;
  let start = sign + 1;
  let tab = text[sign] === "\t";
  // Bold keys arrive as "*Name:* Ana" where a mail program turned HTML into text.
  for (; start < line.end && isGap(text, start); start++) if (text[start] === "\t") tab = true;
  if (tab && text.slice(start, Math.min(line.end, start + VALUE_CHARS_MAX)).includes("\t")) return null;
  return { key, start: Math.min(start, line.end), end: line.end, layout: tab ? "row" : "line" };
}

/** "--- Name ---", as some form plug-ins head their answers. */
function ruledHead(text: string, line: Line): Head | null {
  if (line.end - line.start > KEY_CHARS_MAX + LEAD_CHARS_MAX) return null;
  const [, inner] = /^(?:-{2,}|={2,}) ?([^-=].*[^-= ]) ?(?:-{2,}|={2,})$/.exec(text.slice(line.start, line.end)) ?? [];
  const key = inner === undefined ? null : keyOf(inner);
  return key === null ? null : { key, start: line.end, end: line.end, layout: "line" };
}

/** A line over a cell that stands under an empty one: label above, answer below, as tables of Gravity Forms are built. */
function headAboveCell(text: string, line: Line, next: Line | undefined): Head | null {
  if (line.indented || !next?.indented || line.end - line.start > KEY_CHARS_MAX) return null;
  const key = keyOf(text.slice(line.start, line.end));
  return key === null ? null : { key, start: line.end, end: line.end, layout: "line" };
}

/** The first sign that parts key and value, or null. */
function signAt(text: string, from: number, to: number): number | null {
  for (let at = from; at < to; at++) {
    const sign = text[at];
    if (sign === "\t" || sign === "：") return at;
    if (sign === "=") return text[at + 1] === "=" ? null : at;
    if (sign !== ":") continue;
    if (text[at + 1] === "/" && text[at + 2] === "/") return null;
    const isTime = isDigit(text, at - 1) && isDigit(text, at + 1);
    return isTime ? null : at;
  }
  return null;
}

/** The key without stars and quotes around it; null when it cannot be one. */
function keyOf(raw: string): string | null {
  const key = raw.replace(/^[\s*_"'[]{1,8}/, "").replace(/[\s*_"'\]]{1,8}$/, "");
  if (key === "" || key.length > KEY_CHARS_MAX || !/\p{L}/u.test(key) || /[@<>{}|]|\/\/|www\./.test(key)) return null;
  return key.split(/\s+/).length > KEY_WORDS_MAX ? null : key;
}

/** Past bullets ("- ", "• ") and numbers ("3. ", "3) ") before a key. */
function skipLead(text: string, line: Line): number {
  const lead = /^(?:[-–•·*#>▪●]{1,3}[ \t]+|\d{1,3}[.)][ \t]+)/.exec(
    text.slice(line.start, line.start + LEAD_CHARS_MAX),
  );
  return line.start + (lead?.[0].length ?? 0);
}

/** A line of dashes, dots or stars parts answers; it is none. */
function isRule(text: string, line: Line): boolean {
  return /^[-=_*.~#]{3,}$/.test(text.slice(line.start, Math.min(line.end, line.start + 200)));
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function isGap(text: string, at: number): boolean {
  return /[\s*\u00a0]/.test(text[at] ?? "");
}

function linesOf(text: string, from: number, to: number): readonly Line[] {
  const lines: Line[] = [];
  for (let at = from; at < to; ) {
    const newline = text.indexOf("\n", at);
    const stop = newline === -1 || newline >= to ? to : newline;
    let start = at;
    let end = stop;
    let indented = false;
    for (; start < end && isBlank(text, start); start++) if (text[start] === "\t") indented = true;
    while (end > start && isBlank(text, end - 1)) end--;
    lines.push({ start, end, indented: indented && end > start });
    at = stop + 1;
  }
  return lines;
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    code === 0x20 ||
    code === 0x09 ||
    code === 0x0d ||
    code === 0x0a ||
    code === 0xa0 ||
    code === 0x200b ||
    code === 0xfeff
  );
}
