// What the client and the store's threads say to each other: verbs with plain rows, so that little is copied and
// nothing is read twice. The client turns domain values into rows and back (`columns.ts`); the threads only do SQL.

import type { BalanceBy, BalanceRow, ReportBy, ReportRow } from "../figures.ts";
import type { Accepted, StoreCounts } from "../store.ts";
import type { BounceRowOut, BounceWriteVerbs } from "./bounce-columns.ts";
import type { AcknowledgementRowOut, DeskLookVerbs, DeskWriteVerbs } from "./desk-columns.ts";
import type { EarlierRow, Pointer } from "./earlier-rows.ts";
import type { FollowUpAskVerbs, FollowUpLookVerbs, FollowUpWriteVerbs, StandInRowOut } from "./follow-up-columns.ts";
import type { ImapLookVerbs, ImapWriteVerbs, OriginRow } from "./imap-calls.ts";
import type { KeepRulesCall, KeptRulesRow } from "./kept-rules.ts";
import type { DeliveryFilter, OperatorAskVerbs, OperatorWriteVerbs } from "./operator-columns.ts";
import type { ShadowCountsOut, ShadowRowOut } from "./shadow-columns.ts";
import type { OverrideRowOut, TeachLookVerbs, TeachWriteVerbs } from "./teaching-calls.ts";

export type Column = string | number | null;

/** The columns of `messages` from `door` on, in the order of the table. */
export type MailColumns = readonly [
  door: string,
  receivedAt: number,
  clientAddress: string,
  clientHelo: string,
  clientTls: number,
  clientUser: string | null,
  mailFrom: string,
  smtpUtf8: number,
  body8Bit: number,
  dsnReturn: string | null,
  dsnEnvelopeId: string | null,
  sizeBytes: number,
  sha256: string,
  messageId: string | null,
];

/** The columns of `routings` that tell a recipient, in the order of the table. */
export type RecipientColumns = readonly [
  alias: string,
  address: string,
  tag: string,
  dsnNotify: string,
  dsnOriginal: string | null,
];

export type RoutingRow = {
  readonly id: number;
  readonly recipient: RecipientColumns;
  readonly state: string;
  readonly heldReason: string | null;
};

export type NewRoutingRow = { readonly recipient: RecipientColumns; readonly dedupeKey: Uint8Array | null };

type OutcomeColumns = {
  readonly routingId: number;
  readonly queue: string;
  readonly urgency: string;
  readonly leaseTo: string | null;
  /** The columns of `outcomes` from `decided_at` on, in the order of the table. */
  readonly columns: readonly Column[];
  /** The columns of `shadows` from `rules_hash` on; null: nothing was tried out. */
  readonly shadow: readonly Column[] | null;
};

/** The columns of `readings` from `kind` on, in the order of the table. */
export type ReadingColumns = readonly [
  kind: string,
  originalSender: string | null,
  forwarder: string | null,
  forwardTier: string,
  confidence: number | null,
  staff: string | null,
  language: string | null,
  proof: string | null,
  found: string | null,
];

/** Columns of `outcomes` that label a delivery. */
export type LabelColumns = readonly [
  requestType: string | null,
  urgency: string,
  department: string | null,
  decidedBy: string,
  rules: string,
];

/** Columns of `deliveries` that make a job. */
export type JobColumns = readonly [
  id: number,
  messageId: number,
  routingId: number,
  queue: string,
  attempts: number,
  createdAt: number,
  inDoubt: number,
];

export type JobRow = {
  readonly job: JobColumns;
  readonly mail: MailColumns;
  readonly label: LabelColumns;
  readonly standsInFor: string | null;
  /** null: nothing was looked at. */
  readonly proof: string | null;
  readonly recipients: readonly RecipientColumns[];
};

export type OutcomeRowOut = {
  readonly message_id: number;
  readonly received_at: number;
  readonly decided_at: number;
  readonly alias: string;
  readonly request_type: string | null;
  readonly urgency: string;
  readonly department: string | null;
  readonly queue: string;
  readonly review: number;
  readonly decided_by: string;
  readonly rules: string;
  readonly rules_hash: string;
  readonly model_version: string | null;
  readonly duration_micros: number;
  readonly why: string;
  readonly state: string;
};

export type DeliveryRowOut = {
  readonly id: number;
  readonly message_id: number;
  readonly queue: string;
  readonly state: string;
  readonly attempts: number;
  readonly created_at: number;
  readonly next_at: number;
  readonly left_at: number | null;
  readonly reason: string | null;
  readonly urgency: string;
};

export type AttemptRowOut = {
  readonly delivery_id: number;
  readonly attempt: number;
  readonly started_at: number;
  readonly ended_at: number;
  readonly code: string;
  readonly text: string;
};

export type CaseRows = {
  readonly messageId: number;
  readonly mail: MailColumns;
  readonly reading: ReadingColumns | null;
  readonly routings: readonly RoutingRow[];
  readonly outcomes: readonly OutcomeRowOut[];
  readonly overrides: readonly OverrideRowOut[];
  readonly shadows: readonly ShadowRowOut[];
  readonly deliveries: readonly DeliveryRowOut[];
  readonly attempts: readonly AttemptRowOut[];
  readonly bounces: readonly BounceRowOut[];
  readonly acknowledgements: readonly AcknowledgementRowOut[];
  readonly standIns: readonly StandInRowOut[];
  readonly duplicates: readonly { readonly alias: string; readonly at: number }[];
};

/** What was decided for one alias, without its evidence. */
export type PastOutcomeRow = Omit<
  OutcomeRowOut,
  "message_id" | "received_at" | "decided_at" | "rules_hash" | "model_version" | "duration_micros" | "why" | "state"
>;

export type PastRows = Pick<CaseRows, "messageId" | "mail" | "reading" | "routings"> & {
  readonly outcomes: readonly PastOutcomeRow[];
  /** null: too many for an answer with others. */
  readonly bytes: Uint8Array | null;
};

/** Which deliveries an operator means; null is any. */
export type AcceptCall = {
  /** null: the bytes come along. */
  readonly bodyId: number | null;
  readonly receivedAt: number;
  readonly mail: MailColumns;
  readonly routings: readonly NewRoutingRow[];
  readonly hold: string | null;
  readonly origin: OriginRow | null;
};

export type RecordCall = {
  readonly messageId: number;
  readonly decidedAt: number;
  readonly leaseUntil: number;
  readonly reading: ReadingColumns;
  readonly outcomes: readonly OutcomeColumns[];
};

export type FinishCall = {
  readonly deliveryId: number;
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly code: string;
  readonly text: string;
  readonly state: "delivered" | "waiting" | "held";
  readonly nextAt: number | null;
  readonly reason: string | null;
};

export type ClaimCall = {
  readonly queue: string;
  readonly owner: string;
  readonly now: number;
  readonly leaseUntil: number;
  readonly limit: number;
};

/** Verbs that change something: all of one batch are one transaction. */
export type WriteVerbs = TeachWriteVerbs &
  ImapWriteVerbs &
  DeskWriteVerbs &
  FollowUpWriteVerbs &
  OperatorWriteVerbs &
  BounceWriteVerbs & {
    openBody(): number;
    appendBody(call: { readonly bodyId: number }, bytes: Uint8Array): void;
    dropBody(call: { readonly bodyId: number }): void;
    accept(call: AcceptCall, bytes: Uint8Array): Accepted;
    record(call: RecordCall): readonly JobRow[];
    threadKey(): Uint8Array;
    linkKey(): Uint8Array;
    canaryKey(): Uint8Array;
    holdMessage(call: { readonly messageId: number; readonly reason: string; readonly at: number }): void;
    releaseMessages(call: { readonly messageId: number | null; readonly at: number }): number;
    claim(call: ClaimCall): readonly JobRow[];
    unlease(deliveryIds: readonly number[]): void;
    finish(call: FinishCall): void;
    recoverLeases(call: { readonly owner: string; readonly now: number }): number;
    keepRules(call: KeepRulesCall): void;
  };

/** Short look-ups on the way of a mail: answered by the writing thread after its commit. */
export type LookVerbs = TeachLookVerbs &
  ImapLookVerbs &
  DeskLookVerbs &
  FollowUpLookVerbs & {
    waitingQueues(): readonly string[];
    heldQueues(reason: string): readonly string[];
    lastRules(): KeptRulesRow | null;
    rulesOf(hash: string): string | null;
    /** Only mails with an id below `before`, when there is one. */
    earlier(call: { readonly pointers: readonly Pointer[]; readonly before: number | null }): readonly EarlierRow[];
    undecided(call: { readonly after: number; readonly limit: number }): readonly {
      readonly messageId: number;
      readonly mail: MailColumns;
      readonly routings: readonly RoutingRow[];
    }[];
    readBody(call: { readonly messageId: number; readonly from: number }): BodyPiece;
  };

/** Some chunks of a body. */
export type BodyPiece = {
  readonly chunks: readonly Uint8Array[];
  /** Where to go on; null at the end. */
  readonly next: number | null;
  readonly bodyBytes: number;
};

/** Questions of people, which may be long: answered by a thread of their own, so no commit waits for them. */
export type AskVerbs = FollowUpAskVerbs &
  OperatorAskVerbs & {
    outcomes(call: {
      readonly queue: string | null;
      readonly alias: string | null;
      readonly urgency: string | null;
      readonly since: number | null;
      readonly limit: number;
    }): readonly OutcomeRowOut[];
    find(call: { readonly messageId: number }): CaseRows | null;
    decidedSince(since: number): readonly number[];
    pastMails(messageIds: readonly number[]): readonly PastRows[];
    balance(by: BalanceBy): readonly BalanceRow[];
    report(call: { readonly by: ReportBy; readonly since: number; readonly bucketMs: number }): readonly ReportRow[];
    shadows(since: number): ShadowCountsOut;
    deliveries(call: DeliveryFilter & { readonly limit: number }): readonly DeliveryRowOut[];
    heldMessages(call: { readonly limit: number }): readonly {
      readonly message_id: number;
      readonly held_reason: string;
      readonly changed_at: number;
    }[];
    counts(): StoreCounts;
  };

export type Verbs = WriteVerbs & LookVerbs & AskVerbs;
export type Verb = keyof Verbs;
