// What rules make of a message, for tests of the rule language: the evidence of one rule, and the words it found.

import { type CompiledRules, compileRules } from "../../src/classify/compile.ts";
import { fieldText } from "../../src/classify/hear.ts";
import { ruleOf } from "../../src/config/rule.ts";
import { urgencyRule } from "../../src/config/rule-schema.ts";
import type { RuleSet, UrgencyRule } from "../../src/config/rules.ts";
import type { Facts, Message } from "../../src/message.ts";
import type { Decided, Evidence } from "../../src/outcome.ts";
import { decideMessage } from "../../src/pipeline.ts";
import { BLANK_RULES, messageSaying, ruleSaying } from "./blank.ts";
import { facts } from "./facts.ts";

/** A rule's keys as a file has them. */
export type File = Readonly<Record<string, unknown>>;
export type Fired = Evidence & { readonly kind: "rule" };

/** Evidence of rules of request types. */
export function isRule(evidence: Evidence): evidence is Fired {
  return evidence.kind === "rule";
}

/** A rule set of one rule. */
export function rulesWith(file: File, set: Partial<RuleSet> = {}): CompiledRules {
  return compileRules({ ...BLANK_RULES, ...set, types: [{ name: "one", rules: [ruleSaying(file)] }] });
}

/** The evidence of a rule on a message. */
export function fired(
  file: File,
  message: Message,
  set: Partial<RuleSet> = {},
  more: Partial<Facts> = {},
): readonly Fired[] {
  const decided = decideMessage(message, facts({ aliases: ["a"], ...more }), rulesWith(file, set));
  return decided.outcomes[0]?.evidence.filter(isRule) ?? [];
}

/** The words a rule found, its first place first. */
export function found(file: File, said: string | Message, set: Partial<RuleSet> = {}): readonly string[] {
  const message = typeof said === "string" ? messageSaying(said) : said;
  return fired(file, message, set).flatMap(({ span, others }) =>
    [span, ...others].map(({ field, start, end }) => fieldText(message, field).slice(start, end)),
  );
}

/** A decision by a P1 rule that also speaks for a type. */
export function urgent(file: File, text: string, more: Partial<Facts> = {}): Decided {
  const parsed = urgencyRule.parse({ id: "rule", ...file });
  const rule: UrgencyRule = { ...ruleOf(parsed, ["negation", "history"]), also: { type: "one", points: 6 } };
  const set: RuleSet = {
    ...BLANK_RULES,
    types: [{ name: "one", rules: [] }],
    urgencies: [{ urgency: "P1", rules: [rule] }],
  };
  return decideMessage(messageSaying(text), facts({ aliases: ["a"], ...more }), compileRules(set));
}
