// What comes after a delivery that did not go well, as the store keeps it: outages of destinations, mail moved to the queue
// that stands in, and what people are to be told.

import type { Urgency } from "../outcome.ts";

/** Why the queue that stands in has a mail. */
export type StandInReason = "away" | "refused" | "bounced";

/** Mail to be moved to the queue that stands in. */
export type StandInRequest = {
  readonly queue: string;
  readonly backup: string;
  readonly at: number;
} & (
  | {
      /** What has waited at least since this moment and failed at least once. */
      readonly why: "away";
      readonly waitingSince: number;
    }
  /** What the far end refused for good, or took and sent back, from a moment on. */
  | { readonly why: "refused" | "bounced"; readonly since: number }
);

export type StandIn = { readonly ref: string; readonly urgency: Urgency };

/** A mail in the hands of a queue that stands in. */
export type StandInRow = {
  readonly at: number;
  readonly fromQueue: string;
  readonly toQueue: string;
  readonly deliveryId: number;
  readonly why: StandInReason;
};

export type Outage = {
  readonly queue: string;
  readonly since: number;
  readonly until: number | null;
  readonly code: string;
};

/** What somebody is told of a delivery: it is late, it failed for good, or another queue has it. */
export type NoticeKind = "late" | "failed" | "stand-in";

/** A delivery somebody must be told of. No word of the mail itself. */
export type Concern = {
  readonly deliveryId: number;
  readonly ref: string;
  readonly queue: string;
  readonly urgency: Urgency;
  readonly kind: NoticeKind;
  readonly createdAt: number;
  /** Why, in our words or as a code of the far end. */
  readonly reason: string;
};

export type Notice = Concern & {
  readonly id: number;
  readonly recipient: string;
  readonly attempts: number;
  readonly at: number;
};

/** A trial of ours that came in: which, and when it had gone the whole way; null: not yet. */
export type TrialRow = { readonly tag: string; readonly door: string; readonly arrivedAt: number | null };

/** The verbs of what follows. Every one is one transaction. */
export type FollowUpStore = {
  /** Queues whose destinations are away, with the last code; those that took something since are told in `well`. */
  noteOutages(
    away: readonly { readonly queue: string; readonly code: string }[],
    well: readonly { readonly queue: string; readonly at: number }[],
    at: number,
  ): Promise<void>;
  /** Outages that have not ended. */
  outages(): Promise<readonly Outage[]>;
  /** Move mail to the queue that stands in, each mail to each such queue at most once; answers what was moved. */
  standIn(request: StandInRequest): Promise<readonly StandIn[]>;
  /** Deliveries of which nobody has been told: late ones, those that failed for good since then, and those moved. */
  concerns(request: {
    readonly now: number;
    readonly since: number;
    readonly limit: number;
  }): Promise<readonly Concern[]>;
  /** Tell of a concern; twice is once. */
  addNotice(concern: Pick<Concern, "deliveryId" | "kind">, recipient: string, at: number): Promise<void>;
  /** Notices that are due, up to `limit` for each recipient, the most urgent first, then the oldest. */
  dueNotices(now: number, limit: number): Promise<readonly Notice[]>;
  noticesSent(ids: readonly number[], at: number): Promise<void>;
  /** Trials decided from a moment on. */
  trials(since: number): Promise<readonly TrialRow[]>;
  noticesFailed(ids: readonly number[], nextAt: number): Promise<void>;
};
