// The model as it is taught: the starter and every lesson of the store up to one of them, in order. The store's labels
// are the truth; what is held here and in its snapshot only saves counting them anew.

import { createHash } from "node:crypto";
import type { ModelSetup, Pinned, Stage } from "../classify/adviser.ts";
import { NONE } from "../classify/adviser.ts";
import { type BayesModel, modelFrom, numbersOf, train, untrain, widened } from "../classify/bayes.ts";
import type { Calibration } from "../classify/calibration.ts";
import type { LinearSetup } from "../classify/linear.ts";
import { readStarter, type Starter } from "../rulebook/starter.ts";
import type { Lesson, TeachingStore } from "../store/teaching.ts";

/** Confirmed mails of every type that make the model the site's own. */
const SITE_MAILS_MIN = 30;
const VERSION_DIGITS = 8;
/** Lessons read at once. */
const LESSONS = 1000;
/** A snapshot this many lessons old is replaced. */
const SNAPSHOT_LESSONS = 500;

type Teacher = Pick<TeachingStore, "modelKey" | "lessons" | "taught" | "pins" | "snapshot" | "keepSnapshot">;

/** The key under which a model is made that no store has a key for. */
const NO_STORE_KEY = "starter";

/** The starter as it is, for commands without a store. */
export function starterSetup(): ModelSetup {
  const starter = readStarter();
  const model = starter.model(NO_STORE_KEY);
  return {
    classes: model.classes,
    numbers: numbersOf(model),
    key: NO_STORE_KEY,
    calibration: starter.calibration,
    linear: starter.linear(NO_STORE_KEY),
    version: `starter-${starter.hash}`,
    stage: "starter",
    pins: [],
  };
}

export class TaughtModel {
  /** The last lesson it has learnt; 0: none. */
  labelId = 0;
  model: BayesModel;
  readonly key: string;
  private readonly store: Teacher;
  private readonly starter: Starter;
  private madeLinear: LinearSetup | null = null;
  private chain = "";
  private snapshotId = 0;

  private constructor(store: Teacher, starter: Starter, key: string, model: BayesModel) {
    this.store = store;
    this.starter = starter;
    this.key = key;
    this.model = model;
  }

  /** The model with all lessons up to this one (0: the starter); by default those that are live. */
  static async open(store: Teacher, upTo?: number): Promise<TaughtModel> {
    const starter = readStarter();
    const key = await store.modelKey();
    const to = upTo ?? (await store.taught()).live;
    const kept = to === 0 ? null : await store.snapshot();
    const model = kept?.starter === starter.hash && kept.labelId <= to ? modelFrom(kept.classes, kept.numbers) : null;
    const taught = new TaughtModel(store, starter, key, model ?? starter.model(key));
    if (model !== null && kept !== null) {
      taught.snapshotId = kept.labelId;
      taught.labelId = kept.labelId - 1;
      await taught.skipTo(kept.labelId);
    }
    await taught.learnUpTo(to);
    return taught;
  }

  /** Learn what it has not learnt yet, up to and with this lesson. */
  async learnUpTo(labelId: number): Promise<void> {
    while (this.labelId < labelId) {
      const lessons = await this.store.lessons(this.labelId, Math.min(LESSONS, labelId - this.labelId));
      if (lessons.length === 0) return;
      for (const lesson of lessons) this.learn(lesson);
    }
  }

  /** Keeps a snapshot when the last one is old; call it where a moment more does not matter. */
  async keep(): Promise<void> {
    if (this.labelId - this.snapshotId < SNAPSHOT_LESSONS) return;
    const { labelId, starter, model } = this;
    await this.store.keepSnapshot({
      labelId,
      starter: starter.hash,
      classes: model.classes,
      numbers: numbersOf(model),
    });
    this.snapshotId = labelId;
  }

  get stage(): Stage {
    const own = this.model.classes.flatMap((name, at) => (name === NONE ? [] : [this.confirmed(at)]));
    return own.every((mails) => mails >= SITE_MAILS_MIN) ? "site" : "starter";
  }

  get version(): string {
    if (this.labelId === 0) return `starter-${this.starter.hash}`;
    const told = createHash("sha256").update(this.chain).update(this.starter.hash).digest("hex");
    return `${this.labelId}-${told.slice(0, VERSION_DIGITS)}`;
  }

  /** As our written mails make it: people's lessons go into the counts. */
  get linear(): LinearSetup {
    this.madeLinear ??= this.starter.linear(this.key);
    return this.madeLinear;
  }

  get starterCalibration(): Calibration {
    return this.starter.calibration;
  }

  /** Mails of a class that people have confirmed, by its place. */
  confirmed(at: number): number {
    return (this.model.mails[at] ?? 0) - (this.starter.mails[at] ?? 0);
  }

  /** As plain values that later lessons do not change. */
  setup(calibration: Calibration, pins: readonly Pinned[]): ModelSetup {
    const { classes } = this.model;
    const numbers = numbersOf(this.model);
    const { key, linear } = this;
    return { classes, numbers, key, calibration, linear, version: this.version, stage: this.stage, pins };
  }

  private learn({ id, chain, by, type, features }: Lesson): void {
    if (!this.model.classes.includes(type)) this.model = widened(this.model, type);
    if (by === 1) train(this.model, features, type);
    else untrain(this.model, features, type);
    this.labelId = id;
    this.chain = chain;
  }

  /** The name of a lesson that the snapshot has learnt. */
  private async skipTo(labelId: number): Promise<void> {
    const [lesson] = await this.store.lessons(labelId - 1, 1);
    this.labelId = labelId;
    this.chain = lesson?.chain ?? "";
  }
}

/** Pins as the adviser takes them. */
export async function pinsOf(store: Pick<TeachingStore, "pins">): Promise<readonly Pinned[]> {
  const pins = await store.pins();
  return pins.map(({ print, type, queue }) => ({ print: Buffer.from(print).toString("hex"), type, queue }));
}
