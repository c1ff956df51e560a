// Watched mailboxes: what several tables have to do with them, in one transaction.

import type { OriginRow } from "../imap-calls.ts";
import type { Tables } from "../tables.ts";

/** Keeps where an accepted mail lies. */
export function keepOrigin(tables: Tables, origin: OriginRow | null, messageId: number, at: number): void {
  if (origin !== null) tables.imap.insert(origin, messageId, at, null);
}

/** The mail of the same identity that the account had, under its new UID, marked as it was; false when there is none. */
export function rebindImap(tables: Tables, origin: OriginRow, at: number): boolean {
  const same = tables.imap.same(origin.account, origin.identity);
  if (same === null) return false;
  tables.imap.insert(origin, same.message_id, at, same.marked_at);
  return true;
}
