// Lines that mail programs put above a forwarded or answered mail: "---------- Forwarded message ---------",
// "Begin forwarded message:", "-----Original Message-----", a bare rule. Words are looked up in a closed table.

import { plainWords, SEPARATOR_LEADS, SEPARATOR_OF } from "./header-words.ts";
import type { Line } from "./text-line.ts";

/** What a separator line says, and where headers printed behind it on the same line begin; the line's end when none are. */
export type Separator = { readonly kind: "forwarded" | "original" | "rule"; readonly rest: number };

/** A separator is shorter, in characters, without headers printed behind it. */
const SEPARATOR_CHARS_MAX = 120;
/** Signs that make a rule: Outlook draws 32, others fewer; three are a person's dots. */
const RULE_CHARS_MIN = 5;
/** Dashes on both sides that let headers follow on the same line, as in Yahoo's plain text. */
const DASHES_MIN = 2;

const DASHES = new Set("-_=*~#\u2013\u2014");

/** Whether a line is a separator, and which. */
export function separatorAt(text: string, line: Line): Separator | null {
  const dashed = DASHES.has(text[line.inner] ?? "");
  // Without dashes it must end in a colon, as Apple's "Begin forwarded message:" does.
  if (!dashed && (!isColon(text[line.end - 1]) || line.end - line.inner > SEPARATOR_CHARS_MAX)) return null;
  const words = text.slice(line.inner, Math.min(line.end, line.inner + SEPARATOR_CHARS_MAX));
  if (!dashed) {
    const kind = SEPARATOR_OF.get(plainWords(words.slice(0, -1)));
    return kind === undefined ? null : { kind, rest: line.end };
  }
  const { lead, body, tail, rest } = takeApart(words, words.length < line.end - line.inner);
  if (body === "") return lead >= RULE_CHARS_MIN && rest === null ? { kind: "rule", rest: line.end } : null;
  const kind = kindOf(isColon(body.at(-1)) ? body.slice(0, -1) : body);
  if (kind === null || (rest !== null && (lead < DASHES_MIN || tail < DASHES_MIN))) return null;
  return { kind, rest: rest === null ? line.end : line.inner + rest };
}

function isColon(sign: string | undefined): boolean {
  return sign === ":" || sign === "\uff1a";
}

type Parts = {
  readonly lead: number;
  readonly body: string;
  readonly tail: number;
  /** Where something stands behind the second dashes; null when nothing does. */
  readonly rest: number | null;
};

/** A line that begins with dashes, taken apart: dashes, words, dashes, the rest. */
function takeApart(words: string, goesOn: boolean): Parts {
  const lead = dashesFrom(words, 0);
  let tail = 0;
  while (!goesOn && words.length - tail > lead && DASHES.has(words[words.length - tail - 1] ?? "")) tail += 1;
  if (tail > 0 || lead === words.length) {
    return { lead, body: words.slice(lead, words.length - tail).trim(), tail, rest: goesOn ? lead : null };
  }
  const dash = words.indexOf("--", lead);
  if (dash === -1) return { lead, body: words.slice(lead).trim(), tail, rest: null };
  let rest = dash + dashesFrom(words, dash);
  tail = rest - dash;
  while (rest < words.length && (words[rest] ?? "").trim() === "") rest += 1;
  return { lead, body: words.slice(lead, dash).trim(), tail, rest };
}

function dashesFrom(words: string, start: number): number {
  let end = start;
  while (end < words.length && DASHES.has(words[end] ?? "")) end += 1;
  return end - start;
}

/** The whole as one wording, or one of two languages side by side, or a wording that goes on with a name and a date. */
function kindOf(body: string): "forwarded" | "original" | null {
  const plain = plainWords(body);
  const whole = SEPARATOR_OF.get(plain);
  if (whole !== undefined) return whole;
  for (const piece of body.split(/--+|\//u)) {
    const kind = SEPARATOR_OF.get(plainWords(piece));
    if (kind !== undefined) return kind;
  }
  return SEPARATOR_LEADS.some((lead) => plain.startsWith(lead)) ? "forwarded" : null;
}
