// Points by request type, added up so that a person can follow them, and the two thresholds that decide.

import type { RuleSet } from "../config/rules.ts";
import type { Defect } from "../message.ts";
import type { DecidedBy, Evidence, ReviewReason, Verdict } from "../outcome.ts";
import { NONE } from "./adviser.ts";

/** Which request type, on what ground. */
export type Ruling = {
  readonly requestType: string | null;
  readonly decidedBy: DecidedBy;
  readonly reviewReason: ReviewReason | null;
};

/** Of a mail with one of these, what was read may not be what it says: then the alias alone is too little. */
const GRAVE = new Set<Defect>(["encrypted", "unreadable-structure", "too-many-headers"]);
/** Words may be missing or wrong. */
const DOUBTFUL = new Set<Defect>([...GRAVE, "broken-encoding", "html-cut", "text-cut", "truncated", "outlook-packed"]);
/** Points more that are needed for each doubt, and at most: one clear rule and the alias still pass. */
const DOUBT_POINTS = 0.5;
const DOUBT_POINTS_MAX = 1.5;

/** Points more that are needed where nothing but the model speaks for a type, and the alias for another. */
const MODEL_ALONE_POINTS = 9;
/** ... and where no alias says that it is mail for us at all: texts of other trades have much the same words. */
const MODEL_WITHOUT_ALIAS_POINTS = 11.5;

/** The types that P1 phrases also speak for, and whether the model is sure of another and all but certain of no emergency. */
export type Safety = { readonly types: readonly string[]; readonly areDoubted: boolean };

/** How many points more the best type needs because the mail could not be read well. */
export function doubt(defects: readonly Defect[]): number {
  const doubts = defects.filter((defect) => DOUBTFUL.has(defect)).length;
  return Math.min(DOUBT_POINTS_MAX, doubts * DOUBT_POINTS);
}

/** The points a type needs: more where the mail could not be read well, and where nothing but the model speaks for it. */
export function pointsNeeded(
  evidence: readonly Evidence[],
  type: string,
  defects: readonly Defect[],
  { atLeast }: RuleSet["decide"],
): number {
  const speaking = evidence.filter(
    (each) => (each.kind === "rule" || each.kind === "alias" || each.kind === "override") && each.type === type,
  );
  const isModelAlone = speaking.length === 0 && evidence.some((each) => each.kind === "model" && each.type === type);
  if (!isModelAlone) return atLeast + doubt(defects);
  const hasAlias = evidence.some((each) => each.kind === "alias");
  return atLeast + doubt(defects) + (hasAlias ? MODEL_ALONE_POINTS : MODEL_WITHOUT_ALIAS_POINTS);
}

/** The type that comes nearest to the best by what is asked of its lead over each. */
export type Rival = {
  /** null: nothing speaks for another type. */
  readonly type: string | null;
  readonly lead: number;
  readonly needed: number;
};

/** Whom the best type has least to spare over, or most to make up to. Where the model speaks leads must be greater. */
export function closestRival(
  evidence: readonly Evidence[],
  [best, ...others]: Verdict["scores"],
  defects: readonly Defect[],
  decide: RuleSet["decide"],
): Rival {
  const { type = "", points = 0 } = best ?? {};
  const rivals = (others.length === 0 ? [{ type: null, points: 0 }] : others).map((other) => {
    const needed = leadNeeded(evidence, type, other.type, defects, decide);
    return { type: other.type, lead: points - other.points, needed };
  });
  const none: Rival = { type: null, lead: points, needed: 0 };
  return rivals.reduce(
    (near, each) => (each.lead - each.needed < near.lead - near.needed ? each : near),
    rivals[0] ?? none,
  );
}

function leadNeeded(
  evidence: readonly Evidence[],
  type: string,
  over: string | null,
  defects: readonly Defect[],
  { margin, marginFor, modelMargin, modelMarginOver }: RuleSet["decide"],
): number {
  if (!evidence.some((each) => each.kind === "model")) return marginFor[type] ?? margin;
  const own = over === null ? undefined : modelMarginOver[over];
  const least = own === undefined ? (marginFor[type] ?? modelMargin) : Math.max(own, marginFor[type] ?? 0);
  return least + doubt(defects);
}

/** Points by type, highest first; equal points in the order of the rule files. Sure evidence has no points. */
export function addUp(evidence: readonly Evidence[], rules: RuleSet): Verdict["scores"] {
  const sums = new Map<string, number>();
  for (const each of evidence) {
    if (each.kind !== "rule" && each.kind !== "alias" && each.kind !== "override" && each.kind !== "model") continue;
    sums.set(each.type, (sums.get(each.type) ?? 0) + each.points);
  }
  return [...rules.types.map(({ name }) => name), NONE]
    .filter((type) => sums.has(type))
    .map((type) => ({ type, points: sums.get(type) ?? 0 }))
    .sort((a, b) => b.points - a.points);
}

/**
 * Decide by evidence. Sure evidence first: an earlier case, staff's word, a pin, a form's field, a sure rule in file order.
 * Then points: the best type wins when it has enough and leads by enough. Where neither rules nor model speak against it,
 * the alias decides, and otherwise people do. Over all of these but staff's word stand the types that safety
 * phrases speak for (`safety`), the one with most points: who writes of chest pain in a form about a bill needs a nurse.
 * Where these are doubted, people look first instead: "a heart attack of a bill".
 */
export function rule(
  evidence: readonly Evidence[],
  scores: Verdict["scores"],
  safety: Safety,
  defects: readonly Defect[],
  decide: RuleSet["decide"],
): Ruling {
  const ruling = firstSure(evidence) ?? byPoints(evidence, scores, defects, decide);
  const { types, areDoubted } = safety;
  if (types.length === 0 || ruling.decidedBy === "override") return ruling;
  const isSafe = ruling.reviewReason === null && types.some((type) => type === ruling.requestType);
  const type = scores.find((score) => types.includes(score.type))?.type ?? types[0] ?? null;
  if (isSafe || type === null) return ruling;
  const isByPoints = ruling.decidedBy === "scorecard" || ruling.decidedBy === "review";
  return areDoubted && isByPoints ? review(type, "safety-doubted") : decided(type, "safety");
}

function byPoints(
  evidence: readonly Evidence[],
  scores: Verdict["scores"],
  defects: readonly Defect[],
  decide: RuleSet["decide"],
): Ruling {
  const alias = evidence.find((each) => each.kind === "alias");
  if (evidence.some((each) => each.kind === "model")) return byModel(evidence, scores, alias, defects, decide);
  const spoken = evidence.filter((each) => each.kind === "rule" || each.kind === "override");
  const [best] = scores;
  if (best === undefined) return review(null, "nothing-matched");
  const needed = pointsNeeded(evidence, best.type, defects, decide);
  const rival = closestRival(evidence, scores, defects, decide);
  const unopposed = spoken.every((each) => each.type === alias?.type);
  if (unopposed && (best.points < needed || spoken.length === 0)) {
    if (isGrave(defects)) return review(best.type, "hard-to-read");
    if (rival.lead < (decide.marginFor[best.type] ?? 0)) return review(best.type, "too-close");
    return decided(best.type, "alias");
  }
  if (best.points >= needed && rival.lead >= rival.needed) return decided(best.type, "scorecard");
  return review(best.type, isContradicted(alias, spoken) ? "alias-contradicted" : "too-close");
}

/** Where the model speaks, the best type needs a lead over every other, over some a greater one. */
function byModel(
  evidence: readonly Evidence[],
  scores: Verdict["scores"],
  alias: Evidence | undefined,
  defects: readonly Defect[],
  decide: RuleSet["decide"],
): Ruling {
  const [best, second] = scores;
  if (best === undefined) return review(null, "nothing-matched");
  if (best.type === NONE) return review(second?.type ?? null, "may-be-none");
  const hasRule = evidence.some(
    (each) => (each.kind === "rule" || each.kind === "override") && each.type === best.type,
  );
  if (isGrave(defects) && !hasRule) return review(best.type, "hard-to-read");
  const rival = closestRival(evidence, scores, defects, decide);
  const isShort = best.points < pointsNeeded(evidence, best.type, defects, decide);
  if (!isShort && rival.lead >= rival.needed) return decided(best.type, "scorecard");
  if (rival.type === NONE && rival.lead < rival.needed) return review(best.type, "may-be-none");
  const isOpposed = alias?.kind === "alias" && alias.type !== best.type && (isShort || alias.type === rival.type);
  return review(best.type, isOpposed ? "alias-contradicted" : "too-close");
}

function isGrave(defects: readonly Defect[]): boolean {
  return defects.some((defect) => GRAVE.has(defect));
}

/** Whether rules speak for another type than the alias, and nothing for it. */
function isContradicted(alias: Evidence | undefined, spoken: readonly Evidence[]): boolean {
  if (alias?.kind !== "alias") return false;
  return spoken.every((each) => !("type" in each) || each.type !== alias.type);
}

/** The first piece of evidence that decides alone; the evidence stands in order of precedence. */
function firstSure(evidence: readonly Evidence[]): Ruling | null {
  for (const each of evidence) {
    switch (each.kind) {
      case "thread":
        if (each.sure && each.type !== null) return decided(each.type, "thread");
        break;
      case "override":
        if (each.sure) return decided(each.type, "override");
        break;
      case "pin":
        return { requestType: each.type === NONE ? null : each.type, decidedBy: "pin", reviewReason: null };
      case "field":
        return decided(each.type, "field");
      case "rule":
        if (each.sure) return decided(each.type, "sure-rule");
        break;
      case "field-urgency":
      case "contradiction":
      case "alias":
      case "model":
      case "model-urgency":
      case "doubt":
      case "urgency":
      case "cancelled":
      case "fact":
      case "after-hours":
      case "department":
        break;
    }
  }
  return null;
}

function decided(requestType: string, decidedBy: DecidedBy): Ruling {
  return { requestType, decidedBy, reviewReason: null };
}

function review(guess: string | null, reason: ReviewReason): Ruling {
  return { requestType: guess, decidedBy: "review", reviewReason: reason };
}
