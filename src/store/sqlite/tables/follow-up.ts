// Statements of `outages`, `stand_ins` and `notices`.

import { CANARY_ALIAS } from "../../../message.ts";
import type { TrialRow } from "../../follow-up.ts";
import type { ConcernRow, NoticeRow, OutageRow, StandInRowOut } from "../follow-up-columns.ts";
import type { Connection } from "../open.ts";

/** P1 and P2 are late after the first failed attempt, or after a minute without one; the rest after two hours. */
const URGENT_LATE_MS = 60_000;
const LATE_MS = 2 * 3600_000;

/** A delivery that a stand-in can be found for: it is whole, and the mail was not with that queue before. */
const MOVABLE = `d.left_at is null and d.queue = :queue and not exists (
  select 1 from stand_ins s join deliveries f on f.id = s.from_delivery
  where f.message_id = d.message_id and (s.from_queue = :backup or s.to_queue = :backup))`;

export function followUpStatements(db: Connection) {
  const begin = db.prepare(`
    insert into outages (queue, since, code) values (:queue, :at, :code)
    on conflict (queue) where until is null do update set code = excluded.code`);
  const end = db.prepare("update outages set until = :now where queue = :queue and until is null and since <= :at");
  const open = db.prepare<[], OutageRow>("select queue, since, until, code from outages where until is null");
  const away = ids(db, `d.state = 'waiting' and d.attempts > 0 and d.created_at <= :moment and ${MOVABLE}`);
  const refused = ids(
    db,
    `d.state = 'held' and d.reason in ('refused', 'not-ascii') and d.created_at >= :moment and ${MOVABLE}`,
  );
  const bounced = ids(
    db,
    `d.state = 'delivered' and ${MOVABLE} and d.id in (
      select delivery_id from bounces where action = 'failed' and at >= :moment)`,
  );
  const standIn = db.prepare(`
    insert into stand_ins (at, routing_id, from_queue, to_queue, from_delivery, delivery_id, why)
    values (:at, :routingId, :from, :to, :fromDelivery, :deliveryId, :why)`);
  const before = db.prepare("select from_queue from stand_ins where delivery_id = ? limit 1").pluck();
  return {
    begin: (queue: string, code: string, at: number): void => void begin.run({ queue, code, at }),
    /** By a delivery taken at `at`. */
    end: (queue: string, at: number, now: number): void => void end.run({ queue, at, now }),
    outages: (): readonly OutageRow[] => open.all(),
    movable(why: "away" | "refused" | "bounced", queue: string, backup: string, moment: number): readonly number[] {
      return { away, refused, bounced }[why].all({ queue, backup, moment }) as readonly number[];
    },
    addStandIn(row: {
      readonly at: number;
      readonly routingId: number;
      readonly from: string;
      readonly to: string;
      readonly fromDelivery: number;
      readonly deliveryId: number;
      readonly why: string;
    }): void {
      standIn.run(row);
    },
    /** The queue that this delivery stands in for; null: none. */
    standsInFor: (deliveryId: number): string | null => (before.get(deliveryId) as string | undefined) ?? null,
    ...noticeStatements(db),
  };
}

/** Moved in one step at most, so that no commit waits long behind it. */
const STAND_INS_MAX = 200;

function ids(db: Connection, which: string) {
  const order = "order by d.urgency, d.id";
  return db.prepare(`select d.id from deliveries d where ${which} ${order} limit ${STAND_INS_MAX}`).pluck();
}

function noticeStatements(db: Connection) {
  const add = db.prepare(`
    insert into notices (at, delivery_id, kind, recipient, next_at) values (:at, :deliveryId, :kind, :recipient, :at)
    on conflict do nothing`);
  const sent = db.prepare("update notices set sent_at = ? where id = ? and sent_at is null");
  const failed = db.prepare("update notices set attempts = attempts + 1, next_at = ? where id = ? and sent_at is null");
  return {
    addNotice(deliveryId: number, kind: string, recipient: string, at: number): void {
      add.run({ deliveryId, kind, recipient, at });
    },
    noticeSent: (id: number, at: number): void => void sent.run(at, id),
    noticeFailed: (id: number, nextAt: number): void => void failed.run(nextAt, id),
  };
}

/** Questions about mail that another queue has, for the reading thread. */
export function standInQuestions(db: Connection) {
  const ofMessage = db.prepare<[number, number], StandInRowOut>(`
    select at, from_queue, to_queue, delivery_id, why from stand_ins
    where routing_id >= ? * 1024 and routing_id < ? * 1024 order by id`);
  return { ofMessage: (messageId: number): readonly StandInRowOut[] => ofMessage.all(messageId, messageId + 1) };
}

/** Questions about what is to be told, for the reading thread. */
export function noticeQuestions(db: Connection) {
  const due = db.prepare<unknown[], NoticeRow>(`
    select n.id, n.at, n.kind, n.recipient, n.attempts, d.id as delivery_id, d.message_id, d.queue, d.urgency,
      d.created_at, coalesce(
        (select 'bounced' from bounces b where b.delivery_id = d.id and n.kind = 'failed' limit 1),
        (select s.why || ' ' || s.to_queue from stand_ins s where s.from_delivery = d.id and n.kind = 'stand-in' limit 1),
        d.reason, '') as reason
    from (
      select n.*, row_number() over (partition by n.recipient order by d.urgency, n.id) as place
      from notices n join deliveries d on d.id = n.delivery_id
      where n.sent_at is null and n.next_at <= ?
    ) n join deliveries d on d.id = n.delivery_id
    where n.place <= ? order by n.recipient, n.place`);
  return { due: (now: number, limit: number): readonly NoticeRow[] => due.all(now, limit) };
}

/** Questions about deliveries of which nobody has been told, for the reading thread. */
export function concernQuestions(db: Connection) {
  const untold = (kind: string) =>
    `not exists (select 1 from notices n where n.delivery_id = d.id and n.kind = '${kind}')`;
  const columns = "d.id as delivery_id, d.message_id, d.queue, d.urgency, d.created_at";
  const concerns = db.prepare<unknown[], ConcernRow>(`
    select * from (
      select ${columns}, 'late' as kind, coalesce(d.reason, '') as reason from deliveries d
      where d.state in ('waiting', 'leased') and d.left_at is null and (
          d.created_at <= :now - ${LATE_MS}
          or d.urgency in ('P1', 'P2') and (d.reason is not null or d.created_at <= :now - ${URGENT_LATE_MS})) and ${untold("late")}
      union all
      select ${columns}, 'failed', d.reason from deliveries d
      where d.state = 'held' and d.left_at is null
        and d.reason in ('refused', 'not-ascii', 'gave-up', 'unreadable') and d.next_at >= :since
        and ${untold("failed")}
      union all
      select ${columns}, 'failed', 'bounced' from bounces b join deliveries d on d.id = b.delivery_id
      where b.action = 'failed' and b.at >= :since and ${untold("failed")}
      union all
      select ${columns}, 'stand-in', s.why from stand_ins s join deliveries d on d.id = s.from_delivery
      where s.at >= :since and ${untold("stand-in")}
    ) order by urgency, delivery_id limit :limit`);
  const trials = db.prepare<[number], TrialRow>(`
    select r.tag, m.door, (
      select max(a.ended_at) from attempts a join deliveries d on d.id = a.delivery_id
      where a.delivery_id = o.delivery_id and d.state = 'delivered') as arrivedAt
    from outcomes t indexed by outcomes_by_time join outcomes o on o.routing_id = t.routing_id
      join routings r on r.id = o.routing_id join messages m on m.id = r.message_id
    where t.decided_at >= ? and t.alias = '${CANARY_ALIAS}'`);
  return {
    trials: (since: number): readonly TrialRow[] => trials.all(since),
    of: (call: { now: number; since: number; limit: number }): readonly ConcernRow[] => concerns.all(call),
  };
}
