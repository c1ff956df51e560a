// Statements of `thread_keys` and `thread_filters`: which decided mail has which Message-ID, so that an answer finds it.

import { createHash } from "node:crypto";
import type { Connection } from "../open.ts";
import { keyStatements } from "./keys.ts";

/** How long an answer finds its mail: somebody invited to come again in a year answers the letter of last year. */
const KNOWN_MS = 400 * 24 * 3600_000;

export function threadStatements(db: Connection) {
  const keys = keyStatements(db, { name: "thread", id: "message_id", knownMs: KNOWN_MS });
  return {
    /** Mails with this Message-ID, newest first, at most `limit`: senders repeat theirs, and one mail comes to two doors. */
    mailsOf: (header: string, limit: number): readonly number[] => keys.idsOf(keyOf(header), 0, limit),
    insert: (header: string, messageId: number, at: number): void => keys.insert(keyOf(header), messageId, at),
  };
}

/** Some programs lose the angle brackets when they answer. */
function keyOf(header: string): Uint8Array {
  return createHash("sha256").update(header.replace(/^<|>$/g, "")).digest();
}
