// Watched mailboxes, the near side: the words of the gateway to rows and back.

import type { ImapFolderRow, ImapOrigin, ImapReadTo, ImapStore } from "../imap.ts";
import type { ThreadClient } from "./client.ts";
import type { ImapFolderRowOut, ImapReadToRow, OriginRow } from "./imap-calls.ts";

export function imapVerbs(writer: ThreadClient): ImapStore {
  return {
    async imapCursor(account, folder) {
      const row = await writer.call("imapCursor", { account, folder });
      return row === null ? null : readToOf(row);
    },
    moveImapCursor: (account, folder, { uidValidity, uid, since }) =>
      writer.call("moveImapCursor", { account, folder, cursor: { uid_validity: uidValidity, uid, since } }),
    imapReconciled: (account, folder, at) => writer.call("imapReconciled", { account, folder, at }),
    imapFetching: (account, folder, fetching) =>
      writer.call("imapFetching", { account, folder, done: fetching?.done ?? null, all: fetching?.all ?? null }),
    imapKnown: (account, folder, uidValidity, uids) => writer.call("imapKnown", { account, folder, uidValidity, uids }),
    rebindImap: (origin, identity, at) => writer.call("rebindImap", { origin: originRow({ ...origin, identity }), at }),
    async imapUnmarked(account, folder, uidValidity, limit) {
      const rows = await writer.call("imapUnmarked", { account, folder, uidValidity, limit });
      return rows.map(({ uid, message_id: messageId }) => ({ uid, messageId }));
    },
    imapMarked: (account, folder, uidValidity, uids, at) =>
      writer.call("imapMarked", { account, folder, uidValidity, uids, at }),
    wishReconcile: (at, by) => writer.call("wishReconcile", { at, by }),
    lastImapWish: () => writer.call("lastImapWish", null),
    async imapFolders() {
      const rows = await writer.call("imapFolders", null);
      return rows.map(imapFolderOf);
    },
  };
}

export function originRow(origin: ImapOrigin & { readonly identity: string }): OriginRow {
  const { account, folder, uidValidity, uid, identity } = origin;
  return { account, folder, uid_validity: uidValidity, uid, identity: Buffer.from(identity, "hex") };
}

function imapFolderOf({ fetch_done: done, fetch_all: all, ...row }: ImapFolderRowOut): ImapFolderRow {
  const { account, folder, mails, unmarked } = row;
  const fetching = done === null || all === null ? null : { done, all };
  return { account, folder, mails, unmarked, fetching, ...readToOf(row) };
}

function readToOf({ uid_validity: uidValidity, reconciled_at: reconciledAt, uid, since }: ImapReadToRow): ImapReadTo {
  return { uidValidity, uid, since, reconciledAt };
}
