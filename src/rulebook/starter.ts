// The starter model: what we teach a gateway that nobody has taught yet. It is made of our written mails by
// `npm run starter`, and becomes a model under the site's own key.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KIND, knows, NONE, scoresOf } from "../classify/adviser.ts";
import { type BayesModel, emptyModel, train, untrain } from "../classify/bayes.ts";
import { type Calibration, fitted, type Held } from "../classify/calibration.ts";
import { type Features, featureReader, type Stems, stemReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import { type LinearSetup, RAISING, typeScores } from "../classify/linear.ts";
import { parse } from "../parse/parse.ts";
import { type LabelledMail, mailBytes } from "./labelled.ts";
import { heldLinear, plattOdds, taughtUrgency } from "./linear-training.ts";
import { starterBytes, starterFrom, starterLinear, starterModel } from "./starter-file.ts";

/** The types our written mails are of. */
export const STARTER_TYPES = ["clinical", "billing", "admissions", "access"] as const;
export const STARTER_CLASSES: readonly string[] = [...STARTER_TYPES, NONE];

export const STARTER_FILE = join(import.meta.dirname, "starter-model.bin");

export type Starter = {
  readonly classes: readonly string[];
  readonly calibration: Calibration;
  /** Mails it was taught, by class. */
  readonly mails: readonly number[];
  /** First 8 hex digits of the SHA-256 over what it was taught. */
  readonly hash: string;
  /** The linear model under a key. */
  linear(key: string): LinearSetup;
  /** The model under a key; every call makes a new one. */
  model(key: string): BayesModel;
};

/** The starter of this version of the gateway. */
export function readStarter(): Starter {
  const bytes = readFileSync(STARTER_FILE);
  const file = starterFrom(bytes);
  const { classes, calibration, mails } = file;
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const linear = (key: string) => starterLinear(file, key);
  return { classes, calibration, mails, hash, linear, model: (key) => starterModel(file, key) };
}

/** Works the file out of labelled mails; the same mails give the same bytes. */
export async function starterOf(labelled: readonly LabelledMail[]): Promise<Uint8Array> {
  const read = stemReader();
  const reader = featureReader("calibration");
  const seen: (LabelledMail & { readonly stems: Stems; readonly features: Features })[] = [];
  for (const mail of labelled) {
    const message = await parse(mailBytes(mail));
    const stems = read(hear(message), message.language);
    seen.push({ ...mail, stems, features: reader.features(stems) });
  }
  const scores = heldLinear(seen, STARTER_CLASSES);
  const linear = new Map(seen.map((mail, at) => [mail, scores[at] ?? new Float64Array()]));
  const held = heldOut(seen, emptyModel(STARTER_CLASSES), (mail) =>
    typeScores(linear.get(mail) ?? new Float64Array(), [...RAISING, ...STARTER_CLASSES], STARTER_CLASSES),
  );
  const calibration = fitted(held, STARTER_CLASSES.length);
  const told = seen.flatMap((mail, at) => {
    const [urgency, own] = [taughtUrgency(mail), scores[at]];
    return urgency === null || own === undefined ? [] : [{ scores: own, urgency }];
  });
  const mails = seen.map((mail) => {
    return { at: STARTER_CLASSES.indexOf(mail.type), stems: mail.stems, urgency: taughtUrgency(mail) };
  });
  return starterBytes(STARTER_CLASSES, { calibration, odds: plattOdds(told) }, mails);
}

/** Mails by their writer, with what the model sees of them. */
type Voiced = Pick<LabelledMail, "voice" | "type" | "evaluate"> & { readonly features: Features };

/**
 * The scores of every mail by the model, taught all mails but those of its writer: those are taken back and trained again.
 * @param linear what the linear model says of its classes
 */
export function heldOut<M extends Voiced>(
  seen: readonly M[],
  model: BayesModel,
  linear: (mail: M) => Float64Array,
  kind = KIND,
): readonly HeldMail<M>[] {
  const { classes } = model;
  for (const { features, type } of seen) train(model, features, type);
  const held: HeldMail<M>[] = [];
  for (const own of Map.groupBy(seen, ({ voice }) => voice).values()) {
    const asked = own.filter(({ evaluate }) => evaluate !== false);
    if (asked.length === 0) continue;
    for (const { features, type } of own) untrain(model, features, type);
    for (const mail of asked) {
      const isKnown = knows(model, mail.features);
      const scores = scoresOf(model, mail.features, linear(mail), kind);
      held.push({ ...scores, mail, at: classes.indexOf(mail.type), isKnown });
    }
    for (const { features, type } of own) train(model, features, type);
  }
  return held;
}

/** `isKnown`: the model that had not seen the writer knows enough of the words. */
export type HeldMail<M> = Held & { readonly mail: M; readonly isKnown: boolean };
