// What is heard of a mail: the stretches of its texts that speak, cut into words once for all who ask.

import type { Place } from "../config/rule.ts";
import type { Message } from "../message.ts";
import type { Field, FormField } from "../outcome.ts";
import { type Words, words } from "./words.ts";

/** Characters of a text from `start` up to, not including, `end`. */
export type Stretch = { readonly start: number; readonly end: number };

/** Words of a stretch, with its place. */
export type HeardWords = Stretch & { readonly words: Words };

/** A stretch of the text by who wrote it. */
type HeardText = HeardWords & { readonly by: "own" | "forwarded" };

/** What rules, forms and model hear of subject and text; `source` is the whole text the stretches are of. */
export type Heard = { readonly subject: HeardWords; readonly text: readonly HeardText[]; readonly source: string };

/** A stretch that phrases are looked for in; none reaches from one into another. */
export type Searched = HeardWords & {
  readonly field: Field;
  /** The text of the whole field. */
  readonly text: string;
  readonly places: readonly Place[];
};

/** What a form gives: the names of its fields are the form's words, its answers stand in the text. */
type FormText = { readonly labels: readonly Stretch[]; readonly fields: readonly FormField[] };

/** The words of the subject and of the stretches of the text that count: not history, signatures and disclaimers. */
export function hear({ subject, text, sections }: Message): Heard {
  const heard: HeardText[] = [];
  for (const { kind, start, end } of sections) {
    if (kind === "own" || kind === "forwarded") heard.push({ start, end, by: kind, words: words(text, start, end) });
  }
  return { subject: { start: 0, end: subject.length, words: words(subject) }, text: heard, source: text };
}

/** The text of a field, as spans point into it. */
export function fieldText(message: Message, field: Field): string {
  switch (field) {
    case "subject":
      return message.subject;
    case "text":
      return message.text;
    case "sender":
      return senderText(message);
    case "attachment":
      return lines(attachmentNames(message));
    default:
      return lines(headerValues(message, field.slice("header:".length)));
  }
}

/** Every stretch in reading order: subject, text, sender, and whatever else some rule looks in (`wanted`). */
export function searched(
  message: Message,
  heard: Heard,
  form: FormText,
  wanted: ReadonlySet<Place>,
): readonly Searched[] {
  const { text } = message;
  const written = heard.text.flatMap(({ by, ...stretch }) => {
    const places: readonly Place[] = ["text", by];
    // Forms are few: for them the words are cut once more.
    const parts = form.labels.length === 0 ? [stretch] : cut(text, without([stretch], form.labels));
    return parts.map((part) => ({ ...part, field: "text", text, places }) as const);
  });
  const found: Searched[] = [
    { ...heard.subject, field: "subject", text: message.subject, places: ["subject"] },
    ...written,
  ];
  if (wanted.has("sender") || wanted.has("sender_domain")) found.push(...senderStretches(message));
  if (wanted.has("attachment")) found.push(...lineByLine(attachmentNames(message), "attachment"));
  for (const place of wanted) {
    if (place.startsWith("header:")) {
      const field = place.toLowerCase() as `header:${string}`;
      found.push(...lineByLine(headerValues(message, field.slice("header:".length)), field, place));
    } else if (place.startsWith("field:")) {
      const spans = form.fields.flatMap(({ field, span }) =>
        place === `field:${field}` && span.field === "text" ? [span] : [],
      );
      found.push(...cut(text, spans).map((part) => ({ ...part, field: "text", text, places: [place] }) as const));
    }
  }
  return found;
}

/** What rules on the sender look at, and what spans of the field `sender` point into: name and address. */
function senderText(message: Message): string {
  if (message.from === null) return "";
  return `${message.from.name} <${message.from.address}>`.trimStart();
}

function senderStretches(message: Message): readonly Searched[] {
  const text = senderText(message);
  const at = text.lastIndexOf("@");
  const whole: Searched = { ...stretchOf(text, 0, text.length), field: "sender", text, places: ["sender"] };
  if (at < 0) return [whole];
  const domain = stretchOf(text, at + 1, text.length - 1);
  return [whole, { ...domain, field: "sender", text, places: ["sender_domain"] }];
}

function stretchOf(text: string, start: number, end: number): HeardWords {
  return { start, end, words: words(text, start, end) };
}

function attachmentNames({ attachments }: Message): readonly string[] {
  return attachments.map(({ name }) => name);
}

function headerValues({ headers }: Message, name: string): readonly string[] {
  return headers.flatMap((header) => (header.name === name ? [header.value] : []));
}

function lines(values: readonly string[]): string {
  return values.join("\n");
}

function lineByLine(
  values: readonly string[],
  field: "attachment" | `header:${string}`,
  place: Place = field,
): readonly Searched[] {
  const text = lines(values);
  let start = 0;
  return values.map((value) => {
    const stretch = stretchOf(text, start, start + value.length);
    start += value.length + 1;
    return { ...stretch, field, text, places: [place] };
  });
}

function cut(text: string, stretches: readonly Stretch[]): readonly HeardWords[] {
  return stretches.map(({ start, end }) => stretchOf(text, start, end));
}

/** The stretches less the holes; both in order. */
function without(stretches: readonly Stretch[], holes: readonly Stretch[]): readonly Stretch[] {
  const left: Stretch[] = [];
  let next = 0;
  for (const { start, end } of stretches) {
    let from = start;
    for (; (holes[next]?.start ?? end) < end; next++) {
      const hole = holes[next];
      if (hole === undefined || hole.start < from) continue;
      left.push({ start: from, end: hole.start });
      from = hole.end;
    }
    if (from < end) left.push({ start: from, end });
  }
  return left;
}
