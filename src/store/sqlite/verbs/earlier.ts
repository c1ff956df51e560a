// Answers find the mail they belong to: by Message-ID through buckets of hashes, by reference through the mail's id.

import type { EarlierRow, Pointer } from "../earlier-rows.ts";
import type { Tables } from "../tables.ts";

/** Mails answered: a thread is told by its nearest mails. */
const EARLIER_MAX = 5;

/**
 * Mails that these pointers point to, newest first; where there are too many, those named by reference stay. Only mails
 * with an id below `before` are looked at.
 */
export function earlier(tables: Tables, pointers: readonly Pointer[], before: number): readonly EarlierRow[] {
  const named = pointers.flatMap(({ id, messageId }) =>
    messageId === null || messageId >= before ? [] : rowOf(tables, id, messageId),
  );
  const hashed = pointers
    .filter(({ messageId }) => messageId === null)
    .flatMap(({ id }) => tables.threads.mailsOf(id).map((messageId) => ({ id, messageId })))
    .filter(({ messageId }) => messageId < before)
    .sort((a, b) => b.messageId - a.messageId)
    .flatMap(({ id, messageId }) => rowOf(tables, id, messageId));
  return [...named, ...hashed].slice(0, EARLIER_MAX).sort((a, b) => b.message_id - a.message_id);
}

function rowOf(tables: Tables, id: string, messageId: number): readonly EarlierRow[] {
  const row = tables.readings.earlier(messageId);
  return row === undefined ? [] : [{ id, ...row }];
}
