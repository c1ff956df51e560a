// Who owns it: a verdict becomes a queue and a department by the department rules, first match wins; mail that cannot
// wait does not go to a queue that is closed.

import { isOpen } from "../config/calendar.ts";
import { holds, type Known, withKnown } from "../config/conditions.ts";
import type { DepartmentRule, RuleSet } from "../config/rules.ts";
import type { LocalTime } from "../message.ts";
import type { Decision, Evidence, Urgency, Verdict } from "../outcome.ts";

/** A decision and the evidence it adds to the verdict's. */
export type Routed = { readonly decision: Decision; readonly evidence: readonly Evidence[] };

/**
 * Route a verdict. Review keeps the best guess and the queue it would have gone to. A type no department takes goes
 * to review as well, though `loadRules` refuses such rule files. `known` are the mail's facts with its alias; `now` is
 * null where nobody knows when it came, and then every queue is open.
 */
export function route(verdict: Verdict, known: Known, now: LocalTime | null, rules: RuleSet): Routed {
  const routed = toOwner(verdict, known, rules);
  const { decision, evidence } = routed;
  const queue = openQueue(decision.queue, verdict.urgency, now, rules);
  if (queue === decision.queue) return routed;
  const closed: Evidence = { kind: "after-hours", closed: decision.queue, queue };
  return { decision: { ...decision, queue }, evidence: [...evidence, closed] };
}

function toOwner(verdict: Verdict, known: Known, rules: RuleSet): Routed {
  const { requestType, urgency } = verdict;
  const pinned = verdict.decidedBy === "pin" ? verdict.evidence.find((each) => each.kind === "pin") : undefined;
  if (pinned?.kind === "pin" && rules.queues.some(({ name }) => name === pinned.queue)) {
    const { queue } = pinned;
    return { decision: { kind: "route", queue, department: departmentOf(queue, rules) }, evidence: [] };
  }
  const owner = requestType === null ? null : department(withKnown(known, { type: requestType, urgency }), rules);
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

/** What the people of a queue are called: by the first department that has it, else as the queue. */
export function departmentOf(queue: string, { departments }: RuleSet): string {
  return departments.find((rule) => rule.queue === queue)?.department ?? queue;
}

function department(known: Known, rules: RuleSet): DepartmentRule | null {
  return rules.departments.find((rule) => holds(rule.when, known)) ?? null;
}

/** The queue itself, or the one that stands in for it while it is closed. */
function openQueue(name: string, urgency: Urgency, now: LocalTime | null, { calendar, queues }: RuleSet): string {
  const { afterHours } = calendar;
  const hours = queues.find((queue) => queue.name === name)?.hours ?? "always";
  if (now === null || afterHours === null || hours === "always" || !afterHours.urgencies.includes(urgency)) return name;
  return isOpen(hours === "business" ? calendar.open : hours, calendar, now) ? name : afterHours.queue;
}
