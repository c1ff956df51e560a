// The model as those who decide take it: what the store has taught, with its calibration and pins; or the starter.

import type { ModelSetup } from "../classify/adviser.ts";
import type { TeachingStore } from "../store/teaching.ts";
import { pinsOf, starterSetup, TaughtModel } from "./taught.ts";
import { calibrationOf } from "./trial.ts";

/** The model that decides now; without a store the starter. */
export async function modelInUse(store: TeachingStore | null): Promise<ModelSetup> {
  if (store === null) return starterSetup();
  const known = await store.taught();
  const taught = await TaughtModel.open(store, known.live);
  return taught.setup(calibrationOf(known, taught), await pinsOf(store));
}

/** The model of a version as decisions name it, with the pins of now; null when it cannot be had any more. */
export async function modelOfThen(store: TeachingStore, version: string): Promise<ModelSetup | null> {
  const id = /^(\d+)-/.exec(version)?.[1];
  const labelId = id === undefined ? 0 : Number(id);
  const taught = await TaughtModel.open(store, labelId);
  if (taught.version !== version) return null;
  return taught.setup(calibrationOf(await store.taught(labelId), taught), await pinsOf(store));
}
