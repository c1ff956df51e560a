// What people have confirmed of mails, and how often the rules agree with it. Counts only; what they mean for a guard
// is said in guards.ts.

import type { Urgency } from "../outcome.ts";
import type { Answer } from "./replay.ts";

/** What is right for a mail; null: nobody has said. */
export type Label = { readonly type: string | null; readonly urgency: Urgency | null };

/** Of labelled decisions of one type or urgency: what a recall and a precision are made of. */
export type Agreement = {
  /** Labelled so. */
  readonly labelled: number;
  /** Of these: found, as this or something safe. */
  readonly found: number;
  /** Of the found: sent to people first (types), or more urgent than need be (urgencies). */
  readonly safely: number;
  /** Labelled in any way and decided to be this, and of these rightly. */
  readonly decided: number;
  readonly rightly: number;
};

export type Judgement = {
  /** Decisions of mails with a label. */
  readonly labelled: number;
  readonly types: ReadonlyMap<string, Agreement>;
  readonly urgencies: ReadonlyMap<string, Agreement>;
};

type Sums = { -readonly [key in keyof Agreement]: Agreement[key] };

/** Counting begins. */
export function startJudgement() {
  let labelled = 0;
  const types = new Map<string, Sums>();
  const urgencies = new Map<string, Sums>();
  return {
    add(label: Label, answer: Answer): void {
      labelled += 1;
      if (label.type !== null) addType(types, label.type, answer);
      if (label.urgency !== null) addUrgency(urgencies, label.urgency, answer.urgency);
    },
    result: (): Judgement => ({ labelled, types, urgencies }),
  };
}

/** A type is found where the mail is routed as that type, or goes to people, who see what it is. */
function addType(types: Map<string, Sums>, right: string, answer: Answer): void {
  const wanted = sumsOf(types, right);
  const isRight = answer.requestType === right;
  wanted.labelled += 1;
  wanted.found += Number(isRight || answer.review);
  wanted.safely += Number(answer.review);
  if (answer.review || answer.requestType === null) return;
  const got = sumsOf(types, answer.requestType);
  got.decided += 1;
  got.rightly += Number(isRight);
}

/** An urgency is found where the mail is at least as urgent. */
function addUrgency(urgencies: Map<string, Sums>, right: Urgency, decided: Urgency): void {
  const wanted = sumsOf(urgencies, right);
  wanted.labelled += 1;
  wanted.found += Number(decided <= right);
  wanted.safely += Number(decided < right);
  const got = sumsOf(urgencies, decided);
  got.decided += 1;
  got.rightly += Number(decided === right);
}

function sumsOf(all: Map<string, Sums>, name: string): Sums {
  const known = all.get(name) ?? { labelled: 0, found: 0, safely: 0, decided: 0, rightly: 0 };
  all.set(name, known);
  return known;
}
