// The scorecard: every piece of evidence as a row, the found words in their context below it, the sums under all.

import type { Adviser } from "../classify/adviser.ts";
import { fieldText, hear } from "../classify/hear.ts";
import type { Message } from "../message.ts";
import type { Evidence, Outcome, Span } from "../outcome.ts";
import { cancelledWords, doubtWords, type Worded } from "./decision-words.ts";
import { type Cell, paint, safe, table } from "./terminal.ts";

/** Signs of text shown on either side of the words that were found: as many as a line has room for, within these. */
const CONTEXT_CHARS_MAX = 22;
const CONTEXT_CHARS_MIN = 8;
/** A line, less what it begins with and the marks in it. */
const LINE_CHARS = 70;
/** Found words longer than this are shown by their beginning. */
const WORDS_CHARS_MAX = 40;
/** A row of the table, and the lines below it. */
type Entry = { readonly row: readonly Cell[]; readonly below: readonly string[] };

/** The words a piece of evidence stands on, as the mail has them. */
export function standingAt({ field, start, end }: Span, message: Message): string {
  return short(safe(fieldText(message, field).slice(start, end)));
}

/** The words in the mail's own spelling, of all places that the rule asks for. */
export function quoteFrom(message: Message): (evidence: Worded) => string {
  return (evidence) => {
    const spans = "others" in evidence ? [evidence.span, ...evidence.others] : [evidence.span];
    return passagesOf(spans)
      .map(([first = evidence.span, ...more]) => standingAt({ ...first, end: more.at(-1)?.end ?? first.end }, message))
      .join(" … ");
  };
}

/** The rows of evidence that count, those that do not, and the sums. */
export function scorecard({ evidence, scores }: Outcome, message: Message, adviser: Adviser | null): string {
  const entries = evidence.flatMap((each) => entryOf(each, message, adviser));
  if (entries.length === 0) return "  No rule matched.";
  const sums = scores.map(({ type, points }): Entry => ({ row: ["sum", type, points.toFixed(1)], below: [] }));
  return rows([...entries, ...sums]);
}

/** Only these pieces of evidence, as of rules that are tried out. */
export function evidenceRows(evidence: readonly Evidence[], message: Message): string {
  return rows(evidence.flatMap((each) => entryOf(each, message, null)));
}

function rows(entries: readonly Entry[]): string {
  const [head = "", ...shown] = table(
    ["evidence", "for", "points"],
    entries.map(({ row }) => row),
  ).split("\n");
  return [head, ...shown.flatMap((line, place) => [line, ...(entries[place]?.below ?? [])])]
    .map((line) => `  ${line}`)
    .join("\n");
}

function entryOf(evidence: Evidence, message: Message, adviser: Adviser | null): readonly Entry[] {
  switch (evidence.kind) {
    case "rule": {
      const points = evidence.sure ? "sure" : signed(evidence.points);
      return [entry([`rule ${evidence.rule}`, evidence.type, points], found(evidence, message))];
    }
    case "alias":
      return [entry([`alias ${evidence.alias}@`, evidence.type, signed(evidence.points)])];
    case "pin":
      return [entry([`pinned to ${evidence.queue}`, evidence.type, "sure"])];
    case "model":
      return [
        entry(
          [`model, ${Math.round(evidence.probability * 100)} % sure`, evidence.type, signed(evidence.points)],
          strongest(evidence.type, message, adviser),
        ),
      ];
    case "doubt":
      return [entry(["doubt of the model", "people", ""], [`  ${doubtWords(evidence)}`])];
    case "model-urgency":
      return [entry([`model, ${Math.round(evidence.probability * 100)} % sure`, evidence.urgency, ""])];
    case "urgency":
      return [entry([`urgency ${evidence.rule}`, evidence.urgency, ""], found(evidence, message))];
    case "field":
      return [entry([`form ${evidence.field}`, evidence.type, "sure"], context([evidence.span], message))];
    case "field-urgency":
      return [entry([`form ${evidence.field}`, evidence.urgency, ""], context([evidence.span], message))];
    case "override": {
      const points = evidence.sure ? "sure" : signed(evidence.points);
      return [entry(["note of staff", evidence.type, points], context([evidence.span], message))];
    }
    case "thread": {
      const strength = evidence.sure ? "sure" : "";
      return [entry([`thread ${evidence.ref}`, evidence.type ?? "", strength], [`  by ${evidence.by}`])];
    }
    case "contradiction": {
      const { field, says, textSays } = evidence;
      return [entry([`form ${field}`, "", ""], [`  says ${short(safe(says))}, the text ${short(safe(textSays))}`])];
    }
    case "cancelled": {
      const why = `  ${cancelledWords(evidence, standingAt(evidence.by, message))}`;
      const row = [`(${evidence.rule})`, evidence.urgency ?? "", "0"];
      const spans = evidence.why === "part-of" ? [evidence.span] : [evidence.span, evidence.by];
      return [entry(row, [...context(spans, message), why])];
    }
    case "fact":
      return [entry([`fact ${evidence.fact}`, evidence.value, ""], context([evidence.span], message))];
    case "after-hours":
    case "department":
      return [];
  }
}

/** The words that spoke most for what the model thinks. */
function strongest(type: string, message: Message, adviser: Adviser | null): readonly string[] {
  const terms = adviser?.strongest(hear(message), message.language, type, TERMS_MAX) ?? [];
  const words = distinct(terms.map(({ words: each }) => each)).slice(0, TERMS_SHOWN);
  return words.length === 0 ? [] : [`  by ${words.map((each) => marked(short(safe(each)))).join(", ")}`];
}

const TERMS_MAX = 12;
const TERMS_SHOWN = 6;

/** Without words that stand in a longer piece of them. */
function distinct(pieces: readonly string[]): readonly string[] {
  const once = [...new Set(pieces)];
  return once.filter((each) => !once.some((other) => other !== each && ` ${other} `.includes(` ${each} `)));
}

function entry(row: readonly Cell[], below: readonly string[] = []): Entry {
  return { row, below };
}

function signed(points: number): string {
  return `+${points.toFixed(1)}`;
}

function found({ span, others }: Extract<Evidence, { others: unknown }>, message: Message): readonly string[] {
  return context([span, ...others], message);
}

/** A line for each passage in which these words stand, in order; words that stand near each other share one. */
function context(spans: readonly Span[], message: Message): readonly string[] {
  return passagesOf(spans).map((passage) => passageLine(passage, message));
}

function passagesOf(spans: readonly Span[]): readonly (readonly Span[])[] {
  const passages: Span[][] = [];
  const inOrder = [...spans].sort((a, b) => a.start - b.start);
  for (const span of inOrder) {
    const near = passages.find((passage) => {
      const [first, last] = [passage[0], passage.at(-1)];
      return (
        first?.field === span.field &&
        span.start >= (last?.end ?? 0) &&
        span.end - first.start <= WORDS_CHARS_MAX - passage.length * 2
      );
    });
    if (near === undefined) passages.push([span]);
    else near.push(span);
  }
  return passages;
}

function passageLine(passage: readonly Span[], message: Message): string {
  const { field, start } = passage[0] ?? { field: "text" as const, start: 0 };
  const text = fieldText(message, field);
  const end = passage.at(-1)?.end ?? start;
  const room = Math.floor((LINE_CHARS - field.length - 2 * passage.length - (end - start)) / 2);
  const aside = Math.max(CONTEXT_CHARS_MIN, Math.min(CONTEXT_CHARS_MAX, room));
  const from = Math.max(0, start - aside);
  const to = Math.min(text.length, end + aside);
  let shown = `${from > 0 ? "…" : ""}${safe(text.slice(from, start).toWellFormed()).trimStart()}`;
  for (const [place, span] of passage.entries()) {
    const next = passage[place + 1]?.start ?? null;
    shown += marked(short(safe(text.slice(span.start, span.end))));
    shown += next === null ? "" : safe(text.slice(span.end, next));
  }
  return `  ${field}: ${shown}${safe(text.slice(end, to).toWellFormed()).trimEnd()}${to < text.length ? "…" : ""}`;
}

/** Coloured on a terminal, between » and « elsewhere. */
function marked(words: string): string {
  const painted = paint(["bold", "yellow"], words);
  return painted === words ? `»${words}«` : painted;
}

function short(words: string): string {
  return words.length > WORDS_CHARS_MAX ? `${words.slice(0, WORDS_CHARS_MAX).toWellFormed()}…` : words;
}
