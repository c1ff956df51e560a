// Statements of `routings` and `accounts`: for which aliases a mail was accepted, and whether it is decided.

import type { Statement } from "better-sqlite3";
import type { NewRoutingRow, RecipientColumns, RoutingRow } from "../calls.ts";
import type { Connection } from "../open.ts";

/** A routing's id is its message's id times this plus its place, so the routings of a message are found by their ids. */
export const ROUTINGS_PER_MESSAGE = 2 ** 10;
/**
 * The span of one dedupe period. A retry is found in its own period and the one before: for 30 days at least, where
 * senders give up after five (RFC 5321, section 4.5.4.1). Older keys stay where they are and are never read again.
 */
const DEDUPE_PERIOD_MS = 30 * 24 * 3600_000;
/** Bytes kept of a key: two mails of 10^12 share 128 bits with a chance below 10^-14. */
const DEDUPE_KEY_BYTES = 16;

const OF_MESSAGE = `select alias, address, tag, dsn_notify, dsn_original, id, state, held_reason
  from routings where id >= ? and id < ? order by id`;

export type RoutingStatements = ReturnType<typeof routingStatements>;

export function routingStatements(db: Connection) {
  const insert = db.prepare(`
    insert into routings (id, message_id, alias, address, tag, dsn_notify, dsn_original, dedupe_period, dedupe_key,
      state, held_reason, changed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const account = db.prepare(
    "insert into accounts (alias, accepted) values (?, 1) on conflict do update set accepted = accepted + 1",
  );
  const known = db
    .prepare("select id from routings where dedupe_period = ? and dedupe_key = ? and dedupe_key is not null")
    .pluck();
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
  const deciding = db
    .prepare(`
      select distinct message_id from routings
      where state <> 'decided' and state = 'deciding' and id >= ? order by id limit ?`)
    .pluck();

  return {
    /** The routing that had this key before; null when none had. */
    known(key: Uint8Array, at: number): number | null {
      const period = Math.floor(at / DEDUPE_PERIOD_MS);
      const short = key.subarray(0, DEDUPE_KEY_BYTES);
      return ((known.get(period, short) ?? known.get(period - 1, short)) as number | undefined) ?? null;
    },
    insert(messageId: number, place: number, routing: NewRoutingRow, at: number, hold: string | null): number {
      const id = messageId * ROUTINGS_PER_MESSAGE + place;
      const key = routing.dedupeKey?.subarray(0, DEDUPE_KEY_BYTES) ?? null;
      insert.run(
        id,
        messageId,
        ...routing.recipient,
        key === null ? null : Math.floor(at / DEDUPE_PERIOD_MS),
        key,
        hold === null ? "deciding" : "held",
        hold,
        at,
      );
      account.run(routing.recipient[0]);
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
