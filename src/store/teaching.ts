// What people teach, as the store keeps it: corrections, labels, pins, and which model they made go live.

import type { Features } from "../classify/features.ts";
import type { Urgency } from "../outcome.ts";
import type { ImapOrigin } from "./imap.ts";

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
  /** Who wrote it, as a hash (`writerPrint`), 16 bytes; null: not known. */
  readonly writer: Uint8Array | null;
  /** Where people have put it themselves, so that nothing is to be delivered; null: it is. */
  readonly lies: ImapOrigin | null;
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
  /** As it is since then. */
  readonly urgency: Urgency;
  /** As people have said it; null: nobody did, `urgency` is the gateway's own. */
  readonly saidUrgency: Urgency | null;
  readonly department: string;
  readonly queue: string;
  readonly undone: boolean;
  /** It only takes back another one. */
  readonly isUndo: boolean;
};

/** A mail to be learnt: one somebody has sorted. */
export type NewLabel = {
  /** null: what was learnt of it is taken back. */
  readonly type: string | null;
  readonly features: Features;
  /** Tells the same mail again; 16 bytes. */
  readonly print: Uint8Array;
  /** Who wrote it, as a hash (`writerPrint`), 16 bytes; null: not known. */
  readonly writer: Uint8Array | null;
};

/** What was made of sorted mails: new ones, those that were of another type before, and those taken back. */
export type Learnt = { readonly fresh: number; readonly changed: number; readonly takenBack: number };

/** What was taught, in order: add `by` 1 to the counts, or take it back with -1. */
export type Lesson = {
  readonly id: number;
  readonly chain: string;
  readonly by: 1 | -1;
  readonly type: string;
  readonly features: Features;
  /** The same for mails of one writer, in hex; null: not known. */
  readonly writer: string | null;
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
  /** What was found when the model in use passed; null: it is the starter. */
  readonly liveFound: string | null;
};

export type Pin = { readonly print: Uint8Array; readonly type: string; readonly queue: string };

export type Snapshot = {
  readonly labelId: number;
  readonly starter: string;
  readonly classes: readonly string[];
  readonly numbers: Uint32Array;
};

/** The verbs of teaching. Every one is one transaction. */
export type TeachingStore = {
  /** The key the model's features and pins are hashed under: 32 bytes of chance, hex, the same for the store's whole life. */
  modelKey(): Promise<string>;
  /** Route anew, keep who and why, and teach: the label before is taken back exactly. Doing it twice changes nothing. */
  correct(correction: Correction): Promise<Corrected>;
  /** Take the last correction back, of all aliases it was made for: routes as before it, and what it taught is taken back. */
  undoCorrection(undo: Pick<Correction, "messageId" | "alias" | "at" | "by" | "reason">): Promise<Corrected>;
  /** Learn sorted mails, each once; one that was learnt as another type before is untaught first. */
  teach(labels: readonly NewLabel[], at: number, by: string): Promise<Learnt>;
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
