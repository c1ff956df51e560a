// Statements of `messages`: how each accepted mail reached us.

import type { MailColumns, MailRow } from "../calls.ts";
import type { Connection } from "../open.ts";

/** The columns that make a `MailRow`, for joins under the name `m`. */
export const MAIL_COLUMNS = `m.id, m.door, m.received_at, m.client_address, m.client_helo, m.client_tls, m.client_user,
  m.mail_from, m.smtp_utf8, m.body_8bit, m.dsn_return, m.dsn_envelope_id, m.size_bytes, m.sha256, m.message_id_header`;

export type MessageStatements = ReturnType<typeof messageStatements>;

export function messageStatements(db: Connection) {
  const insert = db.prepare(`
    insert into messages (body_id, body_bytes, door, received_at, client_address, client_helo, client_tls, client_user,
      mail_from, smtp_utf8, body_8bit, dsn_return, dsn_envelope_id, size_bytes, sha256, message_id_header)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const get = db.prepare<unknown[], MailRow>(`select ${MAIL_COLUMNS} from messages m where m.id = ?`);
  const body = db.prepare<unknown[], { body_id: number; body_bytes: number }>(
    "select body_id, body_bytes from messages where id = ?",
  );

  return {
    /** Answers the new message's id. */
    insert(bodyId: number, bodyBytes: number, mail: MailColumns): number {
      return Number(insert.run(bodyId, bodyBytes, ...mail).lastInsertRowid);
    },
    get(messageId: number): MailRow | undefined {
      return get.get(messageId);
    },
    body(messageId: number): { readonly bodyId: number; readonly bodyBytes: number } {
      const row = body.get(messageId);
      if (row === undefined) throw new Error(`there is no message ${messageId}`);
      return { bodyId: row.body_id, bodyBytes: row.body_bytes };
    },
  };
}
