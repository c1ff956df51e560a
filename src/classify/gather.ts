// What is gathered of one rule while a mail is gone through: its hits in reading order, until it is known whether all it
// asks for is there. One occurrence costs the same whatever came before, so the whole stays linear in the mail.

import { PHRASE_WORDS_MAX } from "../config/phrases.ts";
import type { Rule } from "../config/rule.ts";
import type { Span } from "../outcome.ts";
import { type Cancel, cancelOf } from "./cancel.ts";
import type { CompiledRule, PhraseNode } from "./compile.ts";
import type { Searched } from "./hear.ts";

/** The first hit of a rule: the phrase or pattern as written and where it stands. */
export type Hit = { readonly phrase: string; readonly span: Span; readonly others: readonly Span[] };

/** A hit that does not count, and the words that say so. */
export type CancelledHit = {
  readonly phrase: string;
  readonly span: Span;
  readonly why: Cancel["why"] | "part-of";
  readonly by: Span;
};

/** Where a phrase or pattern stands: words `first` to `last` of a stretch, characters `start` to `end` of its field. */
export type Occurrence = {
  readonly phrase: string;
  readonly searched: Searched;
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
};

type Found = { readonly phrase: string; readonly span: Span };

export type Gathered = {
  any: Found | null;
  readonly all: (Found | undefined)[];
  near: readonly Found[] | null;
  /** The last occurrences of each entry of `near`, oldest first. */
  readonly recent: (readonly Occurrence[] | undefined)[];
  isBarred: boolean;
  cancelled: CancelledHit | null;
  looks: number;
  /** Years from this one on are no history. */
  readonly recentYear: number;
};

/** Occurrences of a rule that are tried for what cancels them; beyond, they count: who repeats himself so means it. */
export const LOOKS_MAX = 500;

/** Nothing gathered yet. */
export function nothing(recentYear: number): Gathered {
  return { any: null, all: [], near: null, recent: [], isBarred: false, cancelled: null, looks: 0, recentYear };
}

/** A phrase of `any`, or a pattern's match: the first in reading order counts, of two at one place the longer. */
export function gatherAny(gathered: Gathered, rule: CompiledRule, at: Occurrence): void {
  const span = spanOf(at);
  if (gathered.any !== null && !isEarlier(span, gathered.any.span)) return;
  if (counts(gathered, rule, at)) gathered.any = { phrase: at.phrase, span };
}

/** A phrase of an entry of `all`. */
export function gatherAll(gathered: Gathered, rule: CompiledRule, entry: number, at: Occurrence): void {
  const known = gathered.all[entry];
  const span = spanOf(at);
  if (known !== undefined && !isEarlier(span, known.span)) return;
  if (counts(gathered, rule, at)) gathered.all[entry] = { phrase: at.phrase, span };
}

/** Occurrences remembered of an entry of `near`: the last may overlap the other entry's words, then one before counts. */
const RECENT_MAX = 12;

/**
 * A phrase of an entry of `near`, in reading order within a stretch: with the last one of each other entry that ends
 * before it, it may make a group that is close enough.
 */
export function gatherNear(gathered: Gathered, compiled: CompiledRule, entry: number, at: Occurrence): void {
  const { rule } = compiled;
  if (rule.near === null || gathered.near !== null) return;
  const { recent } = gathered;
  recent[entry] = [...(recent[entry] ?? []).slice(1 - RECENT_MAX), at];
  const isBefore = (each: Occurrence) => each.searched === at.searched && each.last < at.first;
  const group = rule.near.of.flatMap((_, index) => (index === entry ? at : (recent[index]?.findLast(isBefore) ?? [])));
  if (group.length < rule.near.of.length) return;
  group.sort((a, b) => a.first - b.first);
  const earliest = group[0] ?? at;
  if (at.first - earliest.last - 1 > rule.near.within) return;
  if (!counts(gathered, compiled, { ...earliest, last: at.last, end: at.end })) return;
  gathered.near = group.map((each) => ({ phrase: each.phrase, span: spanOf(each) }));
}

/** The rule's hit when all it asks for is there. */
export function hitOf({ any, all, near, isBarred }: Gathered, rule: Rule): Hit | null {
  if (isBarred) return null;
  if (any === null && (rule.any.length > 0 || rule.patterns.length > 0)) return null;
  const each = rule.all.flatMap((_, entry) => all[entry] ?? []);
  if (each.length < rule.all.length || (rule.near !== null && near === null)) return null;
  const [first, ...others] = [...(any === null ? [] : [any]), ...each, ...(near ?? [])];
  return first === undefined ? null : { ...first, others: others.map(({ span }) => span) };
}

/** Whether a hit counts: it is no part of an excepted phrase, and nothing the rule heeds cancels it. The first that does not is kept, to be shown. */
function counts(gathered: Gathered, { rule, except }: CompiledRule, at: Occurrence): boolean {
  if (rule.heed.length === 0 && except === null) return true;
  gathered.looks += 1;
  if (gathered.looks > LOOKS_MAX) return true;
  const { words, text, field } = at.searched;
  const whole = except === null ? null : partOf(except, at);
  const cancel =
    whole ?? (rule.heed.length === 0 ? null : cancelOf(words, text, at.first, at.last, rule.heed, gathered.recentYear));
  if (cancel === null) return true;
  const by: Span = { field, start: cancel.start, end: cancel.end };
  gathered.cancelled ??= { phrase: at.phrase, span: spanOf(at), why: cancel.why, by };
  return false;
}

/** The excepted phrase that a hit shares words with. */
function partOf(
  except: PhraseNode,
  { searched, first, last }: Occurrence,
): { readonly why: "part-of"; readonly start: number; readonly end: number } | null {
  const { text, start, end } = searched.words;
  for (let from = Math.max(0, first - PHRASE_WORDS_MAX + 1); from <= last; from++) {
    let node = except.next.get(text[from] ?? "");
    for (let at = from; node !== undefined; at++) {
      if (at >= first && node.ends.length > 0) return { why: "part-of", start: start[from] ?? 0, end: end[at] ?? 0 };
      node = node.next.get(text[at + 1] ?? "");
    }
  }
  return null;
}

/** Where words stand in the field they are of. */
export function spanOf({ searched: { field }, start, end }: Occurrence): Span {
  return { field, start, end };
}

function isEarlier(span: Span, known: Span): boolean {
  if (span.field !== known.field) return false;
  return span.start < known.start || (span.start === known.start && span.end > known.end);
}
