// Bounces, the near side: the words of the gateway to rows and back.

import type { Urgency } from "../../outcome.ts";
import type { BounceAction, BounceRow, BounceStore, NewBounce } from "../bounces.ts";
import { refOf } from "../ref.ts";
import type { ThreadClient } from "./client.ts";

export type BouncedRow = {
  readonly message_id: number;
  readonly queue: string;
  readonly urgency: string;
  readonly is_new: number;
};

/** Verbs of the writing thread. */
export type BounceWriteVerbs = {
  srsKey(): Uint8Array;
  noteBounce(call: NewBounce): BouncedRow | null;
};

export type BounceRowOut = {
  readonly forward_id: number;
  readonly queue: string;
  readonly delivery_id: number;
  readonly bounce_id: number;
  readonly at: number;
  readonly action: string;
  readonly status: string | null;
};

export function bounceVerbs(writer: ThreadClient): BounceStore {
  return {
    srsKey: async () => Buffer.from(await writer.call("srsKey", null)).toString("hex"),
    async noteBounce(bounce) {
      const row = await writer.call("noteBounce", bounce);
      if (row === null) return null;
      const { queue, urgency, is_new } = row;
      return { ref: refOf(row.message_id), queue, urgency: urgency as Urgency, isNew: is_new > 0 };
    },
  };
}

export function bounceOf(row: BounceRowOut): BounceRow {
  return {
    ref: refOf(row.forward_id),
    queue: row.queue,
    deliveryId: row.delivery_id,
    bounceRef: refOf(row.bounce_id),
    at: row.at,
    action: row.action as BounceAction,
    status: row.status,
  };
}
