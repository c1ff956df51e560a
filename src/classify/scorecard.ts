// Points by request type, added up so that a person can follow them, and the two thresholds that decide.

import type { RuleSet } from "../config/rules.ts";
import type { DecidedBy, Evidence, ReviewReason, Verdict } from "../outcome.ts";

/** Which request type, on what ground. */
export type Ruling = {
  readonly requestType: string | null;
  readonly decidedBy: DecidedBy;
  readonly reviewReason: ReviewReason | null;
};

/** Points by type, highest first; equal points in the order of the rule files. Sure evidence has no points. */
export function addUp(evidence: readonly Evidence[], rules: RuleSet): Verdict["scores"] {
  const sums = new Map<string, number>();
  for (const each of evidence) {
    if (each.kind !== "rule" && each.kind !== "alias") continue;
    sums.set(each.type, (sums.get(each.type) ?? 0) + each.points);
  }
  return rules.types
    .filter((type) => sums.has(type.name))
    .map((type) => ({ type: type.name, points: sums.get(type.name) ?? 0 }))
    .sort((a, b) => b.points - a.points);
}

/**
 * Decide by evidence. Sure rules first, in file order. Then points: the best type wins when it reaches `at_least` and
 * leads by `margin`. Short of that the alias decides if no rule speaks against it, and otherwise people do.
 */
export function rule(evidence: readonly Evidence[], scores: Verdict["scores"], decide: RuleSet["decide"]): Ruling {
  const sure = evidence.find((each) => each.kind === "rule" && each.sure);
  if (sure?.kind === "rule") return { requestType: sure.type, decidedBy: "sure-rule", reviewReason: null };

  const alias = evidence.find((each) => each.kind === "alias");
  const spoken = evidence.filter((each) => each.kind === "rule");
  const [best, second] = scores;
  if (best === undefined) return review(null, "nothing-matched");
  if (spoken.every((each) => each.type === alias?.type) && best.points < decide.atLeast) {
    return { requestType: best.type, decidedBy: "alias", reviewReason: null };
  }
  if (spoken.length === 0) return { requestType: best.type, decidedBy: "alias", reviewReason: null };
  const lead = best.points - (second?.points ?? 0);
  if (best.points >= decide.atLeast && lead >= decide.margin) {
    return { requestType: best.type, decidedBy: "scorecard", reviewReason: null };
  }
  return review(best.type, alias !== undefined && alias.type !== best.type ? "alias-contradicted" : "too-close");
}

function review(guess: string | null, reason: ReviewReason): Ruling {
  return { requestType: guess, decidedBy: "review", reviewReason: reason };
}
