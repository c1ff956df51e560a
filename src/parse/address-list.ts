// Names and addresses as mail programs print them into a text: "John Doe <j@x>", "John Doe [mailto:j@x]", "<j@x>",
// "j@x<mailto:j@x>", a name alone; several with ";" or ",". Linear, and without regular expressions that look back.

import type { Address } from "../message.ts";

/** Addresses read out of one printed header; who prints more shows a mailing list. */
const PRINTED_ADDRESSES_MAX = 200;
/** RFC 5321 4.5.3.1: 64 octets of local part, 255 of domain. */
const LOCAL_CHARS_MAX = 64;
const DOMAIN_CHARS_MAX = 255;
/** A name longer than this is a sentence. */
const NAME_CHARS_MAX = 200;

/** All addresses of a printed To or Cc, in order. */
export function readPrintedAddresses(value: string): Address[] {
  const entries = entriesOf(value);
  // "Doe, John; Smith, Ann": where ";" divides, "," belongs to a name.
  const namesAlone = entries.some(({ end }) => end === ";");
  const found: Address[] = [];
  let waiting = "";
  for (const { text, end } of entries) {
    if (found.length >= PRINTED_ADDRESSES_MAX) break;
    const one = readPrintedAddress(text);
    if (one === null) continue;
    const joins = waiting !== "" && one.name !== "" && (namesAlone || one.address !== "");
    if (waiting !== "" && !joins) found.push({ name: waiting, address: "" });
    const name = joins ? `${waiting}, ${one.name}` : one.name;
    waiting = "";
    if (one.address === "" && end === "," && name.length < NAME_CHARS_MAX) waiting = name;
    else found.push({ name, address: one.address });
  }
  return waiting === "" ? found : [...found, { name: waiting, address: "" }];
}

/** The one address of a printed From; null when there is neither name nor address. */
export function readPrintedAddress(value: string): Address | null {
  const at = findAddress(value);
  const opens = firstOf(value, "<[(", at?.start ?? value.length);
  const name = cleanName(
    value.slice(0, opens > 0 || (opens === 0 && at !== null) ? opens : (at?.start ?? value.length)),
  );
  if (at === null) return name === "" ? null : { name, address: "" };
  return { name: name.includes("@") ? "" : name, address: value.slice(at.start, at.end) };
}

/** Where the first mail address of a text stands. */
export function findAddress(value: string): { readonly start: number; readonly end: number } | null {
  for (let at = value.indexOf("@"); at !== -1; at = value.indexOf("@", at + 1)) {
    let start = at;
    while (start > 0 && at - start < LOCAL_CHARS_MAX && !STOPS.has(value[start - 1] ?? " ")) start -= 1;
    let end = at + 1;
    while (end < value.length && end - at <= DOMAIN_CHARS_MAX && !STOPS.has(value[end] ?? " ") && value[end] !== "@")
      end += 1;
    while (end > at + 1 && (value[end - 1] === "." || value[end - 1] === "*")) end -= 1;
    while (start < at && value[start] === "*") start += 1;
    if (start < at && end > at + 1) return { start, end };
  }
  return null;
}

const STOPS = new Set(" \t\r\n\u00a0\u200b\ufeff<>()[]{}\"',;:|\u201c\u201d\u201e\u00ab\u00bb\\");

function firstOf(value: string, chars: string, before: number): number {
  for (let at = 0; at < before; at += 1) if (chars.includes(value[at] ?? " ")) return at;
  return -1;
}

/** Entries with the sign that ended each; a sign inside quotes or brackets ends nothing; with ";" present, "," belongs to names. */
function entriesOf(value: string): readonly { readonly text: string; readonly end: string }[] {
  const quotes = value.split('"').length % 2 === 1;
  const entries: { text: string; end: string }[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at <= value.length; at += 1) {
    const sign = value[at] ?? "";
    if (sign === '"' && quotes) quoted = !quoted;
    else if (quoted && sign !== "") continue;
    else if ("<[(".includes(sign) && sign !== "") depth += 1;
    else if (">])".includes(sign) && sign !== "") depth = Math.max(0, depth - 1);
    else if (sign === "" || sign === ";" || (sign === "," && depth === 0)) {
      const text = value.slice(start, at).trim();
      if (text !== "") entries.push({ text, end: sign });
      start = at + 1;
      depth = 0;
    }
  }
  return entries;
}

const WRAPPING = new Set(" \t\r\n\u00a0\u200b\ufeff\"'*_,;<>[]()\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb");

function cleanName(text: string): string {
  let start = 0;
  let end = Math.min(text.length, NAME_CHARS_MAX);
  while (start < end && WRAPPING.has(text[start] ?? "")) start += 1;
  while (end > start && WRAPPING.has(text[end - 1] ?? "")) end -= 1;
  return text.slice(start, end).replaceAll("\u00a0", " ");
}
