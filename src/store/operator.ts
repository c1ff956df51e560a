// What operators do to deliveries, one or thousands, and the record of it.

import type { Urgency } from "../outcome.ts";
import type { DeliveryState } from "./store.ts";

export type QueueFilter = {
  readonly queue?: string;
  readonly ref?: string;
  readonly state?: DeliveryState;
  /** Why they are held, word for word. */
  readonly reason?: string;
  readonly alias?: string;
  readonly urgency?: Urgency;
  /** Created from then on, and before then. */
  readonly since?: number;
  readonly until?: number;
};

export type OperatorVerb = "hold" | "release" | "retry";

export type NewAct = {
  readonly verb: OperatorVerb;
  readonly filter: QueueFilter;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
};

/** What was done. `changed` counts deliveries, and messages held before their decision. */
export type ActRow = NewAct & { readonly changed: number };

/** The operators' verbs. Each is one transaction and leaves its record, unless nothing fits. */
export type OperatorStore = {
  /** `hold` takes waiting deliveries, `release` held ones, `retry` makes waiting and held ones due now; answers how many. */
  operate(act: NewAct): Promise<number>;
  /** The gateway's own, without a record: deliveries for queues that have come and gone with the rules. */
  holdDeliveries(filter: QueueFilter, reason: string): Promise<number>;
  releaseDeliveries(filter: QueueFilter, now: number): Promise<number>;
  /** How many deliveries fit, by state. */
  countDeliveries(filter: QueueFilter): Promise<Readonly<Partial<Record<DeliveryState, number>>>>;
  /** The newest acts first. */
  acts(limit: number): Promise<readonly ActRow[]>;
};
