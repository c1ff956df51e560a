// What is asked and how urgent: hits and the alias become evidence, evidence becomes a verdict.

import type { RuleSet } from "../config/rules.ts";
import type { Evidence, Urgency, Verdict } from "../outcome.ts";
import type { CompiledRule, CompiledRules } from "./compile.ts";
import type { Hit, Hits } from "./match.ts";
import { addUp, rule } from "./scorecard.ts";

type Fired = { readonly rule: CompiledRule; readonly hit: Hit };

/**
 * The verdict for a mail sent to one alias. `alias` null: it is not known where the mail was sent, or the alias is
 * none of ours; then the alias says nothing. The evidence stands in file order: types, urgency's own, the alias.
 */
export function classify(hits: Hits, alias: RuleSet["aliases"][number] | null, compiled: CompiledRules): Verdict {
  const fired = [...hits]
    .sort(([a], [b]) => a - b)
    .flatMap(([index, hit]) => {
      const rule = compiled.rules[index];
      return rule === undefined ? [] : [{ rule, hit }];
    });
  const speaking = [...fired.flatMap(typeEvidence), ...aliasEvidence(alias)];
  const scores = addUp(speaking, compiled.set);
  const urgency = mostUrgent(fired);
  return {
    ...rule(speaking, scores, compiled.set.decide),
    scores,
    urgency,
    evidence: [...speaking, ...fired.flatMap((each) => urgencyEvidence(each, urgency))],
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

/** First match from P1 down sets the level; P4 when nothing does. */
function mostUrgent(fired: readonly Fired[]): Urgency {
  const levels = fired.flatMap((each) => each.rule.urgency ?? []);
  return (["P1", "P2", "P3"] as const).find((level) => levels.includes(level)) ?? "P4";
}

function urgencyEvidence({ rule, hit }: Fired, urgency: Urgency): readonly Evidence[] {
  return rule.urgency === urgency ? [{ kind: "urgency", rule: rule.id, urgency, ...hit }] : [];
}
