// One printed header: its label and its value, in a line of its own or with others on one line.

import { LABEL_CHARS_MAX, LABEL_OF, type Label, plainWords } from "./header-words.ts";
import type { Line } from "./text-line.ts";

/** A label at the beginning of a line, and where its value begins. */
export type Labelled = { readonly label: Label; readonly value: number };

/** A printed header; a value may go on on the next line. `bare`: the line held the label alone. */
export type Field = { readonly label: Label; value: string; readonly bare: boolean };

/** Characters of one printed header that are read; a To of 200 people fits. */
const VALUE_CHARS_MAX = 20_000;

/** The label at the beginning of a line; null when there is none. */
export function labelAt(text: string, line: Line): Labelled | null {
  const stop = Math.min(line.end, line.inner + LABEL_CHARS_MAX);
  for (let at = line.inner; at < stop; at += 1) {
    const sign = text[at];
    if (sign !== ":" && sign !== "\uff1a" && sign !== "\t") continue;
    const words = text.slice(line.inner, at);
    const label = LABEL_OF.get(words) ?? LABEL_OF.get(plainWords(words.replaceAll("*", "")));
    if (label === undefined) return null;
    let value = sign === "\t" && text[at + 1] === ":" ? at + 2 : at + 1;
    // "*From:* X" and "*From: *X": the bold ends behind the colon.
    const open = words.startsWith("*") && !words.trimEnd().endsWith("*");
    while (open && value < line.end && (text[value] === "*" || text[value] === " ")) value += 1;
    return { label, value };
  }
  return null;
}

/** The header of a line; several when a program printed all of them on one line, with the subject last. */
export function fieldsOf(text: string, first: Labelled, line: Line): readonly Field[] {
  const stop = Math.min(line.end, first.value + VALUE_CHARS_MAX);
  const fields: Field[] = [];
  let { label, value: start } = first;
  for (let at = start; first.label === "from" && at < stop && label !== "subject"; at += 1) {
    const next = labelInside(text, at, stop);
    if (next === null) continue;
    fields.push({ label, value: valueOf(text, start, at), bare: false });
    label = next.label;
    start = next.value;
    at = start - 1;
  }
  const value = valueOf(text, start, line.end);
  return [...fields, { label, value, bare: value === "" }];
}

/** A label in the middle of a line: a word of its own with a colon, or glued to what stands before, as Yahoo does. */
function labelInside(text: string, at: number, stop: number): Labelled | null {
  const before = text[at - 1] ?? "";
  const apart = before === " " || before === "\t" || before === "*";
  if (!apart && !/[>\p{Lu}\p{N}]/u.test(before)) return null;
  if (!(apart ? /[\p{L}*]/u : /\p{Lu}/u).test(text[at] ?? "")) return null;
  for (let end = at + 1; end < Math.min(stop, at + LABEL_CHARS_MAX); end += 1) {
    const sign = text[end];
    if (sign === "<" || sign === ">" || sign === "@") return null;
    const colon = sign === ":" || sign === "\uff1a";
    // Yahoo forgets the colon in some languages ("…>Dw Ana"); then only a glued label is one.
    if (!colon && (apart || sign !== " " || text[end + 1] === ":")) continue;
    const label = LABEL_OF.get(plainWords(text.slice(at, end).replaceAll("*", "")));
    if (label !== undefined && label !== "from") return { label, value: end + 1 };
    if (colon) return null;
  }
  return null;
}

/** A value without the blanks around it. */
export function valueOf(text: string, start: number, end: number): string {
  return text
    .slice(start, Math.min(end, start + VALUE_CHARS_MAX))
    .replaceAll("\u00a0", " ")
    .trim();
}
