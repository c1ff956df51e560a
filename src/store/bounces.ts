// What came back: bounces that tell of a forward the far end had taken.

import type { Urgency } from "../outcome.ts";

/** What a bounce says of the delivery it came back for. `delayed`: the far end still tries. */
export type BounceAction = "failed" | "delayed";

export type NewBounce = {
  readonly deliveryId: number;
  /** The bounce itself, a message of its own. */
  readonly messageId: number;
  readonly at: number;
  readonly action: BounceAction;
  /** Enhanced status code such as "5.1.1"; null when it told none. */
  readonly status: string | null;
};

/** The delivery a bounce is of. */
export type Bounced = {
  readonly ref: string;
  readonly queue: string;
  readonly urgency: Urgency;
  /** It was not written down before. */
  readonly isNew: boolean;
};

/** A bounce in a case: in that of the mail which came back, and in that of the bounce. */
export type BounceRow = {
  /** The case that was forwarded. */
  readonly ref: string;
  readonly queue: string;
  readonly deliveryId: number;
  /** The case the bounce is itself. */
  readonly bounceRef: string;
  readonly at: number;
  readonly action: BounceAction;
  readonly status: string | null;
};

export type BounceStore = {
  /** The key that addresses for bounces are signed with: 32 bytes of chance, hex, made once. */
  srsKey(): Promise<string>;
  /** Ties a bounce to the delivery it came back for; doing it twice changes nothing. null: there is no such delivery. */
  noteBounce(bounce: NewBounce): Promise<Bounced | null>;
};
