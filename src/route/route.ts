// Who owns it: a verdict becomes a queue and a department by the department rules, first match wins.

import { holds, type Known } from "../classify/conditions.ts";
import type { DepartmentRule, RuleSet } from "../config/rules.ts";
import type { Decision, Evidence, Verdict } from "../outcome.ts";

/** A decision and the evidence it adds to the verdict's. */
export type Routed = { readonly decision: Decision; readonly evidence: readonly Evidence[] };

/**
 * Route a verdict. Review keeps the best guess and the queue it would have gone to. A type no department takes goes
 * to review as well, though `loadRules` refuses such rule files.
 */
export function route(verdict: Verdict, alias: string, rules: RuleSet): Routed {
  const { requestType, urgency } = verdict;
  const known = new Map([
    ["alias", [alias]],
    ["urgency", [urgency]],
    ["type", requestType === null ? [] : [requestType]],
  ]);
  const owner = requestType === null ? null : department(known, rules);
  const guess = requestType !== null && owner !== null ? { requestType, queue: owner.queue } : null;
  if (verdict.reviewReason !== null || requestType === null) {
    const reason = verdict.reviewReason ?? "nothing-matched";
    return { decision: { kind: "review", queue: rules.reviewQueue, reason, guess }, evidence: [] };
  }
  if (owner === null) {
    return { decision: { kind: "review", queue: rules.reviewQueue, reason: "no-department", guess }, evidence: [] };
  }
  return {
    decision: { kind: "route", queue: owner.queue, department: owner.department },
    evidence: [{ kind: "department", rule: owner.id, department: owner.department }],
  };
}

function department(known: Known, rules: RuleSet): DepartmentRule | null {
  return rules.departments.find((rule) => holds(rule.when, known)) ?? null;
}
