// Statements of `dedupe_keys` and `dedupe_filters`: which keys were accepted, so that a sender's retry is known.

import type { Connection } from "../open.ts";
import { keyStatements } from "./keys.ts";

/** How long a retry is known. Senders give up after five days (RFC 5321, section 4.5.4.1). */
const KNOWN_MS = 31 * 24 * 3600_000;

export function dedupeStatements(db: Connection) {
  const keys = keyStatements(db, { name: "dedupe", id: "routing_id", knownMs: KNOWN_MS });
  return {
    /** The routing that had this key before, in the last 31 days; null when none had. */
    known: (key: Uint8Array, at: number): number | null => keys.idsOf(key, at - KNOWN_MS, 1)[0] ?? null,
    insert: (key: Uint8Array, routingId: number, at: number): void => keys.insert(key, routingId, at),
  };
}
