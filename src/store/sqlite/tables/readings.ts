// Statements of `readings`: what was read of each decided mail.

import type { Column, ReadingColumns } from "../calls.ts";
import type { EarlierRow } from "../earlier-rows.ts";
import type { Connection } from "../open.ts";
import { ROUTINGS_PER_MESSAGE } from "./routings.ts";

export function readingStatements(db: Connection) {
  const insert = db.prepare(`
    insert into readings (message_id, kind, original_sender, forwarder, forward_tier, confidence, staff, language,
      proof, found)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (message_id) do nothing`);
  const proof = db.prepare("select proof from readings where message_id = ?").pluck();
  const earlier = db.prepare<unknown[], Omit<EarlierRow, "id">>(`
    select r.message_id, m.mail_from, r.original_sender, r.forwarder, o.request_type, o.decided_by
    from readings r
    join messages m on m.id = r.message_id
    left join outcomes o on o.routing_id = (
      select min(routing_id) from outcomes
      where routing_id >= r.message_id * ${ROUTINGS_PER_MESSAGE}
        and routing_id < (r.message_id + 1) * ${ROUTINGS_PER_MESSAGE}
    )
    where r.message_id = ?`);
  return {
    /** Changes nothing when the mail has a reading already. */
    insert(messageId: number, columns: readonly Column[]): void {
      insert.run(messageId, ...columns);
    },
    /** null when nothing was looked at. */
    proof(messageId: number): string | null {
      return (proof.get(messageId) as string | null | undefined) ?? null;
    },
    /** What an answer to this mail must know of it; undefined while it is not decided. */
    earlier(messageId: number): Omit<EarlierRow, "id"> | undefined {
      return earlier.get(messageId);
    },
  };
}

/** Questions about readings, for the reading thread. */
export function readingQuestions(db: Connection) {
  const get = db
    .prepare(`
      select kind, original_sender, forwarder, forward_tier, confidence, staff, language, proof, found
      from readings where message_id = ?`)
    .raw();
  return {
    get: (messageId: number): ReadingColumns | null => (get.get(messageId) as ReadingColumns | undefined) ?? null,
  };
}
