// Statements of `overrides`: corrections by people, and the deliveries they made.

import type { LabelColumns } from "../calls.ts";
import type { Connection } from "../open.ts";
import type { OverrideRowOut } from "../teaching-calls.ts";
import { ROUTINGS_PER_MESSAGE } from "./routings.ts";

/** Where a routing is now: by its outcome, or by the last correction. */
export type Place = {
  readonly routing_id: number;
  readonly alias: string;
  readonly type: string | null;
  readonly urgency: string;
  readonly department: string | null;
  readonly queue: string;
  /** Whose delivery it goes by now: its own queue, or one that stands in. */
  readonly at_queue: string;
  /** The delivery it goes by now, and the one it was given when it was put there. */
  readonly delivery_id: number;
  readonly given_id: number;
  /** The urgency as people have said it; null: nobody did. */
  readonly said_urgency: string | null;
  /** The correction that put it there, and the first of the same act; null: its outcome did. */
  readonly override_id: number | null;
  readonly act: number | null;
};

/** A correction that was taken back does not count, nor does the row that took it back. */
const STANDING = "undoes is null and not exists (select 1 from overrides u where u.undoes = o.id)";

const COLUMNS = `
  select o.id, o.routing_id, d.alias, o.at, o.by, o.reason, o.type, o.urgency, o.said_urgency, o.department, o.queue,
    o.undoes,
    exists (select 1 from overrides u where u.undoes = o.id) as undone
  from overrides o join outcomes d on d.routing_id = o.routing_id`;

export function overrideStatements(db: Connection) {
  const insert = db.prepare(`
    insert into overrides (at, by, reason, routing_id, type, urgency, said_urgency, department, queue, delivery_id,
      label_id, act, undoes)
    values (:at, :by, :reason, :routingId, :type, :urgency, :saidUrgency, :department, :queue, :deliveryId, :labelId,
      :act, :undoes)`);
  const decided = db.prepare<unknown[], Place>(`
    select o.routing_id, o.alias, o.request_type as type, o.urgency, o.department, o.queue,
      coalesce(r.delivery_id, o.delivery_id) as delivery_id, o.delivery_id as given_id, null as said_urgency,
      null as override_id, null as act, d.queue as at_queue
    from outcomes o join routings r on r.id = o.routing_id
      join deliveries d on d.id = coalesce(r.delivery_id, o.delivery_id)
    where o.routing_id >= ? and o.routing_id < ? order by o.routing_id`);
  const last = db.prepare<[number], Omit<Place, "alias" | "delivery_id" | "at_queue">>(`
    select o.routing_id, o.type, o.urgency, o.department, o.queue, o.delivery_id as given_id, o.said_urgency,
      o.id as override_id, coalesce(o.act, o.id) as act
    from overrides o where routing_id = ? and ${STANDING} order by id desc limit 1`);
  const label = db
    .prepare(`
      select o.type, o.urgency, o.department, 'override' as decided_by, '[]' as rules
      from overrides o where routing_id = ? and ${STANDING} order by id desc limit 1`)
    .raw();
  const move = db.prepare("update routings set delivery_id = ? where id = ?");
  const since = db.prepare<[number], OverrideRowOut>(`${COLUMNS} where o.at >= ? order by o.id`);
  return {
    /** The decided routings of a message as they stand now. */
    placesOf(messageId: number): readonly Place[] {
      const rows = decided.all(messageId * ROUTINGS_PER_MESSAGE, (messageId + 1) * ROUTINGS_PER_MESSAGE);
      return rows.map((row) => ({ ...row, ...last.get(row.routing_id) }));
    },
    insert(row: {
      readonly at: number;
      readonly by: string;
      readonly reason: string;
      readonly routingId: number;
      readonly type: string | null;
      readonly urgency: string;
      readonly saidUrgency: string | null;
      readonly department: string;
      readonly queue: string;
      readonly deliveryId: number;
      readonly labelId: number | null;
      readonly act: number | null;
      readonly undoes: number | null;
    }): number {
      return Number(insert.run(row).lastInsertRowid);
    },
    /** What labels a delivery that a correction made; null when no correction stands. */
    label: (routingId: number): LabelColumns | null => (label.get(routingId) as LabelColumns | undefined) ?? null,
    move(routingId: number, deliveryId: number): void {
      move.run(deliveryId, routingId);
    },
    since: (at: number): readonly OverrideRowOut[] => since.all(at),
  };
}

/** Questions about corrections, for the reading thread. */
export function overrideQuestions(db: Connection) {
  const ofMessage = db.prepare<[number, number], OverrideRowOut>(`
    ${COLUMNS} where o.routing_id >= ? and o.routing_id < ? order by o.id`);
  return {
    ofMessage: (messageId: number): readonly OverrideRowOut[] =>
      ofMessage.all(messageId * ROUTINGS_PER_MESSAGE, (messageId + 1) * ROUTINGS_PER_MESSAGE),
  };
}
