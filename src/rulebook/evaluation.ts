// How well mails with known answers are routed: by the alias alone, by rules, by a model that has not seen their
// writer, and by rules and model as the gateway does it. Writers are kept together, because one writer's mails resemble
// each other.

import { type Advice, type Adviser, likeliest, NONE } from "../classify/adviser.ts";
import { type BayesKind, type BayesModel, emptyModel } from "../classify/bayes.ts";
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
  readonly mail: Omit<KnownMail, "raw">;
  readonly answers: Answers;
  /** What the model thinks, whether it says so or not; null: it does not know such mail. */
  readonly advice: Pick<Advice, "type" | "probability"> | null;
  readonly urgency: Urgency;
  /** Points the type leads by that was routed to; null where points did not decide. */
  readonly lead: number | null;
};

/** The mails that were asked about, and the calibration their held-out scores give. */
export type Evaluation = { readonly mails: readonly Evaluated[]; readonly calibration: Calibration };

/** A mail whose answer is known, as it came. */
export type KnownMail = Pick<LabelledMail, "voice" | "type" | "alias" | "urgency" | "evaluate"> & {
  readonly raw: Uint8Array;
};

type Read = KnownMail & { readonly message: Message; readonly features: Features };

/** From here on the model alone answers; below, it leaves the mail to people. */
const ALONE_FROM = 0.5;

/** Labelled mails as somebody would have sent them. */
export function asSent(mails: readonly LabelledMail[]): readonly KnownMail[] {
  return mails.map((mail) => ({ ...mail, raw: mailBytes(mail) }));
}

/** The key features are hashed under here; `base` in `evaluate` must be under it too. */
export const EVALUATION_KEY = "evaluation";

/**
 * Every mail with what each way answers; the model is trained on `base` (else on nothing) and on all mails but those of
 * the same writer.
 */
export async function evaluate(
  mails: readonly KnownMail[],
  rules: CompiledRules,
  kind: BayesKind,
  progress: (done: number) => void,
  base: BayesModel | null = null,
): Promise<Evaluation> {
  const stems = stemReader();
  const reader = featureReader(EVALUATION_KEY);
  const read: Read[] = [];
  for (const mail of mails) {
    const message = await parse(mail.raw);
    read.push({ ...mail, message, features: reader.features(stems(hear(message), message.language)) });
    progress(read.length);
  }
  const classes = base?.classes ?? [...rules.set.types.map(({ name }) => name), NONE];
  const held = heldOut(read, base ?? emptyModel(classes), kind);
  const calibration = fitted(held, classes.length);
  const asked = held.map(({ mail, scores, features, isKnown }): Evaluated => {
    const advice = isKnown ? likeliest(scores, features, { classes, calibration }) : null;
    return evaluated(mail, advice, rules);
  });
  return { mails: asked, calibration };
}

function evaluated(mail: Read, advice: Evaluated["advice"], rules: CompiledRules): Evaluated {
  const types = rules.set.types.map(({ name }) => name);
  const { message, features: _, raw: __, ...labelled } = mail;
  const adviser = advice === null ? null : saying({ ...advice, version: "held-out", stage: "starter", types });
  const facts = exampleFacts({ alias: mail.alias, at: null, staff: false }, null);
  const [byRules] = decideMessage(message, facts, rules).outcomes;
  const [byBoth] = decideMessage(message, facts, rules, { adviser }).outcomes;
  const alone = advice !== null && advice.probability >= ALONE_FROM && advice.type !== NONE ? advice.type : null;
  const answers = { alias: mail.alias, rules: answerOf(byRules), model: alone, both: answerOf(byBoth) };
  return { mail: labelled, answers, advice, urgency: byBoth?.urgency ?? "P4", lead: leadOf(byBoth) };
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
