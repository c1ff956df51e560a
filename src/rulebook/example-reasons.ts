// Why an example comes out otherwise than it says, in words: what stood in the way of its rule, or what it found.

import { type CompiledRules, compileRules } from "../classify/compile.ts";
import { fieldText } from "../classify/hear.ts";
import type { Rule } from "../config/rule.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Facts, Message } from "../message.ts";
import type { Decided, Evidence, ReviewReason, Span } from "../outcome.ts";
import { decideMessage } from "../pipeline.ts";
import type { Tried } from "./examples.ts";

/** One example decided. */
export type Trial = {
  readonly rule: Tried;
  readonly message: Message;
  readonly facts: Facts;
  readonly decided: Decided;
  readonly compiled: CompiledRules;
};

const CANCELLED_BY: Readonly<Record<(Evidence & { kind: "cancelled" })["why"], string>> = {
  negated: "says that it is not so",
  past: "says that it is past",
  "somebody-else": "says that it is about somebody else",
  "part-of": "is one of its `except`",
};

const REVIEW: Readonly<Record<ReviewReason, string>> = {
  "nothing-matched": "no rule found anything and the alias says no type",
  "too-close": "two types are too close",
  "alias-contradicted": "the rules speak against the alias, though not clearly",
  "may-be-none": "it may be for none of the queues",
  "safety-doubted": "a phrase may be a matter of life, but the words as a whole are of something else",
  "no-department": "no department takes it",
  "hard-to-read": "it is hard to read",
  "came-back": "it came back for a forward",
};

/** What kept the rule from firing. */
export function whyNot(trial: Trial): string {
  if (trial.rule.of === "department") return departmentReason(trial);
  const evidence = trial.decided.outcomes[0]?.evidence ?? [];
  const cancelled = evidence.find((each) => each.kind === "cancelled" && each.rule === trial.rule.id);
  if (cancelled?.kind === "cancelled") {
    const word = standingAt(trial.message, cancelled.by);
    return `\`${cancelled.phrase}\` is there, but "${word}" ${CANCELLED_BY[cancelled.why]}`;
  }
  const alone = firesAlone(trial, {});
  const above = evidence.find((each) => each.kind === "urgency");
  if (alone && above?.kind === "urgency") return `the rule \`${above.rule}\` makes it ${above.urgency}`;
  if (alone) return "another rule takes it";
  return CHANGES.find(([change]) => firesAlone(trial, change))?.[1] ?? "none of its phrases is there";
}

/** What would let a rule fire, and the reason it then gives. */
const CHANGES: readonly (readonly [Partial<Rule>, string])[] = [
  [{ when: [] }, "its phrases are there, but what `when` asks for is not so"],
  [{ none: [] }, "its phrases are there, but so is one of `none`"],
  [{ from: null, until: null }, "its phrases are there, but the day is before `from` or after `until`"],
  [{ heed: [] }, "its phrases are there, but words around them cancel them"],
  [{ in: ["subject", "text", "sender", "attachment"] }, "its phrases are there, but not where `in` looks"],
  [{ inflect: true }, "only other forms of its words are there; write them too, or `inflect: true`"],
  [
    { when: [], none: [], except: [], from: null, until: null, heed: [] },
    "its phrases are there, but several of its keys keep it from firing",
  ],
];

/** Whether the rule fires when it is the only one, live and changed. */
function firesAlone({ rule: { id }, message, facts, compiled }: Trial, change: Partial<Rule>): boolean {
  const { outcomes } = decideMessage(message, facts, compileRules(onlyRule(compiled.set, id, change)));
  return outcomes.some(({ evidence }) =>
    evidence.some((each) => (each.kind === "rule" || each.kind === "urgency") && each.rule === id),
  );
}

function onlyRule(set: RuleSet, id: string, change: Partial<Rule>): RuleSet {
  const only = <R extends Rule>(rules: readonly R[]) =>
    rules.flatMap((rule) => (rule.id === id ? [{ ...rule, mode: "live" as const, ...change }] : []));
  return {
    ...set,
    types: set.types.map((type) => ({ ...type, rules: only(type.rules) })),
    urgencies: set.urgencies.map((level) => ({ ...level, rules: only(level.rules) })),
    departments: [],
  };
}

function departmentReason({ decided }: Trial): string {
  const outcome = decided.outcomes[0];
  if (outcome === undefined) return "it is not decided";
  const { decision, requestType, urgency } = outcome;
  if (decision.kind === "review") return `it goes to people first, because ${REVIEW[decision.reason]}`;
  const taken = outcome.evidence.find((each) => each.kind === "department");
  const is = `it is \`${requestType}\` and ${urgency}`;
  return taken?.kind === "department" ? `${is}, and the department \`${taken.rule}\` takes it` : is;
}

/** What the rule found. */
export function whySo({ rule, message, decided }: Trial): string {
  const outcome = decided.outcomes[0];
  if (rule.of === "department") return `it is \`${outcome?.requestType}\` and ${outcome?.urgency}, and ends here`;
  const hit = outcome?.evidence.find(
    (each) => (each.kind === "rule" || each.kind === "urgency") && each.rule === rule.id,
  );
  if (hit?.kind !== "rule" && hit?.kind !== "urgency") return "it is being tried out, and would fire";
  return `it finds "${standingAt(message, hit.span)}" by \`${hit.phrase}\``;
}

function standingAt(message: Message, span: Span): string {
  return fieldText(message, span.field).slice(span.start, span.end).slice(0, 60);
}
