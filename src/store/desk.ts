// Folders of queues in mail accounts, as the store keeps them: where each mail lies, and what people show by their flags.

import type { ImapOrigin } from "./imap.ts";

/** A place where a mail of ours lies. `delivery`: the one that put it there; null: people did. */
export type ImapPlace = ImapOrigin & { readonly deliveryId: number | null };

/** Where the original of a mail, or a copy of it, may be found in an account, best first. */
export type ImapSource = ImapOrigin & {
  /** As it was fetched; where nobody's queue needs it any more; or where a queue has it now. */
  readonly kind: "original" | "left" | "current";
  readonly deliveryId: number | null;
};

/** How people show that they have seen a mail. */
export type AcknowledgedBy = "flagged" | "answered";

export type NewAcknowledgement = {
  readonly messageId: number;
  readonly queue: string;
  readonly how: AcknowledgedBy;
  /** The door it was seen at, such as "imap:desk". */
  readonly by: string;
  readonly at: number;
};

export type AcknowledgementRow = Omit<NewAcknowledgement, "messageId">;

/** What is known of a mail in the folders of an account. */
export type DeskCase = {
  readonly ref: string;
  /** Where it lies or lay there, oldest first. */
  readonly places: readonly (ImapPlace & { readonly seenAt: number; readonly goneAt: number | null })[];
  /** Whose it is now, for each alias it was sent to. */
  readonly routings: readonly { readonly alias: string; readonly queue: string; readonly deliveryId: number }[];
};

/** The verbs of queues' folders. Every one is one transaction. */
export type DeskStore = {
  /** The mail lies there, also when it was gone before; null: it is none of ours. */
  keepImapPlace(place: ImapPlace, messageId: number | null, at: number): Promise<void>;
  /** Of what lies in a folder, as far as it is known, a page of UIDs above this one. */
  imapPlaces(
    account: string,
    folder: string,
    uidValidity: string,
    after: number,
  ): Promise<readonly { readonly uid: number; readonly messageId: number | null; readonly isGone: boolean }[]>;
  /** They are not there any more. */
  imapPlacesGone(
    account: string,
    folder: string,
    uidValidity: string,
    uids: readonly number[],
    at: number,
  ): Promise<void>;
  /** Folders of the account where mails of ours lie. */
  imapPlaceFolders(account: string): Promise<readonly string[]>;
  imapSources(messageId: number, account: string): Promise<readonly ImapSource[]>;
  /** The mail that a delivery of ours with this number and hash put somewhere, or that the account had by this identity. */
  tellMail(
    told:
      | { readonly kind: "delivery"; readonly id: number; readonly sha256: string }
      | { readonly kind: "identity"; readonly account: string; readonly identity: string },
  ): Promise<number | null>;
  deskCase(messageId: number, account: string): Promise<DeskCase>;
  /** Answers whether it was not known before. */
  acknowledge(acknowledgement: NewAcknowledgement): Promise<boolean>;
};
