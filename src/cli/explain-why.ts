// Beside the scorecard: what is known of the mail, the way to the department, how near the answer was to another one,
// and what rules that are tried out would say.

import type { Adviser } from "../classify/adviser.ts";
import type { CompiledRules } from "../classify/compile.ts";
import { compileRules } from "../classify/compile.ts";
import { knownOf } from "../classify/known.ts";
import { closestRival, pointsNeeded } from "../classify/scorecard.ts";
import { type Known, withKnown } from "../config/conditions.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Facts, Message } from "../message.ts";
import type { Decided, Evidence, Outcome, ShadowOutcome } from "../outcome.ts";
import { decideMessage, UNKNOWN_ALIAS } from "../pipeline.ts";
import { departmentPath, type PathStep, type Unmet } from "../route/path.ts";

/** A mail decided, with all that it was decided by. `aliasBy` is the header, or the option, that told the alias. */
export type Explained = {
  readonly name: string;
  readonly message: Message;
  readonly facts: Facts;
  readonly aliasBy: string | null;
  readonly decided: Decided;
  readonly rules: CompiledRules;
  readonly adviser: Adviser | null;
};

/** What rules and departments could ask for, with the type and urgency that were found. */
export function knownFor({ message, facts, decided, rules }: Explained, outcome: Outcome): Known {
  const told = outcome.evidence.filter((each) => each.kind === "fact");
  const known = knownOf(message, facts, decided.kind, decided.staff, told, rules.set);
  return withKnown(known, {
    alias: outcome.alias === UNKNOWN_ALIAS ? null : outcome.alias,
    type: outcome.requestType,
    urgency: outcome.urgency,
  });
}

/** Empty for a mail of no known type: no department is looked for then. */
export function pathOf(explained: Explained, outcome: Outcome): readonly PathStep[] {
  return outcome.requestType === null ? [] : departmentPath(knownFor(explained, outcome), explained.rules.set);
}

/** "to-claims: needs urgency P1, is P4". */
export function stepWords({ rule, unmet }: PathStep): string {
  return unmet.length === 0 ? `${rule}: fits` : `${rule}: needs ${unmet.map(unmetWords).join("; ")}`;
}

function unmetWords({ fact, needs, is }: Unmet): string {
  return `${fact} ${needs.join(" or ")}, ${is.length === 0 ? "is not known" : `is ${is.join(", ")}`}`;
}

/** How many points are missing, or are more than needed; null where points do not decide. */
export type Nearness = { readonly kind: "short" | "spare"; readonly type: string; readonly points: number };

/** How near the best type is to deciding, or, where it did, to losing. */
export function nearness(outcome: Outcome, { defects }: Decided, { decide }: RuleSet): Nearness | null {
  const [best] = outcome.scores;
  const isShort =
    outcome.decidedBy === "alias" ||
    (outcome.decision.kind === "review" && ["too-close", "alias-contradicted"].includes(outcome.decision.reason));
  if (best === undefined || (!isShort && outcome.decidedBy !== "scorecard")) return null;
  const overBar = best.points - pointsNeeded(outcome.evidence, best.type, defects, decide);
  const rival = closestRival(outcome.evidence, outcome.scores, defects, decide);
  const over = Math.min(overBar, rival.lead - rival.needed);
  if (isShort) return over < 0 ? { kind: "short", type: best.type, points: -over } : null;
  return { kind: "spare", type: best.type, points: over };
}

/** Spare points above this are not near. */
const NEAR_POINTS = 1;

export function nearnessWords(near: Nearness | null): readonly string[] {
  if (near === null) return [];
  const points = near.points.toFixed(1);
  const word = points === "1.0" ? "point" : "points";
  if (near.kind === "short") return [`${points} ${word} more for ${near.type} would decide`];
  if (near.points > NEAR_POINTS) return [];
  return [
    near.points === 0 ? `no point to spare for ${near.type}` : `only ${points} ${word} to spare for ${near.type}`,
  ];
}

/** What rules that are tried out say of the mail for one alias; `evidence` are those rules' own reasons. */
export type TriedOut = { readonly outcome: ShadowOutcome; readonly evidence: readonly Evidence[] };

/** null: nothing is tried out, or no such rule spoke. */
export function triedOut({ message, facts, decided, rules, adviser }: Explained, { alias }: Outcome): TriedOut | null {
  const outcome = decided.shadow?.outcomes.find((each) => each.alias === alias);
  if (outcome === undefined) return null;
  const tried = new Set(rules.rules.flatMap(({ id, rule }) => (rule.mode === "shadow" ? [id] : [])));
  const asLive = decideMessage(message, facts, compileRules(allLive(rules.set)), { adviser });
  const evidence = asLive.outcomes.find((each) => each.alias === alias)?.evidence ?? [];
  const own = evidence.filter((each) => "rule" in each && tried.has(each.rule));
  return own.length === 0 ? null : { outcome, evidence: own };
}

function allLive(rules: RuleSet): RuleSet {
  const live = <R extends { readonly mode: "live" | "shadow" }>(each: R): R => ({ ...each, mode: "live" });
  return {
    ...rules,
    types: rules.types.map((type) => ({ ...type, rules: type.rules.map(live) })),
    urgencies: rules.urgencies.map((level) => ({ ...level, rules: level.rules.map(live) })),
  };
}
