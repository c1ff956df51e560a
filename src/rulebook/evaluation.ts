// How well mails with known answers are routed: by the alias alone, by rules, by a model that has not seen their
// writer, and by both. Writers are kept together, because one writer's mails resemble each other.

import { type BayesKind, type BayesModel, emptyModel, train, untrain } from "../classify/bayes.ts";
import type { CompiledRules } from "../classify/compile.ts";
import { type FeatureReader, type Features, featureReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import { NONE, opinion } from "../classify/opinion.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage } from "../pipeline.ts";
import { exampleFacts } from "./example-mail.ts";

/** A mail somebody has labelled. `type` is a request type, or `none` for mail that only people can place. */
export type LabelledMail = {
  readonly voice: string;
  readonly type: string;
  readonly alias: string;
  readonly language: string;
  readonly subject: string;
  readonly text: string;
};

/** What one way of deciding answers; null: people look at it. */
export type Answers = {
  readonly alias: string | null;
  readonly rules: string | null;
  readonly model: string | null;
  readonly both: string | null;
};
export type Evaluated = { readonly mail: LabelledMail; readonly answers: Answers };

type Read = {
  readonly mail: LabelledMail;
  readonly features: Features;
  readonly rules: string | null;
  readonly byAlias: boolean;
};

/**
 * From this lead on the model answers, and sends to people what the alias alone has placed elsewhere. Above it a fifth
 * of its answers about our own written mails were wrong (leave one writer out, complement), below it two fifths and more.
 */
const SPEAKS_FROM = 1.2;

/** Every mail with what each way answers; the model is trained on all mails but those of the same writer. */
export async function evaluate(
  mails: readonly LabelledMail[],
  rules: CompiledRules,
  kind: BayesKind,
  progress: (done: number) => void,
): Promise<readonly Evaluated[]> {
  const reader = featureReader("evaluation");
  const read: Read[] = [];
  for (const mail of mails) {
    read.push(await readMail(mail, rules, reader));
    progress(read.length);
  }
  const model = emptyModel([...rules.set.types.map(({ name }) => name), NONE]);
  for (const { features, mail } of read) train(model, features.all, mail.type);
  const answers = new Map<Read, Answers>();
  for (const own of Map.groupBy(read, ({ mail }) => mail.voice).values()) {
    for (const { features, mail } of own) untrain(model, features.all, mail.type);
    for (const each of own) answers.set(each, answersTo(each, model, kind));
    for (const { features, mail } of own) train(model, features.all, mail.type);
  }
  return [...answers].map(([{ mail }, answer]) => ({ mail, answers: answer }));
}

async function readMail(mail: LabelledMail, rules: CompiledRules, reader: FeatureReader): Promise<Read> {
  const message = await parse(asMail(mail));
  const facts = exampleFacts({ alias: mail.alias, at: null, staff: false }, null);
  const outcome = decideMessage(message, facts, rules).outcomes[0];
  const isReview = outcome === undefined || outcome.decision.kind === "review";
  return {
    mail,
    features: reader(hear(message), message.language),
    rules: isReview ? null : outcome.requestType,
    byAlias: outcome?.decidedBy === "alias",
  };
}

function answersTo(read: Read, model: BayesModel, kind: BayesKind): Answers {
  const thought = opinion(model, read.features, kind);
  const placed = thought === null || thought.best === NONE ? null : thought.best;
  const speaks = thought !== null && thought.margin >= SPEAKS_FROM ? placed : null;
  const doubts = thought !== null && thought.margin >= SPEAKS_FROM && thought.best !== read.mail.alias;
  const both = read.rules === null ? speaks : read.byAlias && doubts ? null : read.rules;
  return { alias: read.mail.alias, rules: read.rules, model: speaks, both };
}

/** The labelled mail as somebody would have sent it. */
function asMail({ alias, subject, text }: LabelledMail): Uint8Array {
  const encoded = Buffer.from(subject, "utf8").toString("base64");
  const head = [
    "From: writer@example.net",
    `To: ${alias}@example.org`,
    `Subject: =?utf-8?B?${encoded}?=`,
    "Message-ID: <labelled@example.net>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${text.replace(/\r?\n/g, "\r\n")}\r\n`, "utf8");
}

/** Precision, recall and F1 of one type, and how much of it goes to people; shares from 0 to 1, null without a case. */
export type Figures = {
  readonly type: string;
  readonly mails: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number;
  readonly review: number | null;
};

export type Way = keyof Answers;

/** The figures of one way of deciding, for each type but `none`. */
export function figuresOf(evaluated: readonly Evaluated[], way: Way, types: readonly string[]): readonly Figures[] {
  return types.map((type) => {
    const labelled = evaluated.filter(({ mail }) => mail.type === type);
    const answered = evaluated.filter(({ answers }) => answers[way] === type);
    const right = labelled.filter(({ answers }) => answers[way] === type).length;
    return {
      type,
      mails: labelled.length,
      precision: share(right, answered.length),
      recall: share(right, labelled.length),
      f1: share(2 * right, labelled.length + answered.length) ?? 0,
      review: share(labelled.filter(({ answers }) => answers[way] === null).length, labelled.length),
    };
  });
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
