// Before a newly taught model goes live it is tried on the mails people have told the type of, each taken out of it
// first with all others of its writer. It must not lose a mail of a watched type more than the model in use, nor clearly
// more of any other, and must not leave clearly more to people.

import { setImmediate } from "node:timers/promises";
import { knows, likeliest, linearOf, NONE, scoresOf } from "../classify/adviser.ts";
import { train, untrain } from "../classify/bayes.ts";
import { type Calibration, fitted, type Held } from "../classify/calibration.ts";
import { linearModel, linearScores } from "../classify/linear.ts";
import type { Lesson, Taught, TeachingStore } from "../store/teaching.ts";
import { TaughtModel } from "./taught.ts";

/** What a model does with the confirmed mails of one type: right, left to people, or sent elsewhere. */
export type TrialRow = {
  readonly type: string;
  readonly mails: number;
  readonly live: { readonly right: number; readonly lost: number };
  readonly next: { readonly right: number; readonly lost: number };
};

/** What was found; kept as JSON. */
export type TrialFindings = {
  readonly v: 2;
  readonly rows: readonly TrialRow[];
  /** Types that got worse beyond what is allowed. */
  readonly worse: readonly string[];
  /** Fitted on the site's own mails; null while they are too few. */
  readonly calibration: Calibration | null;
};

export type Trial = { readonly labelId: number; readonly passed: boolean; readonly found: TrialFindings };

/** The newest confirmed mails are tried; more would take longer than a person waits. */
const TRIED_MAX = 2000;
/** Calibration asks for this many confirmed mails of the site. */
const CALIBRATED_FROM = 200;
/** From here on the model's word counts against the alias, so below it a mail is not lost. */
const SPEAKS_FROM = 0.5;
/** How many more of a type may be lost than before, as a share of its confirmed mails; of watched types none. */
const MAY_LOSE = 0.02;
/** How many more of a type may be left to people than before, as a share of its confirmed mails. */
const MAY_LEAVE = 0.05;
/** Mails judged in one turn of the event loop: a gateway that tries a model goes on with its mail. */
const TURN_MAILS = 20;
const LESSONS = 1000;

/**
 * Try the model with all lessons against the one in use, and keep what was found: passed, it is live from now on.
 * `watched` are the types whose mails must not be lost. null when nothing new was taught.
 */
export async function tryLessons(store: TeachingStore, watched: readonly string[], at: number): Promise<Trial | null> {
  const known = await store.taught();
  if (known.last === known.live || known.last === known.trial?.labelId) return null;
  const live = await TaughtModel.open(store, known.live);
  const next = await TaughtModel.open(store, known.last);
  const lessons = (await standingLessons(store)).slice(-TRIED_MAX);
  const found = await findings(lessons, live, next, watched, calibrationOf(known, live));
  const passed = found.worse.length === 0;
  await store.keepTrial({ labelId: known.last, at, passed, found: JSON.stringify(found) });
  if (passed) await next.keep();
  return { labelId: known.last, passed, found };
}

/** The calibration of the model in use: the one it was tried with. */
export function calibrationOf(
  { live, liveFound }: Pick<Taught, "live" | "liveFound">,
  taught: Pick<TaughtModel, "labelId" | "starterCalibration">,
): Calibration {
  if (liveFound === null || live !== taught.labelId) return taught.starterCalibration;
  const found = JSON.parse(liveFound) as TrialFindings;
  return (found.v === 2 ? found.calibration : null) ?? taught.starterCalibration;
}

/** The lessons that stand, newest last. */
export async function standingLessons(store: Pick<TeachingStore, "lessons">): Promise<readonly Lesson[]> {
  const standing = new Map<number, Lesson>();
  for (let after = 0; ; ) {
    const lessons = await store.lessons(after, LESSONS);
    for (const lesson of lessons) {
      if (lesson.undoes === null) standing.set(lesson.id, lesson);
      else standing.delete(lesson.undoes);
    }
    const last = lessons.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  return [...standing.values()];
}

type Answer = "right" | "people" | "lost";

async function findings(
  lessons: readonly Lesson[],
  live: TaughtModel,
  next: TaughtModel,
  watched: readonly string[],
  calibration: Calibration,
): Promise<TrialFindings> {
  const before = await heldOut(lessons, live);
  const after = await heldOut(lessons, next);
  const calibrations = calibrationsOf(after, next);
  const answers = lessons.map(({ type }, at) => ({
    type,
    live: answerOf(before[at], type, live, calibration),
    next: answerOf(after[at], type, next, calibrations.ofHalf[after[at]?.half ?? 0] ?? next.starterCalibration),
  }));
  const types = [...new Set(lessons.map(({ type }) => type))].sort();
  const rows = types.map((type): TrialRow => {
    const own = answers.filter((each) => each.type === type);
    const count = (which: "live" | "next") => ({
      right: own.filter((each) => each[which] === "right").length,
      lost: own.filter((each) => each[which] === "lost").length,
    });
    return { type, mails: own.length, live: count("live"), next: count("next") };
  });
  const worse = rows.filter((row) => isWorse(row, watched)).map(({ type }) => type);
  return { v: 2, rows, worse, calibration: calibrations.own };
}

/** Of mail for nobody, none can be lost, and people may get all of it. */
function isWorse({ type, mails, live, next }: TrialRow, watched: readonly string[]): boolean {
  if (type === NONE) return false;
  const mayLose = watched.includes(type) ? 0 : Math.ceil(mails * MAY_LOSE);
  return next.lost > live.lost + mayLose || next.right < live.right - Math.ceil(mails * MAY_LEAVE);
}

/** What a model scores a mail it is made not to have seen; `half` is the same for all mails of a writer. */
type HeldOut = Held & { readonly isKnown: boolean; readonly half: 0 | 1 };

/** Every lesson as the model scores it, all lessons of its writer taken back first; in the order of the lessons. */
async function heldOut(lessons: readonly Lesson[], taught: TaughtModel): Promise<readonly HeldOut[]> {
  const { model, labelId } = taught;
  const linear = linearModel(taught.linear);
  const held = new Map<Lesson, HeldOut>();
  let turn = 0;
  let half: 0 | 1 = 0;
  for (const own of Map.groupBy(lessons, ({ id, writer }) => writer ?? id).values()) {
    const seen = own.filter(({ id }) => id <= labelId);
    for (const { features, type } of seen) untrain(model, features, type);
    for (const lesson of own) {
      const { features, type } = lesson;
      const scores = scoresOf(model, features, linearOf(linear, linearScores(linear, features), model.classes));
      const at = model.classes.indexOf(type);
      held.set(lesson, { ...scores, at, isKnown: knows(model, features), half });
    }
    for (const { features, type } of seen) train(model, features, type);
    half = half === 0 ? 1 : 0;
    turn += own.length;
    if (turn < TURN_MAILS) continue;
    turn = 0;
    await setImmediate();
  }
  return lessons.flatMap((lesson) => held.get(lesson) ?? []);
}

/**
 * The calibration the model would go live with (null: the starter's stays), and those it is tried with: each half of the
 * writers by what is fitted on the other half.
 */
function calibrationsOf(held: readonly HeldOut[], { model, stage, starterCalibration }: TaughtModel) {
  const known = held.filter(({ isKnown }) => isKnown);
  if (stage !== "site" || known.length < CALIBRATED_FROM) {
    return { own: null, ofHalf: [starterCalibration, starterCalibration] };
  }
  const { length } = model.classes;
  const ofHalf = [1, 0].map((other) =>
    fitted(
      known.filter(({ half }) => half === other),
      length,
    ),
  );
  return { own: fitted(known, length), ofHalf };
}

function answerOf(
  held: HeldOut | undefined,
  type: string,
  { model: { classes } }: TaughtModel,
  calibration: Calibration,
): Answer {
  if (held === undefined || !held.isKnown) return "people";
  const judged = likeliest(held, { classes, calibration });
  if (judged.probability < SPEAKS_FROM || (judged.type === NONE && type !== NONE)) return "people";
  return judged.type === type ? "right" : "lost";
}
