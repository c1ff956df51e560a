// Statements of `outcomes`: what was decided for each routing, and why.

import { CANARY_ALIAS } from "../../../message.ts";
import type { Column, LabelColumns, OutcomeRowOut, PastOutcomeRow } from "../calls.ts";
import type { Connection } from "../open.ts";
import { ROUTINGS_PER_MESSAGE } from "./routings.ts";

const OUTCOME_COLUMNS = `m.id as message_id, m.received_at, o.decided_at, o.alias, o.request_type, o.urgency,
  o.department, o.queue, o.review, o.decided_by, o.rules, o.rules_hash, o.model_version, o.duration_micros, o.why, d.state`;

export function outcomeStatements(db: Connection) {
  const insert = db.prepare(`
    insert into outcomes (routing_id, delivery_id, decided_at, alias, request_type, urgency, department, queue, review,
      decided_by, rules, rules_hash, model_version, duration_micros, why, kind, defects)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '[]')`);
  const label = db
    .prepare("select request_type, urgency, department, decided_by, rules from outcomes where routing_id = ?")
    .raw();
  const deliveryOf = db
    .prepare(`
      select coalesce(r.delivery_id, o.delivery_id) from outcomes o join routings r on r.id = o.routing_id
      where o.routing_id = ?`)
    .pluck();
  return {
    label(routingId: number): LabelColumns {
      const columns = label.get(routingId) as LabelColumns | undefined;
      if (columns === undefined) throw new Error(`routing ${routingId} has no outcome`);
      return columns;
    },
    /** null when the routing is not decided. */
    deliveryOf(routingId: number): number | null {
      return (deliveryOf.get(routingId) as number | undefined) ?? null;
    },
    insert(routingId: number, deliveryId: number, columns: readonly Column[]): void {
      insert.run(routingId, deliveryId, ...columns);
    },
  };
}

/** Questions about outcomes, for the reading thread. */
export function outcomeQuestions(db: Connection) {
  const newest = db.prepare<unknown[], OutcomeRowOut>(`
    select ${OUTCOME_COLUMNS}
    from (
      select routing_id from outcomes indexed by outcomes_by_time
      where (:queue is null or queue = :queue) and (:alias is null or alias = :alias)
        and (:alias is not null or alias <> '${CANARY_ALIAS}')
        and (:urgency is null or urgency = :urgency) and decided_at >= coalesce(:since, 0)
      order by decided_at desc, routing_id desc limit :limit
    ) n
    join outcomes o on o.routing_id = n.routing_id
    join messages m on m.id = o.routing_id / ${ROUTINGS_PER_MESSAGE}
    join routings r on r.id = o.routing_id
    join deliveries d on d.id = coalesce(r.delivery_id, o.delivery_id)
    order by o.decided_at desc, o.routing_id desc`);
  const ofMessage = db.prepare<unknown[], OutcomeRowOut>(`
    select ${OUTCOME_COLUMNS}
    from messages m
    join outcomes o on o.routing_id >= m.id * ${ROUTINGS_PER_MESSAGE} and o.routing_id < (m.id + 1) * ${ROUTINGS_PER_MESSAGE}
    join routings r on r.id = o.routing_id
    join deliveries d on d.id = coalesce(r.delivery_id, o.delivery_id)
    where m.id = ? order by o.routing_id`);
  const decidedSince = db
    .prepare(`
      select distinct routing_id / ${ROUTINGS_PER_MESSAGE} as message_id from outcomes indexed by outcomes_by_time
      where decided_at >= ? and alias <> '${CANARY_ALIAS}' order by message_id`)
    .pluck();
  const pastOf = db.prepare<unknown[], PastOutcomeRow>(`
    select alias, request_type, urgency, department, queue, review, decided_by, rules from outcomes
    where routing_id >= ? and routing_id < ? order by routing_id`);
  return {
    /** Ids of the messages decided from then on, in order. */
    decidedSince(since: number): readonly number[] {
      return decidedSince.all(since) as number[];
    },
    pastOf(messageId: number): readonly PastOutcomeRow[] {
      return pastOf.all(messageId * ROUTINGS_PER_MESSAGE, (messageId + 1) * ROUTINGS_PER_MESSAGE);
    },
    newest(filter: object): readonly OutcomeRowOut[] {
      return newest.all(filter);
    },
    ofMessage(messageId: number): readonly OutcomeRowOut[] {
      return ofMessage.all(messageId);
    },
  };
}
