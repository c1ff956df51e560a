// What a schema cannot see in a single rule: phrases that can never match, word lists, facts, fields and aliases it
// names that are not there.

import { unknownName } from "./names.ts";
import { compilePattern } from "./patterns.ts";
import { EXPANSIONS_MAX, expand, expansions, listNames, PHRASE_WORDS_MAX } from "./phrases.ts";
import type { RuleFile } from "./rule-schema.ts";
import type { RuleFiles } from "./rules-schema.ts";
import type { Locate, Path, Problem } from "./yaml.ts";
import { oneOf } from "./yaml-mistakes.ts";

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’]*/gu;

/** Facts that are known of every mail, with their values; null: what may be a value is told by the rule files or is open. */
export const BUILT_IN: Readonly<Record<string, readonly string[] | null>> = {
  alias: null,
  language: null,
  sender_domain: null,
  kind: ["person", "form", "auto-reply", "bounce", "feedback-report", "list", "bulk", "calendar"],
  door: ["smtp", "lmtp", "submission", "imap"],
  hours: ["open", "closed"],
  proof: ["staff", "pass", "fail", "unknown"],
};
/** Known only once the rules of types and urgency have spoken. */
const DECIDED: Readonly<Record<string, readonly string[] | null>> = { type: null, urgency: ["P1", "P2", "P3", "P4"] };

type Placed = { readonly rule: RuleFile; readonly path: Path };

/** Mistakes in the rules of request types and of urgency, in word lists and facts. */
export function ruleMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  const types = Object.keys(files.request_types);
  const urgent = Object.entries(files.urgency).flatMap(([level, rules]) =>
    rules.flatMap((rule, index) =>
      rule.type === undefined
        ? []
        : unknownName("request type", rule.type, types, ["urgency", level, index, "type"], problem),
    ),
  );
  return [
    ...urgent,
    ...listMistakes(files, problem),
    ...factMistakes(files, problem),
    ...placed(files).flatMap((each) => [
      ...phrasesOf(each).flatMap(([phrase, path]) => phraseMistakes(phrase, path, files, problem)),
      ...patternMistakes(each, problem),
      ...placeMistakes(each, files, problem),
      ...dayMistakes(each, problem),
      ...exampleMistakes(each.rule.examples, each.path, files, problem),
      ...conditionMistakes(each.rule.when, "rule", [...each.path, "when"], files, problem),
    ]),
  ];
}

function placed(files: RuleFiles): readonly Placed[] {
  const under = (top: string, groups: Record<string, readonly RuleFile[]>) =>
    Object.entries(groups).flatMap(([group, rules]) =>
      rules.map((rule, index) => ({ rule, path: [top, group, index] as Path })),
    );
  return [...under("request_types", files.request_types), ...under("urgency", files.urgency)];
}

/** Every phrase of a rule and where it stands. */
function phrasesOf({ rule, path }: Placed): readonly (readonly [string, Path])[] {
  return [
    ...phrasesAt(rule.any, [...path, "any"]),
    ...phrasesAt(rule.none, [...path, "none"]),
    ...phrasesAt(rule.except, [...path, "except"]),
    ...alternativesAt(rule.all ?? [], [...path, "all"]),
    ...alternativesAt(rule.near?.of ?? [], [...path, "near", "of"]),
  ];
}

/** Every phrase of a list, which may be divided by language, and where it stands, in order. */
export function phrasesAt(written: RuleFile["any"], path: Path): readonly (readonly [string, Path])[] {
  if (written === undefined) return [];
  if (!Array.isArray(written)) return Object.entries(written).flatMap(([key, list]) => phrasesAt(list, [...path, key]));
  return written.map((phrase, index) => [phrase, [...path, index]] as const);
}

function alternativesAt(
  all: readonly (string | readonly string[])[],
  path: Path,
): readonly (readonly [string, Path])[] {
  return all.flatMap((each, index) =>
    typeof each === "string"
      ? [[each, [...path, index]] as const]
      : each.map((phrase, place) => [phrase, [...path, index, place]] as const),
  );
}

function listMistakes({ words }: RuleFiles, problem: Locate): readonly Problem[] {
  return Object.entries(words).flatMap(([name, list]) =>
    list.flatMap((phrase, index) => {
      const path = ["words", name, index];
      if (listNames(phrase).length === 0) return wordMistakes(phrase, phrase, path, problem);
      return [problem(path, "a word list cannot name another one; write its words out")];
    }),
  );
}

function factMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  return Object.entries(files.facts).flatMap(([fact, values]) => {
    if (fact in BUILT_IN || fact in DECIDED) {
      return [problem(["facts", fact], `\`${fact}\` is known of every mail already; choose another name`, "key")];
    }
    return Object.entries(values).flatMap(([value, list]) =>
      list.flatMap((phrase, index) => phraseMistakes(phrase, ["facts", fact, value, index], files, problem)),
    );
  });
}

function phraseMistakes(phrase: string, path: Path, { words }: RuleFiles, problem: Locate): readonly Problem[] {
  const known = Object.keys(words);
  const lists = new Map(Object.entries(words));
  const unknown = listNames(phrase).flatMap((name) => unknownName("word list", name, known, path, problem));
  if (unknown.length > 0) return unknown;
  const count = expansions(phrase, lists);
  if (count > EXPANSIONS_MAX) {
    const message = `this stands for ${count} phrases; at most ${EXPANSIONS_MAX} are taken, so write it with fewer lists`;
    return [problem(path, message)];
  }
  const longest = expand(phrase, lists).reduce((a, b) => (wordCount(b) > wordCount(a) ? b : a), "");
  return wordMistakes(phrase, longest, path, problem);
}

function wordCount(phrase: string): number {
  return phrase.match(WORD)?.length ?? 0;
}

/** `longest` is the longest of the phrases that `phrase` stands for. */
function wordMistakes(phrase: string, longest: string, path: Path, problem: Locate): readonly Problem[] {
  const count = wordCount(longest);
  if (phrase.trim() === "") return [problem(path, 'this phrase is empty; write words, for example "payment plan"')];
  if (count === 0) return [problem(path, "this phrase has no word in it, so it can never match; write words")];
  if (count <= PHRASE_WORDS_MAX) return [];
  return [problem(path, `this phrase has ${count} words; at most ${PHRASE_WORDS_MAX} are looked at, so shorten it`)];
}

function patternMistakes({ rule, path }: Placed, problem: Locate): readonly Problem[] {
  return (rule.patterns ?? []).flatMap((pattern, index) => {
    const compiled = compilePattern(pattern);
    return compiled.kind === "mistake" ? [problem([...path, "patterns", index], compiled.message)] : [];
  });
}

function placeMistakes({ rule, path }: Placed, files: RuleFiles, problem: Locate): readonly Problem[] {
  const fields = Object.keys(files.forms?.fields ?? {});
  return rule.in.flatMap((place, index) =>
    place.startsWith("field:")
      ? unknownName("form field", place.slice(6), fields, [...path, "in", index], problem)
      : [],
  );
}

function dayMistakes({ rule: { from, until }, path }: Placed, problem: Locate): readonly Problem[] {
  if (from === undefined || until === undefined || from <= until) return [];
  return [problem([...path, "until"], `\`until\` is before \`from\`, so the rule never holds; write ${from} or later`)];
}

/** Mistakes in the examples of a rule or a department. */
export function exampleMistakes(
  examples: RuleFile["examples"],
  path: Path,
  { aliases }: RuleFiles,
  problem: Locate,
): readonly Problem[] {
  const known = Object.keys(aliases);
  return (["match", "not"] as const).flatMap((wanted) =>
    examples[wanted].flatMap((example, index) => {
      if (typeof example === "string" || example.alias === undefined) return [];
      const place = [...path, "examples", wanted, index, "alias"];
      return unknownName("alias", example.alias, known, place, problem);
    }),
  );
}

/** Mistakes in `when:`; only a department may ask for what the rules themselves find out. */
export function conditionMistakes(
  when: RuleFile["when"],
  of: "rule" | "department",
  path: Path,
  files: RuleFiles,
  problem: Locate,
): readonly Problem[] {
  const known = { ...BUILT_IN, ...(of === "department" ? DECIDED : {}), ...siteFacts(files) };
  return Object.entries(when).flatMap(([fact, values]) => {
    const place = [...path, fact];
    if (!Object.hasOwn(known, fact)) {
      if (of === "rule" && fact in DECIDED) {
        return [problem(place, `only departments can ask for \`${fact}\`: rules are what finds it out`, "key")];
      }
      return unknownName("fact", fact, Object.keys(known), place, problem, "key");
    }
    const listed =
      typeof values === "string" ? [[values, place] as const] : values.map((v, i) => [v, [...place, i]] as const);
    return listed.flatMap(([value, at]) => valueMistakes(fact, value, known[fact] ?? null, at, files, problem));
  });
}

function siteFacts({ facts }: RuleFiles): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(facts).map(([fact, values]) => [fact, Object.keys(values)]));
}

function valueMistakes(
  fact: string,
  value: string,
  values: readonly string[] | null,
  path: Path,
  files: RuleFiles,
  problem: Locate,
): readonly Problem[] {
  if (values !== null) {
    if (values.includes(value)) return [];
    return [problem(path, `\`${fact}\` cannot be \`${value}\`${oneOf(value, values)}`)];
  }
  if (fact === "type") return unknownName("request type", value, Object.keys(files.request_types), path, problem);
  if (fact === "alias") return unknownName("alias", value, Object.keys(files.aliases), path, problem);
  if (fact === "language" && !/^[a-z]{2}$/.test(value)) {
    return [problem(path, `write the language by its two letters, such as \`en\` or \`es\``)];
  }
  if (fact === "sender_domain" && !/^[a-z0-9.-]+$/.test(value)) {
    return [problem(path, "write a domain in lower case, for example `insurer.example`")];
  }
  return [];
}
