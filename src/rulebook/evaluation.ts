// How well mails with known answers are routed: by the alias alone, by rules, by a model that has not seen their
// writer, and by rules and model as the gateway does it. Writers are kept together, because one writer's mails resemble
// each other.

import { type Advice, type Adviser, likeliest, linearOf, NONE } from "../classify/adviser.ts";
import { type BayesKind, type BayesModel, emptyModel } from "../classify/bayes.ts";
import { type Calibration, fitted } from "../classify/calibration.ts";
import type { CompiledRules } from "../classify/compile.ts";
import { type Features, featureReader, stemReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import {
  type LinearSetup,
  linearModel,
  linearScores,
  RAISING,
  typeScores,
  type UrgencyOdds,
  urgencyOdds,
} from "../classify/linear.ts";
import type { Facts, Message } from "../message.ts";
import type { Outcome, Urgency } from "../outcome.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage } from "../pipeline.ts";
import { exampleFacts } from "./example-mail.ts";
import { type LabelledMail, mailBytes } from "./labelled.ts";
import { foldsOf, heldLinear, plattOdds, taughtUrgency, WRITER_FOLDS } from "./linear-training.ts";
import { type HeldMail, heldOut, readStarter } from "./starter.ts";

/** What one way of deciding answers; null: people look at it. */
export type Answers = {
  readonly alias: string | null;
  readonly rules: string | null;
  readonly model: string | null;
  readonly both: string | null;
};

export type Evaluated = {
  readonly mail: Omit<KnownMail, "raw" | "facts">;
  readonly answers: Answers;
  /** What the model thinks, whether it says so or not; null: it does not know such mail. */
  readonly advice: Pick<Advice, "type" | "probability" | "all"> | null;
  readonly urgency: Urgency;
  readonly urgencyByRules: Urgency;
  /** Points the type leads by that was routed to; null where points did not decide. */
  readonly lead: number | null;
};

/**
 * Where the probabilities come from: a calibration fitted on the mails of other writers, the one in use, or the
 * starter's where there are too few mails to fit one.
 */
export type CalibratedBy = "other-writers" | "in-use" | "starter";

export type Evaluation = { readonly mails: readonly Evaluated[]; readonly calibratedBy: CalibratedBy };

/** A mail whose answer is known, as it came, and what was known beside it. */
export type KnownMail = Pick<LabelledMail, "voice" | "type" | "alias" | "urgency" | "evaluate"> & {
  readonly raw: Uint8Array;
  readonly facts: Facts;
};

type Read = KnownMail & { readonly message: Message; readonly features: Features };

/** From here on the model alone answers; below, it leaves the mail to people. */
const ALONE_FROM = 0.5;

/** Labelled mails as somebody would have sent them. */
export function asSent(mails: readonly LabelledMail[]): readonly KnownMail[] {
  return mails.map((mail) => {
    const facts = exampleFacts({ alias: mail.alias, at: null, staff: false }, null);
    return { ...mail, raw: mailBytes(mail), facts };
  });
}

/** What the model knows before it is taught the mails: nothing, or what a site has taught it. */
export type Base = {
  readonly model: BayesModel;
  /** The key its features are hashed under. */
  readonly key: string;
  readonly calibration: Calibration;
  readonly linear: LinearSetup;
};

const NO_BASE_KEY = "evaluation";
/** A calibration is fitted on at least so many mails. */
const FITTED_FROM = 50;

/**
 * Every mail with what each way answers; the model is trained on `base` (else on nothing) and on all mails but those of
 * the same writer. `base` must not have seen the mails.
 */
export async function evaluate(
  mails: readonly KnownMail[],
  rules: CompiledRules,
  kind: BayesKind,
  progress: (done: number) => void,
  base: Base | null = null,
): Promise<Evaluation> {
  const stems = stemReader();
  const reader = featureReader(base?.key ?? NO_BASE_KEY);
  const read: Read[] = [];
  for (const mail of mails) {
    const message = await parse(mail.raw);
    read.push({ ...mail, message, features: reader.features(stems(hear(message), message.language)) });
    progress(read.length);
  }
  const classes = base?.model.classes ?? [...rules.set.types.map(({ name }) => name), NONE];
  const linear = base === null ? linearByOthers(read, classes) : linearBy(base.linear, classes);
  const held = heldOut(read, base?.model ?? emptyModel(classes), linear.ofTypes, kind);
  const { calibratedBy, calibrationOf } = calibrated(held, classes, base?.calibration ?? null);
  const asked = held.map(({ mail, isKnown, ...scores }): Evaluated => {
    const calibration = calibrationOf(mail.voice);
    const advice = isKnown ? likeliest(scores, { classes, calibration }) : null;
    return evaluated(mail, advice && { ...advice, urgency: linear.odds(mail) }, rules);
  });
  return { mails: asked, calibratedBy };
}

/** A calibration for each writer that the writer's own mails have no part in. */
function calibrated(
  held: readonly HeldMail<Read>[],
  classes: readonly string[],
  inUse: Calibration | null,
): { readonly calibratedBy: CalibratedBy; readonly calibrationOf: (voice: string) => Calibration } {
  if (inUse !== null) return { calibratedBy: "in-use", calibrationOf: () => inUse };
  const foldOf = foldsOf(held.map(({ mail }) => mail));
  const others = Array.from({ length: WRITER_FOLDS }, (_, fold) =>
    held.filter(({ mail }) => foldOf.get(mail.voice) !== fold),
  );
  if (others.some(({ length }) => length < FITTED_FROM)) {
    const calibration = { ...readStarter().calibration, lean: 0 }; // so few mails make no linear model
    return { calibratedBy: "starter", calibrationOf: () => calibration };
  }
  const fittings = others.map((mails) => fitted(mails, classes.length));
  const [first = readStarter().calibration] = fittings;
  return { calibratedBy: "other-writers", calibrationOf: (voice) => fittings[foldOf.get(voice) ?? 0] ?? first };
}

/** What the linear model says of a mail: of its classes, around 0, and of its urgency. */
type Linearly = {
  readonly ofTypes: (mail: Read) => Float64Array;
  readonly odds: (mail: Read) => UrgencyOdds | null;
};

function linearBy(setup: LinearSetup, classes: readonly string[]): Linearly {
  const model = linearModel(setup);
  return {
    ofTypes: ({ features }) => linearOf(model, linearScores(model, features), classes),
    odds: ({ features }) => urgencyOdds(linearScores(model, features), setup.odds),
  };
}

/** By what is learnt of other writers, and mails of others yet say what the scores of urgency mean. */
function linearByOthers(read: readonly Read[], classes: readonly string[]): Linearly {
  const heads = [...RAISING, ...classes];
  const scores = new Map(heldLinear(read, classes).map((own, at) => [read[at], own]));
  const folds = foldsOf(read);
  const told = read.flatMap((mail) => {
    const [own, urgency] = [scores.get(mail), taughtUrgency(mail)];
    return own === undefined || urgency === null ? [] : [{ scores: own, urgency, fold: folds.get(mail.voice) }];
  });
  const fittings = Array.from({ length: WRITER_FOLDS }, (_, fold) =>
    plattOdds(told.filter((each) => each.fold !== fold)),
  );
  return {
    ofTypes: (mail) => typeScores(scores.get(mail) ?? new Float64Array(), heads, classes),
    odds: (mail) => {
      const [own, fitting] = [scores.get(mail), fittings[folds.get(mail.voice) ?? 0]];
      return told.length < FITTED_FROM || own === undefined || fitting === undefined ? null : urgencyOdds(own, fitting);
    },
  };
}

type Thought = Pick<Advice, "type" | "probability" | "all" | "urgency">;

function evaluated(mail: Read, advice: Thought | null, rules: CompiledRules): Evaluated {
  const types = rules.set.types.map(({ name }) => name);
  const { message, features: _, raw: __, facts, ...labelled } = mail;
  const adviser = advice === null ? null : saying({ ...advice, version: "held-out", stage: "starter", types });
  const forAlias = ({ alias }: Outcome): boolean => alias === mail.alias;
  const byRules = decideMessage(message, facts, rules).outcomes.find(forAlias);
  const byBoth = decideMessage(message, facts, rules, { adviser }).outcomes.find(forAlias);
  const alone = advice !== null && advice.probability >= ALONE_FROM && advice.type !== NONE ? advice.type : null;
  const answers = { alias: mail.alias, rules: answerOf(byRules), model: alone, both: answerOf(byBoth) };
  const [urgency, urgencyByRules] = [byBoth?.urgency ?? "P4", byRules?.urgency ?? "P4"];
  return { mail: labelled, answers, advice, urgency, urgencyByRules, lead: leadOf(byBoth) };
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

function leadOf(outcome: Outcome | undefined): number | null {
  if (outcome?.decidedBy !== "scorecard" && outcome?.decidedBy !== "alias") return null;
  const [best, second] = outcome.scores;
  return Math.round(((best?.points ?? 0) - (second?.points ?? 0)) * 10) / 10;
}

function answerOf(outcome: Outcome | undefined): string | null {
  return outcome === undefined || outcome.decision.kind === "review" ? null : outcome.requestType;
}
