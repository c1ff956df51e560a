// Statements of `messages`: how each accepted mail reached us.

import type { MailColumns } from "../calls.ts";
import type { Connection } from "../open.ts";

export function messageStatements(db: Connection) {
  const insert = db.prepare(`
    insert into messages (body_id, body_bytes, door, received_at, client_address, client_helo, client_tls, client_user,
      mail_from, smtp_utf8, body_8bit, dsn_return, dsn_envelope_id, size_bytes, sha256, message_id_header)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const get = db
    .prepare(`
      select door, received_at, client_address, client_helo, client_tls, client_user, mail_from, smtp_utf8, body_8bit,
        dsn_return, dsn_envelope_id, size_bytes, sha256, message_id_header
      from messages where id = ?`)
    .raw();
  const body = db.prepare<unknown[], { body_id: number; body_bytes: number }>(
    "select body_id, body_bytes from messages where id = ?",
  );

  return {
    /** Answers the new message's id. */
    insert(bodyId: number, bodyBytes: number, mail: MailColumns): number {
      return Number(insert.run(bodyId, bodyBytes, ...mail).lastInsertRowid);
    },
    get(messageId: number): MailColumns | undefined {
      return get.get(messageId) as MailColumns | undefined;
    },
    body(messageId: number): { readonly bodyId: number; readonly bodyBytes: number } {
      const row = body.get(messageId);
      if (row === undefined) throw new Error(`there is no message ${messageId}`);
      return { bodyId: row.body_id, bodyBytes: row.body_bytes };
    },
  };
}
