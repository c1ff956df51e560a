// What is asked and how urgent: hits and the alias become evidence, evidence becomes a verdict.

import { holds, type Known } from "../config/conditions.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Defect } from "../message.ts";
import type { Evidence, Urgency, Verdict } from "../outcome.ts";
import { type Advice, NONE } from "./adviser.ts";
import type { CompiledRule, CompiledRules } from "./compile.ts";
import type { Hit } from "./gather.ts";
import { RAISING } from "./linear.ts";
import type { Matches } from "./match.ts";
import { addUp, rule } from "./scorecard.ts";

type Fired = { readonly rule: CompiledRule; readonly hit: Hit };

/** What speaks beside the rules. */
export type Said = {
  /** Thread, override, pin and field, in this order of precedence. */
  readonly evidence: readonly Evidence[];
  readonly urgency: (Evidence & { readonly kind: "field-urgency" }) | null;
  readonly defects: readonly Defect[];
};

/** What a mail sent to one alias is judged on beside its words. */
export type Ground = {
  /** null: it is not known where the mail was sent, or the alias is none of ours; then the alias says nothing. */
  readonly alias: RuleSet["aliases"][number] | null;
  readonly known: Known;
  /** The day on the clock of the house; null: not known, and rules of some days only do not hold. */
  readonly today: string | null;
  /** What the model thinks; null: it was not asked, or does not know. */
  readonly advice: Advice | null;
  /** As if rules that are only tried out were live. */
  readonly withShadow: boolean;
};

/**
 * The verdict for a mail sent to one alias. The evidence stands in order of precedence: what is said beside the rules,
 * the rules of the types in file order, the alias, the model, urgency's own; then the facts that were told and what is cancelled.
 */
export function classify(matches: Matches, said: Said, ground: Ground, compiled: CompiledRules): Verdict {
  const fired = holding(matches.hits, ground, compiled).map(([rule, hit]) => ({ rule, hit }));
  const speaking = [
    ...said.evidence,
    ...fired.flatMap(typeEvidence),
    ...aliasEvidence(ground.alias),
    ...modelEvidence(ground.advice, compiled.set),
  ];
  const scores = addUp(speaking, compiled.set);
  const cancelled = holding(matches.cancelled, ground, compiled);
  const isDenied = cancelled.some(([{ urgency }]) => urgency === "P1");
  const raised = modelUrgency(ground.advice, isDenied, compiled.set);
  const types = safetyTypes(fired);
  const doubt = doubtOf(types, ground.advice, compiled.set);
  const ruling = rule(speaking, scores, { types, areDoubted: doubt !== null }, said.defects, compiled.set.decide);
  const urgency = mostUrgent(fired, said.urgency, raised);
  return {
    ...ruling,
    scores,
    urgency,
    evidence: [
      ...speaking,
      ...fired.flatMap((each) => urgencyEvidence(each, urgency)),
      ...(said.urgency?.urgency === urgency ? [said.urgency] : []),
      ...(raised?.urgency === urgency ? [raised] : []),
      ...(doubt !== null && ruling.reviewReason === "safety-doubted" ? [doubt] : []),
      ...matches.facts,
      ...cancelled.map(
        ([{ id, urgency: level }, hit]) => ({ kind: "cancelled", rule: id, urgency: level, ...hit }) as const,
      ),
    ],
  };
}

/** The rules found whose conditions and days hold, in the order of the files. */
function holding<H>(
  found: ReadonlyMap<number, H>,
  { known, today, withShadow }: Ground,
  compiled: CompiledRules,
): readonly (readonly [CompiledRule, H])[] {
  return [...found]
    .sort(([a], [b]) => a - b)
    .flatMap(([index, hit]) => {
      const compiledRule = compiled.rules[index];
      if (compiledRule === undefined) return [];
      const { mode, from, until, when } = compiledRule.rule;
      const isDue = (from === null && until === null) || isBetween(today, from, until);
      return (mode === "live" || withShadow) && isDue && holds(when, known) ? [[compiledRule, hit] as const] : [];
    });
}

function isBetween(day: string | null, from: string | null, until: string | null): boolean {
  return day !== null && (from === null || from <= day) && (until === null || day <= until);
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

/** What is less likely than this gets no points. */
const LIKELY_FROM = 0.05;
/**
 * Points for each time something is e times as likely. Fitted together on writers the model had not seen, a point of a hint
 * rule is worth a twentieth of that and the alias nine tenths: the model has read the words that rules hear. With 5, rules
 * still tip the scales where the model wavers.
 */
const POINTS_PER_E = 5;

/** The model's probabilities as points, each type's up to what the rules allow. */
function modelEvidence(advice: Advice | null, { decide: { modelPointsMax }, types }: RuleSet): readonly Evidence[] {
  if (advice === null || modelPointsMax === 0) return [];
  const { all, stage } = advice;
  return all.flatMap(({ type, probability }): readonly Evidence[] => {
    if (probability <= LIKELY_FROM || !(type === NONE || types.some(({ name }) => name === type))) return [];
    const points = Math.min(modelPointsMax, Math.log(probability / LIKELY_FROM) * POINTS_PER_E);
    return [{ kind: "model", type, points: Math.round(points * 10) / 10, probability, stage }];
  });
}

/** From here on the model is sure enough of a type: of 2,500 mails it had not seen, none that it doubted was an emergency. */
const SURE_FROM = 0.8;
/** Below this it is all but certain of no emergency. */
const NO_EMERGENCY_BELOW = 0.05;

/** The types that P1 phrases also speak for, such as clinical for chest pain. */
function safetyTypes(fired: readonly Fired[]): readonly string[] {
  return fired.flatMap(({ rule }) => (rule.urgency === "P1" && rule.speaks !== null ? [rule.speaks.type] : []));
}

type Doubt = Evidence & { readonly kind: "doubt" };

/** What the model has against the types that P1 phrases speak for; null: nothing, or it is left out. */
function doubtOf(types: readonly string[], advice: Advice | null, { decide }: RuleSet): Doubt | null {
  if (types.length === 0 || advice === null || advice.urgency === null || decide.modelPointsMax === 0) return null;
  const { type, probability } = advice;
  const emergency = advice.urgency.P1;
  const isDoubted = probability >= SURE_FROM && emergency < NO_EMERGENCY_BELOW && !types.includes(type);
  return isDoubted ? { kind: "doubt", type, probability, emergency } : null;
}

/** How sure the model must be of P1 where an emergency is denied: it hears "no chest pain" much like chest pain. */
const DENIED_FROM = 0.9;

/** The level the model is sure enough of, the most urgent first; null: it raises nothing. */
function modelUrgency(
  advice: Advice | null,
  isDenied: boolean,
  { decide: { modelUrgency: from } }: RuleSet,
): ModelUrgency | null {
  for (const urgency of RAISING) {
    const probability = advice?.urgency?.[urgency] ?? 0;
    const least = from[urgency];
    if (least === undefined) continue;
    if (probability >= (isDenied ? Math.max(least, DENIED_FROM) : least))
      return { kind: "model-urgency", urgency, probability };
  }
  return null;
}

type ModelUrgency = Evidence & { readonly kind: "model-urgency" };

/** First match from P1 down sets the level; a form's field and the model may raise it; P4 when nothing does. */
function mostUrgent(fired: readonly Fired[], field: Said["urgency"], raised: ModelUrgency | null): Urgency {
  const levels = [...fired.flatMap((each) => each.rule.urgency ?? []), field?.urgency, raised?.urgency];
  return (["P1", "P2", "P3"] as const).find((level) => levels.includes(level)) ?? "P4";
}

function urgencyEvidence({ rule, hit }: Fired, urgency: Urgency): readonly Evidence[] {
  return rule.urgency === urgency ? [{ kind: "urgency", rule: rule.id, urgency, ...hit }] : [];
}
