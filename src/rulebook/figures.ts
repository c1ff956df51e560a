// Figures of mails with known answers: precision and recall, urgency, how reliable the model is, what mistakes cost, and
// the lead each type would need for so few mistakes.

import { NONE } from "../classify/adviser.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Urgency } from "../outcome.ts";
import type { Answers, Evaluated } from "./evaluation.ts";

/** Precision, recall and F1 of one type, and how much of it goes to people; shares from 0 to 1, null without a case. */
export type Figures = {
  readonly type: string;
  readonly mails: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number;
  readonly review: number | null;
  /** Of those that did not go to people. */
  readonly f1Routed: number;
  /** Routed right or to people: what is not lost to another queue. */
  readonly safe: number | null;
};

export type Way = keyof Answers;

/** The figures of one way of deciding, for each type but `none`. */
export function figuresOf(evaluated: readonly Evaluated[], way: Way, types: readonly string[]): readonly Figures[] {
  return types.map((type) => {
    const labelled = evaluated.filter(({ mail }) => mail.type === type);
    const answered = evaluated.filter(({ answers }) => answers[way] === type);
    const right = labelled.filter(({ answers }) => answers[way] === type).length;
    const people = labelled.filter(({ answers }) => answers[way] === null).length;
    return {
      type,
      mails: labelled.length,
      precision: share(right, answered.length),
      recall: share(right, labelled.length),
      f1: share(2 * right, labelled.length + answered.length) ?? 0,
      review: share(people, labelled.length),
      f1Routed: share(2 * right, labelled.length - people + answered.length) ?? 0,
      safe: share(right + people, labelled.length),
    };
  });
}

/** How an urgency was told: of the mails that are of it, and of those said to be. */
export type UrgencyFigures = {
  readonly urgency: Urgency;
  readonly mails: number;
  readonly precision: number | null;
  readonly recall: number | null;
};

/** P1 and P2, over the mails that say how urgent they are: by rules and model, or by rules alone. */
export function urgencyFigures(
  evaluated: readonly Evaluated[],
  by: "urgency" | "urgencyByRules" = "urgency",
): readonly UrgencyFigures[] {
  const told = evaluated.filter(({ mail }) => mail.urgency !== undefined);
  return (["P1", "P2"] as const).map((urgency) => {
    const labelled = told.filter(({ mail }) => mail.urgency === urgency);
    const said = told.filter((each) => each[by] === urgency);
    const right = labelled.filter((each) => each[by] === urgency).length;
    return {
      urgency,
      mails: labelled.length,
      precision: share(right, said.length),
      recall: share(right, labelled.length),
    };
  });
}

/** How often the model was right where it said so sure, by tenths from 0 to 1. */
export type Reliability = {
  readonly from: number;
  readonly mails: number;
  readonly said: number;
  readonly right: number;
};

export function reliability(evaluated: readonly Evaluated[]): readonly Reliability[] {
  const tenths = Array.from({ length: 10 }, (_, at) => ({ from: at / 10, mails: 0, said: 0, right: 0 }));
  for (const { mail, advice } of evaluated) {
    const tenth = advice === null ? undefined : tenths[Math.min(9, Math.floor(advice.probability * 10))];
    if (advice === null || tenth === undefined) continue;
    tenth.mails += 1;
    tenth.said += advice.probability;
    tenth.right += Number(advice.type === mail.type);
  }
  return tenths
    .filter(({ mails }) => mails > 0)
    .map(({ from, mails, said, right }) => ({ from, mails, said: said / mails, right: right / mails }));
}

/** How far the model's word is from how often it is right, over all it was asked about, 0 to 1; null: it said nothing. */
export function reliabilityGap(tenths: readonly Reliability[]): number | null {
  const all = tenths.reduce((sum, { mails }) => sum + mails, 0);
  return share(
    tenths.reduce((sum, { mails, said, right }) => sum + mails * Math.abs(said - right), 0),
    all,
  );
}

/** Costs where the rules name none: a mail for a wrong queue, one of a type that must not be lost, and people's time. */
const COST = { wrong: 10, lost: 100, none: 2, people: 1 } as const;
/** As people call review among the costs. */
export const PEOPLE = "people";

/** What all mails cost by one way of deciding, by the rules' matrix; `watched` types cost most when they go elsewhere. */
export function costOf(
  evaluated: readonly Evaluated[],
  way: Way,
  { costs }: Pick<RuleSet, "costs">,
  watched: readonly string[],
): number {
  return evaluated.reduce((sum, { mail: { type }, answers }) => {
    const to = answers[way] ?? PEOPLE;
    if (to === type || (type === NONE && to === PEOPLE)) return sum;
    const usual =
      to === PEOPLE ? COST.people : type === NONE ? COST.none : watched.includes(type) ? COST.lost : COST.wrong;
    return sum + (costs[type]?.[to] ?? usual);
  }, 0);
}

/** The lead a type needs so that few of the mails routed to it are wrong, and what that leaves to people. */
export type FittedMargin = {
  readonly type: string;
  /** null: no lead is enough for so few mistakes. */
  readonly margin: number | null;
  /** The lead it needs by the rules. */
  readonly inForce: number;
  /** Of the mails still routed to it, by leads that were fitted on other writers; null: too few to tell. */
  readonly wrong: number | null;
  readonly routed: number;
  /** Mails that would go to people in addition. */
  readonly toPeople: number;
};

/** Leads are tried in steps of this many points. */
const LEAD_STEP = 0.1;
/** With fewer mails left, their share of mistakes says nothing. */
const ROUTED_MIN = 20;

/**
 * The smallest lead for each type, from the one in force on, with which at most this share of the mails routed to it is
 * wrong. What is told of it is found on the half of the writers it was not fitted on.
 */
export function fittedMargins(
  evaluated: readonly Evaluated[],
  types: readonly string[],
  bound: number,
  { margin: usual, marginFor }: Pick<RuleSet["decide"], "margin" | "marginFor">,
): readonly FittedMargin[] {
  const voices = [...new Set(evaluated.map(({ mail }) => mail.voice))].sort();
  const second = new Set(voices.filter((_, at) => at % 2 === 1));
  return types.map((type) => {
    const inForce = marginFor[type] ?? usual;
    const routed = evaluated.filter(({ answers }) => answers.both === type);
    const margin = leadFor(routed, type, bound, inForce, ROUTED_MIN);
    if (margin === null) return { type, margin, inForce, wrong: null, routed: 0, toPeople: routed.length };
    const halves = [
      routed.filter(({ mail }) => second.has(mail.voice)),
      routed.filter(({ mail }) => !second.has(mail.voice)),
    ];
    const judged = halves.flatMap((half, at) => {
      const lead = leadFor(halves[1 - at] ?? [], type, bound, inForce, ROUTED_MIN / 2);
      return lead === null ? [] : half.filter(passes(lead));
    });
    const left = routed.filter(passes(margin));
    const wrong = share(judged.filter(({ mail }) => mail.type !== type).length, judged.length);
    return { type, margin, inForce, wrong, routed: left.length, toPeople: routed.length - left.length };
  });
}

function passes(margin: number): (each: Evaluated) => boolean {
  return ({ lead }) => lead === null || lead >= margin;
}

/** null: no lead is enough, or too few mails would be left to tell. */
function leadFor(
  routed: readonly Evaluated[],
  type: string,
  bound: number,
  from: number,
  leastMails: number,
): number | null {
  const most = routed.reduce((sum, { lead }) => Math.max(sum, lead ?? 0), from);
  for (let step = 0; from + step * LEAD_STEP <= most; step++) {
    const margin = Math.round((from + step * LEAD_STEP) * 10) / 10;
    const left = routed.filter(passes(margin));
    if (left.length < leastMails) return null;
    if (left.filter(({ mail }) => mail.type !== type).length <= bound * left.length) return margin;
  }
  return null;
}

/** The mean of a figure over all types. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
