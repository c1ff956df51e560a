// What follows a delivery, the near side: the words of the gateway to rows and back.

import type { Urgency } from "../../outcome.ts";
import type {
  Concern,
  FollowUpStore,
  NoticeKind,
  StandInReason,
  StandInRequest,
  StandInRow,
  TrialRow,
} from "../follow-up.ts";
import { refOf } from "../ref.ts";
import type { ThreadClient } from "./client.ts";

export type OutageRow = {
  readonly queue: string;
  readonly since: number;
  readonly until: number | null;
  readonly code: string;
};

export type ConcernRow = {
  readonly delivery_id: number;
  readonly message_id: number;
  readonly queue: string;
  readonly urgency: string;
  readonly created_at: number;
  readonly kind: string;
  readonly reason: string;
};

export type NoticeRow = ConcernRow & {
  readonly id: number;
  readonly at: number;
  readonly recipient: string;
  readonly attempts: number;
};

export type StandInRowOut = {
  readonly at: number;
  readonly from_queue: string;
  readonly to_queue: string;
  readonly delivery_id: number;
  readonly why: string;
};

export type FollowUpWriteVerbs = {
  noteOutages(call: {
    readonly away: readonly { readonly queue: string; readonly code: string }[];
    readonly well: readonly { readonly queue: string; readonly at: number }[];
    readonly at: number;
  }): void;
  standIn(call: StandInRequest): readonly { readonly message_id: number; readonly urgency: string }[];
  addNotice(call: {
    readonly deliveryId: number;
    readonly kind: string;
    readonly recipient: string;
    readonly at: number;
  }): void;
  noticesSent(call: { readonly ids: readonly number[]; readonly at: number }): void;
  noticesFailed(call: { readonly ids: readonly number[]; readonly nextAt: number }): void;
};

/** Looked for among all that waits, so by the thread for questions. */
export type FollowUpAskVerbs = {
  trials(since: number): readonly TrialRow[];
  concerns(call: { readonly now: number; readonly since: number; readonly limit: number }): readonly ConcernRow[];
  dueNotices(call: { readonly now: number; readonly limit: number }): readonly NoticeRow[];
};

export type FollowUpLookVerbs = {
  outages(): readonly OutageRow[];
};

export function followUpVerbs(writer: ThreadClient, reader: () => Promise<ThreadClient>): FollowUpStore {
  return {
    noteOutages: (away, well, at) => writer.call("noteOutages", { away, well, at }),
    outages: () => writer.call("outages", null),
    async standIn(request) {
      const rows = await writer.call("standIn", request);
      return rows.map(({ message_id, urgency }) => ({ ref: refOf(message_id), urgency: urgency as Urgency }));
    },
    async concerns(request) {
      return (await (await reader()).call("concerns", request)).map(concernOf);
    },
    trials: async (since) => (await reader()).call("trials", since),
    addNotice: ({ deliveryId, kind }, recipient, at) => writer.call("addNotice", { deliveryId, kind, recipient, at }),
    async dueNotices(now, limit) {
      const rows = await (await reader()).call("dueNotices", { now, limit });
      return rows.map(({ id, at, recipient, attempts, ...row }) => ({
        ...concernOf(row),
        id,
        at,
        recipient,
        attempts,
      }));
    },
    noticesSent: (ids, at) => writer.call("noticesSent", { ids, at }),
    noticesFailed: (ids, nextAt) => writer.call("noticesFailed", { ids, nextAt }),
  };
}

function concernOf(row: ConcernRow): Concern {
  return {
    deliveryId: row.delivery_id,
    ref: refOf(row.message_id),
    queue: row.queue,
    urgency: row.urgency as Urgency,
    kind: row.kind as NoticeKind,
    createdAt: row.created_at,
    reason: row.reason,
  };
}

export function standInOf(row: StandInRowOut): StandInRow {
  return {
    at: row.at,
    fromQueue: row.from_queue,
    toQueue: row.to_queue,
    deliveryId: row.delivery_id,
    why: row.why as StandInReason,
  };
}
