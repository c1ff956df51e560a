// Statements of `deliveries`: a mail and a queue it must reach. A delivery is leased to one gateway for one attempt.

import type { ClaimCall, DeliveryRowOut, FinishCall, JobColumns } from "../calls.ts";
import type { Connection } from "../open.ts";
import type { DeliveryFilter } from "../operator-columns.ts";
import { FITS } from "./operator.ts";

const URGENCIES = ["P1", "P2", "P3", "P4"] as const;
/** Why a delivery is held that waited when the last routing left it; held for another reason it stays so if one comes back. */
const LEFT = "left";
/** A lease ends without an attempt: it waits again, unless it was left meanwhile. */
const PUT_BACK = `state = case when left_at is null then 'waiting' else 'held' end,
  reason = case when left_at is null then reason else '${LEFT}' end`;

export type NewDelivery = {
  readonly messageId: number;
  readonly routingId: number;
  readonly queue: string;
  readonly urgency: string;
  readonly at: number;
  readonly leaseTo: string | null;
  readonly leaseUntil: number;
};

/** A delivery that a mail has to a queue now. */
type Current = { readonly id: number; readonly state: string; readonly urgency: string };

export function deliveryStatements(db: Connection) {
  const { insert, current, state, raise, label, claim, unlease, finish, recover, job } = prepared(db);
  const create = (row: NewDelivery): number => {
    const leased = row.leaseTo !== null;
    const columns = [leased ? "leased" : "waiting", leased ? 1 : 0, row.at, row.at, row.leaseTo];
    const leaseUntil = leased ? row.leaseUntil : null;
    return Number(
      insert.run(row.messageId, row.routingId, row.queue, row.urgency, ...columns, leaseUntil).lastInsertRowid,
    );
  };
  return {
    /** Creates a delivery, or finds the one the mail has to this queue already and gives it the more urgent label. */
    create(row: NewDelivery): { readonly id: number; readonly isNew: boolean } {
      const same = current.get(row.messageId, row.queue);
      if (same === undefined) return { id: create(row), isNew: true };
      raise.run(row.routingId, row.urgency, same.id, row.urgency);
      return { id: same.id, isNew: false };
    },
    /**
     * As `create`, and anew when the queue has the mail already, but as less urgent, or people have taken away what it
     * had: they must see it again.
     */
    createAnew(row: NewDelivery, isEmptied: (deliveryId: number) => boolean): number {
      const same = current.get(row.messageId, row.queue);
      const isTold = same !== undefined && (same.state !== "delivered" || same.urgency <= row.urgency);
      return isTold && !isEmptied(same.id) ? same.id : create(row);
    },
    /** The delivery that a routing goes back to: this one, or, when it never arrived, one the mail has there by now. */
    again(deliveryId: number, messageId: number, queue: string): number {
      const hasArrived = state.get(deliveryId) === "delivered";
      return hasArrived ? deliveryId : (current.get(messageId, queue)?.id ?? deliveryId);
    },
    /** What is not delivered yet is labelled as this routing. */
    label(deliveryId: number, routingId: number, urgency: string): void {
      label.run(routingId, urgency, deliveryId);
    },
    /** Leases what is due, most urgent first, then longest due; answers the ids in that order. */
    claim({ queue, owner, now, leaseUntil, limit }: ClaimCall): readonly number[] {
      const ids: number[] = [];
      for (const urgency of URGENCIES) {
        if (ids.length >= limit) break;
        const leased = claim.all(owner, leaseUntil, queue, urgency, now, limit - ids.length);
        leased.sort((a, b) => a.next_at - b.next_at || a.id - b.id);
        ids.push(...leased.map((row) => row.id));
      }
      return ids;
    },
    unlease(deliveryId: number): void {
      unlease.run(deliveryId);
    },
    /** Changes nothing unless the delivery is leased for this very attempt. */
    finish({ state, nextAt, reason, deliveryId, attempt }: FinishCall): void {
      finish.run({ state, nextAt, reason, deliveryId, attempt });
    },
    recover(owner: string, now: number): number {
      return recover.run({ owner, now }).changes;
    },
    job(deliveryId: number): JobColumns {
      const columns = job.get(deliveryId) as JobColumns | undefined;
      if (columns === undefined) throw new Error(`there is no delivery ${deliveryId}`);
      return columns;
    },
    ...leavingStatements(db),
    ...queueStatements(db),
  };
}

function prepared(db: Connection) {
  const insert = db.prepare(`
    insert into deliveries (message_id, routing_id, queue, urgency, state, attempts, created_at, next_at, lease_owner,
      lease_until)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const current = db.prepare<[number, string], Current>(`
    select id, state, urgency from deliveries where message_id = ? and queue = ? and left_at is null
    order by state = 'delivered', id desc limit 1`);
  const state = db.prepare("select state from deliveries where id = ?").pluck();
  const raise = db.prepare(`
    update deliveries set routing_id = ?, urgency = ? where id = ? and urgency > ? and state <> 'delivered'`);
  const label = db.prepare("update deliveries set routing_id = ?, urgency = ? where id = ? and state <> 'delivered'");
  const claim = db.prepare<unknown[], { id: number; next_at: number }>(`
    update deliveries set state = 'leased', attempts = attempts + 1, lease_owner = ?, lease_until = ?
    where id in (
      select id from deliveries
      where state <> 'delivered' and state = 'waiting' and queue = ? and urgency = ? and next_at <= ?
      order by next_at, id limit ?
    ) returning id, next_at`);
  const unlease = db.prepare(`
    update deliveries set ${PUT_BACK}, attempts = attempts - 1, lease_owner = null, lease_until = null
    where id = ? and state = 'leased'`);
  const finish = db.prepare(`
    update deliveries set state = case when :state = 'waiting' and left_at is not null then 'held' else :state end,
      next_at = coalesce(:nextAt, next_at), lease_owner = null, lease_until = null,
      reason = case when :state = 'waiting' and left_at is not null then '${LEFT}' else :reason end
    where id = :deliveryId and state = 'leased' and attempts = :attempt`);
  const recover = db.prepare(`
    update deliveries set ${PUT_BACK}, in_doubt = 1, lease_owner = null, lease_until = null
    where state <> 'delivered' and state = 'leased' and (lease_owner <> :owner or lease_until <= :now)`);
  const job = db
    .prepare("select id, message_id, routing_id, queue, attempts, created_at, in_doubt from deliveries where id = ?")
    .raw();
  return { insert, current, state, raise, label, claim, unlease, finish, recover, job };
}

function leavingStatements(db: Connection) {
  const delivered = db.prepare(`
    insert into deliveries (message_id, routing_id, queue, urgency, state, attempts, created_at, next_at)
    values (:messageId, :routingId, :queue, :urgency, 'delivered', 0, :at, :at)`);
  const leave = db.prepare("update deliveries set left_at = ? where id = ?");
  const shelve = db.prepare(
    `update deliveries set state = 'held', reason = '${LEFT}' where id = ? and state = 'waiting'`,
  );
  const unshelve = db.prepare(`
    update deliveries set state = 'waiting', reason = null, next_at = :at, created_at = :at
    where id = :deliveryId and left_at is not null and state = 'held' and reason = '${LEFT}'`);
  const enter = db.prepare("update deliveries set left_at = null where id = ? and left_at is not null");
  return {
    /** One that people have carried out themselves. */
    createDelivered({ messageId, routingId, queue, urgency, at }: NewDelivery): number {
      return Number(delivered.run({ messageId, routingId, queue, urgency, at }).lastInsertRowid);
    },
    /** No routing goes there any more: it is not carried out, unless it was already or is under way. */
    leave(deliveryId: number, at: number): void {
      leave.run(at, deliveryId);
      shelve.run(deliveryId);
    },
    /** A routing goes there; again, when it had left: then it waits, unless it is delivered or was held before. */
    enter(deliveryId: number, at: number): void {
      unshelve.run({ deliveryId, at });
      enter.run(deliveryId);
    },
  };
}

function queueStatements(db: Connection) {
  const waitingQueues = db.prepare<[], { queue: string }>(`
    select distinct queue from deliveries where state = 'waiting'`);
  const heldQueues = db.prepare<[string], { queue: string }>(`
    select distinct queue from deliveries where state <> 'delivered' and state = 'held' and reason = ? and left_at is null`);
  return {
    waitingQueues: (): readonly string[] => waitingQueues.all().map(({ queue }) => queue),
    heldQueues: (reason: string): readonly string[] => heldQueues.all(reason).map(({ queue }) => queue),
  };
}

/** Questions about deliveries, for the reading thread. */
export function deliveryQuestions(db: Connection) {
  const columns = "id, message_id, queue, state, attempts, created_at, next_at, left_at, reason, urgency";
  const list = (state: string) =>
    db.prepare<unknown[], DeliveryRowOut>(`
      select ${columns} from deliveries
      where ${state} and ${FITS}
      order by id desc limit :limit`);
  const any = list("true");
  const open = list("state <> 'delivered'");
  const ofMessage = db.prepare<unknown[], DeliveryRowOut>(
    `select ${columns} from deliveries where message_id = ? order by id`,
  );
  const states = db.prepare<unknown[], { state: string; count: number; oldest: number }>(`
    select state, count(*) as count, min(created_at) as oldest from deliveries
    where state <> 'delivered' and left_at is null group by state`);
  const inDoubt = db.prepare("select count(*) from deliveries where in_doubt = 1").pluck();
  return {
    list(filter: DeliveryFilter & { readonly limit: number }): readonly DeliveryRowOut[] {
      return (filter.state === null || filter.state === "delivered" ? any : open).all(filter);
    },
    ofMessage: (messageId: number): readonly DeliveryRowOut[] => ofMessage.all(messageId),
    /** How many there are of each state but delivered, and when the oldest was created. */
    states: () => new Map(states.all().map((row) => [row.state, row])),
    inDoubt: (): number => inDoubt.get() as number,
  };
}
