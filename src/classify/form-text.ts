// Answers that stand in a text without a sign between key and value: labels on lines of their own, and what people say
// in sentences ("my date of birth is 4/12/1980"). Only what is certain: the field's own name and the right shape after it.

import type { Section } from "../message.ts";
import { type CompiledForms, fieldOf } from "./form-names.ts";
import type { HeardWords } from "./hear.ts";

type FormRule = CompiledForms["set"]["fields"][number];

/** A field's answer in a text. */
export type Answer = { readonly rule: FormRule; readonly value: string; readonly start: number; readonly end: number };

/** Characters of a line that can be a label. */
const LABEL_CHARS_MAX = 60;
/** Characters looked at where a date or a name may begin. */
const SHAPE_CHARS_MAX = 80;
/** Characters between a field's name and its value in a sentence: " was on the ". */
const GAP_CHARS_MAX = 24;

const MONTH =
  "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre)";
const YEAR = "(?:,? (?:of |de |del )?(?:19|20)\\d\\d)";
const DATE = [
  "\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}(?!\\d)",
  "\\d{1,2} ?[-/.] ?\\d{1,2} ?[-/.] ?(?:\\d{4}|\\d{2})(?!\\d)",
  "\\d{1,2}[-/]\\d{1,2}(?![\\d/-])",
  `${MONTH}\\.? \\d{1,2}(?:st|nd|rd|th)?(?!\\d)${YEAR}?`,
  `\\d{1,2}(?:st|nd|rd|th|º|°)?[ -](?:of |de )?${MONTH}\\b\\.?(?:${YEAR}|-\\d{2,4})?`,
].join("|");
const DATE_HERE = new RegExp(`(?:${DATE})`, "iy");
const DATE_SOMEWHERE = new RegExp(`(?<![\\p{L}\\d])(?:${DATE})`, "iu");
/** Days said by name, as an answer to "when". */
const DAY =
  /(?<!\p{L})(?:today|tomorrow|yesterday|(?:mon|tues|wednes|thurs|fri|satur|sun)day|hoy|mañana|ayer|lunes|martes|miércoles|jueves|viernes|sábado|domingo)(?!\p{L})/iu;
/** Two to four words as names are written; in capitals throughout nobody can tell where a name ends. */
const NAME_HERE =
  /\p{Lu}\p{Ll}[\p{L}'’.-]{0,30}(?: (?:(?:de|del|la|las|los|van|von|da) ){0,2}\p{Lu}[\p{L}'’.-]{0,30}){1,3}/uy;
const GAP = /[\s:,(–-]{0,4}(?:(?:is|was|es|era|fue|on|el|the|of|día|del)[\s:,–-]{1,4}){0,2}/iy;

/** Whether an answer can be read as a day. */
export function saysDate(value: string): boolean {
  const shown = value.slice(0, SHAPE_CHARS_MAX);
  return DATE_SOMEWHERE.test(shown) || DAY.test(shown);
}

/** Labels on lines of their own with the answer below, at most one blank line between; "" where the next line is a label again. */
export function labelled(text: string, sections: readonly Section[], forms: CompiledForms): readonly Answer[] {
  return sections.filter(isWritten).flatMap(({ start, end }) => labelledIn(text, start, end, forms));
}

type Line = { readonly start: number; readonly end: number; readonly rule: FormRule | null };

function labelledIn(text: string, from: number, to: number, forms: CompiledForms): readonly Answer[] {
  const lines: Line[] = [];
  for (let at = from; at < to; ) {
    const newline = text.indexOf("\n", at);
    const stop = newline === -1 || newline >= to ? to : newline;
    const line = text.slice(at, stop);
    const start = at + (line.length - line.trimStart().length);
    const end = start + line.trim().length;
    lines.push({
      start,
      end,
      rule: end === start || end - start > LABEL_CHARS_MAX ? null : fieldOf(line.trim(), forms),
    });
    at = stop + 1;
  }
  return lines.flatMap(({ rule, end: labelEnd }, index) => {
    if (rule === null) return [];
    const next = lines[index + 1];
    const below = next !== undefined && next.end === next.start ? lines[index + 2] : next;
    const isAnswer =
      below !== undefined &&
      (below.rule === null || below.rule === rule) &&
      !isKeyed(text.slice(below.start, below.end), forms);
    const [start, end] = isAnswer ? [below.start, below.end] : [labelEnd, labelEnd];
    return [{ rule, value: text.slice(start, end), start, end }];
  });
}

/** A line with a key of its own, such as the next row where an answer was left blank. */
function isKeyed(line: string, forms: CompiledForms): boolean {
  const [, key, sign] = /^([^:：=\t]{1,60})([:：=\t])/.exec(line) ?? [];
  return key !== undefined && (sign === "\t" || fieldOf(key, forms) !== null);
}

/** What sentences say of fields that are dates or names of people; the first of each field. */
export function spoken(text: string, heard: readonly HeardWords[], forms: CompiledForms): readonly Answer[] {
  if (forms.spoken.size === 0) return [];
  const found = new Map<FormRule, Answer>();
  for (const stretch of heard) {
    for (const answer of spokenIn(text, stretch, forms)) {
      if (!found.has(answer.rule)) found.set(answer.rule, answer);
    }
  }
  return [...found.values()];
}

function spokenIn(text: string, { words, end }: HeardWords, forms: CompiledForms): readonly Answer[] {
  const found: Answer[] = [];
  for (let at = 0; at < words.text.length; at++) {
    const phrase = forms.spoken
      .get(words.text[at] ?? "")
      ?.find((each) => each.words.every((one, i) => words.text[at + i] === one));
    if (phrase === undefined) continue;
    const after = words.end[at + phrase.words.length - 1] ?? end;
    const shape = valueAfter(text, after, end, phrase.rule.kind.kind === "date" ? DATE_HERE : NAME_HERE);
    if (shape !== null) found.push({ rule: phrase.rule, ...shape });
  }
  return found;
}

function valueAfter(
  text: string,
  from: number,
  to: number,
  shape: RegExp,
): { readonly value: string; readonly start: number; readonly end: number } | null {
  const near = text.slice(from, Math.min(to, from + GAP_CHARS_MAX + SHAPE_CHARS_MAX));
  GAP.lastIndex = 0;
  const gap = GAP.exec(near)?.[0].length ?? 0;
  shape.lastIndex = gap;
  // A full stop after a name ends the sentence.
  const value = shape.exec(near)?.[0].replace(/[.'’-]+$/, "");
  if (value === undefined) return null;
  return { value, start: from + gap, end: from + gap + value.length };
}

function isWritten(section: Section): boolean {
  return section.kind === "own" || section.kind === "forwarded";
}
