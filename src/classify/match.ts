// One pass over a mail that finds, for every rule, the first place where what it asks for stands.

import type { Pattern } from "../config/patterns.ts";
import type { Place } from "../config/rule.ts";
import type { Message } from "../message.ts";
import type { Evidence, FormField } from "../outcome.ts";
import type { CompiledRule, CompiledRules, Part } from "./compile.ts";
import {
  type CancelledHit,
  type Gathered,
  gatherAll,
  gatherAny,
  gatherNear,
  type Hit,
  hitOf,
  LOOKS_MAX,
  nothing,
  type Occurrence,
  spanOf,
} from "./gather.ts";
import { type Heard, type Searched, type Stretch, searched } from "./hear.ts";
import type { Words } from "./words.ts";

type Fact = Evidence & { readonly kind: "fact" };

/** What was found, by the rule's place in `CompiledRules.rules`. Whether a rule's conditions hold is not looked at. */
export type Matches = {
  readonly hits: ReadonlyMap<number, Hit>;
  /** Hits of rules that have none that counts. */
  readonly cancelled: ReadonlyMap<number, CancelledHit>;
  /** Each value of a fact once, in the order of the files. */
  readonly facts: readonly Fact[];
};

type Search = {
  readonly compiled: CompiledRules;
  readonly gathered: Map<number, Gathered>;
  readonly facts: Map<number, Fact>;
  readonly recentYear: number;
};

/**
 * Find every rule that has what it asks for. Each counts once: its first hit in reading order, subject before text
 * before sender; of two phrases that begin at the same word the longer one. No phrase reaches from one stretch into
 * another. `form.labels` are the names of a form's fields, in order: the form's words, not the writer's. `today`, such as "2026-11-24", tells which years are history.
 */
export function match(
  message: Message,
  heard: Heard,
  form: { readonly labels: readonly Stretch[]; readonly fields: readonly FormField[] },
  compiled: CompiledRules,
  today: string | null = null,
): Matches {
  const search: Search = { compiled, gathered: new Map(), facts: new Map(), recentYear: recentYear(today) };
  const stretches = searched(message, heard, form, compiled.places);
  for (const stretch of stretches) walk(stretch, search);
  for (const index of compiled.withPatterns) lookForPatterns(stretches, index, search);
  lookFurther(stretches, search);
  return results(search);
}

/** "In 2026" is history from February 2027 on; where the day is not known any year is. */
function recentYear(today: string | null): number {
  if (today === null) return Number.POSITIVE_INFINITY;
  const [year, month] = [Number(today.slice(0, 4)), today.slice(5, 7)];
  return month === "01" ? year - 1 : year;
}

function results({ compiled, gathered, facts }: Search): Matches {
  const hits = new Map<number, Hit>();
  const cancelled = new Map<number, CancelledHit>();
  for (const [index, each] of gathered) {
    const rule = compiled.rules[index]?.rule;
    const hit = rule === undefined ? null : hitOf(each, rule);
    if (hit !== null) hits.set(index, hit);
    else if (each.cancelled !== null && !each.isBarred) cancelled.set(index, each.cancelled);
  }
  const told = [...facts].sort(([a], [b]) => a - b).map(([, fact]) => fact);
  return { hits, cancelled, facts: told };
}

/** Follow each tree from every word. */
function walk(stretch: Searched, search: Search): void {
  const entries = stretch.words.text.map(search.compiled.lexicon);
  entries.forEach(({ nodes }, first) => {
    for (let tree = 0; tree < nodes.length; tree++) {
      let node = nodes[tree];
      for (let last = first; node !== undefined; last++) {
        for (const part of node.ends) note(part, occurrence(part.phrase, stretch, first, last), search);
        const next = entries[last + 1]?.forms[tree];
        node = next === null || next === undefined ? undefined : node.next.get(next);
      }
    }
  });
}

function occurrence(phrase: string, searched: Searched, first: number, last: number): Occurrence {
  const { start, end } = searched.words;
  return { phrase, searched, first, last, start: start[first] ?? 0, end: end[last] ?? 0 };
}

function note(part: Part, at: Occurrence, search: Search): void {
  if (part.kind === "fact") return noteFact(part, at, search);
  const compiled = search.compiled.rules[part.rule];
  if (compiled === undefined || !looksIn(compiled, at.searched)) return;
  const gathered = gatheredOf(part.rule, search);
  if (part.kind === "any") gatherAny(gathered, compiled, at);
}

/** What awake rules ask for beside: every phrase of `all`, `near` and `none`, in reading order. */
function lookFurther(stretches: readonly Searched[], { compiled, gathered }: Search): void {
  const indexOf = indexer(compiled);
  for (const [index, each] of gathered) {
    const rule = compiled.rules[index];
    if (rule === undefined || rule.further.length === 0) continue;
    for (const stretch of stretches) if (looksIn(rule, stretch)) gatherFurther(each, rule, stretch, indexOf);
  }
}

function gatherFurther(gathered: Gathered, rule: CompiledRule, stretch: Searched, indexOf: IndexOf): void {
  const near: (readonly [number, Occurrence])[] = [];
  for (const { kind, entry, phrase, forms } of rule.further) {
    for (const { tree, words } of forms) {
      for (const first of placesOf(words, indexOf(stretch, tree))) {
        const at = occurrence(phrase, stretch, first, first + words.length - 1);
        if (kind === "none") gathered.isBarred = true;
        else if (kind === "all") gatherAll(gathered, rule, entry, at);
        else near.push([entry, at]);
      }
    }
  }
  near.sort(([, a], [, b]) => a.first - b.first || a.last - b.last);
  for (const [entry, at] of near) gatherNear(gathered, rule, entry, at);
}

/** The words of a stretch in the form of a tree, and where each stands. */
type Indexed = { readonly forms: readonly (string | null)[]; readonly places: ReadonlyMap<string, readonly number[]> };
type IndexOf = (stretch: Searched, tree: number) => Indexed;

/** Made when first asked for, which is in few mails. */
function indexer({ lexicon }: CompiledRules): IndexOf {
  const known = new Map<Searched, Indexed[]>();
  return (stretch, tree) => {
    const trees = known.get(stretch) ?? [];
    known.set(stretch, trees);
    const indexed = trees[tree] ?? byForm(stretch.words.text.map((word) => lexicon(word).forms[tree] ?? null));
    trees[tree] = indexed;
    return indexed;
  };
}

function byForm(forms: readonly (string | null)[]): Indexed {
  const places = new Map<string, number[]>();
  forms.forEach((form, at) => {
    if (form === null) return;
    const known = places.get(form);
    if (known === undefined) places.set(form, [at]);
    else known.push(at);
  });
  return { forms, places };
}

/** Where a phrase begins. */
function placesOf(phrase: readonly string[], { forms, places }: Indexed): readonly number[] {
  const begins = places.get(phrase[0] ?? "") ?? [];
  return phrase.length === 1 ? begins : begins.filter((at) => phrase.every((word, i) => forms[at + i] === word));
}

function looksIn({ rule }: CompiledRule, { places }: Searched): boolean {
  return rule.in.some((place) => places.includes(place));
}

function gatheredOf(index: number, { gathered, recentYear }: Search): Gathered {
  const known = gathered.get(index);
  if (known !== undefined) return known;
  const fresh = nothing(recentYear);
  gathered.set(index, fresh);
  return fresh;
}

const FACT_PLACES: readonly Place[] = ["subject", "text"];

function noteFact(part: Part, at: Occurrence, { compiled, facts }: Search): void {
  const told = compiled.facts[part.rule];
  if (told === undefined || facts.has(part.rule)) return;
  if (at.searched.places.some((place) => FACT_PLACES.includes(place)))
    facts.set(part.rule, { kind: "fact", ...told, phrase: part.phrase, span: spanOf(at) });
}

/** Only where no phrase of the rule was found: one of either is enough. */
function lookForPatterns(stretches: readonly Searched[], index: number, search: Search): void {
  const compiled = search.compiled.rules[index];
  if (compiled === undefined) return;
  for (const stretch of stretches) {
    if (!looksIn(compiled, stretch)) continue;
    for (const pattern of compiled.patterns) {
      if (search.gathered.get(index)?.any) return;
      lookFor(pattern, stretch, compiled, index, search);
    }
  }
}

/** Matches of a pattern in a stretch that are looked at: a rule that heeds may have the first of them cancelled; the last counts. */
const MATCHES_MAX = LOOKS_MAX + 1;

function lookFor(pattern: Pattern, stretch: Searched, rule: CompiledRule, index: number, search: Search): void {
  const text = stretch.text.slice(stretch.start, stretch.end);
  const lower = pattern.literals === null ? "" : text.toLowerCase();
  if (pattern.literals?.some((literal) => lower.includes(literal)) === false) return;
  let from = 0;
  for (let count = 0; count < MATCHES_MAX; count++) {
    const found = pattern.find(text, from);
    if (found === null) return;
    const [start, end] = [stretch.start + found.start, stretch.start + found.end];
    const first = wordAfter(stretch.words.end, start);
    const last = Math.max(first, wordAfter(stretch.words.start, end - 1) - 1);
    const gathered = gatheredOf(index, search);
    gatherAny(gathered, rule, { phrase: pattern.source, searched: stretch, first, last, start, end });
    if (gathered.any !== null) return;
    from = Math.max(found.end, found.start + 1);
  }
}

/** The first word whose border, its start or its end, lies behind a place in the text. */
function wordAfter(borders: Words["start"], at: number): number {
  let low = 0;
  let high = borders.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((borders[middle] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
