// Rules made ready for matching: every phrase of every rule in one tree over words, so that one pass over a mail
// finds all hits and the cost does not grow with the number of rules.

import { compilePattern, type Pattern } from "../config/patterns.ts";
import { expand, PHRASE_WORDS_MAX } from "../config/phrases.ts";
import type { Place, Rule } from "../config/rule.ts";
import type { RuleSet, Strength } from "../config/rules.ts";
import type { Urgency } from "../outcome.ts";
import { type CompiledForms, compileForms } from "./form-names.ts";
import { type FormOf, stemmers } from "./stems.ts";
import { wordsOf } from "./words.ts";

/** A rule and what it says when it fires. */
export type CompiledRule = {
  readonly id: string;
  readonly rule: Rule;
  readonly patterns: readonly Pattern[];
  readonly further: readonly Further[];
  /** Phrases that a hit may share no word with. */
  readonly except: PhraseNode | null;
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
  readonly kind: "any" | "wake" | "fact" | "except";
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
  /** Its words in the form of a tree. */
  readonly forms: readonly { readonly tree: number; readonly words: readonly string[] }[];
};

/** A node of a tree: the words that may follow, and what ends here. */
export type PhraseNode = { readonly next: Map<string, PhraseNode>; readonly ends: Part[] };

/** A word of a mail as the trees know it: its form in each, and the node it leads to from the root. */
export type Entry = {
  readonly forms: readonly (string | null)[];
  readonly nodes: readonly (PhraseNode | undefined)[];
};

/** Looks a word up in all trees at once: the first compares words as they stand, the others stems of a language. */
export type Lexicon = (word: string) => Entry;

/** A rule set with its phrase trees. Compile once, use for every mail; it is never changed. */
export type CompiledRules = {
  readonly set: RuleSet;
  /** Rules of the request types in file order, then those of the urgency levels from P1 down. */
  readonly rules: readonly CompiledRule[];
  /** Places in `rules` of those with patterns. */
  readonly withPatterns: readonly number[];
  readonly lexicon: Lexicon;
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
/** A phrase as written, and the words of one that it stands for. */
type Expanded = { readonly phrase: string; readonly words: readonly string[] };
type Phrase = { readonly words: readonly string[]; readonly part: Part };
/** Phrases whose words count as they stand, and those whose other forms count too. */
type Phrases = { readonly plain: Phrase[]; readonly inflected: Phrase[] };

/** Make a rule set ready for `decide`. Takes about 10 µs a phrase. */
export function compileRules(set: RuleSet): CompiledRules {
  const lists: Lists = new Map(set.words.map(({ name, any }) => [name, any]));
  const facts = set.facts.flatMap(({ name, values }) => values.map(({ value, any }) => ({ fact: name, value, any })));
  const asked = allRules(set).map((each) => ({ ...each, entries: entriesOf(each.rule, lists) }));
  const shared = timesAsked(asked.flatMap(({ entries }) => entries));
  const phrases: Phrases = {
    plain: facts.flatMap(({ any }, at) => treePhrases("fact", at, any, lists)),
    inflected: [],
  };
  asked.forEach(({ rule, entries }, index) => {
    (rule.inflect ? phrases.inflected : phrases.plain).push(...wakingPhrases(rule, entries, index, shared, lists));
  });
  const stemmed = asked.flatMap(({ rule, entries }) => (rule.inflect ? entries.flatMap(wordsIn) : []));
  const formsOf = stemmers([...phrases.inflected.flatMap(({ words }) => words), ...stemmed]);
  const rules = asked.map(({ rule, speaks, urgency, entries }, index) => ({
    id: rule.id,
    rule,
    patterns: rule.patterns.flatMap(patternOf),
    further: entries.flatMap((entry) => furtherOf(entry, rule.inflect ? formsOf : null)),
    except: exceptTree(rule, index, lists),
    speaks,
    urgency,
  }));
  return {
    set,
    rules,
    withPatterns: rules.flatMap(({ patterns }, index) => (patterns.length === 0 ? [] : [index])),
    lexicon: lexicon(phrases, formsOf),
    facts: facts.map(({ fact, value }) => ({ fact, value })),
    places: new Set(rules.flatMap(({ rule }) => rule.in)),
    forms: compileForms(set.forms),
    aliases: new Map(set.aliases.map((alias) => [alias.name, alias])),
    hasShadow: rules.some(({ rule }) => rule.mode === "shadow"),
  };
}

/** An entry of `all` or `near`, or the phrases of `none`. */
type AskedFor = Pick<Further, "kind" | "entry"> & { readonly phrases: readonly Expanded[] };

function allRules(set: RuleSet): readonly Pick<CompiledRule, "rule" | "speaks" | "urgency">[] {
  return [
    ...set.types.flatMap(({ name, rules }) =>
      rules.map((rule) => ({ rule, speaks: { type: name, strength: rule.strength }, urgency: null })),
    ),
    ...set.urgencies.flatMap(({ urgency, rules }) =>
      rules.map((rule) => ({ rule, speaks: rule.also && spokenFor(rule.also), urgency })),
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

function entriesOf({ all, none, near }: Rule, lists: Lists): readonly AskedFor[] {
  const of = (kind: Further["kind"], entries: readonly (readonly string[])[]) =>
    entries.map((written, entry) => ({ kind, entry, phrases: expanded(written, lists) }));
  return [...of("all", all), ...of("near", near?.of ?? []), ...of("none", [none])];
}

function wordsIn({ phrases }: AskedFor): readonly string[] {
  return phrases.flatMap(({ words }) => words);
}

/** The first tree has the words as they stand, the others their stems. */
function furtherOf({ kind, entry, phrases }: AskedFor, stems: readonly FormOf[] | null): readonly Further[] {
  return phrases.map(({ phrase, words }) => ({
    kind,
    entry,
    phrase,
    forms:
      stems === null
        ? [{ tree: 0, words }]
        : stems.map((stem, at) => ({ tree: at + 1, words: words.map((word) => stem(word) ?? word) })),
  }));
}

/** How many rules ask for each phrase of `all` and `near`. */
function timesAsked(entries: readonly AskedFor[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { words } of entries.flatMap(({ phrases }) => phrases)) {
    const phrase = words.join(" ");
    times.set(phrase, (times.get(phrase) ?? 0) + 1);
  }
  return times;
}

/**
 * The phrases a rule cannot fire without: those of `any`, else those of one entry of `all` or `near`, the one with the
 * rarest phrases among the rules, so that a word many rules ask for does not wake them all.
 */
function wakingPhrases(
  rule: Rule,
  entries: readonly AskedFor[],
  index: number,
  shared: ReadonlyMap<string, number>,
  lists: Lists,
): readonly Phrase[] {
  if (rule.any.length > 0) return treePhrases("any", index, rule.any, lists);
  const cost = ({ phrases }: AskedFor) =>
    phrases.reduce((sum, { words }) => sum + (shared.get(words.join(" ")) ?? 0) / words.length, 0);
  const [rarest] = entries.filter(({ kind }) => kind !== "none").sort((a, b) => cost(a) - cost(b));
  return (rarest?.phrases ?? []).map(({ phrase, words }) => ({ words, part: { kind: "wake", rule: index, phrase } }));
}

function treePhrases(kind: Part["kind"], rule: number, written: readonly string[], lists: Lists): readonly Phrase[] {
  return expanded(written, lists).map(({ phrase, words }) => ({ words, part: { kind, rule, phrase } }));
}

function exceptTree({ except }: Rule, index: number, lists: Lists): PhraseNode | null {
  if (except.length === 0) return null;
  return treeOf(treePhrases("except", index, except, lists), (word) => word);
}

/** Every phrase that those written stand for, in normalised words. */
function expanded(written: readonly string[], lists: Lists): readonly Expanded[] {
  return written
    .flatMap((phrase) =>
      expand(phrase, lists).map((one) => ({ phrase, words: wordsOf(one).slice(0, PHRASE_WORDS_MAX) })),
    )
    .filter(({ words }) => words.length > 0);
}

/** Words remembered: more than people use in their mails. */
const LEXICON_MAX = 50_000;

function lexicon({ plain, inflected }: Phrases, stems: readonly FormOf[]): Lexicon {
  const trees = [
    { tree: treeOf(plain, (word) => word), formOf: (word: string) => word },
    ...stems.map((formOf) => ({ tree: treeOf(inflected, (word) => formOf(word) ?? word), formOf })),
  ];
  const known = new Map<string, Entry>();
  return (word) => {
    const entry = known.get(word);
    if (entry !== undefined) return entry;
    const forms = trees.map(({ formOf }) => formOf(word));
    const made: Entry = {
      forms,
      nodes: trees.map(({ tree }, at) => tree.next.get(forms[at] ?? "")),
    };
    if (known.size >= LEXICON_MAX) known.clear();
    known.set(word, made);
    return made;
  };
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
