// The questions of people, answered by the reading thread.

import type { ReportBy, ReportRow } from "../../figures.ts";
import type { StoreCounts } from "../../store.ts";
import type { AskVerbs, CaseRows } from "../calls.ts";
import type { Connection } from "../open.ts";
import { attemptQuestions } from "../tables/attempts.ts";
import { balanceQuestion } from "../tables/balance.ts";
import { bodyStatements } from "../tables/bodies.ts";
import { bounceQuestions } from "../tables/bounces.ts";
import { deliveryQuestions } from "../tables/deliveries.ts";
import { acknowledgementQuestions } from "../tables/desk.ts";
import { duplicateQuestions } from "../tables/duplicates.ts";
import { concernQuestions, noticeQuestions, standInQuestions } from "../tables/follow-up.ts";
import { messageStatements } from "../tables/messages.ts";
import { operatorQuestions } from "../tables/operator.ts";
import { outcomeQuestions } from "../tables/outcomes.ts";
import { overrideQuestions } from "../tables/overrides.ts";
import { readingQuestions } from "../tables/readings.ts";
import { reportQuestion } from "../tables/report.ts";
import { routingQuestions } from "../tables/routings.ts";
import { shadowQuestions } from "../tables/shadows.ts";
import { pastMails } from "./past.ts";

export type Questions = ReturnType<typeof openQuestions>;

export function openQuestions(db: Connection) {
  return {
    messages: messageStatements(db),
    bodies: bodyStatements(db),
    routings: routingQuestions(db),
    readings: readingQuestions(db),
    outcomes: outcomeQuestions(db),
    overrides: overrideQuestions(db),
    shadows: shadowQuestions(db),
    deliveries: deliveryQuestions(db),
    attempts: attemptQuestions(db),
    bounces: bounceQuestions(db),
    acknowledgements: acknowledgementQuestions(db),
    standIns: standInQuestions(db),
    concerns: concernQuestions(db),
    notices: noticeQuestions(db),
    operator: operatorQuestions(db),
    duplicates: duplicateQuestions(db),
    balance: balanceQuestion(db),
    report: reportQuestion(db),
    /** Several tables as they were at one moment. */
    atOnce: <T>(work: () => T): T => db.transaction(work)(),
  };
}

export function askVerbs(questions: Questions): AskVerbs {
  const { outcomes, deliveries, routings } = questions;
  return {
    outcomes: (filter) => outcomes.newest(filter),
    find: ({ messageId }) => find(questions, messageId),
    decidedSince: (since) => outcomes.decidedSince(since),
    pastMails: (messageIds) => pastMails(questions, messageIds),
    balance: (by) => questions.balance(by),
    report: ({ by, since, bucketMs }: { by: ReportBy; since: number; bucketMs: number }): readonly ReportRow[] =>
      questions.report(by, since, bucketMs),
    shadows: (since) => questions.shadows.counts(since),
    deliveries: (filter) => deliveries.list(filter),
    trials: (since) => questions.concerns.trials(since),
    concerns: (call) => questions.concerns.of(call),
    dueNotices: ({ now, limit }) => questions.notices.due(now, limit),
    countDeliveries: (filter) => questions.operator.counts(filter),
    acts: (limit) => questions.operator.acts(limit),
    heldMessages: ({ limit }) => routings.held(limit),
    counts: () => counts(questions),
  };
}

function find(questions: Questions, messageId: number): CaseRows | null {
  const { messages, readings, routings, outcomes, overrides, shadows, deliveries, attempts } = questions;
  return questions.atOnce(() => {
    const mail = messages.get(messageId);
    if (mail === undefined) return null;
    return {
      messageId,
      mail,
      reading: readings.get(messageId),
      routings: routings.ofMessage(messageId),
      outcomes: outcomes.ofMessage(messageId),
      overrides: overrides.ofMessage(messageId),
      shadows: shadows.ofMessage(messageId),
      deliveries: deliveries.ofMessage(messageId),
      attempts: attempts.ofMessage(messageId),
      bounces: questions.bounces.ofMessage(messageId),
      standIns: questions.standIns.ofMessage(messageId),
      acknowledgements: questions.acknowledgements.ofMessage(messageId),
      duplicates: questions.duplicates.ofMessage(messageId),
    };
  });
}

function counts({ routings, deliveries, duplicates }: Questions): StoreCounts {
  const messages = routings.openMessages();
  const states = deliveries.states();
  return {
    undecided: messages.get("deciding") ?? 0,
    heldMessages: messages.get("held") ?? 0,
    waiting: states.get("waiting")?.count ?? 0,
    leased: states.get("leased")?.count ?? 0,
    held: states.get("held")?.count ?? 0,
    duplicates: duplicates.count(),
    inDoubt: deliveries.inDoubt(),
    oldestWaitingAt: states.get("waiting")?.oldest ?? null,
  };
}
