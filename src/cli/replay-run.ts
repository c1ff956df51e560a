// The run of a replay: pages of mails go to the threads and come back in their order, are compared and counted.

import { availableParallelism } from "node:os";
import type { ModelSetup } from "../classify/adviser.ts";
import type { RuleSet } from "../config/rules.ts";
import { type Crew, startCrew } from "../decider/replay-crew.ts";
import type { Judged } from "../decider/replay-worker.ts";
import { watchedTypes } from "../rulebook/guards.ts";
import { type Answer, type Change, type Comparison, startTally } from "../rulebook/replay.ts";
import { printJson } from "./operator.ts";
import type { Labels } from "./replay-labels.ts";
import type { MailPages, ReplayMail } from "./replay-mails.ts";
import { startProgress } from "./replay-progress.ts";

/** What is tried, and how it is told. */
export type Trial = {
  readonly rules: RuleSet;
  /** Compared with these instead of with what was decided. */
  readonly against: RuleSet | null;
  readonly model: ModelSetup;
  readonly labels: Labels | null;
  readonly limitMs: number;
  readonly json: boolean;
  /** Every change is listed. */
  readonly all: boolean;
};

/** Changes of one sort: how many, and those to be listed. */
export type Listed = { readonly count: number; readonly shown: readonly Change[] };

export type Found = {
  readonly comparison: Comparison;
  /** Each change stands in the first of these that fits. */
  readonly changes: { readonly leaving: Listed; readonly losing: Listed; readonly others: Listed };
  readonly failed: readonly { readonly ref: string; readonly why: string }[];
  /** Labels for mails that were not replayed. */
  readonly unused: readonly string[];
  readonly total: number;
};

/** More threads than this wait for the one that reads the store. */
const THREADS_MAX = 4;
/** Bytes of mails in hand; a page comes on top. */
const IN_HAND_BYTES_MAX = 32 * 1024 * 1024;
/** Changes of one sort that people are shown unless they ask for all. */
const LISTED_MAX = 20;

/** Replays all pages, or what was begun when `stop` comes. */
export async function replayAll(trial: Trial, pages: MailPages, stop: AbortSignal): Promise<Found> {
  const { rules, against, labels } = trial;
  const threads = Math.min(availableParallelism(), THREADS_MAX);
  const ruleSets = against === null ? [rules] : [rules, against];
  await using crew = startCrew({ ruleSets, model: trial.model, threads, limitMs: trial.limitMs });
  const tally = startTally(watchedTypes(rules));
  const lists = startLists(trial);
  const progress = startProgress(pages.total);
  const failed: { ref: string; why: string }[] = [];
  const unused = new Set(labels?.keys() ?? []);
  let done = 0;
  for await (const [mail, judged] of judgedInOrder(pages, crew, stop)) {
    progress.at(++done);
    unused.delete(mail.ref);
    const label = labels?.get(mail.ref) ?? null;
    if (judged.kind === "failed") failed.push({ ref: mail.ref, why: judged.why });
    else for (const change of tally.add({ ref: mail.ref, label, ...pairOf(mail, judged.answers) })) lists.add(change);
  }
  progress.clear();
  return { comparison: tally.result(), changes: lists.result(), failed, unused: [...unused], total: pages.total };
}

/** The first rule set is the one tried; the second, where there is one, or the record is what it is compared with. */
function pairOf(mail: ReplayMail, answers: readonly (readonly Answer[])[]) {
  const [after = [], against] = answers;
  return { before: against ?? (mail.kind === "mail" ? mail.before : null), after };
}

type InHand = {
  readonly page: readonly ReplayMail[];
  readonly bytes: number;
  readonly judged: Promise<readonly Judged[]>;
};

async function* judgedInOrder(
  pages: MailPages,
  crew: Crew,
  stop: AbortSignal,
): AsyncGenerator<readonly [ReplayMail, Judged], void, void> {
  const inHand: InHand[] = [];
  let ended = false;
  let bytes = 0;
  for (;;) {
    // One page more than the threads have places: it is read while they are busy.
    while (!ended && !stop.aborted && inHand.length <= crew.room && bytes < IN_HAND_BYTES_MAX) {
      const page = await pages.next();
      ended = page.length === 0;
      if (ended) break;
      const given = give(page, crew);
      bytes += given.bytes;
      inHand.push(given);
    }
    const first = inHand.shift();
    if (first === undefined) return;
    bytes -= first.bytes;
    const judged = await first.judged;
    for (const [place, mail] of first.page.entries()) {
      const answer = judged[place];
      if (answer !== undefined) yield [mail, answer];
    }
  }
}

function give(page: readonly ReplayMail[], crew: Crew): InHand {
  const questions = page.flatMap((mail) => (mail.kind === "mail" ? [mail.question] : []));
  const asked = crew.judge(questions).then((judged) => {
    const rest = judged.values();
    return page.map((mail): Judged => {
      if (mail.kind === "unreadable") return { kind: "failed", why: mail.why };
      return rest.next().value ?? { kind: "failed", why: "it was not answered" };
    });
  });
  asked.catch(() => undefined); // told to whoever awaits it, in its turn
  return { page, bytes: questions.reduce((sum, { raw }) => sum + raw.byteLength, 0), judged: asked };
}

/** Sorts changes: those that leave a watched type, those that lose urgency, the rest. */
function startLists({ json, all }: Trial) {
  const max = all ? Number.POSITIVE_INFINITY : LISTED_MAX;
  const lists = { leaving: startList(max), losing: startList(max), others: startList(max) };
  return {
    add(change: Change): void {
      // For programs every change is a line at once: however many there are, none is kept.
      if (json) printJson({ kind: "change", ...change });
      const list = change.leaves !== null ? lists.leaving : change.urgency === "lowered" ? lists.losing : lists.others;
      list.add(json ? null : change);
    },
    result: (): Found["changes"] => ({
      leaving: lists.leaving.result(),
      losing: lists.losing.result(),
      others: lists.others.result(),
    }),
  };
}

function startList(max: number) {
  const shown: Change[] = [];
  let count = 0;
  return {
    add(change: Change | null): void {
      count += 1;
      if (change !== null && shown.length < max) shown.push(change);
    },
    result: (): Listed => ({ count, shown }),
  };
}
