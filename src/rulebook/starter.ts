// The starter model: what we teach a gateway that nobody has taught yet. It is kept as the stems of our written mails,
// as hashes, and becomes a model under the site's own key in a few hundredths of a second.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KIND, knows, NONE } from "../classify/adviser.ts";
import { type BayesModel, emptyModel, logScores, train, untrain } from "../classify/bayes.ts";
import { type Calibration, fitted, type Held } from "../classify/calibration.ts";
import { type FeatureReader, type Features, featureReader, type Stems, stemReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import { parse } from "../parse/parse.ts";
import { type LabelledMail, mailBytes } from "./labelled.ts";

/** The types our written mails are of. */
export const STARTER_TYPES = ["clinical", "billing", "admissions", "access"] as const;
export const STARTER_CLASSES: readonly string[] = [...STARTER_TYPES, NONE];

export const STARTER_FILE = join(import.meta.dirname, "starter-model.json");

/** A mail by its class and its stems; the stems are places in a list of hashes. */
type StarterMail = readonly [at: number, subject: readonly number[], text: readonly (readonly number[])[]];

/** The file: hashes of stems, each once, and the mails that are made of them. */
export type StarterFile = {
  readonly v: 1;
  readonly classes: readonly string[];
  readonly calibration: Calibration;
  readonly stems: readonly number[];
  readonly mails: readonly StarterMail[];
};

export type Starter = {
  readonly classes: readonly string[];
  readonly calibration: Calibration;
  /** Mails it was taught, by class. */
  readonly mails: readonly number[];
  /** First 8 hex digits of the SHA-256 over what it was taught. */
  readonly hash: string;
  /** The model under a key; every call makes a new one. */
  model(key: string): BayesModel;
};

/** The starter of this version of the gateway. */
export function readStarter(): Starter {
  const text = readFileSync(STARTER_FILE, "utf8");
  const file = JSON.parse(text) as StarterFile;
  const { classes, calibration } = file;
  return {
    classes,
    calibration,
    mails: classes.map((_, at) => file.mails.filter(([own]) => own === at).length),
    hash: createHash("sha256").update(text).digest("hex").slice(0, 8),
    model: (key) => taught(file, featureReader(key)),
  };
}

function taught({ classes, stems, mails }: StarterFile, reader: FeatureReader): BayesModel {
  const model = emptyModel(classes);
  const hashes = (places: readonly number[]) => places.map((place) => stems[place] ?? 0);
  for (const [at, subject, text] of mails) {
    const features = reader.features({ subject: hashes(subject), text: text.map(hashes) });
    train(model, features, classes[at] ?? "");
  }
  return model;
}

/** Works the file out of labelled mails; the same mails give the same file. */
export async function starterFile(labelled: readonly LabelledMail[]): Promise<StarterFile> {
  const read = stemReader();
  const reader = featureReader("calibration");
  const seen: (LabelledMail & { readonly stems: Stems; readonly features: Features })[] = [];
  for (const mail of labelled) {
    const message = await parse(mailBytes(mail));
    const stems = read(hear(message), message.language);
    seen.push({ ...mail, stems, features: reader.features(stems) });
  }
  const places = new Map<number, number>();
  const placesOf = (stems: readonly number[]) =>
    stems.map((stem) => {
      const place = places.get(stem) ?? places.size;
      places.set(stem, place);
      return place;
    });
  const mails = seen.map(
    ({ type, stems }): StarterMail => [
      STARTER_CLASSES.indexOf(type),
      placesOf(stems.subject),
      stems.text.map(placesOf),
    ],
  );
  const calibration = fitted(heldOut(seen, emptyModel(STARTER_CLASSES)), STARTER_CLASSES.length);
  return { v: 1, classes: STARTER_CLASSES, calibration, stems: [...places.keys()], mails };
}

/** Mails by their writer, with what the model sees of them. */
type Voiced = Pick<LabelledMail, "voice" | "type" | "evaluate"> & { readonly features: Features };

/** The scores of every mail by the model, taught all mails but those of its writer: those are taken back and trained again. */
export function heldOut<M extends Voiced>(seen: readonly M[], model: BayesModel, kind = KIND): readonly HeldMail<M>[] {
  const { classes } = model;
  for (const { features, type } of seen) train(model, features, type);
  const held: HeldMail<M>[] = [];
  for (const own of Map.groupBy(seen, ({ voice }) => voice).values()) {
    const asked = own.filter(({ evaluate }) => evaluate !== false);
    if (asked.length === 0) continue;
    for (const { features, type } of own) untrain(model, features, type);
    for (const mail of asked) {
      const { rows } = mail.features;
      const scores = logScores(model, mail.features, kind);
      const isKnown = knows(model, mail.features);
      held.push({ mail, scores, features: rows.length, at: classes.indexOf(mail.type), isKnown });
    }
    for (const { features, type } of own) train(model, features, type);
  }
  return held;
}

/** `isKnown`: the model that had not seen the writer knows enough of the words. */
export type HeldMail<M> = Held & { readonly mail: M; readonly isKnown: boolean };
