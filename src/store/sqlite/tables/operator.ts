// What operators do to deliveries, and `operator_acts`, the record of it.

import type { Connection } from "../open.ts";
import type { ActColumns, DeliveryFilter } from "../operator-columns.ts";

/** A delivery that fits a filter and is still somebody's. The alias is one the mail was sent to. */
export const FITS = `(:queue is null or queue = :queue) and (:messageId is null or message_id = :messageId)
  and (:state is null or state = :state) and (:reason is null or reason = :reason)
  and (:urgency is null or urgency = :urgency)
  and (:since is null or created_at >= :since) and (:until is null or created_at < :until)
  and (:alias is null or exists (select 1 from routings r
    where r.id >= deliveries.message_id * 1024 and r.id < (deliveries.message_id + 1) * 1024 and r.alias = :alias))
  and left_at is null`;

export function operatorStatements(db: Connection) {
  const hold = db.prepare(`
    update deliveries set state = 'held', reason = :holdReason
    where state <> 'delivered' and state = 'waiting' and ${FITS}`);
  const release = db.prepare(`
    update deliveries set state = 'waiting', next_at = :now, created_at = :now, reason = null
    where state <> 'delivered' and state = 'held' and ${FITS}`);
  const retry = db.prepare(`
    update deliveries set state = 'waiting', next_at = :now, reason = null,
      created_at = case state when 'held' then :now else created_at end
    where state <> 'delivered' and state in ('waiting', 'held') and ${FITS}`);
  const act = db.prepare(`
    insert into operator_acts (at, by, verb, filter, reason, changed) values (:at, :by, :verb, :filter, :reason, :changed)`);
  return {
    hold: (filter: DeliveryFilter & { readonly holdReason: string }): number => hold.run(filter).changes,
    release: (filter: DeliveryFilter & { readonly now: number }): number => release.run(filter).changes,
    retry: (filter: DeliveryFilter & { readonly now: number }): number => retry.run(filter).changes,
    keep(columns: ActColumns, changed: number): void {
      act.run({ ...columns, changed });
    },
  };
}

/** Questions about operators' acts and what they would do, for the reading thread. */
export function operatorQuestions(db: Connection) {
  const counts = db.prepare<[DeliveryFilter], { state: string; count: number }>(
    `select state, count(*) as count from deliveries where state <> 'delivered' and ${FITS} group by state`,
  );
  const acts = db.prepare<[number], ActColumns & { changed: number }>(
    "select at, by, verb, filter, reason, changed from operator_acts order by id desc limit ?",
  );
  return {
    counts: (filter: DeliveryFilter) => counts.all(filter),
    acts: (limit: number) => acts.all(limit),
  };
}
