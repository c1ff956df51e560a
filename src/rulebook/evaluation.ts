// How well mails with known answers are routed: by the alias alone, by rules, by a model that has not seen their
// writer, and by rules and model as the gateway does it. Writers are kept together, because one writer's mails resemble
// each other.

import { type Advice, type Adviser, likeliest, NONE } from "../classify/adviser.ts";
import type { BayesKind } from "../classify/bayes.ts";
import { type Calibration, fitted } from "../classify/calibration.ts";
import type { CompiledRules } from "../classify/compile.ts";
import { type Features, featureReader, stemReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import type { Message } from "../message.ts";
import type { Outcome, Urgency } from "../outcome.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage } from "../pipeline.ts";
import { exampleFacts } from "./example-mail.ts";
import { type LabelledMail, mailBytes } from "./labelled.ts";
import { heldOut } from "./starter.ts";

/** What one way of deciding answers; null: people look at it. */
export type Answers = {
  readonly alias: string | null;
  readonly rules: string | null;
  readonly model: string | null;
  readonly both: string | null;
};

export type Evaluated = {
  readonly mail: LabelledMail;
  readonly answers: Answers;
  /** What the model thinks, whether it says so or not; null: it does not know such mail. */
  readonly advice: Pick<Advice, "type" | "probability"> | null;
  readonly urgency: Urgency;
};

/** The mails that were asked about, and the calibration their held-out scores give. */
export type Evaluation = { readonly mails: readonly Evaluated[]; readonly calibration: Calibration };

type Read = LabelledMail & { readonly message: Message; readonly features: Features };

/** From here on the model alone answers; below, it leaves the mail to people. */
const ALONE_FROM = 0.5;

/** Every mail with what each way answers; the model is trained on all mails but those of the same writer. */
export async function evaluate(
  mails: readonly LabelledMail[],
  rules: CompiledRules,
  kind: BayesKind,
  progress: (done: number) => void,
): Promise<Evaluation> {
  const stems = stemReader();
  const reader = featureReader("evaluation");
  const read: Read[] = [];
  for (const mail of mails) {
    const message = await parse(mailBytes(mail));
    read.push({ ...mail, message, features: reader.features(stems(hear(message), message.language)) });
    progress(read.length);
  }
  const classes = [...rules.set.types.map(({ name }) => name), NONE];
  const held = heldOut(read, classes, kind);
  const calibration = fitted(held, classes.length);
  const asked = held.map(({ mail, scores, features, isKnown }): Evaluated => {
    const advice = isKnown ? likeliest(scores, features, { classes, calibration }) : null;
    return evaluated(mail, advice, rules);
  });
  return { mails: asked, calibration };
}

function evaluated(mail: Read, advice: Evaluated["advice"], rules: CompiledRules): Evaluated {
  const types = rules.set.types.map(({ name }) => name);
  const { message, features: _, ...labelled } = mail;
  const adviser = advice === null ? null : saying({ ...advice, version: "held-out", stage: "starter", types });
  const facts = exampleFacts({ alias: mail.alias, at: null, staff: false }, null);
  const [byRules] = decideMessage(message, facts, rules).outcomes;
  const [byBoth] = decideMessage(message, facts, rules, { adviser }).outcomes;
  const alone = advice !== null && advice.probability >= ALONE_FROM && advice.type !== NONE ? advice.type : null;
  const answers = { alias: mail.alias, rules: answerOf(byRules), model: alone, both: answerOf(byBoth) };
  return { mail: labelled, answers, advice, urgency: byBoth?.urgency ?? "P4" };
}

/** Somebody who always says this. */
function saying(advice: Advice & Pick<Adviser, "types">): Adviser {
  return {
    version: advice.version,
    types: advice.types,
    pinned: () => null,
    advise: () => advice,
    strongest: () => [],
  };
}

function answerOf(outcome: Outcome | undefined): string | null {
  return outcome === undefined || outcome.decision.kind === "review" ? null : outcome.requestType;
}

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

/** P1 and P2, over the mails that say how urgent they are. */
export function urgencyFigures(evaluated: readonly Evaluated[]): readonly UrgencyFigures[] {
  const told = evaluated.filter(({ mail }) => mail.urgency !== undefined);
  return (["P1", "P2"] as const).map((urgency) => {
    const labelled = told.filter(({ mail }) => mail.urgency === urgency);
    const said = told.filter((each) => each.urgency === urgency);
    const right = labelled.filter((each) => each.urgency === urgency).length;
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

/** The mean of a figure over all types. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
