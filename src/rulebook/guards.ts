// The guards under `never:` judged by a replay: kept, broken, or not judged, each with the figures in a sentence.
// A guard that cannot be judged is never passed over in silence.

import type { Guard } from "../config/guards.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Comparison } from "./replay.ts";
import type { Agreement } from "./replay-labels.ts";

export type JudgedGuard = {
  readonly guard: Guard;
  readonly state: "kept" | "broken" | "not-judged";
  /** The figure it was judged by; null: there is none. */
  readonly value: number | null;
  /** The figures, or why there are none. */
  readonly says: string;
};

/** A type of this name is watched whatever the guards say. */
export const ALWAYS_WATCHED = "clinical";

/** The types no mail should leave unseen: clinical, and those a guard speaks up for. */
export function watchedTypes({ types, never }: Pick<RuleSet, "types" | "never">): readonly string[] {
  const guarded = never.flatMap((guard) => {
    if (guard.kind === "leave") return guard.type;
    return guard.kind === "measure" && guard.measure === "recall" && guard.of.kind === "type" ? guard.of.type : [];
  });
  const always = types.flatMap(({ name }) => (name === ALWAYS_WATCHED ? name : []));
  return [...new Set([...always, ...guarded])];
}

/** Judges every guard; `labelsGiven`: there was a file of confirmed labels. */
export function judgeGuards(
  guards: readonly Guard[],
  comparison: Comparison,
  labelsGiven: boolean,
): readonly JudgedGuard[] {
  return guards.map((guard) => judge(guard, comparison, labelsGiven));
}

function judge(guard: Guard, comparison: Comparison, labelsGiven: boolean): JudgedGuard {
  const { decisions, compared, review } = comparison;
  switch (guard.kind) {
    case "measure":
      return labelsGiven
        ? measured(guard, comparison)
        : notJudged(guard, "no confirmed labels; give them with --labels");
    case "review-share":
      if (decisions === 0) return notJudged(guard, "no mail was decided");
      return judged(
        guard,
        review.after / decisions,
        review.after / decisions > guard.above,
        `${share(review.after, decisions)}: ${review.after} of ${decisions} go to review`,
      );
    case "leave": {
      if (compared === 0) return notJudged(guard, "there is nothing to compare with");
      const { count, toReview } = comparison.leaving.get(guard.type) ?? { count: 0, toReview: 0 };
      const says = `${count} of ${compared} leave ${guard.type}${count > 0 ? `, ${toReview} of them to review` : ""}`;
      return judged(guard, count, count > guard.above, says);
    }
    case "lose-urgency": {
      if (compared === 0) return notJudged(guard, "there is nothing to compare with");
      const { lowered } = comparison;
      return judged(guard, lowered, lowered > guard.above, `${lowered} of ${compared} lose urgency`);
    }
  }
}

function measured(guard: Extract<Guard, { kind: "measure" }>, { judgement }: Comparison): JudgedGuard {
  const { of, measure } = guard;
  const name = of.kind === "type" ? of.type : of.urgency;
  const found = (of.kind === "type" ? judgement.types : judgement.urgencies).get(name);
  if (measure === "recall") {
    if (found === undefined || found.labelled === 0) return notJudged(guard, `no confirmed label says ${name}`);
    const value = found.found / found.labelled;
    return judged(
      guard,
      value,
      value < guard.below,
      `${share(found.found, found.labelled)}: ${recallWords(of.kind, name, found)}`,
    );
  }
  if (found === undefined || found.decided === 0) return notJudged(guard, `no labelled mail was decided as ${name}`);
  const value = found.rightly / found.decided;
  const says = `${share(found.rightly, found.decided)}: of ${found.decided} labelled and decided as ${name}, ${found.rightly} are right`;
  return judged(guard, value, value < guard.below, says);
}

function recallWords(kind: "type" | "urgency", name: string, { labelled, found, safely }: Agreement): string {
  switch (kind) {
    case "type":
      return `of ${labelled} labelled ${name}, ${found} are routed as ${name} or go to review (${safely} to review)`;
    case "urgency":
      return `of ${labelled} labelled ${name}, ${found} are ${name} or more urgent (${safely} more urgent)`;
  }
}

function judged(guard: Guard, value: number, broken: boolean, says: string): JudgedGuard {
  return { guard, state: broken ? "broken" : "kept", value, says };
}

function notJudged(guard: Guard, says: string): JudgedGuard {
  return { guard, state: "not-judged", value: null, says };
}

/** Cut, not rounded: 9,899 of 10,000 must not look like 0.990. */
function share(part: number, whole: number): string {
  return (Math.floor((part * 1000) / whole) / 1000).toFixed(3);
}
