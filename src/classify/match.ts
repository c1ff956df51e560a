// One pass over a mail that finds, for every rule, the first place where one of its phrases stands.

import type { Message } from "../message.ts";
import type { Field, Span } from "../outcome.ts";
import type { CompiledRules, PhraseEnd } from "./compile.ts";
import { type Words, words } from "./words.ts";

/** The first hit of a rule: the phrase as written in the rule and where it stands. */
export type Hit = { readonly phrase: string; readonly span: Span; readonly others: readonly Span[] };

/** Hits by the rule's place in `CompiledRules.rules`. */
export type Hits = ReadonlyMap<number, Hit>;

/** What rules on the sender look at, and what spans of the field `sender` point into: name and address. */
function senderText(message: Message): string {
  if (message.from === null) return "";
  return `${message.from.name} <${message.from.address}>`.trimStart();
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
      return message.attachments.map((each) => each.name).join("\n");
    default:
      return headerText(message, field.slice("header:".length));
  }
}

function headerText({ headers }: Message, name: string): string {
  return headers.flatMap((header) => (header.name === name ? [header.value] : [])).join("\n");
}

/**
 * Find every rule that fires. Each counts once: its first hit in reading order, subject before text before sender;
 * of two phrases that begin at the same word the longer one. Of the text only what is heard counts: what the writer
 * wrote now and what is forwarded, not history, signatures and disclaimers; no phrase reaches from one into another.
 * `labels` are the names of a form's fields, in order: the form's words, not the writer's.
 */
export function match(message: Message, heard: Heard, labels: readonly Stretch[], compiled: CompiledRules): Hits {
  const hits = new Map<number, Hit>();
  matchWords(heard.subject.words, "subject", compiled, hits);
  // Forms are few: for them the words are cut once more.
  const text = labels.length === 0 ? heard.text : wordsIn(message.text, without(heard.text, labels));
  for (const stretch of text) matchWords(stretch.words, "text", compiled, hits);
  matchWords(words(senderText(message)), "sender", compiled, hits);
  return hits;
}

/** Words of a stretch, with its place. */
export type HeardWords = Stretch & { readonly words: Words };

/** What rules, forms and model hear of a mail, in words: cut once for all. */
export type Heard = { readonly subject: HeardWords; readonly text: readonly HeardWords[] };

/** The words of the subject and of the stretches of the text that count. */
export function hear({ subject, text, sections }: Message): Heard {
  const own = sections.filter(({ kind }) => kind === "own" || kind === "forwarded");
  return { subject: { start: 0, end: subject.length, words: words(subject) }, text: wordsIn(text, own) };
}

function wordsIn(text: string, stretches: readonly Stretch[]): readonly HeardWords[] {
  return stretches.map(({ start, end }) => ({ start, end, words: words(text, start, end) }));
}

/** Characters of the text from `start` up to, not including, `end`. */
type Stretch = { readonly start: number; readonly end: number };

/** The stretches less the holes; both in order. */
function without(stretches: readonly Stretch[], holes: readonly Stretch[]): readonly Stretch[] {
  if (holes.length === 0) return stretches;
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

function matchWords(found: Words, field: Field, compiled: CompiledRules, hits: Map<number, Hit>): void {
  const note = (end: PhraseEnd, start: number, last: number) => {
    if (!compiled.rules[end.rule]?.in.includes(field)) return;
    const from = found.start[start] ?? 0;
    const earlier = hits.get(end.rule);
    if (earlier !== undefined && (earlier.span.field !== field || earlier.span.start !== from)) return;
    hits.set(end.rule, { phrase: end.phrase, span: { field, start: from, end: found.end[last] ?? from }, others: [] });
  };
  for (let start = 0; start < found.text.length; start++) {
    let node = compiled.tree.next.get(found.text[start] ?? "");
    for (let at = start; node !== undefined; at++) {
      for (const end of node.ends) note(end, start, at);
      node = at + 1 < found.text.length ? node.next.get(found.text[at + 1] ?? "") : undefined;
    }
  }
}
