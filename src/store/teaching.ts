// What people teach, as the store keeps it: corrections, labels, pins, and which model they made go live.

import type { Features } from "../classify/features.ts";
import type { Urgency } from "../outcome.ts";

/** A correction of a decided mail by a person. */
export type Correction = {
  readonly messageId: number;
  /** Only this alias of the mail; null: all of them. */
  readonly alias: string | null;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly queue: string;
  readonly department: string;
  /** The request type, or `none`; what the model learns. null: nothing of that is said. */
  readonly type: string | null;
  /** null: as it was. */
  readonly urgency: Urgency | null;
  /** What the model sees of the mail; null: it learns nothing. */
  readonly features: Features | null;
  /** Of sender and subject, when such mail is to go there from now on; 16 bytes. */
  readonly pin: Uint8Array | null;
};

/** What a correction did. `same`: it was so already, nothing was changed. */
export type Corrected =
  | { readonly kind: "corrected"; readonly from: readonly string[]; readonly labelId: number | null }
  | { readonly kind: "same" }
  | { readonly kind: "unknown-alias" | "undecided" | "nothing-to-undo" };

/** A correction as it stands in the store. */
export type OverrideRow = {
  readonly id: number;
  readonly ref: string;
  readonly alias: string;
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly type: string | null;
  readonly urgency: Urgency;
  readonly department: string;
  readonly queue: string;
  readonly undone: boolean;
  /** It only takes back another one. */
  readonly isUndo: boolean;
};

/** A mail to be learnt: one somebody has sorted. `print` tells the same mail again; 16 bytes. */
export type NewLabel = { readonly type: string; readonly features: Features; readonly print: Uint8Array };

/** What was taught, in order: add `by` 1 to the counts, or take it back with -1. */
export type Lesson = {
  readonly id: number;
  readonly chain: string;
  readonly by: 1 | -1;
  readonly type: string;
  readonly features: Features;
  /** The mail it is of; null: imported. */
  readonly messageId: number | null;
  /** The label it takes back. */
  readonly undoes: number | null;
};

/** Where teaching stands. 0 is before the first label. */
export type Taught = {
  readonly last: number;
  /** The last label the model in use has learnt. */
  readonly live: number;
  /** Changes with every pin. */
  readonly pins: number;
  /** What was found when a newly taught model was examined last; null: never. */
  readonly trial: {
    readonly labelId: number;
    readonly at: number;
    readonly passed: boolean;
    readonly found: string;
  } | null;
};

export type Pin = { readonly print: Uint8Array; readonly type: string; readonly queue: string };

export type Snapshot = { readonly labelId: number; readonly starter: string; readonly numbers: Uint32Array };

/** The verbs of teaching. Every one is one transaction. */
export type TeachingStore = {
  /** The key the model's features and pins are hashed under: 32 bytes of chance, hex, the same for the store's whole life. */
  modelKey(): Promise<string>;
  /** Route anew, keep who and why, and teach: the label before is taken back exactly. Doing it twice changes nothing. */
  correct(correction: Correction): Promise<Corrected>;
  /** Take the last correction back: routes as before it, and what it taught is taken back. */
  undoCorrection(undo: Pick<Correction, "messageId" | "alias" | "at" | "by" | "reason">): Promise<Corrected>;
  /** Learn sorted mails; those learnt before are left out. Answers how many were new. */
  teach(labels: readonly NewLabel[], at: number, by: string): Promise<number>;
  /** Lessons after this label, in order, at most so many. */
  lessons(after: number, limit: number): Promise<readonly Lesson[]>;
  /** With `upTo`, as it was when the model with that label went live. */
  taught(upTo?: number): Promise<Taught>;
  /** Keep what was found when the model with labels up to this one was examined; passed, it goes live. */
  keepTrial(trial: {
    readonly labelId: number;
    readonly at: number;
    readonly passed: boolean;
    readonly found: string;
  }): Promise<void>;
  pins(): Promise<readonly Pin[]>;
  snapshot(): Promise<Snapshot | null>;
  keepSnapshot(snapshot: Snapshot): Promise<void>;
  /** Corrections from a moment on, oldest first, without those that were taken back. */
  overrides(since: number): Promise<readonly OverrideRow[]>;
  refuseProposal(print: string, at: number, by: string): Promise<void>;
  refusedProposals(): Promise<readonly string[]>;
};
