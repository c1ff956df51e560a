// Blocks of headers as mail programs print them into forwards and replies: "From: … Sent: … To: … Subject: …", with
// or without a separator line, in quote marks, bold, wrapped, on one line. One pass over the lines, linear in the text.

import type { Address } from "../message.ts";
import { readPrintedAddress, readPrintedAddresses } from "./address-list.ts";
import { LABEL_CHARS_MAX, LABEL_OF, type Label, plainWords, SEPARATOR_OF } from "./header-words.ts";

/** A head of a mail found inside a text. */
export type HeaderBlock = {
  /** Where the block begins, its separator line and quote marks included. */
  readonly start: number;
  /** Where the text under it begins. */
  readonly end: number;
  /** What the line above says it is; a bare rule or nothing is `none`. */
  readonly separator: "forwarded" | "original" | "none";
  readonly from: Address | null;
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string;
  readonly date: number | null;
  /** The date as printed; "" when there is none. */
  readonly dateText: string;
};

/** Blocks looked for in one text: a thread of years has fewer; more is a log or an attack. */
const BLOCKS_MAX = 100;
/** Lines one block may have: seven headers, each wrapped, with an empty line after each. */
const BLOCK_LINES_MAX = 60;
/** Empty lines between a separator and the first header, or between headers that stand apart. */
const GAP_LINES_MAX = 3;
/** Characters of one printed header that are read; a To of 200 people fits. */
const VALUE_CHARS_MAX = 20_000;
/** A separator line is shorter, without its one-line headers. */
const SEPARATOR_CHARS_MAX = 120;

/** All header blocks of a text, in order, not overlapping. */
export function findHeaderBlocks(text: string): readonly HeaderBlock[] {
  const blocks: HeaderBlock[] = [];
  let at = 0;
  while (at < text.length && blocks.length < BLOCKS_MAX) {
    const line = lineAt(text, at);
    const block = blockAt(text, line);
    if (block !== null) blocks.push(block);
    at = block === null ? line.next : Math.max(block.end, line.next);
  }
  return blocks;
}

/** One line of a text: where it begins, where what is behind its quote marks begins and ends, where the next line begins. */
type Line = { readonly start: number; readonly inner: number; readonly end: number; readonly next: number };

type Separator = { readonly kind: "forwarded" | "original" | "rule"; readonly rest: number };

type Field = { readonly label: Label; value: string };

function blockAt(text: string, first: Line): HeaderBlock | null {
  const separator = separatorAt(text, first);
  if (separator === null) return headersAt(text, first, first, null);
  if (separator.rest < first.end) return headersAt(text, first, { ...first, inner: separator.rest }, separator);
  let line = lineAt(text, first.next);
  for (let gap = 0; gap < GAP_LINES_MAX && isEmpty(line) && line.start < text.length; gap += 1)
    line = lineAt(text, line.next);
  return headersAt(text, first, line, separator);
}

function headersAt(text: string, first: Line, from: Line, separator: Separator | null): HeaderBlock | null {
  const label = labelAt(text, from);
  if (label === null) return null;
  const { fields, next } = collect(text, from);
  const block = blockOf(fields);
  if (block === null || !isHead(fields, block, separator)) return null;
  return {
    start: first.start,
    end: skipEmpty(text, next),
    separator: separator === null || separator.kind === "rule" ? "none" : separator.kind,
    ...block,
  };
}

/** The headers from a line on, and where the line after them begins. */
function collect(text: string, from: Line): { readonly fields: readonly Field[]; readonly next: number } {
  const fields: Field[] = [];
  const seen = new Set<Label>();
  let next = from.next;
  let apart = false;
  let gap = 0;
  let before: Line = from;
  for (let line = from, count = 0; count < BLOCK_LINES_MAX; line = lineAt(text, line.next), count += 1) {
    if (line.start >= text.length) break;
    if (isEmpty(line)) {
      gap += 1;
      if (gap > GAP_LINES_MAX) break;
      continue;
    }
    const label = labelAt(text, line);
    const last = fields.at(-1);
    const waits = last !== undefined && last.value === "";
    if (gap > 0 && fields.length > 1 && !apart && !waits) break;
    if (label !== null && seen.has(label.label) && label.label !== "other") break;
    if (label === null) {
      const goesOn = last !== undefined && (waits || (gap === 0 && isWrapped(text, before, line, last)));
      if (!goesOn) break;
      if (last !== undefined) last.value = `${last.value} ${valueOf(text, line.inner, line.end)}`.trim();
    } else {
      if (gap > 0 && fields.length >= 1) apart = true;
      for (const field of fieldsOf(text, label, line)) {
        if (seen.has(field.label) && field.label !== "other") continue;
        seen.add(field.label);
        fields.push(field);
      }
    }
    gap = 0;
    before = line;
    next = line.next;
  }
  return { fields, next };
}

/** A line without a label goes on with the header above: it is indented, or the list above is not finished, or another header follows. */
function isWrapped(text: string, before: Line, line: Line, last: Field): boolean {
  const listed = last.label === "to" || last.label === "cc" || last.label === "from";
  if (listed && /[,;<]$/u.test(last.value.slice(-1))) return true;
  if (listed && last.label !== "from" && valueOf(text, line.inner, line.end).includes("@")) return true;
  if (labelAt(text, lineAt(text, line.next)) !== null) return true;
  const indented = line.inner - line.start > before.inner - before.start;
  return indented && last.label !== "date";
}

/** What a run of fields says, when there is a From in it. */
function blockOf(
  fields: readonly Field[],
): Pick<HeaderBlock, "from" | "to" | "cc" | "subject" | "date" | "dateText"> | null {
  const value = (label: Label) => fields.find((field) => field.label === label)?.value ?? "";
  if (!fields.some((field) => field.label === "from")) return null;
  return {
    from: readPrintedAddress(value("from")),
    to: readPrintedAddresses(value("to")),
    cc: readPrintedAddresses(value("cc")),
    subject: value("subject"),
    date: null,
    dateText: value("date"),
  };
}

/** Whether it is the head of a mail, and not a letter that says from where to where. */
function isHead(
  fields: readonly Field[],
  block: NonNullable<ReturnType<typeof blockOf>>,
  separator: Separator | null,
): boolean {
  if (block.from === null) return false;
  if (separator !== null && separator.kind !== "rule") return true;
  const dated = /\d/u.test(block.dateText);
  const sentTo = block.to.some((to) => to.address !== "");
  if (block.from.address !== "") return dated || sentTo;
  const fromFirst = fields[0]?.label === "from";
  return fromFirst && /\p{L}/u.test(block.from.name) && block.subject !== "" && (dated || sentTo);
}

/** The label at the beginning of a line, and where its value begins. */
function labelAt(text: string, line: Line): { readonly label: Label; readonly value: number } | null {
  const stop = Math.min(line.end, line.inner + LABEL_CHARS_MAX);
  for (let at = line.inner; at < stop; at += 1) {
    const sign = text[at];
    if (sign !== ":" && sign !== "\uff1a" && sign !== "\t") continue;
    const label = LABEL_OF.get(plainWords(text.slice(line.inner, at).replaceAll("*", "")));
    if (label === undefined) return null;
    return { label, value: text[at] === "\t" && text[at + 1] === ":" ? at + 2 : at + 1 };
  }
  return null;
}

/** The field of a line; several when a program printed all headers on one line. */
function fieldsOf(
  text: string,
  first: { readonly label: Label; readonly value: number },
  line: Line,
): readonly Field[] {
  if (first.label !== "from") return [{ label: first.label, value: valueOf(text, first.value, line.end) }];
  const stop = Math.min(line.end, first.value + VALUE_CHARS_MAX);
  const fields: Field[] = [];
  let label: Label = first.label;
  let start = first.value;
  for (let at = start; at < stop && label !== "subject"; at += 1) {
    if (text[at] !== ":" && text[at] !== "\uff1a") continue;
    const glued = gluedLabel(text, start, at);
    if (glued === null) continue;
    fields.push({ label, value: valueOf(text, start, glued.start) });
    label = glued.label;
    start = at + 1;
  }
  fields.push({ label, value: valueOf(text, start, line.end) });
  return fields;
}

/** The longest label that ends at a colon inside a line: after a space, a ">" or, with a capital, glued to what stands before. */
function gluedLabel(
  text: string,
  from: number,
  colon: number,
): { readonly label: Label; readonly start: number } | null {
  let found: { label: Label; start: number } | null = null;
  for (let start = colon - 1; start >= from && colon - start <= LABEL_CHARS_MAX; start -= 1) {
    const sign = text[start] ?? "";
    if (sign === ">" || sign === "<") break;
    const before = text[start - 1] ?? " ";
    const fresh = !/[\p{L}\p{N}]/u.test(before) || (/\p{Lu}/u.test(sign) && colon - start > 2);
    if (!fresh || !/\p{L}/u.test(sign)) continue;
    const label = LABEL_OF.get(plainWords(text.slice(start, colon).replaceAll("*", "")));
    if (label !== undefined && label !== "from") found = { label, start };
  }
  return found;
}

function valueOf(text: string, start: number, end: number): string {
  const value = text
    .slice(start, Math.min(end, start + VALUE_CHARS_MAX))
    .replaceAll("\u00a0", " ")
    .trim();
  return value.replace(/^\*+|\*+$/gu, "").trim();
}

/** Whether a line is a separator, which, and where headers printed on the same line begin. */
function separatorAt(text: string, line: Line): Separator | null {
  const words = text.slice(line.inner, Math.min(line.end, line.inner + SEPARATOR_CHARS_MAX));
  if (!/^[-_=*~#>\p{L}]/u.test(words)) return null;
  const { lead, body, tail, rest } = dashed(words);
  if (body === "") return lead >= 5 ? { kind: "rule", rest: line.end } : null;
  const bare = body.endsWith(":") ? body.slice(0, -1) : body;
  if (bare.length > SEPARATOR_CHARS_MAX / 2) return null;
  const kind = separatorKind(bare);
  if (kind === null) return null;
  if (rest !== null && (lead < 2 || tail < 2)) return null;
  return { kind, rest: rest === null ? line.end : line.inner + rest };
}

const DASHES = new Set("-_=*~#");

/** A line taken apart: dashes, words, dashes, and where something stands behind them. */
function dashed(words: string): { lead: number; body: string; tail: number; rest: number | null } {
  let lead = 0;
  while (lead < words.length && DASHES.has(words[lead] ?? "")) lead += 1;
  if (lead === 0) return { lead, body: words.trim(), tail: 0, rest: null };
  let end = words.length;
  while (end > lead && (words[end - 1] ?? "").trim() === "") end -= 1;
  let tail = 0;
  while (end - tail > lead && DASHES.has(words[end - tail - 1] ?? "")) tail += 1;
  if (tail > 0 || lead === end) return { lead, body: words.slice(lead, end - tail).trim(), tail, rest: null };
  const dash = words.indexOf("--", lead);
  if (dash === -1) return { lead, body: words.slice(lead, end).trim(), tail, rest: null };
  let rest = dash;
  while (rest < end && DASHES.has(words[rest] ?? "")) rest += 1;
  tail = rest - dash;
  while (rest < end && (words[rest] ?? "").trim() === "") rest += 1;
  return { lead, body: words.slice(lead, dash).trim(), tail, rest };
}

function separatorKind(body: string): "forwarded" | "original" | null {
  const whole = SEPARATOR_OF.get(plainWords(body));
  if (whole !== undefined) return whole;
  for (const piece of body.split(/--+|\//u)) {
    const kind = SEPARATOR_OF.get(plainWords(piece));
    if (kind !== undefined) return kind;
  }
  return null;
}

/** The line that begins at an offset, quote marks and white space before its words passed over. */
function lineAt(text: string, start: number): Line {
  const newline = text.indexOf("\n", start);
  const next = newline === -1 ? text.length : newline + 1;
  const end = newline === -1 ? text.length : newline;
  let inner = start;
  while (inner < end && QUOTE_MARKS.has(text[inner] ?? "")) inner += 1;
  let last = end;
  while (last > inner && QUOTE_MARKS.has(text[last - 1] ?? "") && text[last - 1] !== ">") last -= 1;
  return { start, inner, end: last, next };
}

const QUOTE_MARKS = new Set("> \t\r\u00a0\u200b\ufeff\u200e\u200f\u202f");

function isEmpty(line: Line): boolean {
  return line.inner >= line.end;
}

function skipEmpty(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const line = lineAt(text, at);
    if (!isEmpty(line)) return at;
    at = line.next;
  }
  return text.length;
}
