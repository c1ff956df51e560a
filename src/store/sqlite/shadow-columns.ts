// Answers of rules tried out, to columns and back, and the near side's verb that counts them.

import type { Outcome, Shadow, Urgency } from "../../outcome.ts";
import { refOf } from "../ref.ts";
import type { PastShadow, ShadowGroup } from "../shadow.ts";
import type { Store } from "../store.ts";
import type { Column } from "./calls.ts";
import type { ThreadClient } from "./client.ts";

export type ShadowRowOut = {
  readonly alias: string;
  readonly rules_hash: string;
  readonly request_type: string | null;
  readonly urgency: string;
  readonly queue: string;
  readonly review: number;
  readonly decided_by: string;
  readonly rules: string;
};

/** Columns of `shadows` that are compared, in this order. */
export type ComparedColumns = readonly [
  requestType: string | null,
  urgency: string,
  queue: string,
  review: number,
  liveType: string | null,
  liveUrgency: string,
  liveQueue: string,
  liveReview: number,
  onlyRules: string,
];

export type ShadowCountsOut = {
  readonly asked: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly groups: readonly {
    readonly columns: ComparedColumns;
    readonly count: number;
    readonly messageIds: readonly number[];
  }[];
};

/**
 * The columns of `shadows` from `rules_hash` on; null when nothing was tried out for this alias. `liveRules` are those
 * that spoke live.
 */
export function shadowColumns(shadow: Shadow, live: Outcome, liveRules: readonly string[]): readonly Column[] | null {
  const tried = shadow.outcomes.find(({ alias }) => alias === live.alias);
  if (tried === undefined) return null;
  const onlyRules = tried.rules.filter((rule) => !liveRules.includes(rule));
  const { decision } = live;
  const isSame =
    onlyRules.length === 0 &&
    tried.requestType === live.requestType &&
    tried.urgency === live.urgency &&
    tried.queue === decision.queue &&
    tried.review === (decision.kind === "review");
  return [
    shadow.rulesHash,
    tried.requestType,
    tried.urgency,
    tried.queue,
    Number(tried.review),
    tried.decidedBy,
    JSON.stringify(tried.rules),
    JSON.stringify(onlyRules),
    live.requestType,
    live.urgency,
    decision.queue,
    Number(decision.kind === "review"),
    Number(isSame),
  ];
}

export function pastShadowOf(row: ShadowRowOut): PastShadow {
  return {
    alias: row.alias,
    rulesHash: row.rules_hash,
    requestType: row.request_type,
    urgency: row.urgency as Urgency,
    queue: row.queue,
    review: row.review === 1,
    decidedBy: row.decided_by as PastShadow["decidedBy"],
    rules: JSON.parse(row.rules) as string[],
  };
}

export function shadowVerbs(reader: () => Promise<ThreadClient>): Pick<Store, "shadows"> {
  return {
    async shadows(since) {
      const { groups, ...counts } = await (await reader()).call("shadows", since);
      return { ...counts, groups: groups.map(groupOf) };
    },
  };
}

function groupOf({ columns, count, messageIds }: ShadowCountsOut["groups"][number]): ShadowGroup {
  const [requestType, urgency, queue, review, liveType, liveUrgency, liveQueue, liveReview, onlyRules] = columns;
  return {
    live: { requestType: liveType, urgency: liveUrgency as Urgency, queue: liveQueue, review: liveReview === 1 },
    shadow: { requestType, urgency: urgency as Urgency, queue, review: review === 1 },
    onlyRules: JSON.parse(onlyRules) as string[],
    count,
    refs: messageIds.map(refOf),
  };
}
