// Statements of `imap_cursors`, `imap_mails` and `imap_wishes`: how far watched folders are read, which mail of theirs is
// which, and what operators ask for.

import type { ImapCursorRow, ImapFolderRowOut, ImapReadToRow, OriginRow } from "../imap-calls.ts";
import type { Connection } from "../open.ts";

/** Bytes kept of an identity; see `dedupe`. */
const IDENTITY_BYTES = 16;

export function imapStatements(db: Connection) {
  const cursor = db.prepare<[string, string], ImapReadToRow>(
    "select uid_validity, uid, since, reconciled_at from imap_cursors where account = ? and folder = ?",
  );
  const move = db.prepare(`
    insert into imap_cursors (account, folder, uid_validity, uid, since) values (?, ?, ?, ?, ?)
    on conflict do update set uid_validity = excluded.uid_validity, uid = excluded.uid, since = excluded.since`);
  const reconciled = db.prepare("update imap_cursors set reconciled_at = ? where account = ? and folder = ?");
  const fetching = db.prepare("update imap_cursors set fetch_done = ?, fetch_all = ? where account = ? and folder = ?");
  const insert = db.prepare(`
    insert into imap_mails (account, folder, uid_validity, uid, message_id, identity, fetched_at, marked_at)
    values (:account, :folder, :uid_validity, :uid, :messageId, :identity, :at, :markedAt) on conflict do nothing`);
  const at = db.prepare<[string, string, string, number], { message_id: number; identity: Uint8Array }>(
    "select message_id, identity from imap_mails where account = ? and folder = ? and uid_validity = ? and uid = ?",
  );
  const same = db.prepare<[string, Uint8Array], { message_id: number; marked_at: number | null }>(
    "select message_id, marked_at from imap_mails where account = ? and identity = ? order by fetched_at desc limit 1",
  );
  const unmarked = db.prepare<[string, string, string, number], { uid: number; message_id: number }>(`
    select uid, message_id from imap_mails
    where account = ? and folder = ? and uid_validity = ? and marked_at is null order by uid limit ?`);
  const mark = db.prepare(`
    update imap_mails set marked_at = ? where account = ? and folder = ? and uid_validity = ? and uid = ?`);
  const folders = db.prepare<[], ImapFolderRowOut>(`
    select c.account, c.folder, c.uid_validity, c.uid, c.since, c.reconciled_at, c.fetch_done, c.fetch_all,
      (select count(*) from imap_mails m where m.account = c.account and m.folder = c.folder) as mails,
      (select count(*) from imap_mails m where m.account = c.account and m.folder = c.folder
        and m.uid_validity = c.uid_validity and m.marked_at is null) as unmarked
    from imap_cursors c order by c.account, c.folder`);
  const wish = db.prepare("insert into imap_wishes (at, by) values (?, ?)");
  const lastWish = db.prepare("select coalesce(max(id), 0) from imap_wishes").pluck();
  return {
    cursor: (account: string, folder: string): ImapReadToRow | null => cursor.get(account, folder) ?? null,
    move(account: string, folder: string, { uid_validity, uid, since }: ImapCursorRow): void {
      move.run(account, folder, uid_validity, uid, since);
    },
    reconciled: (account: string, folder: string, at: number): void => void reconciled.run(at, account, folder),
    fetching(account: string, folder: string, done: number | null, all: number | null): void {
      fetching.run(done, all, account, folder);
    },
    /** Changes nothing when that UID is known already. */
    insert({ identity, ...origin }: OriginRow, messageId: number, at: number, markedAt: number | null): void {
      insert.run({ ...origin, messageId, at, markedAt, identity: identity.subarray(0, IDENTITY_BYTES) });
    },
    isKnown: (account: string, folder: string, uidValidity: string, uid: number): boolean =>
      at.get(account, folder, uidValidity, uid) !== undefined,
    /** The mail that was taken from this place; null when none was, or another one: a server may give a UID out twice. */
    takenFrom({ account, folder, uid_validity, uid, identity }: OriginRow): number | null {
      const found = at.get(account, folder, uid_validity, uid);
      if (found === undefined) return null;
      return Buffer.compare(identity.subarray(0, IDENTITY_BYTES), found.identity) === 0 ? found.message_id : null;
    },
    /** The newest mail of this identity that the account had; null when it had none. */
    same: (account: string, identity: Uint8Array) => same.get(account, identity.subarray(0, IDENTITY_BYTES)) ?? null,
    unmarked: (account: string, folder: string, uidValidity: string, limit: number) =>
      unmarked.all(account, folder, uidValidity, limit),
    mark(account: string, folder: string, uidValidity: string, uid: number, at: number): void {
      mark.run(at, account, folder, uidValidity, uid);
    },
    wish: (at: number, by: string): void => void wish.run(at, by),
    lastWish: (): number => lastWish.get() as number,
    folders: (): readonly ImapFolderRowOut[] => folders.all(),
  };
}
