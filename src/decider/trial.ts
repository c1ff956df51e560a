// Before a newly taught model goes live it is tried on the mails people have told the type of, each taken out of it
// first. It must not lose a mail of a watched type more than the model in use, nor clearly more of any other.

import { KIND, knows, likeliest, NONE } from "../classify/adviser.ts";
import { type BayesModel, logScores, train, untrain } from "../classify/bayes.ts";
import { type Calibration, fitted, type Held } from "../classify/calibration.ts";
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
  readonly v: 1;
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
  const lessons = await confirmed(store);
  const found = findings(lessons, live, next, watched, calibrationOf(known, live));
  const passed = found.worse.length === 0;
  await store.keepTrial({ labelId: known.last, at, passed, found: JSON.stringify(found) });
  await next.keep();
  return { labelId: known.last, passed, found };
}

/** The calibration of the model in use. */
export function calibrationOf({ trial }: Taught, taught: TaughtModel): Calibration {
  if (trial === null || !trial.passed || trial.labelId !== taught.labelId) return taught.starterCalibration;
  return (JSON.parse(trial.found) as TrialFindings).calibration ?? taught.starterCalibration;
}

/** The lessons that stand, newest last. */
async function confirmed(store: Pick<TeachingStore, "lessons">): Promise<readonly Lesson[]> {
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
  return [...standing.values()].slice(-TRIED_MAX);
}

type Answer = "right" | "people" | "lost";

function findings(
  lessons: readonly Lesson[],
  live: TaughtModel,
  next: TaughtModel,
  watched: readonly string[],
  calibration: Calibration,
): TrialFindings {
  const held: Held[] = [];
  const answers = lessons.map((lesson) => ({
    type: lesson.type,
    live: answer(lesson, live, lesson.id <= live.labelId, calibration, null),
    next: answer(lesson, next, true, calibration, held),
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
  const worse = rows.filter((row) => row.next.lost > row.live.lost + mayLose(row, watched)).map(({ type }) => type);
  const isEnough = next.stage === "site" && held.length >= CALIBRATED_FROM;
  return { v: 1, rows, worse, calibration: isEnough ? fitted(held, next.model.classes.length) : null };
}

/** Of mail for nobody, none can be lost. */
function mayLose({ type, mails }: TrialRow, watched: readonly string[]): number {
  if (type === NONE) return mails;
  return watched.includes(type) ? 0 : Math.ceil(mails * MAY_LOSE);
}

/** What the model answers about a mail it is made not to have seen. */
function answer(
  { features, type }: Lesson,
  { model }: TaughtModel,
  hasSeen: boolean,
  calibration: Calibration,
  held: Held[] | null,
): Answer {
  const at = model.classes.indexOf(type);
  if (hasSeen) untrain(model, features, type);
  const judged = judge(model, features, calibration, at, held);
  if (hasSeen) train(model, features, type);
  if (judged === null || judged.probability < SPEAKS_FROM) return "people";
  return judged.type === type ? "right" : "lost";
}

function judge(
  model: BayesModel,
  features: Lesson["features"],
  calibration: Calibration,
  at: number,
  held: Held[] | null,
) {
  if (!knows(model, features)) return null;
  const scores = logScores(model, features, KIND);
  held?.push({ scores, features: features.rows.length, at });
  return likeliest(scores, features.rows.length, { classes: model.classes, calibration });
}
