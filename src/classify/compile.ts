// Rules made ready for matching: every phrase of every rule in one tree over words, so that one pass over a mail
// finds all hits and the cost does not grow with the number of rules.

import { compilePattern, type Pattern } from "../config/patterns.ts";
import { expand, PHRASE_WORDS_MAX } from "../config/phrases.ts";
import type { Place, Rule } from "../config/rule.ts";
import type { RuleSet, Strength } from "../config/rules.ts";
import type { Urgency } from "../outcome.ts";
import { type CompiledForms, compileForms } from "./form-names.ts";
import { type StemOf, stemmers } from "./stems.ts";
import { wordsOf } from "./words.ts";

/** A rule and what it says when it fires. */
export type CompiledRule = {
  readonly id: string;
  readonly rule: Rule;
  readonly patterns: readonly Pattern[];
  readonly further: readonly Further[];
  /** The request type it speaks for, and how strongly; null for an urgency rule that speaks for none. */
  readonly speaks: { readonly type: string; readonly strength: Strength } | null;
  /** The level it raises a mail to; null for a rule of a request type. */
  readonly urgency: Urgency | null;
};

/**
 * What a phrase in a tree is to its rule, whose place in `CompiledRules.rules` it names. `wake`: one of the things the
 * rule asks for, by which it is looked at further. Of a fact the place in `CompiledRules.facts`.
 */
export type Part = {
  readonly kind: "any" | "wake" | "fact";
  readonly rule: number;
  /** As written. */
  readonly phrase: string;
};

/** A phrase of `all`, `near` or `none`, looked for only in mails in which its rule is awake. */
export type Further = {
  readonly kind: "all" | "near" | "none";
  /** Its place within `all` or `near`. */
  readonly entry: number;
  /** As written. */
  readonly phrase: string;
  readonly words: readonly string[];
};

/** A node of a tree: the words that may follow, and what ends here. */
export type PhraseNode = { readonly next: Map<string, PhraseNode>; readonly ends: Part[] };

/** A rule set with its phrase trees. Compile once, use for every mail; it is never changed. */
export type CompiledRules = {
  readonly set: RuleSet;
  /** Rules of the request types in file order, then those of the urgency levels from P1 down. */
  readonly rules: readonly CompiledRule[];
  /** Places in `rules` of those with patterns. */
  readonly withPatterns: readonly number[];
  readonly tree: PhraseNode;
  /** For rules that ask for other forms of the words: a tree of stems for each language. */
  readonly stemmed: readonly { readonly tree: PhraseNode; readonly stemOf: StemOf }[];
  /** Values of the site's facts, in file order. */
  readonly facts: readonly { readonly fact: string; readonly value: string }[];
  /** Places beside subject and text that some rule looks in. */
  readonly places: ReadonlySet<Place>;
  /** Aliases by name, for any name a client may send. */
  readonly aliases: ReadonlyMap<string, RuleSet["aliases"][number]>;
  readonly forms: CompiledForms;
  /** Whether some rule is only tried out. */
  readonly hasShadow: boolean;
};

type Lists = ReadonlyMap<string, readonly string[]>;
type Phrase = { readonly words: readonly string[]; readonly part: Part };

/** Make a rule set ready for `decide`. Takes about 10 µs a phrase. */
export function compileRules(set: RuleSet): CompiledRules {
  const lists: Lists = new Map(set.words.map(({ name, any }) => [name, any]));
  const rules = rulesOf(set, lists);
  const facts = set.facts.flatMap(({ name, values }) => values.map(({ value, any }) => ({ fact: name, value, any })));
  const plain: Phrase[] = facts.flatMap(({ any }, rule) => treePhrases("fact", rule, any, lists));
  const inflected: Phrase[] = [];
  const shared = timesAsked(rules);
  rules.forEach((each, index) => {
    (each.rule.inflect ? inflected : plain).push(...wakingPhrases(each, index, shared, lists));
  });
  const further = rules.flatMap((each) => (each.rule.inflect ? each.further.flatMap(({ words }) => words) : []));
  return {
    set,
    rules,
    withPatterns: rules.flatMap(({ patterns }, index) => (patterns.length === 0 ? [] : [index])),
    tree: treeOf(plain, (word) => word),
    stemmed: stemmedTrees(inflected, further),
    facts: facts.map(({ fact, value }) => ({ fact, value })),
    places: new Set(rules.flatMap(({ rule }) => rule.in)),
    forms: compileForms(set.forms),
    aliases: new Map(set.aliases.map((alias) => [alias.name, alias])),
    hasShadow: rules.some(({ rule }) => rule.mode === "shadow"),
  };
}

function rulesOf(set: RuleSet, lists: Lists): readonly CompiledRule[] {
  const compiled = (rule: Rule, speaks: CompiledRule["speaks"], urgency: Urgency | null): CompiledRule => ({
    id: rule.id,
    rule,
    patterns: rule.patterns.flatMap(patternOf),
    further: furtherOf(rule, lists),
    speaks,
    urgency,
  });
  return [
    ...set.types.flatMap(({ name, rules }) =>
      rules.map((rule) => compiled(rule, { type: name, strength: rule.strength }, null)),
    ),
    ...set.urgencies.flatMap(({ urgency, rules }) =>
      rules.map((rule) => compiled(rule, rule.also && spokenFor(rule.also), urgency)),
    ),
  ];
}

function spokenFor({ type, points }: { readonly type: string; readonly points: number }): CompiledRule["speaks"] {
  return { type, strength: { kind: "hint", points } };
}

/** A pattern with a mistake is refused when rules are loaded. */
function patternOf(source: string): readonly Pattern[] {
  const compiled = compilePattern(source);
  return compiled.kind === "pattern" ? [compiled.pattern] : [];
}

function furtherOf({ all, none, near }: Rule, lists: Lists): readonly Further[] {
  const of = (kind: Further["kind"], entries: readonly (readonly string[])[]) =>
    entries.flatMap((written, entry) =>
      expanded(written, lists).map(({ phrase, words }) => ({ kind, entry, phrase, words })),
    );
  return [...of("all", all), ...of("near", near?.of ?? []), ...of("none", [none])];
}

/** How many rules ask for each phrase of `all` and `near`. */
function timesAsked(rules: readonly CompiledRule[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { further } of rules) {
    for (const each of further) {
      const words = each.words.join(" ");
      times.set(words, (times.get(words) ?? 0) + 1);
    }
  }
  return times;
}

/**
 * The phrases a rule cannot fire without: those of `any`, else those of one entry of `all` or `near`, the one with the
 * rarest phrases among the rules, so that a word many rules ask for does not wake them all.
 */
function wakingPhrases(
  { rule, further }: CompiledRule,
  index: number,
  shared: ReadonlyMap<string, number>,
  lists: Lists,
): readonly Phrase[] {
  if (rule.any.length > 0) return treePhrases("any", index, rule.any, lists);
  const cost = (entry: readonly Further[]) =>
    entry.reduce((sum, { words }) => sum + (shared.get(words.join(" ")) ?? 0) / words.length, 0);
  const entries = Map.groupBy(
    further.filter(({ kind }) => kind !== "none"),
    ({ kind, entry }) => `${kind} ${entry}`,
  );
  const [rarest] = [...entries.values()].sort((a, b) => cost(a) - cost(b));
  return (rarest ?? []).map(({ phrase, words }) => ({ words, part: { kind: "wake", rule: index, phrase } }));
}

function treePhrases(kind: Part["kind"], rule: number, written: readonly string[], lists: Lists): readonly Phrase[] {
  return expanded(written, lists).map(({ phrase, words }) => ({ words, part: { kind, rule, phrase } }));
}

/** Every phrase that those written stand for, in normalised words. */
function expanded(
  written: readonly string[],
  lists: Lists,
): readonly { readonly phrase: string; readonly words: readonly string[] }[] {
  return written
    .flatMap((phrase) =>
      expand(phrase, lists).map((one) => ({ phrase, words: wordsOf(one).slice(0, PHRASE_WORDS_MAX) })),
    )
    .filter(({ words }) => words.length > 0);
}

function stemmedTrees(inflected: readonly Phrase[], further: readonly string[]): CompiledRules["stemmed"] {
  if (inflected.length === 0 && further.length === 0) return [];
  return stemmers([...inflected.flatMap(({ words }) => words), ...further]).map((stemOf) => ({
    tree: treeOf(inflected, (word) => stemOf(word) ?? word),
    stemOf,
  }));
}

function treeOf(all: readonly Phrase[], form: (word: string) => string): PhraseNode {
  const tree = node();
  for (const { words, part } of all) {
    let here = tree;
    for (const word of words.map(form)) {
      const next = here.next.get(word) ?? node();
      here.next.set(word, next);
      here = next;
    }
    here.ends.push(part);
  }
  return tree;
}

function node(): PhraseNode {
  return { next: new Map(), ends: [] };
}
