// The model in force: loaded at the start, and replaced as soon as people have taught it something that passed its trial.

import type { Decider } from "../decider/decider.ts";
import { pinsOf, TaughtModel } from "../decider/taught.ts";
import { calibrationOf } from "../decider/trial.ts";
import { errorFields, type Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { Taught } from "../store/teaching.ts";

/** How often the store is asked whether somebody has taught something. */
const LOOK_MS = 1000;

export type LiveModel = AsyncDisposable & {
  /** Which model decides; see `Decided.modelVersion`. */
  version(): string;
};

export type LiveModelOptions = {
  readonly store: Store;
  readonly decider: Decider;
  readonly log: Log;
};

/** Starts with the model that is live; resolves when the decider has it. */
export async function startLiveModel({ store, decider, log }: LiveModelOptions): Promise<LiveModel> {
  let known = await store.taught();
  let taught = await TaughtModel.open(store, known.live);
  const use = async (now: Taught): Promise<void> => {
    decider.useModel(taught.setup(calibrationOf(now, taught), await pinsOf(store)));
    known = now;
    log.info("model-live", { version: taught.version, stage: taught.stage });
  };
  await use(known);
  const look = async (): Promise<void> => {
    const now = await store.taught();
    if (!isOther(now, known)) return;
    if (now.live < taught.labelId) taught = await TaughtModel.open(store, now.live);
    await taught.learnUpTo(now.live);
    await use(now);
    await taught.keep();
  };
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => log.error("store-trouble", errorFields(error)))
      .finally(() => (looking = null));
  }, LOOK_MS);
  return {
    version: () => taught.version,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}

function isOther(now: Taught, known: Taught): boolean {
  return now.live !== known.live || now.pins !== known.pins;
}
