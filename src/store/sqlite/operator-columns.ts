// What operators do, the near side: the words of the gateway to rows and back.

import type { ActRow, NewAct, OperatorStore, OperatorVerb, QueueFilter } from "../operator.ts";
import { idOf } from "../ref.ts";
import type { DeliveryState } from "../store.ts";
import type { ThreadClient } from "./client.ts";

/** null: any. */
export type DeliveryFilter = {
  readonly queue: string | null;
  readonly messageId: number | null;
  readonly state: string | null;
  readonly reason: string | null;
  readonly alias: string | null;
  readonly urgency: string | null;
  readonly since: number | null;
  readonly until: number | null;
};

export type ActColumns = {
  readonly at: number;
  readonly by: string;
  readonly verb: string;
  readonly filter: string;
  readonly reason: string;
};

export type OperatorWriteVerbs = {
  operate(call: { readonly filter: DeliveryFilter; readonly act: ActColumns }): number;
  holdDeliveries(call: DeliveryFilter & { readonly holdReason: string }): number;
  releaseDeliveries(call: DeliveryFilter & { readonly now: number }): number;
};

export type OperatorAskVerbs = {
  countDeliveries(filter: DeliveryFilter): readonly { readonly state: string; readonly count: number }[];
  acts(limit: number): readonly (ActColumns & { readonly changed: number })[];
};

/** No message has this id: what a reference that is none stands for. */
const NO_MESSAGE = -1;

export function operatorVerbs(writer: ThreadClient, reader: () => Promise<ThreadClient>): OperatorStore {
  return {
    operate: ({ filter, ...act }: NewAct) =>
      writer.call("operate", { filter: filterOf(filter), act: { ...act, filter: JSON.stringify(filter) } }),
    holdDeliveries: (filter, reason) => writer.call("holdDeliveries", { ...filterOf(filter), holdReason: reason }),
    releaseDeliveries: (filter, now) => writer.call("releaseDeliveries", { ...filterOf(filter), now }),
    async countDeliveries(filter) {
      const rows = await (await reader()).call("countDeliveries", filterOf(filter));
      return Object.fromEntries(rows.map(({ state, count }) => [state as DeliveryState, count]));
    },
    async acts(limit) {
      const rows = await (await reader()).call("acts", limit);
      return rows.map(
        (row): ActRow => ({ ...row, verb: row.verb as OperatorVerb, filter: JSON.parse(row.filter) as QueueFilter }),
      );
    },
  };
}

export function filterOf({ ref, ...filter }: QueueFilter): DeliveryFilter {
  const {
    queue = null,
    state = null,
    reason = null,
    alias = null,
    urgency = null,
    since = null,
    until = null,
  } = filter;
  return { messageId: messageIdOf(ref), queue, state, reason, alias, urgency, since, until };
}

/** null is any message. */
export function messageIdOf(ref: string | undefined): number | null {
  return ref === undefined ? null : (idOf(ref) ?? NO_MESSAGE);
}
