// Mailboxes watched by IMAP, as the store keeps them: how far each folder is read, and which of its mails is which of ours.

/** Where a mail lies: UIDs count within a folder's UIDVALIDITY (RFC 9051, section 2.3.1.1). */
export type ImapOrigin = {
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: string;
  readonly uid: number;
};

/** How far a folder is read: every mail with a UID up to this one is ours, or was there before the gateway watched it. */
export type ImapCursor = {
  readonly uidValidity: string;
  readonly uid: number;
  /** From when on mails of this folder are ours, whatever happens to its UIDs. */
  readonly since: number;
};

/** The cursor, and when the folder was last compared with our rows, all of it; null: never. */
export type ImapReadTo = ImapCursor & { readonly reconciledAt: number | null };

/** A mail of a folder that is ours and not yet marked there. */
export type Unmarked = { readonly uid: number; readonly messageId: number };

/** The verbs of watched mailboxes. Every one is one transaction; `Store.accept` keeps the origin with the mail. */
export type ImapStore = {
  /** null: the folder was never read. */
  imapCursor(account: string, folder: string): Promise<ImapReadTo | null>;
  moveImapCursor(account: string, folder: string, cursor: ImapCursor): Promise<void>;
  /** The folder was compared with our rows, all of it; does nothing for a folder never read. */
  imapReconciled(account: string, folder: string, at: number): Promise<void>;
  /** How far a long fetch is, for those who ask; null: there is none. Does nothing for a folder never read. */
  imapFetching(account: string, folder: string, fetching: ImapFetching | null): Promise<void>;
  /** Of these UIDs those that are ours already. */
  imapKnown(account: string, folder: string, uidValidity: string, uids: readonly number[]): Promise<readonly number[]>;
  /** After a folder has new UIDs: takes this mail for the one of the same identity that the account had; false: none. */
  rebindImap(origin: ImapOrigin, identity: string, at: number): Promise<boolean>;
  /** Mails that are ours and whose original is not marked yet, oldest first. */
  imapUnmarked(account: string, folder: string, uidValidity: string, limit: number): Promise<readonly Unmarked[]>;
  /** Their originals are marked as the configuration says, or there is nothing to mark. */
  imapMarked(account: string, folder: string, uidValidity: string, uids: readonly number[], at: number): Promise<void>;
  /** Asks the gateway to compare folders and rows, and the number of the last such wish; 0: there was none. */
  wishReconcile(at: number, by: string): Promise<void>;
  lastImapWish(): Promise<number>;
  /** How many mails each watched folder has given, and of how many the original is not marked. */
  imapFolders(): Promise<readonly ImapFolderRow[]>;
};

/** Mails done of those found missing. */
export type ImapFetching = { readonly done: number; readonly all: number };

export type ImapFolderRow = ImapReadTo & {
  readonly account: string;
  readonly folder: string;
  readonly mails: number;
  readonly unmarked: number;
  readonly fetching: ImapFetching | null;
};
