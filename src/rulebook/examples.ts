// The examples of a rule set, tried as the gateway would decide them: each says of its rule whether it must speak or
// must not. One that comes out otherwise is told with its place and the reason.

import type { CompiledRules } from "../classify/compile.ts";
import type { Example, Examples } from "../config/rule.ts";
import type { LoadedRules, RuleSet } from "../config/rules.ts";
import type { Path } from "../config/yaml.ts";
import type { Decided } from "../outcome.ts";
import { decideMessage } from "../pipeline.ts";
import { exampleFacts, exampleMessage } from "./example-mail.ts";
import { whyNot, whySo } from "./example-reasons.ts";
import { type Finding, finding } from "./finding.ts";

/** The rule an example belongs to, and where it stands. */
export type Tried = {
  readonly id: string;
  readonly of: "request type" | "urgency" | "department";
  /** The request type, the level, or the queue. */
  readonly group: string;
  readonly examples: Examples;
  /** When a mail must have come for the rule to hold; null: whenever. */
  readonly at: string | null;
};

/** An example that comes out otherwise than it says. */
export type FailedExample = { readonly rule: string; readonly wanted: "match" | "not"; readonly finding: Finding };

type GoodRules = LoadedRules & { readonly kind: "rules" };

/** Long sets are told how far they are, so many examples apart. */
const STEP = 500;

/** Every rule that may have examples, in the order of the files: request types, urgency, departments. */
export function rulesWithExamples(set: RuleSet): readonly Tried[] {
  const types = set.types.flatMap(({ name, rules }) =>
    rules.map((rule) => ({ id: rule.id, of: "request type", group: name, ...trial(rule) }) as const),
  );
  const levels = set.urgencies.flatMap(({ urgency, rules }) =>
    rules.map((rule) => ({ id: rule.id, of: "urgency", group: urgency, ...trial(rule) }) as const),
  );
  const departments = set.departments.map(
    ({ id, queue, examples }) => ({ id, of: "department", group: queue, examples, at: null }) as const,
  );
  return [...types, ...levels, ...departments];
}

function trial(rule: {
  examples: Examples;
  from: string | null;
  until: string | null;
}): Pick<Tried, "examples" | "at"> {
  const day = rule.from ?? rule.until;
  return { examples: rule.examples, at: day === null ? null : `${day} 12:00` };
}

/** Try every example; the failing ones in the order of the files. `progress` hears how many of all are done. */
export function runExamples(
  loaded: Pick<GoodRules, "rules" | "problem" | "paths">,
  compiled: CompiledRules,
  progress: (done: number, all: number) => void = () => {},
): readonly FailedExample[] {
  const tried = rulesWithExamples(loaded.rules);
  const all = tried.reduce((sum, { examples }) => sum + examples.match.length + examples.not.length, 0);
  const failed: FailedExample[] = [];
  let done = 0;
  for (const rule of tried) {
    for (const wanted of ["match", "not"] as const) {
      rule.examples[wanted].forEach((example, index) => {
        const reason = failure(rule, wanted, example, compiled);
        if (reason !== null) failed.push(told(loaded, rule, wanted, index, reason));
        done += 1;
        if (done % STEP === 0) progress(done, all);
      });
    }
  }
  progress(done, all);
  return failed;
}

/** Why an example comes out otherwise than it says; null when it does not. */
function failure(rule: Tried, wanted: "match" | "not", example: Example, compiled: CompiledRules): string | null {
  const message = exampleMessage(example);
  const facts = exampleFacts(example, rule.at);
  const decided = decideMessage(message, facts, compiled);
  const speaks = hasSpoken(rule, decided);
  if (speaks === (wanted === "match")) return null;
  const trial = { rule, message, facts, decided, compiled };
  return wanted === "match"
    ? `this example should match but does not: ${whyNot(trial)}`
    : `this example should not match but does: ${whySo(trial)}`;
}

/** Whether the rule fired, or is being tried out and would have; of a department, whether the mail ends there. */
function hasSpoken(rule: Tried, { outcomes, shadow }: Decided): boolean {
  if (shadow?.outcomes.some(({ rules }) => rules.includes(rule.id)) === true) return true;
  return outcomes.some(({ evidence }) =>
    evidence.some(
      (each) =>
        (each.kind === "rule" || each.kind === "urgency" || each.kind === "department") && each.rule === rule.id,
    ),
  );
}

function told(
  { problem, paths }: Pick<GoodRules, "problem" | "paths">,
  { id }: Tried,
  wanted: "match" | "not",
  index: number,
  reason: string,
): FailedExample {
  const path: Path = [...(paths.get(id) ?? []), "examples", wanted, index];
  return { rule: id, wanted, finding: finding("example-fails", problem(path, reason)) };
}
