// What is asked and how urgent: hits and the alias become evidence, evidence becomes a verdict.

import type { RuleSet } from "../config/rules.ts";
import type { Defect } from "../message.ts";
import type { Evidence, Urgency, Verdict } from "../outcome.ts";
import type { CompiledRule, CompiledRules } from "./compile.ts";
import type { Hit, Hits } from "./match.ts";
import { addUp, rule } from "./scorecard.ts";

type Fired = { readonly rule: CompiledRule; readonly hit: Hit };

/** What speaks beside the rules. */
export type Said = {
  /** Thread, override and field, in this order of precedence. */
  readonly evidence: readonly Evidence[];
  readonly urgency: (Evidence & { readonly kind: "field-urgency" }) | null;
  readonly defects: readonly Defect[];
};

/**
 * The verdict for a mail sent to one alias. `alias` null: it is not known where the mail was sent, or the alias is
 * none of ours; then the alias says nothing. The evidence stands in order of precedence: what is said beside the rules,
 * the rules of the types in file order, urgency's own, the alias.
 */
export function classify(
  hits: Hits,
  said: Said,
  alias: RuleSet["aliases"][number] | null,
  compiled: CompiledRules,
): Verdict {
  const fired = [...hits]
    .sort(([a], [b]) => a - b)
    .flatMap(([index, hit]) => {
      const rule = compiled.rules[index];
      return rule === undefined ? [] : [{ rule, hit }];
    });
  const speaking = [...said.evidence, ...fired.flatMap(typeEvidence), ...aliasEvidence(alias)];
  const scores = addUp(speaking, compiled.set);
  const urgency = mostUrgent(fired, said.urgency);
  return {
    ...rule(speaking, scores, safetyTypes(fired), said.defects, compiled.set.decide),
    scores,
    urgency,
    evidence: [
      ...speaking,
      ...fired.flatMap((each) => urgencyEvidence(each, urgency)),
      ...(said.urgency?.urgency === urgency ? [said.urgency] : []),
    ],
  };
}

function typeEvidence({ rule, hit }: Fired): readonly Evidence[] {
  if (rule.speaks === null) return [];
  const { type, strength } = rule.speaks;
  const points = strength.kind === "hint" ? strength.points : 0;
  return [{ kind: "rule", rule: rule.id, type, points, sure: strength.kind === "sure", ...hit }];
}

function aliasEvidence(alias: RuleSet["aliases"][number] | null): readonly Evidence[] {
  if (alias === null || alias.type === null) return [];
  return [{ kind: "alias", alias: alias.name, type: alias.type, points: alias.points }];
}

/** The types that P1 phrases also speak for, such as clinical for chest pain. */
function safetyTypes(fired: readonly Fired[]): readonly string[] {
  return fired.flatMap(({ rule }) => (rule.urgency === "P1" && rule.speaks !== null ? [rule.speaks.type] : []));
}

/** First match from P1 down sets the level; a form's field may raise it; P4 when nothing does. */
function mostUrgent(fired: readonly Fired[], field: Said["urgency"]): Urgency {
  const levels = [...fired.flatMap((each) => each.rule.urgency ?? []), ...(field === null ? [] : [field.urgency])];
  return (["P1", "P2", "P3"] as const).find((level) => levels.includes(level)) ?? "P4";
}

function urgencyEvidence({ rule, hit }: Fired, urgency: Urgency): readonly Evidence[] {
  return rule.urgency === urgency ? [{ kind: "urgency", rule: rule.id, urgency, ...hit }] : [];
}
