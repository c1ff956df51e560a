// Conditions beside each other: what can never hold, departments never reached, days that are over, and words, facts and
// people that nothing asks for.

import { listNames } from "../config/phrases.ts";
import type { Conditions } from "../config/rule.ts";
import type { DepartmentRule, RuleSet } from "../config/rules.ts";
import { type Finding, finding } from "./finding.ts";
import type { GoodRules } from "./lint.ts";

/** Findings about `when`, days, departments, word lists, facts and people. */
export function lintConditions(loaded: GoodRules, today: string | null): readonly Finding[] {
  return [
    ...impossible(loaded),
    ...past(loaded, today),
    ...emergencies(loaded, today),
    ...neverReached(loaded),
    ...unusedWords(loaded),
    ...unaskedFacts(loaded),
    ...unnamedPeople(loaded),
  ];
}

type Asking = { readonly id: string; readonly when: Conditions };

function rulesOf({ types, urgencies }: RuleSet) {
  return [...types.flatMap(({ rules }) => rules), ...urgencies.flatMap(({ rules }) => rules)];
}

function impossible({ rules, problem, paths }: GoodRules): readonly Finding[] {
  const asking: readonly Asking[] = [...rulesOf(rules), ...rules.departments];
  return asking.flatMap(({ id, when }) => {
    const values = new Map(when.map((condition) => [condition.fact, condition.values]));
    const [fact, why] = contradiction(values, rules) ?? [null, ""];
    if (fact === null) return [];
    const path = [...(paths.get(id) ?? []), "when", fact];
    return [finding("never-fires", problem(path, `this can never be so: ${why}`, "key"))];
  });
}

type Asked = ReadonlyMap<string, readonly string[]>;

/** A fact that never has what is asked, and the reason. */
function contradiction(asked: Asked, rules: RuleSet): readonly [string, string] | null {
  const only = (fact: string, value: string) => asked.get(fact)?.every((each) => each === value) ?? false;
  if (only("hours", "closed") && rules.calendar.open === null) {
    return ["hours", "the house is never closed, because `calendar` has no `open`"];
  }
  if (only("kind", "form") && rules.forms.fields.length === 0) {
    return ["kind", "no mail is a form, because the files have no `forms`"];
  }
  return null;
}

/** What keeps a P1 rule from hearing an emergency and is easily overlooked. */
function emergencies({ rules, problem, paths }: GoodRules, today: string | null): readonly Finding[] {
  const urgent = rules.urgencies.flatMap(({ urgency, rules: of }) => (urgency === "P1" ? of : []));
  return urgent.flatMap(({ id, mode, from, none }) => {
    const at = (key: string) => [...(paths.get(id) ?? []), key];
    const trial = "this P1 rule is only tried out and makes no mail urgent; write `mode: live` when it shall";
    const later = `this P1 rule makes no mail urgent before ${from}`;
    const bars =
      "one of these anywhere in a mail sets its emergency aside; write `except`, which looks at the words found only";
    return [
      ...(mode === "shadow" ? [finding("emergency-on-trial", problem(at("mode"), trial))] : []),
      ...(from !== null && today !== null && from > today
        ? [finding("emergency-on-trial", problem(at("from"), later))]
        : []),
      ...(none.length > 0 ? [finding("emergency-with-none", problem(at("none"), bars, "key"))] : []),
    ];
  });
}

function past({ rules, problem, paths }: GoodRules, today: string | null): readonly Finding[] {
  if (today === null) return [];
  const over = rulesOf(rules).flatMap(({ id, until }) => {
    if (until === null || until >= today) return [];
    const message = `this rule ended on ${until}; take it out, or give it a later day`;
    return [finding("rule-past", problem([...(paths.get(id) ?? []), "until"], message))];
  });
  const { holidays } = rules.calendar;
  const isOver = holidays.size > 0 && [...holidays.keys()].every((day) => day < today);
  if (!isOver) return over;
  const message = "all holidays are over; write those of the next year";
  return [...over, finding("holidays-past", problem(["calendar", "holidays"], message, "key"))];
}

function neverReached({ rules, problem, paths }: GoodRules): readonly Finding[] {
  return rules.departments.flatMap((each, index) => {
    const earlier = rules.departments.slice(0, index).find((other) => takesAll(other, each));
    if (earlier === undefined) return [];
    const message = `no mail comes here, because \`${earlier.id}\` above takes it all; put this one above it`;
    return [finding("department-never-reached", problem([...(paths.get(each.id) ?? []), "id"], message))];
  });
}

/** Whether whatever fits `each` fits `other`, too. */
function takesAll(other: DepartmentRule, each: DepartmentRule): boolean {
  return other.when.every(({ fact, values }) => {
    const asked = each.when.find((condition) => condition.fact === fact);
    return asked?.values.every((value) => values.includes(value)) ?? false;
  });
}

function unusedWords({ rules, problem }: GoodRules): readonly Finding[] {
  const named = new Set<string>();
  const hear = (phrases: readonly string[]) => {
    for (const phrase of phrases) for (const name of listNames(phrase)) named.add(name);
  };
  for (const { any, all, none, except, near } of rulesOf(rules)) {
    for (const phrases of [any, none, except, ...all, ...(near?.of ?? [])]) hear(phrases);
  }
  for (const { values } of rules.facts) for (const { any } of values) hear(any);
  return rules.words
    .filter(({ name }) => !named.has(name))
    .map(({ name }) => {
      const message = `no phrase names \`<${name}>\`; use it in one, or take it out`;
      return finding("words-never-used", problem(["words", name], message, "key"));
    });
}

function unaskedFacts({ rules, problem }: GoodRules): readonly Finding[] {
  const asking: readonly Asking[] = [...rulesOf(rules), ...rules.departments];
  const asked = new Set(asking.flatMap(({ when }) => when.map(({ fact }) => fact)));
  return rules.facts
    .filter(({ name }) => !asked.has(name))
    .map(({ name }) => {
      const message = `no \`when\` asks for \`${name}\`; ask for it in a rule or a department, or take it out`;
      return finding("fact-never-asked", problem(["facts", name], message, "key"));
    });
}

function unnamedPeople({ rules, problem }: GoodRules): readonly Finding[] {
  const named = new Set(rules.queues.flatMap(({ escalation }) => escalation));
  return rules.staff
    .filter(({ key }) => !named.has(key))
    .map(({ key }) => {
      const message = `no queue's \`escalation\` names \`${key}\`; name them in one, or take them out`;
      return finding("person-never-named", problem(["staff", key], message, "key"));
    });
}
