// Phrases beside each other: which can never count, which another rule takes, which stand twice, which are everyday words.

import { compilePattern } from "../config/patterns.ts";
import type { Place, Rule } from "../config/rule.ts";
import { phrasesAt } from "../config/rule-check.ts";
import type { RuleFile } from "../config/rule-schema.ts";
import type { Path } from "../config/yaml.ts";
import { isEveryday } from "./everyday-words.ts";
import { type Finding, finding } from "./finding.ts";
import type { GoodRules } from "./lint.ts";
import { type PhraseTree, phraseTree, wordsFor } from "./phrase-tree.ts";

/** What a rule answers when it fires. */
type Answer =
  | { readonly kind: "type"; readonly type: string; readonly points: number | "sure" }
  | { readonly kind: "level"; readonly level: string };

/** A rule with its phrases in words; `order` is its place in the files. */
type Looked = {
  readonly rule: Rule;
  readonly order: number;
  readonly path: Path;
  readonly answer: Answer;
  readonly places: ReadonlySet<string>;
  /** For each phrase of `any` as written, all it stands for. */
  readonly any: readonly (readonly (readonly string[])[])[];
};

type Standing = { readonly by: Looked; readonly phrase: number };
type Lists = ReadonlyMap<string, readonly string[]>;

/** Findings about phrases and patterns of every rule. */
export function lintPhrases(loaded: GoodRules): readonly Finding[] {
  const lists = new Map(loaded.rules.words.map(({ name, any }) => [name, any]));
  const looked = lookedAt(loaded, lists);
  const tree = phraseTree<Standing>();
  for (const each of looked.filter(firesAlways)) {
    each.any.forEach((all, phrase) => {
      for (const words of all) tree.add(words, { by: each, phrase });
    });
  }
  return looked.flatMap((each) => [
    ...ownNone(each, lists, loaded),
    ...taken(each, tree, loaded),
    ...twice(each, loaded),
    ...everyday(each, loaded),
    ...looseness(each, loaded),
  ]);
}

function lookedAt({ rules, paths }: GoodRules, lists: Lists): readonly Looked[] {
  const looked: Looked[] = [];
  const add = (rule: Rule, answer: Answer) => {
    const any = rule.any.map((phrase) => wordsFor(phrase, lists));
    const places = new Set(rule.in.flatMap((place) => halves(place)));
    looked.push({ rule, order: looked.length, path: paths.get(rule.id) ?? [], answer, places, any });
  };
  for (const { name, rules: ofType } of rules.types) {
    for (const rule of ofType) {
      add(rule, { kind: "type", type: name, points: rule.strength.kind === "sure" ? "sure" : rule.strength.points });
    }
  }
  for (const { urgency, rules: ofLevel } of rules.urgencies) {
    for (const rule of ofLevel) add(rule, { kind: "level", level: urgency });
  }
  return looked;
}

function halves(place: Place): readonly string[] {
  return place === "text" ? ["own", "forwarded"] : [place];
}

/** Whether one phrase of `any` is all it takes, whatever else is so. */
function firesAlways({ rule }: Looked): boolean {
  const asksNoMore = rule.all.length === 0 && rule.none.length === 0 && rule.near === null && rule.when.length === 0;
  return asksNoMore && rule.mode === "live" && rule.from === null && rule.until === null;
}

/** Phrases that hold one of the rule's own `none`; when that leaves nothing, the rule never fires. */
function ownNone(each: Looked, lists: Lists, loaded: GoodRules): readonly Finding[] {
  const { rule, path } = each;
  if (rule.none.length === 0) return [];
  const none = phraseTree<string>();
  for (const phrase of rule.none) for (const words of wordsFor(phrase, lists)) none.add(words, phrase);
  const dead = (all: readonly (readonly string[])[]) => all.every((words) => none.within(words).length > 0);
  const lost = each.any.flatMap((all, index) => (dead(all) ? [index] : []));
  const needed = [...rule.all, ...(rule.near?.of ?? [])];
  const asked = needed.find((alternatives) => dead(alternatives.flatMap((phrase) => wordsFor(phrase, lists))));
  if (asked !== undefined) {
    return [neverFires(loaded, path, `it asks for \`${asked[0]}\`, which its own \`none\` forbids`)];
  }
  if (lost.length > 0 && lost.length === each.any.length && rule.patterns.length === 0) {
    return [neverFires(loaded, path, "each phrase of `any` holds one that its own `none` forbids")];
  }
  return lost.map((index) => {
    const [found] = none.within(each.any[index]?.[0] ?? []);
    const message = `\`${rule.any[index]}\` never counts, because \`none\` forbids \`${found?.value}\`; take one of the two out`;
    return finding("phrase-never-counts", loaded.problem(phrasePath(each, index, loaded), message));
  });
}

function neverFires(loaded: GoodRules, path: Path, why: string): Finding {
  return finding("never-fires", loaded.problem([...path, "none"], `this rule can never fire: ${why}`, "key"));
}

/** Phrases that a rule with another, stronger answer finds as well; when it is all of them, the rule never wins. */
function taken(each: Looked, tree: PhraseTree<Standing>, loaded: GoodRules): readonly Finding[] {
  const { rule, path } = each;
  if (rule.mode === "shadow") return [];
  const margin = loaded.rules.decide.margin;
  const by = each.any.map((all) => {
    const clashes = all.map((words) =>
      tree.within(words).find(({ value, length }) => isTaken(each, value.by, length === words.length, margin)),
    );
    return clashes.every((clash) => clash !== undefined) ? (clashes[0]?.value ?? null) : null;
  });
  const rest = rule.patterns.length > 0 || rule.any.length === 0;
  const first = by[0] ?? null;
  if (!rest && first !== null && by.every((standing) => standing !== null && beats(standing.by, each))) {
    const message = `this rule can never win: \`${first.by.rule.id}\` (${answerText(first.by.answer)}) takes what it looks for`;
    return [finding("never-wins", loaded.problem([...path, "id"], message))];
  }
  return by.flatMap((standing, index) => {
    if (standing === null) return [];
    const message = `\`${rule.any[index]}\` is ${answerText(each.answer)} here, but ${coveredText(standing)}`;
    return [finding("phrase-covered", loaded.problem(phrasePath(each, index, loaded), message))];
  });
}

/** Whether `other`, which finds whatever `each` finds by this phrase, answers otherwise and is not weaker. */
function isTaken(each: Looked, other: Looked, same: boolean, margin: number): boolean {
  if (other === each || !seesAll(other, each)) return false;
  const [a, b] = [other.answer, each.answer];
  if (a.kind === "level" || b.kind === "level") return a.kind === "level" && b.kind === "level" && a.level < b.level;
  if (a.type === b.type) return false;
  if (a.points === "sure" || b.points === "sure") {
    return a.points === "sure" && (b.points !== "sure" || other.order < each.order);
  }
  // The same phrase is told once; a longer one may well outweigh the shorter it holds.
  return same ? other.order < each.order : b.points < a.points + margin;
}

function seesAll(other: Looked, each: Looked): boolean {
  return (
    [...each.places].every((place) => other.places.has(place)) &&
    other.rule.heed.every((heed) => each.rule.heed.includes(heed))
  );
}

/** Whether `other` always decides where both fire. */
function beats({ answer }: Looked, each: Looked): boolean {
  if (answer.kind === "level") return true;
  return answer.points === "sure" && each.answer.kind === "type" && each.answer.points === "sure";
}

function answerText(answer: Answer): string {
  return answer.kind === "level" ? answer.level : `\`${answer.type}\``;
}

function coveredText({ by, phrase }: Standing): string {
  const sure = by.answer.kind === "type" && by.answer.points === "sure";
  const stronger = sure ? "which decides alone" : "and neither clearly outweighs the other";
  return `the rule \`${by.rule.id}\` finds \`${by.rule.any[phrase]}\` in it and says ${answerText(by.answer)}, ${by.answer.kind === "level" ? "which stands above" : stronger}`;
}

function twice(each: Looked, loaded: GoodRules): readonly Finding[] {
  const first = new Map<string, number>();
  return each.any.flatMap((all, index) => {
    const earlier = all.map((words) => first.get(words.join(" ")));
    for (const words of all) first.set(words.join(" "), first.get(words.join(" ")) ?? index);
    const at = earlier.every((place) => place !== undefined) ? earlier[0] : undefined;
    if (at === undefined) return [];
    const other = each.rule.any[at] === each.rule.any[index] ? "" : `, as \`${each.rule.any[at]}\``;
    const message = `\`${each.rule.any[index]}\` stands already in this rule${other}; take one out`;
    return [finding("phrase-twice", loaded.problem(phrasePath(each, index, loaded), message))];
  });
}

function everyday(each: Looked, loaded: GoodRules): readonly Finding[] {
  const { rule, answer } = each;
  const asksMore = rule.all.length > 0 || rule.near !== null;
  if (answer.kind !== "level" || answer.level !== "P1" || asksMore) return [];
  return each.any.flatMap((all, index) => {
    const word = all.find((words) => words.length === 1 && isEveryday(words[0] ?? ""))?.[0];
    if (word === undefined) return [];
    const message = `\`${word}\` is an everyday word, so much mail would be P1; write more words, or use \`near\``;
    return [finding("everyday-word", loaded.problem(phrasePath(each, index, loaded), message))];
  });
}

function looseness({ rule, path }: Looked, { problem }: GoodRules): readonly Finding[] {
  return rule.patterns.flatMap((source, index) => {
    const compiled = compilePattern(source);
    if (compiled.kind === "mistake" || compiled.pattern.literals !== null) return [];
    const message =
      "this pattern holds no fixed word of 3 letters or more, so it is tried on every mail; add one if you can";
    return [finding("pattern-without-word", problem([...path, "patterns", index], message))];
  });
}

/** Where a phrase of `any` stands: its list may be divided by language. */
function phrasePath({ path }: Looked, index: number, { files }: GoodRules): Path {
  const found = path.reduce<unknown>((here, step) => (here as Record<string | number, unknown>)?.[step], files);
  const any = (found as RuleFile | undefined)?.any;
  return phrasesAt(any, [...path, "any"])[index]?.[1] ?? [...path, "any"];
}
