// Statements of `routings` and `accounts`: for which aliases a mail was accepted, and whether it is decided.

import type { Statement } from "better-sqlite3";
import type { RecipientColumns, RoutingRow } from "../calls.ts";
import type { Connection } from "../open.ts";

/** A routing's id is its message's id times this plus its place, so the routings of a message are found by their ids. */
export const ROUTINGS_PER_MESSAGE = 2 ** 10;
const OF_MESSAGE = `select alias, address, tag, dsn_notify, dsn_original, id, state, held_reason
  from routings where id >= ? and id < ? order by id`;

export function routingStatements(db: Connection) {
  const insert = db.prepare(`
    insert into routings (id, message_id, alias, address, tag, dsn_notify, dsn_original, state, held_reason, changed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const account = db.prepare(
    "insert into accounts (alias, accepted) values (?, 1) on conflict do update set accepted = accepted + 1",
  );
  const decide = db.prepare(
    "update routings set state = 'decided', changed_at = ? where id = ? and message_id = ? and state = 'deciding'",
  );
  const hold = db.prepare(`
    update routings set state = 'held', held_reason = ?, changed_at = ?
    where id >= ? and id < ? and state = 'deciding'`);
  const release = db.prepare<unknown[], { message_id: number }>(`
    update routings set state = 'deciding', held_reason = null, changed_at = ?
    where state <> 'decided' and state = 'held' and id >= ? and id < ? returning message_id`);
  const ofMessage = db.prepare(OF_MESSAGE).raw();
  const isDelivery = db
    .prepare(`
      select 1 from routings r left join outcomes o on o.routing_id = r.id
      where r.id >= ? and r.id < ? and coalesce(r.delivery_id, o.delivery_id) = ?`)
    .pluck();
  const deciding = db
    .prepare(`
      select distinct message_id from routings
      where state <> 'decided' and state = 'deciding' and id >= ? order by id limit ?`)
    .pluck();

  return {
    insert(messageId: number, place: number, recipient: RecipientColumns, at: number, hold: string | null): number {
      const id = messageId * ROUTINGS_PER_MESSAGE + place;
      insert.run(id, messageId, ...recipient, hold === null ? "deciding" : "held", hold, at);
      account.run(recipient[0]);
      return id;
    },
    /** Answers false when it is not there to be decided: decided before, or held meanwhile. */
    decide(messageId: number, routingId: number, at: number): boolean {
      return decide.run(at, routingId, messageId).changes === 1;
    },
    hold(messageId: number, reason: string, at: number): void {
      hold.run(reason, at, firstOf(messageId), firstOf(messageId + 1));
    },
    /** Lets held routings of one message, or of all, be decided again; answers how many messages. */
    release(messageId: number | null, at: number): number {
      const [from, to] =
        messageId === null ? [0, Number.MAX_SAFE_INTEGER] : [firstOf(messageId), firstOf(messageId + 1)];
      return new Set(release.all(at, from, to).map((row) => row.message_id)).size;
    },
    /** Whether some routing of the message goes to this delivery now. */
    isDelivery(messageId: number, deliveryId: number): boolean {
      return isDelivery.get(firstOf(messageId), firstOf(messageId + 1), deliveryId) !== undefined;
    },
    ofMessage(messageId: number): readonly RoutingRow[] {
      return rowsOf(ofMessage, messageId);
    },
    /** Messages above `after` with something to decide, oldest first. */
    deciding(after: number, limit: number): readonly number[] {
      return deciding.all(firstOf(after + 1), limit) as number[];
    },
  };
}

function firstOf(messageId: number): number {
  return messageId * ROUTINGS_PER_MESSAGE;
}

/** Questions about routings, for the reading thread. */
export function routingQuestions(db: Connection) {
  const ofMessage = db.prepare(OF_MESSAGE).raw();
  const held = db.prepare<unknown[], { message_id: number; held_reason: string; changed_at: number }>(`
    select message_id, held_reason, changed_at from routings
    where state <> 'decided' and state = 'held' group by message_id order by message_id limit ?`);
  const openMessages = db.prepare<unknown[], { state: string; count: number }>(`
    select state, count(distinct message_id) as count from routings where state <> 'decided' group by state`);
  return {
    ofMessage: (messageId: number): readonly RoutingRow[] => rowsOf(ofMessage, messageId),
    held: (limit: number) => held.all(limit),
    /** How many messages have routings of each state but decided. */
    openMessages: () => new Map(openMessages.all().map((row) => [row.state, row.count])),
  };
}

function rowsOf(ofMessage: Statement, messageId: number): readonly RoutingRow[] {
  const rows = ofMessage.all(firstOf(messageId), firstOf(messageId + 1)) as [
    ...RecipientColumns,
    number,
    string,
    string | null,
  ][];
  return rows.map(([alias, address, tag, dsnNotify, dsnOriginal, id, state, heldReason]) => ({
    id,
    recipient: [alias, address, tag, dsnNotify, dsnOriginal],
    state,
    heldReason,
  }));
}
