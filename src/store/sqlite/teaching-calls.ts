// Teaching as plain rows between the client and the store's threads.

import type { ImapOrigin } from "../imap.ts";
import type { Corrected, Learnt } from "../teaching.ts";

export type CorrectCall = {
  readonly lies: ImapOrigin | null;
  readonly messageId: number;
  readonly alias: string | null;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly queue: string;
  readonly department: string;
  readonly type: string | null;
  readonly urgency: string | null;
  readonly rows: Uint8Array | null;
  readonly words: Uint8Array | null;
  readonly writer: Uint8Array | null;
  readonly pin: Uint8Array | null;
};

export type UndoCall = Pick<CorrectCall, "messageId" | "alias" | "at" | "by" | "reason">;

export type LabelRow = {
  /** null: take it back. */
  readonly type: string | null;
  readonly rows: Uint8Array;
  readonly words: Uint8Array;
  readonly print: Uint8Array;
  readonly writer: Uint8Array | null;
};

export type LessonRow = {
  readonly id: number;
  readonly chain: string;
  readonly source: string;
  readonly type: string;
  readonly rows: Uint8Array;
  readonly words: Uint8Array;
  readonly writer: Uint8Array | null;
  readonly message_id: number | null;
  readonly undoes: number | null;
};

export type TrialRow = {
  readonly label_id: number;
  readonly at: number;
  readonly passed: number;
  readonly found: string;
};

export type TaughtRow = {
  readonly last: number;
  readonly live: number;
  readonly pins: number;
  readonly trial: TrialRow | null;
  readonly liveFound: string | null;
};

export type PinRow = { readonly print: Uint8Array; readonly type: string; readonly queue: string };

export type SnapshotRow = {
  readonly label_id: number;
  readonly starter: string;
  readonly classes: string;
  readonly numbers: Uint8Array;
};

export type OverrideRowOut = {
  readonly id: number;
  readonly routing_id: number;
  readonly alias: string;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly type: string | null;
  readonly urgency: string;
  readonly said_urgency: string | null;
  readonly department: string;
  readonly queue: string;
  readonly undone: number;
  readonly undoes: number | null;
};

export type TeachWriteVerbs = {
  modelKey(): Uint8Array;
  correct(call: CorrectCall): Corrected;
  undoCorrection(call: UndoCall): Corrected;
  teach(call: { readonly labels: readonly LabelRow[]; readonly at: number; readonly by: string }): Learnt;
  keepTrial(call: TrialRow): void;
  keepSnapshot(call: Omit<SnapshotRow, "numbers">, bytes: Uint8Array): void;
  refuseProposal(call: { readonly print: string; readonly at: number; readonly by: string }): void;
};

export type TeachLookVerbs = {
  taught(upTo: number | null): TaughtRow;
  pins(): readonly PinRow[];
  lessons(call: { readonly after: number; readonly limit: number }): readonly LessonRow[];
  snapshot(): SnapshotRow | null;
  refusedProposals(): readonly string[];
  overrides(since: number): readonly OverrideRowOut[];
};
