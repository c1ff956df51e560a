// Blocks of headers as mail programs print them into forwards and replies: "From: … Sent: … To: … Subject: …", with
// or without a separator line, in quote marks, bold, wrapped, on one line. One pass over the lines, linear in the text.

import type { Address } from "../message.ts";
import { readPrintedAddress, readPrintedAddresses } from "./address-list.ts";
import { attributionAt } from "./attribution.ts";
import { type Field, fieldsOf, type Labelled, labelAt, valueOf } from "./header-field.ts";
import type { Label } from "./header-words.ts";
import { type Separator, separatorAt } from "./separator.ts";
import { isEmpty, type Line, lineAt, skipEmptyLines } from "./text-line.ts";
import { readWrittenDate } from "./written-date.ts";

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
  /** The date where it can be read; without a zone as if it were UTC. */
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
/** So many headers with an address in From are a head, whatever the others say. */
const FIELDS_SURE = 4;

/** All header blocks of a text, in order, not overlapping. */
export function findHeaderBlocks(text: string): readonly HeaderBlock[] {
  const blocks: HeaderBlock[] = [];
  let at = 0;
  while (at < text.length && blocks.length < BLOCKS_MAX) {
    const { block, next } = blockAt(text, lineAt(text, at));
    if (block !== null) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** A block, or none, and where to look on: behind all that was looked at, so that no line is read over and over. */
type Found = { readonly block: HeaderBlock | null; readonly next: number };

function blockAt(text: string, first: Line): Found {
  const separator = separatorAt(text, first);
  if (separator === null) return headersAt(text, first, first, null);
  const head =
    separator.rest < first.end
      ? { ...first, inner: separator.rest }
      : skipEmptyLines(text, lineAt(text, first.next), GAP_LINES_MAX);
  const found = headersAt(text, first, head, separator);
  if (found.block !== null) {
    const block = closed(text, found.block);
    return { block, next: block.end };
  }
  if (separator.kind !== "forwarded") return found;
  return attributed(text, first, head) ?? { block: null, next: first.next };
}

function headersAt(text: string, first: Line, head: Line, separator: Separator | null): Found {
  if (labelAt(text, head) === null) return { block: null, next: first.next };
  const run = collect(text, head, separator !== null && separator.kind !== "rule");
  const says = headOf(run.fields);
  if (says === null || !isHead(run.fields, says, separator)) return { block: null, next: run.next };
  const end = endOf(text, run.next);
  const kind = separator === null || separator.kind === "rule" ? "none" : separator.kind;
  return { block: { start: first.start, end, separator: kind, ...says }, next: end };
}

/** Under a forwarded separator some programs print "On …, X <x@y> wrote:" in place of headers. */
function attributed(text: string, first: Line, head: Line): Found | null {
  const attribution = attributionAt(text, head);
  if (attribution === null) return null;
  const end = endOf(text, attribution.end);
  const { from, date, dateText } = attribution;
  const block = { from, to: [], cc: [], subject: "", date, dateText };
  return { block: { start: first.start, end, separator: "forwarded", ...block }, next: end };
}

/** Some programs print the separator a second time below the headers; it belongs to the block. */
function closed(text: string, block: HeaderBlock): HeaderBlock {
  const line = lineAt(text, block.end);
  const again = separatorAt(text, line);
  if (again === null || again.kind !== block.separator || again.rest < line.end) return block;
  if (labelAt(text, skipEmptyLines(text, lineAt(text, line.next), GAP_LINES_MAX)) !== null) return block;
  return { ...block, end: endOf(text, line.next) };
}

type Run = {
  readonly depth: number;
  readonly separated: boolean;
  readonly fields: Field[];
  readonly seen: Set<Label>;
  /** Empty lines stand between the headers. */
  apart: boolean;
  /** Each value stands on the line below its label. */
  below: boolean;
  gap: number;
  before: Line;
};

/** The headers from a line on, and where the line after them begins. */
function collect(text: string, head: Line, separated: boolean): { readonly fields: Field[]; readonly next: number } {
  const run: Run = {
    ...{ depth: head.depth, separated, fields: [], seen: new Set(), apart: false, below: false, gap: 0, before: head },
  };
  let line = head;
  for (let count = 0; count < BLOCK_LINES_MAX && line.start < text.length; count += 1) {
    if (isEmpty(line)) run.gap += 1;
    else if (!takeLine(text, run, line)) break;
    else {
      run.gap = 0;
      run.before = line;
    }
    if (run.gap > GAP_LINES_MAX) break;
    line = lineAt(text, line.next);
  }
  return { fields: run.fields, next: run.before.next };
}

/** Takes a line into a run of headers; false when it is none of them. */
function takeLine(text: string, run: Run, line: Line): boolean {
  const label = line.depth === run.depth ? labelAt(text, line) : null;
  if (label === null) return goesOn(text, run, line);
  if (!isNew(run, label)) return false;
  if (run.gap > 0) {
    const first = run.fields.length === 1 && (run.separated || run.seen.has("from"));
    if (!run.apart && !run.below && !first) return false;
    run.apart = true;
  }
  for (const field of fieldsOf(text, label, line)) {
    if (!isNew(run, field)) continue;
    run.seen.add(field.label);
    run.fields.push(field);
  }
  return true;
}

function isNew(run: Run, labelled: Labelled | Field): boolean {
  return labelled.label === "other" || !run.seen.has(labelled.label);
}

/** Takes a line without a label as more of the header above, when it is. */
function goesOn(text: string, run: Run, line: Line): boolean {
  const last = run.fields.at(-1);
  if (last === undefined || separatorAt(text, line) !== null) return false;
  if (last.value === "" && !last.bare) return false;
  if (last.value === "") {
    if (run.gap > 1 || (run.fields.length > 1 && !run.below)) return false;
    run.below = true;
  } else if (run.gap > 0 || line.depth !== run.depth || !isWrapped(text, run, line, last)) return false;
  last.value = `${last.value} ${valueOf(text, line.inner, line.end)}`.trim();
  return true;
}

/** A line goes on with the header above it when the list there is not finished, it is indented, or another header follows. */
function isWrapped(text: string, run: Run, line: Line, last: Field): boolean {
  const listed = last.label === "to" || last.label === "cc";
  if ((listed || last.label === "from") && /[<[]/u.test(text[line.inner] ?? "")) return true;
  if (listed && (/[,;<]$/u.test(last.value.slice(-1)) || holdsAddresses(text, line))) return true;
  const indented = line.inner - line.start > run.before.inner - run.before.start;
  if (indented && last.label !== "date") return true;
  const label = labelAt(text, lineAt(text, line.next));
  return label !== null && label.label !== "other" && isNew(run, label);
}

/** Whether a line looks like addresses, not like a sentence that names one. */
function holdsAddresses(text: string, line: Line): boolean {
  const value = valueOf(text, line.inner, line.end);
  return value.includes("@") && (value.includes("<") || /[;,>]$/u.test(value) || !/\s/u.test(value));
}

type Head = Pick<HeaderBlock, "from" | "to" | "cc" | "subject" | "date" | "dateText">;

/** What a run of headers says; null when none of them is a From. */
function headOf(fields: readonly Field[]): Head | null {
  const value = (label: Label) => fields.find((field) => field.label === label)?.value ?? "";
  if (!fields.some((field) => field.label === "from")) return null;
  const dateText = value("date");
  return {
    from: readPrintedAddress(value("from")),
    to: readPrintedAddresses(value("to")),
    cc: readPrintedAddresses(value("cc")),
    subject: value("subject"),
    date: readWrittenDate(dateText),
    dateText,
  };
}

/** Whether it is the head of a mail, and not a letter, a form or a table that says from where to where. */
function isHead(fields: readonly Field[], head: Head, separator: Separator | null): boolean {
  if (head.from === null) return false;
  if (separator !== null && separator.kind !== "rule") return true;
  const dated = /\d/u.test(head.dateText);
  const sentTo = head.to.some((to) => to.address !== "");
  if (head.from.address !== "") return dated || sentTo || fields.length >= FIELDS_SURE;
  // Exchange prints its own people by name alone; then From stands first and there is a subject.
  const named = fields[0]?.label === "from" && /^\P{N}*\p{L}\P{N}*$/u.test(head.from.name);
  return named && head.subject !== "" && (dated || sentTo);
}

/** Where the text under a block begins: behind empty lines. */
function endOf(text: string, from: number): number {
  const line = skipEmptyLines(text, lineAt(text, from), text.length);
  return line.start;
}
