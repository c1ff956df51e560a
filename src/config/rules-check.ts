// What a schema cannot see: names that must exist elsewhere, ids that must be unique, phrases that can never match,
// and a way for every type. Each mistake says where it stands and what to write.

import { formMistakes } from "./forms.ts";
import { guardMistakes } from "./guards.ts";
import { unknownName } from "./names.ts";
import { conditionMistakes, exampleMistakes, ruleMistakes } from "./rule-check.ts";
import type { RuleFiles } from "./rules-schema.ts";
import { webhookMistakes } from "./webhook.ts";
import type { Locate, Path, Problem } from "./yaml.ts";

/** All mistakes that need more than one place to be seen. `problem` makes one for a path. */
export function crossCheck(files: RuleFiles, problem: Locate): readonly Problem[] {
  return [
    ...aliasMistakes(files, problem),
    ...queueMistakes(files, problem),
    ...calendarMistakes(files, problem),
    ...doubleIds(files, problem),
    ...ruleMistakes(files, problem),
    ...departmentMistakes(files, problem),
    ...guardMistakes(files, problem),
    ...typeNameMistakes(files, problem),
    ...formMistakes(files.forms, Object.keys(files.request_types), problem),
  ];
}

/** Types that margins and costs name. */
function typeNameMistakes({ request_types, decide, costs }: RuleFiles, problem: Locate): readonly Problem[] {
  const types = Object.keys(request_types);
  const margins = Object.keys(decide.margin_for).flatMap((type) =>
    unknownName("request type", type, types, ["decide", "margin_for", type], problem),
  );
  const over = Object.keys(decide.model_margin_over).flatMap((type) =>
    unknownName("request type", type, [...types, "none"], ["decide", "model_margin_over", type], problem),
  );
  const sent = Object.entries(costs).flatMap(([type, row]) => [
    ...unknownName("request type", type, [...types, "none"], ["costs", type], problem),
    ...Object.keys(row).flatMap((to) =>
      unknownName("request type", to, [...types, "people"], ["costs", type, to], problem),
    ),
  ]);
  return [...margins, ...over, ...sent];
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
  const people = Object.keys(files.staff);
  const told = Object.entries(files.queues).flatMap(([name, { escalation }]) =>
    escalation.flatMap((person, index) =>
      unknownName("person", person, people, ["queues", name, "escalation", index], problem),
    ),
  );
  const posted = Object.entries(files.queues).flatMap(([name, { deliver }]) =>
    deliver.kind === "webhook" ? webhookMistakes(deliver, ["queues", name, "deliver"], problem) : [],
  );
  return [...review, ...each, ...told, ...posted];
}

function calendarMistakes({ calendar, queues }: RuleFiles, problem: Locate): readonly Problem[] {
  if (calendar.after_hours === undefined) return [];
  const path = ["calendar", "after_hours", "queue"];
  const { queue } = calendar.after_hours;
  const unknown = unknownName("queue", queue, Object.keys(queues), path, problem);
  if (unknown.length > 0 || queues[queue]?.hours === "always") return unknown;
  return [problem(path, `\`${queue}\` must be there at all hours; give it \`hours: always\` under \`queues\``)];
}

/** Where every rule stands, in the order of the files: those of request types, urgency and departments. */
export function rulePlaces(files: RuleFiles): readonly { readonly id: string; readonly path: Path }[] {
  const under = (top: string, groups: Record<string, readonly { id: string }[]>) =>
    Object.entries(groups).flatMap(([group, rules]) =>
      rules.map(({ id }, index) => ({ id, path: [top, group, index] as Path })),
    );
  const departments = files.departments.map(({ id }, index) => ({ id, path: ["departments", index] as Path }));
  return [...under("request_types", files.request_types), ...under("urgency", files.urgency), ...departments];
}

function doubleIds(files: RuleFiles, problem: Locate): readonly Problem[] {
  const first = new Map<string, Path>();
  return rulePlaces(files).flatMap(({ id, path }) => {
    const place = [...path, "id"];
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, place);
      return [];
    }
    const there = problem(earlier, "");
    return [
      problem(place, `the id \`${id}\` is used already in ${there.file}:${there.line}; every rule needs its own`),
    ];
  });
}

function departmentMistakes(files: RuleFiles, problem: Locate): readonly Problem[] {
  const queues = Object.keys(files.queues);
  const names = files.departments.flatMap((rule, index) => {
    const path = ["departments", index];
    return [
      ...unknownName("queue", rule.queue, queues, [...path, "queue"], problem),
      ...conditionMistakes(rule.when, "department", [...path, "when"], files, problem),
      ...exampleMistakes(rule.examples, path, files, problem),
    ];
  });
  return [...names, ...typesWithoutDepartment(files, problem)];
}

/** A type that only conditions lead away from may find no department at run time. */
function typesWithoutDepartment(files: RuleFiles, problem: Locate): readonly Problem[] {
  const covered = new Set<string>();
  for (const { when } of files.departments) {
    if (Object.keys(when).some((fact) => fact !== "type")) continue;
    const types = when["type"] === undefined ? Object.keys(files.request_types) : [when["type"]].flat();
    for (const type of types) covered.add(type);
  }
  return Object.keys(files.request_types)
    .filter((type) => !covered.has(type))
    .map((type) => {
      const message = `no department takes every \`${type}\` mail; add one with only \`when: { type: ${type} }\``;
      return problem(["request_types", type], message, "key");
    });
}
