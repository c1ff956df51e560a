// Watched mailboxes as plain rows between the client and the store's threads.

export type OriginRow = {
  readonly account: string;
  readonly folder: string;
  readonly uid_validity: string;
  readonly uid: number;
  readonly identity: Uint8Array;
};

export type ImapCursorRow = { readonly uid_validity: string; readonly uid: number; readonly since: number };

export type ImapReadToRow = ImapCursorRow & { readonly reconciled_at: number | null };

export type ImapFolderRowOut = ImapReadToRow & {
  readonly account: string;
  readonly folder: string;
  readonly mails: number;
  readonly unmarked: number;
  readonly fetch_done: number | null;
  readonly fetch_all: number | null;
};

/** A folder in one of its UIDVALIDITYs. */
export type FolderCall = { readonly account: string; readonly folder: string; readonly uidValidity: string };

export type ImapWriteVerbs = {
  moveImapCursor(call: { readonly account: string; readonly folder: string; readonly cursor: ImapCursorRow }): void;
  imapReconciled(call: { readonly account: string; readonly folder: string; readonly at: number }): void;
  imapFetching(call: {
    readonly account: string;
    readonly folder: string;
    readonly done: number | null;
    readonly all: number | null;
  }): void;
  wishReconcile(call: { readonly at: number; readonly by: string }): void;
  rebindImap(call: { readonly origin: OriginRow; readonly at: number }): boolean;
  imapMarked(call: FolderCall & { readonly uids: readonly number[]; readonly at: number }): void;
};

export type ImapLookVerbs = {
  imapCursor(call: { readonly account: string; readonly folder: string }): ImapReadToRow | null;
  imapKnown(call: FolderCall & { readonly uids: readonly number[] }): readonly number[];
  imapUnmarked(call: FolderCall & { readonly limit: number }): readonly {
    readonly uid: number;
    readonly message_id: number;
  }[];
  lastImapWish(): number;
  imapFolders(): readonly ImapFolderRowOut[];
};
