// What other rules would have made of mails, compared with what was decided: one comparison for each alias of a mail,
// and the counts of all of them. Pure; mails and decisions are handed in, in order.

import type { Outcome, Urgency } from "../outcome.ts";
import { type Judgement, type Label, startJudgement } from "./replay-labels.ts";

/** What was decided for one alias of a mail, as far as it is compared. */
export type Answer = {
  readonly alias: string;
  readonly requestType: string | null;
  readonly urgency: Urgency;
  readonly queue: string;
  readonly department: string | null;
  readonly review: boolean;
  readonly decidedBy: string;
  /** Ids of the rules that spoke. */
  readonly rules: readonly string[];
};

/** One alias of a mail whose answer is another. */
export type Change = {
  readonly ref: string;
  readonly before: Answer;
  readonly after: Answer;
  /** The watched type it was of and is no longer, or only as a guess for people; null: none. */
  readonly leaves: string | null;
  readonly urgency: "raised" | "lowered" | "same";
  /** Rules that speak now and did not, and the reverse. */
  readonly appeared: readonly string[];
  readonly disappeared: readonly string[];
};

/** How many decisions went from one value to another. */
export type Move = { readonly before: string; readonly after: string; readonly count: number };

/** Everything counted; a decision is one alias of a mail. */
export type Comparison = {
  readonly mails: number;
  readonly decisions: number;
  /** Decisions with something to compare with; of them the same, and those only decided by other rules. */
  readonly compared: number;
  readonly same: number;
  readonly sameByOtherRules: number;
  readonly changeQueue: number;
  readonly queues: readonly Move[];
  readonly urgencies: readonly Move[];
  readonly raised: number;
  readonly lowered: number;
  /** By type, of the types asked for: those that leave it, and how many of them go to review. */
  readonly leaving: ReadonlyMap<string, { readonly count: number; readonly toReview: number }>;
  readonly review: { readonly before: number; readonly after: number };
  readonly afterByQueue: ReadonlyMap<string, number>;
  readonly judgement: Judgement;
};

export type Tally = {
  /** One mail: its answers before (null: nothing to compare with) and after, and what is known to be right. Answers its changes. */
  add(mail: {
    ref: string;
    before: readonly Answer[] | null;
    after: readonly Answer[];
    label: Label | null;
  }): readonly Change[];
  result(): Comparison;
};

export function answerOf(outcome: Outcome): Answer {
  const { alias, requestType, urgency, decision, decidedBy } = outcome;
  const rules = outcome.evidence.flatMap((each) => ("rule" in each && each.kind !== "cancelled" ? each.rule : []));
  return {
    alias,
    requestType,
    urgency,
    queue: decision.queue,
    department: decision.kind === "route" ? decision.department : null,
    review: decision.kind === "review",
    decidedBy,
    rules: [...new Set(rules)],
  };
}

/** Counts begin; `watched` are the types that no mail should leave unseen. */
export function startTally(watched: readonly string[]): Tally {
  const sums = {
    mails: 0,
    decisions: 0,
    compared: 0,
    same: 0,
    sameByOtherRules: 0,
    changeQueue: 0,
    raised: 0,
    lowered: 0,
  };
  const review = { before: 0, after: 0 };
  const queues = startMoves();
  const urgencies = startMoves();
  const afterByQueue = new Map<string, number>();
  const leaving = new Map(watched.map((type) => [type, { count: 0, toReview: 0 }]));
  const judgement = startJudgement();

  function compare(ref: string, before: Answer, after: Answer): Change | null {
    sums.compared += 1;
    review.before += Number(before.review);
    for (const [type, sum] of leaving) {
      if (!leaves(type, before, after)) continue;
      sum.count += 1;
      sum.toReview += Number(after.review);
    }
    const change = changeOf(ref, before, after, watched);
    if (isSame(before, after)) {
      sums.same += 1;
      sums.sameByOtherRules += Number(change.appeared.length + change.disappeared.length > 0);
      return null;
    }
    if (before.queue !== after.queue) {
      sums.changeQueue += 1;
      queues.add(before.queue, after.queue);
    }
    if (change.urgency !== "same") {
      sums[change.urgency] += 1;
      urgencies.add(before.urgency, after.urgency);
    }
    return change;
  }

  return {
    add({ ref, before, after, label }) {
      sums.mails += 1;
      return after.flatMap((answer, place) => {
        sums.decisions += 1;
        review.after += Number(answer.review);
        afterByQueue.set(answer.queue, (afterByQueue.get(answer.queue) ?? 0) + 1);
        if (label !== null) judgement.add(label, answer);
        const earlier = before?.[place];
        const change = earlier === undefined ? null : compare(ref, earlier, answer);
        return change === null ? [] : [change];
      });
    },
    result: () => ({
      ...sums,
      review: { ...review },
      queues: queues.list(),
      urgencies: urgencies.list(),
      leaving,
      afterByQueue,
      judgement: judgement.result(),
    }),
  };
}

function isSame(before: Answer, after: Answer): boolean {
  return (
    before.queue === after.queue &&
    before.urgency === after.urgency &&
    before.requestType === after.requestType &&
    before.department === after.department &&
    before.review === after.review
  );
}

/**
 * It was of the type, for certain or as what people were shown as the guess, and nobody looks for that any more: it is
 * routed as another, or from certain it has become a guess. From guess to guess people look either way.
 */
function leaves(type: string, before: Answer, after: Answer): boolean {
  if (before.requestType !== type) return false;
  return after.review ? !before.review : after.requestType !== type;
}

function changeOf(ref: string, before: Answer, after: Answer, watched: readonly string[]): Change {
  const urgency = after.urgency < before.urgency ? "raised" : after.urgency > before.urgency ? "lowered" : "same";
  return {
    ref,
    before,
    after,
    leaves: watched.find((type) => leaves(type, before, after)) ?? null,
    urgency,
    appeared: after.rules.filter((rule) => !before.rules.includes(rule)),
    disappeared: before.rules.filter((rule) => !after.rules.includes(rule)),
  };
}

/** Counts of moves, most frequent first, then by name. */
function startMoves() {
  const counts = new Map<string, Move>();
  return {
    add(before: string, after: string): void {
      const key = `${before}\0${after}`;
      counts.set(key, { before, after, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    list: (): readonly Move[] =>
      [...counts.values()].sort(
        (a, b) => b.count - a.count || compareText(a.before, b.before) || compareText(a.after, b.after),
      ),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
