// What a schema cannot see: names that must exist elsewhere, ids that must be unique, phrases that can never match,
// and a way for every type. Each mistake says where it stands and what to write.

import { formMistakes } from "./forms.ts";
import { PHRASE_WORDS_MAX } from "./phrase-limit.ts";
import type { RuleFiles } from "./rules-schema.ts";
import type { Locate, Path, Problem } from "./yaml.ts";
import { oneOf } from "./yaml-mistakes.ts";

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’]*/gu;

/** All mistakes that need more than one place to be seen. `problem` makes one for a path. */
export function crossCheck(files: RuleFiles, problem: Locate): readonly Problem[] {
  return [
    ...aliasMistakes(files, problem),
    ...queueMistakes(files, problem),
    ...ruleMistakes(files, problem),
    ...departmentMistakes(files, problem),
    ...formMistakes(files.forms, Object.keys(files.request_types), problem),
  ];
}

function aliasMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  const types = Object.keys(files.request_types);
  const taken = new Map(Object.keys(files.aliases).map((name) => [name, name]));
  return Object.entries(files.aliases).flatMap(([name, alias]) => {
    const unknown =
      alias.type === null ? [] : unknownName("request type", alias.type, types, ["aliases", name, "type"], problem);
    const doubles = alias.also.flatMap((local, index) => {
      const owner = taken.get(local);
      taken.set(local, name);
      if (owner === undefined) return [];
      const message = `\`${local}\` belongs already to the alias \`${owner}\`; keep it in one of the two`;
      return [problem(["aliases", name, "also", index], message)];
    });
    return [...unknown, ...doubles];
  });
}

function queueMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  const queues = Object.keys(files.queues);
  const review = unknownName("queue", files.review_queue, queues, ["review_queue"], problem);
  const each = Object.entries(files.queues).flatMap(([name, queue]) => {
    if (queue.backup === undefined) return [];
    const path = ["queues", name, "backup"];
    if (queue.backup === name) return [problem(path, `\`${name}\` cannot be its own backup; name another queue`)];
    return unknownName("queue", queue.backup, queues, path, problem);
  });
  return [...review, ...each];
}

type AnyRule = { readonly id: string; readonly any: readonly string[]; readonly path: Path };

function ruleMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  const types = Object.keys(files.request_types);
  const urgent = Object.entries(files.urgency).flatMap(([level, rules]) =>
    rules.flatMap((rule, index) =>
      rule.type === undefined
        ? []
        : unknownName("request type", rule.type, types, ["urgency", level, index, "type"], problem),
    ),
  );
  const rules = phraseRules(files);
  return [...urgent, ...doubleIds(files, rules, problem), ...rules.flatMap((rule) => phraseMistakes(rule, problem))];
}

function phraseRules(files: RuleFiles): readonly AnyRule[] {
  const under = (top: string, groups: Record<string, readonly { id: string; any: readonly string[] }[]>) =>
    Object.entries(groups).flatMap(([group, rules]) =>
      rules.map((rule, index) => ({ id: rule.id, any: rule.any, path: [top, group, index] })),
    );
  return [...under("request_types", files.request_types), ...under("urgency", files.urgency)];
}

function doubleIds(files: RuleFiles, rules: readonly AnyRule[], problem: Locate): readonly Problem[] {
  const first = new Map<string, Path>();
  const departments = files.departments.map((rule, index) => ({ id: rule.id, path: ["departments", index] as Path }));
  return [...rules, ...departments].flatMap(({ id, path }) => {
    const path_ = [...path, "id"];
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, path_);
      return [];
    }
    const there = problem(earlier, "");
    return [
      problem(path_, `the id \`${id}\` is used already in ${there.file}:${there.line}; every rule needs its own`),
    ];
  });
}

function phraseMistakes(rule: AnyRule, problem: Locate): readonly Problem[] {
  return rule.any.flatMap((phrase, index) => {
    const path = [...rule.path, "any", index];
    const words = phrase.match(WORD) ?? [];
    if (phrase.trim() === "") return [problem(path, 'this phrase is empty; write words, for example "payment plan"')];
    if (words.length === 0) return [problem(path, "this phrase has no word in it, so it can never match; write words")];
    if (words.length <= PHRASE_WORDS_MAX) return [];
    return [
      problem(path, `this phrase has ${words.length} words; at most ${PHRASE_WORDS_MAX} are looked at, so shorten it`),
    ];
  });
}

function departmentMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  const types = Object.keys(files.request_types);
  const aliases = Object.keys(files.aliases);
  const queues = Object.keys(files.queues);
  const names = files.departments.flatMap((rule, index) => {
    const path = ["departments", index];
    return [
      ...unknownName("queue", rule.queue, queues, [...path, "queue"], problem),
      ...unknownNames("request type", rule.when.type, types, [...path, "when", "type"], problem),
      ...unknownNames("alias", rule.when.alias, aliases, [...path, "when", "alias"], problem),
    ];
  });
  return [...names, ...typesWithoutDepartment(files, problem)];
}

/** A type that only conditions lead away from may find no department at run time. */
function typesWithoutDepartment(files: RuleFiles, problem: Locate): readonly Problem[] {
  const covered = new Set<string>();
  for (const { when } of files.departments) {
    if (when.alias !== undefined || when.urgency !== undefined) continue;
    const types = when.type === undefined ? Object.keys(files.request_types) : [when.type].flat();
    for (const type of types) covered.add(type);
  }
  return Object.keys(files.request_types)
    .filter((type) => !covered.has(type))
    .map((type) => {
      const message = `no department takes every \`${type}\` mail; add one with only \`when: { type: ${type} }\``;
      return problem(["request_types", type], message, "key");
    });
}

function unknownNames(
  noun: string,
  written: string | readonly string[] | undefined,
  known: readonly string[],
  path: Path,
  problem: Locate,
): readonly Problem[] {
  if (written === undefined) return [];
  if (typeof written === "string") return unknownName(noun, written, known, path, problem);
  return written.flatMap((name, index) => unknownName(noun, name, known, [...path, index], problem));
}

function unknownName(
  noun: string,
  name: string,
  known: readonly string[],
  path: Path,
  problem: Locate,
): readonly Problem[] {
  if (known.includes(name)) return [];
  return [problem(path, `there is no ${noun} \`${name}\`${oneOf(name, known)}`)];
}
