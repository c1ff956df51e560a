// What is remembered, as an interface: asynchronous and free of any database's words.
// store/sqlite is the default behind it. Every promise resolves only after its change is on disk.

import type { Source } from "../config/yaml.ts";
import type { EarlierMail, Mail, Recipient } from "../message.ts";
import type { Decided, Job, Outcome, Reading, Urgency } from "../outcome.ts";
import type { BounceRow, BounceStore } from "./bounces.ts";
import type { AcknowledgementRow, DeskStore } from "./desk.ts";
import type { BalanceBy, BalanceRow, ReportBy, ReportRow } from "./figures.ts";
import type { FollowUpStore, StandInRow } from "./follow-up.ts";
import type { ImapOrigin, ImapStore } from "./imap.ts";
import type { KeptRules, NewRules } from "./kept.ts";
import type { OperatorStore, QueueFilter } from "./operator.ts";
import type { PastMail } from "./past.ts";
import type { PastShadow, ShadowCounts } from "./shadow.ts";
import type { OverrideRow, TeachingStore } from "./teaching.ts";

/** Raised when the store cannot do its work now (disk full, database locked, file damaged). Nothing was half done. */
export class StoreTrouble extends Error {
  readonly reason: "full" | "busy" | "broken" | "closed";
  constructor(reason: StoreTrouble["reason"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StoreTrouble";
    this.reason = reason;
  }
}

/** How long a lease lasts: longer than the longest attempt can take. */
export const LEASE_MS = 15 * 60 * 1000;

/** The bytes of a mail: at hand, or already written in chunks under a body id from `openBody`. */
export type Body =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "stored"; readonly bodyId: number };

/**
 * One routing to be: a recipient with the key that tells a sender's retry from a new mail; null is never a retry. The
 * key is a hash of at least 16 bytes, of which the first 16 count; a retry is known for 31 days.
 */
export type NewRouting = { readonly recipient: Recipient; readonly dedupeKey: Uint8Array | null };

export type NewMail = {
  readonly mail: Mail;
  readonly body: Body;
  readonly routings: readonly NewRouting[];
  /** Hold for a person at once instead of deciding. */
  readonly hold: HoldReason | null;
  /** Where it lay, when it was fetched by IMAP, and what tells it again (`accept/identity.ts`), hex. */
  readonly origin: (ImapOrigin & { readonly identity: string }) | null;
};

/** What became of each routing of a new mail, in the order given. */
export type AcceptedRouting =
  | { readonly kind: "new"; readonly routingId: number }
  | { readonly kind: "duplicate"; readonly ref: string };

export type Accepted = {
  /** null when every routing was a duplicate and nothing was kept. */
  readonly messageId: number | null;
  /** The reference of the new message, or of the first one it repeats. */
  readonly ref: string;
  readonly routings: readonly AcceptedRouting[];
};

/** Why a message waits for a person before it is decided. */
export type HoldReason = "loop" | "decide-crashed" | "decide-hung" | "decide-failed" | "operator";

/** A message waiting for its decision. */
export type Undecided = {
  readonly messageId: number;
  readonly ref: string;
  readonly mail: Mail;
  readonly routings: readonly { readonly routingId: number; readonly recipient: Recipient }[];
};

export type NewOutcome = {
  readonly routingId: number;
  readonly outcome: Outcome;
  /** The id of the running gateway if its deliverer takes the job at once, else null: it waits to be claimed. */
  readonly leaseTo: string | null;
};

export type DecidedMail = {
  readonly messageId: number;
  readonly decidedAt: number;
  readonly durationMicros: number;
  readonly decided: Decided;
  readonly outcomes: readonly NewOutcome[];
  readonly leaseUntil: number;
};

/** How an attempt changes its delivery. `text` holds no word of a patient: codes and our own sentences only. */
export type Finish = {
  readonly deliveryId: number;
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly code: string;
  readonly text: string;
  readonly next:
    | { readonly kind: "delivered" }
    | { readonly kind: "wait"; readonly until: number }
    | { readonly kind: "hold"; readonly reason: string };
};

export type OutcomeRow = {
  readonly ref: string;
  readonly decidedAt: number;
  readonly receivedAt: number;
  readonly alias: string;
  readonly requestType: string | null;
  readonly urgency: Urgency;
  readonly department: string | null;
  readonly queue: string;
  readonly review: boolean;
  readonly decidedBy: string;
  readonly rules: readonly string[];
  readonly rulesHash: string;
  /** null: no model was asked. */
  readonly modelVersion: string | null;
  readonly durationMicros: number;
  readonly outcome: Outcome;
  readonly deliveryState: DeliveryState;
};

export type DeliveryState = "waiting" | "leased" | "delivered" | "held";

export type DeliveryRow = {
  readonly id: number;
  readonly ref: string;
  readonly queue: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAt: number;
  /** When people sent the mail elsewhere and nothing was left to be delivered here; null: they did not. */
  readonly leftAt: number | null;
  /** Why it is held, or how the last attempt failed. */
  readonly reason: string | null;
  readonly urgency: Urgency;
};

export type AttemptRow = {
  readonly deliveryId: number;
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly code: string;
  readonly text: string;
};

/** Everything known of one case. */
export type Case = {
  readonly ref: string;
  readonly messageId: number;
  readonly mail: Mail;
  /** null while the mail is not decided. */
  readonly reading: Reading | null;
  readonly routings: readonly {
    readonly recipient: Recipient;
    readonly state: "deciding" | "decided" | "held";
    readonly heldReason: string | null;
  }[];
  readonly outcomes: readonly OutcomeRow[];
  /** Corrections by people, oldest first. */
  readonly overrides: readonly OverrideRow[];
  readonly shadows: readonly PastShadow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly attempts: readonly AttemptRow[];
  readonly bounces: readonly BounceRow[];
  /** Moves to a queue that stands in, oldest first. */
  readonly standIns: readonly StandInRow[];
  readonly acknowledgements: readonly AcknowledgementRow[];
  readonly duplicates: readonly { readonly alias: string; readonly at: number }[];
};

export type OutcomeFilter = {
  readonly queue?: string;
  readonly alias?: string;
  readonly urgency?: Urgency;
  readonly since?: number;
  readonly limit: number;
};

export type StoreCounts = {
  readonly undecided: number;
  readonly heldMessages: number;
  readonly waiting: number;
  readonly leased: number;
  readonly held: number;
  readonly duplicates: number;
  readonly inDoubt: number;
  /** When the oldest delivery that still waits was created; null when none does. */
  readonly oldestWaitingAt: number | null;
};

export type Store = AsyncDisposable &
  BounceStore &
  TeachingStore &
  ImapStore &
  DeskStore &
  FollowUpStore &
  OperatorStore & {
    /** Begin a body that comes in chunks. Bodies never accepted are swept when the store is next opened for writing. */
    openBody(): Promise<number>;
    /** Append the next chunk. Await it before the next: that is the back-pressure. */
    appendBody(bodyId: number, bytes: Uint8Array): Promise<void>;
    /** Give up a body that will not be accepted. */
    dropBody(bodyId: number): Promise<void>;

    /** Make a mail durable. When it resolves, 250 may be said. */
    accept(mail: NewMail): Promise<Accepted>;

    /** The oldest messages still to be decided with an id above `after`, at most `limit`. */
    undecided(after: number, limit: number): Promise<readonly Undecided[]>;
    /** The body in chunks, in order. */
    readBody(messageId: number): AsyncIterable<Uint8Array>;
    /**
     * Decided mails that these ids point to, newest first, at most 5: by Message-ID as the headers have it, by token or
     * by reference (`threadIds` in classify collects them). Ids beyond the first 20 are not looked up. With `before`, only
     * mails that came before that message.
     */
    earlier(ids: readonly string[], before?: number): Promise<readonly EarlierMail[]>;
    /** The key thread tokens are signed with: 32 bytes of chance, hex, made once and the same for the store's whole life. */
    threadKey(): Promise<string>;
    /** The key links to single mails are signed with: 32 bytes of chance, hex, made once. */
    linkKey(): Promise<string>;
    /** The key of our own trials, likewise. */
    canaryKey(): Promise<string>;
    /** Write the reading, the outcomes and the deliveries; answers the jobs leased to `leaseTo`. Deciding twice changes nothing. */
    record(decided: DecidedMail): Promise<readonly Job[]>;
    /** Put a message that cannot be decided on the held shelf. */
    holdMessage(messageId: number, reason: HoldReason, at: number): Promise<void>;
    /** Let held messages be decided again; answers how many. */
    releaseMessages(filter: { readonly ref?: string }, at: number): Promise<number>;

    /** Lease up to `limit` due deliveries of a queue, most urgent first, then longest due. */
    claim(request: {
      readonly queue: string;
      readonly owner: string;
      readonly now: number;
      readonly leaseUntil: number;
      readonly limit: number;
    }): Promise<readonly Job[]>;
    /** Give leased deliveries back untouched, as at shutdown. */
    unlease(deliveryIds: readonly number[]): Promise<void>;
    /** Write an attempt and what it means for the delivery. */
    finish(finish: Finish): Promise<void>;
    /**
     * At start: deliveries leased by a gateway that is gone, or whose lease has run out, wait again, marked in doubt;
     * answers how many.
     */
    recoverLeases(owner: string, now: number): Promise<number>;

    /** Keep a rule set for good and note that it is used from now on; await it before anything is decided by it. */
    keepRules(rules: NewRules): Promise<void>;
    /** The files of a rule set that was ever used; their names are relative to its folder. */
    rulesOf(hash: string): Promise<readonly Source[] | null>;
    /** The rule set that went live last; null in a new store. */
    lastRules(): Promise<KeptRules | null>;

    outcomes(filter: OutcomeFilter): Promise<readonly OutcomeRow[]>;
    find(ref: string): Promise<Case | null>;
    /** Ids of the messages decided from a moment on, in the order they came. */
    decidedSince(since: number): Promise<readonly number[]>;
    /** As many of these messages, from the first on, as one answer carries; at least one of those that are there. */
    pastMails(messageIds: readonly number[]): Promise<readonly PastMail[]>;
    balance(by?: BalanceBy): Promise<readonly BalanceRow[]>;
    report(request: {
      readonly by: ReportBy;
      readonly since: number;
      readonly bucketMs: number;
    }): Promise<readonly ReportRow[]>;
    /** What rules tried out would have decided otherwise, from a moment on. */
    shadows(since: number): Promise<ShadowCounts>;
    deliveries(filter: QueueFilter & { readonly limit: number }): Promise<readonly DeliveryRow[]>;
    /** Messages on the held shelf before decision. */
    heldMessages(
      limit: number,
    ): Promise<readonly { readonly ref: string; readonly reason: string; readonly at: number }[]>;
    counts(): Promise<StoreCounts>;
    /** The queues that deliveries wait for. */
    waitingQueues(): Promise<readonly string[]>;
    /** The queues for which deliveries are held for this reason. */
    heldQueues(reason: string): Promise<readonly string[]>;
  };
