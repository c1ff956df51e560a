// The rules that come with Mailward: every rule shows by examples what it is for, none can be taken away without a mail
// being decided or explained otherwise, and the second set for several sites is as good as the first.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompiledRules, compileRules } from "../src/classify/compile.ts";
import type { Rule } from "../src/config/rule.ts";
import { type LoadedRules, loadRules, type RuleSet } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import { recipientLookup } from "../src/intake/recipients.ts";
import type { LocalTime, Message } from "../src/message.ts";
import { parse } from "../src/parse/parse.ts";
import { decideMessage, UNKNOWN_ALIAS } from "../src/pipeline.ts";
import { rulesWithExamples, runExamples } from "../src/rulebook/examples.ts";
import { messageSaying } from "./support/blank.ts";
import { facts } from "./support/facts.ts";

const ROOT = join(import.meta.dirname, "..");
const MAILS = join(ROOT, "fixtures/mail");
const SETS = ["rules", "rules/examples/multi-site"];
/** What a person who writes examples must not have copied from a real mail. */
const REAL = [
  { what: "an address outside the example domains", found: /@(?![\w.-]*\bexample\b)/ },
  { what: "a telephone number that may be somebody's", found: /\b(?!555-01)\d{3}[-. ]\d{4}\b/ },
  { what: "a social security number", found: /\b\d{3}-\d{2}-\d{4}\b/ },
  { what: "a long number that may be somebody's", found: /\b(?!1234)\d{6,}\b/ },
  { what: "a link outside the example domains", found: /https?:\/\/(?![\w.-]*\bexample\b)/ },
];

describe.each(SETS)("the rules in %s", (folder) => {
  const loaded = rulesIn(folder);
  const compiled = compileRules(loaded.rules);

  test("have an example for and against each", () => {
    const rules = rulesWithExamples(loaded.rules);
    expect(rules.length).toBeGreaterThanOrEqual(20);
    expect(rules.filter(({ examples: { match, not } }) => match.length === 0 || not.length === 0)).toEqual([]);
  });

  test("do what their examples say", () => {
    expect(runExamples(loaded, compiled).map(({ rule, finding }) => `${rule}: ${finding.message}`)).toEqual([]);
  });

  test("hold nothing in their examples that may be real", () => {
    const texts = rulesWithExamples(loaded.rules).flatMap(({ examples: { match, not } }) =>
      [...match, ...not].map((example) => [example.subject, example.text, example.forwarded, example.from].join(" ")),
    );
    const odd = texts.flatMap((text) => REAL.filter(({ found }) => found.test(text)).map(({ what }) => [what, text]));
    expect(texts.length).toBeGreaterThanOrEqual(60);
    expect(odd).toEqual([]);
  });

  test("begin by naming the schema that editors check them against", () => {
    const files = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(".yaml"));
    const up = folder === "rules" ? "./" : "../../";
    const heads = files.map((file) => readFileSync(join(ROOT, folder, file), "utf8").split("\n", 1)[0]);
    expect(new Set(heads)).toEqual(new Set([`# yaml-language-server: $schema=${up}rules.schema.json`]));
  });
});

describe("every part of the default rules is missed by a mail in fixtures/mail", async () => {
  const { rules } = rulesIn("rules");
  const mails = await fixtureMails();
  const before = decisions(mails, compileRules(rules));

  test.each(mutations(rules))("without $what", ({ mutant }) => {
    expect(decisions(mails, compileRules(mutant))).not.toEqual(before);
  });
});

describe("what may mean life or death", () => {
  const compiled = compileRules(rulesIn("rules").rules);
  const phrases = readFileSync(join(ROOT, "fixtures/p1-phrases.txt"), "utf8").trim().split("\n").slice(1);
  const urgency = (text: string) =>
    decideMessage(messageSaying(text), facts({ aliases: ["billing"] }), compiled).outcomes[0]?.urgency;

  test("is heard, alone and in a mail about a bill", () => {
    expect(phrases.length).toBeGreaterThanOrEqual(600);
    expect(phrases.filter((phrase) => urgency(phrase) !== "P1")).toEqual([]);
    const besideABill = (phrase: string) => `The statement for my last visit is wrong. ${phrase}. Please call me.`;
    expect(phrases.filter((phrase) => urgency(besideABill(phrase)) !== "P1")).toEqual([]);
  });
});

describe("the clock of the default rules", () => {
  const compiled = compileRules(rulesIn("rules").rules);
  const AT_NOON: LocalTime = { date: "2026-11-24", weekday: "Tuesday", time: "12:00" };
  const queue = (text: string, localTime: LocalTime) =>
    decideMessage(messageSaying(text), facts({ aliases: ["clinical"], localTime }), compiled).outcomes[0]?.decision
      .queue;

  test("sends an emergency to the desk by day", () => {
    expect(queue("My father is unconscious.", AT_NOON)).toBe("clinical-triage");
  });

  test.each([
    ["at night", { ...AT_NOON, time: "22:15" }],
    ["on a Saturday", { ...AT_NOON, weekday: "Saturday", date: "2026-11-28" }],
    ["on Thanksgiving", { ...AT_NOON, weekday: "Thursday", date: "2026-11-26" }],
  ])("sends P1 and P2 to the nurse on call %s, and the rest to the desk", (_, at) => {
    expect(queue("My father is unconscious.", at)).toBe("on-call");
    expect(queue("The cough is getting worse.", at)).toBe("on-call");
    expect(queue("I need a refill.", at)).toBe("clinical-triage");
  });
});

function rulesIn(folder: string): LoadedRules & { readonly kind: "rules" } {
  const loaded = loadRules(join(ROOT, folder));
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded;
}

type FixtureMail = { readonly file: string; readonly message: Message; readonly to: readonly string[] };

async function fixtureMails(): Promise<readonly FixtureMail[]> {
  const files = readdirSync(MAILS).filter((file) => file.endsWith(".eml"));
  expect(files.length).toBeGreaterThanOrEqual(200);
  return Promise.all(
    files.map(async (file) => {
      const message = await parse(readFileSync(join(MAILS, file)));
      return { file, message, to: [...message.to, ...message.cc].map(({ address }) => address) };
    }),
  );
}

/** What is decided and by which rules and facts, a line for each mail. */
function decisions(mails: readonly FixtureMail[], rules: CompiledRules): readonly string[] {
  const lookup = recipientLookup(rules.set);
  return mails.map(({ file, message, to }) => {
    const found = [...new Set(to.flatMap((address) => lookup(address)?.alias ?? []))];
    const aliases = found.length > 0 ? found : [UNKNOWN_ALIAS];
    const { outcomes } = decideMessage(message, facts({ aliases }), rules);
    const said = outcomes.map(({ requestType, urgency, decision, evidence }) => {
      const reasons = evidence.flatMap((each) => {
        if (each.kind === "fact") return [`${each.fact} ${each.value}`];
        return "rule" in each ? [each.rule] : [];
      });
      return [requestType, urgency, decision.kind, decision.queue, ...reasons].join(" ");
    });
    return [file, ...said].join(": ");
  });
}

type Mutation = { readonly what: string; readonly mutant: RuleSet };

/** The rule set once without each of its parts. */
function mutations(set: RuleSet): readonly Mutation[] {
  const without = <T>(list: readonly T[], gone: T) => list.filter((each) => each !== gone);
  return [
    ...set.types.flatMap((type) =>
      type.rules.map((rule) => {
        const rest = { ...type, rules: without(type.rules, rule) };
        return { what: `rule ${rule.id}`, mutant: { ...set, types: set.types.map((t) => (t === type ? rest : t)) } };
      }),
    ),
    ...set.urgencies.flatMap((level) =>
      level.rules.map((rule) => {
        const rest = { ...level, rules: without(level.rules, rule) };
        const urgencies = set.urgencies.map((each) => (each === level ? rest : each));
        return { what: `rule ${rule.id}`, mutant: { ...set, urgencies } };
      }),
    ),
    ...set.departments.map((rule) => ({
      what: `department ${rule.id}`,
      mutant: { ...set, departments: without(set.departments, rule) },
    })),
    ...set.facts.flatMap((fact) =>
      fact.values.map((value) => {
        const rest = { ...fact, values: without(fact.values, value) };
        const others = set.facts.map((each) => (each === fact ? rest : each));
        return { what: `fact ${fact.name} ${value.value}`, mutant: { ...set, facts: others } };
      }),
    ),
    ...withoutLists(set),
  ];
}

/** The rule set once without each use of a word list in a rule. */
function withoutLists(set: RuleSet): readonly Mutation[] {
  return set.words.flatMap(({ name }) =>
    [...set.types, ...set.urgencies].flatMap(({ rules }) =>
      rules.flatMap((rule) => {
        const [less, isUsed] = withoutList(rule, `<${name}>`);
        return isUsed ? [{ what: `word list ${name} in ${rule.id}`, mutant: replaced(set, rule.id, less) }] : [];
      }),
    ),
  );
}

function withoutList({ any, all, none, near }: Rule, list: string): readonly [Partial<Rule>, boolean] {
  const left = (phrases: readonly string[]) => phrases.filter((phrase) => !phrase.includes(list));
  const of = near?.of ?? [];
  const isUsed = [any, none, ...all, ...of].some((phrases) => left(phrases).length < phrases.length);
  const less = { any: left(any), all: all.map(left), none: left(none) };
  return [near === null ? less : { ...less, near: { ...near, of: of.map(left) } }, isUsed];
}

function replaced(set: RuleSet, id: string, change: Partial<Rule>): RuleSet {
  const changed = <R extends Rule>(rules: readonly R[]) => rules.map((r) => (r.id === id ? { ...r, ...change } : r));
  return {
    ...set,
    types: set.types.map((type) => ({ ...type, rules: changed(type.rules) })),
    urgencies: set.urgencies.map((level) => ({ ...level, rules: changed(level.rules) })),
  };
}
