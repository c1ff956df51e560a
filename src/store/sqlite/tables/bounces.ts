// Statements of `bounces`: what came back for a delivery.

import type { NewBounce } from "../../bounces.ts";
import type { BouncedRow, BounceRowOut } from "../bounce-columns.ts";
import type { Connection } from "../open.ts";

export function bounceStatements(db: Connection) {
  const insert = db.prepare(`
    insert into bounces (at, delivery_id, message_id, action, status)
    select :at, id, :messageId, :action, :status from deliveries where id = :deliveryId
    on conflict (delivery_id, message_id) do nothing`);
  const delivery = db.prepare<unknown[], Omit<BouncedRow, "is_new">>(
    "select message_id, queue, urgency from deliveries where id = ?",
  );
  return {
    /** An address may name a delivery that a restored store has not: then nothing is written. */
    note({ deliveryId, messageId, at, action, status }: NewBounce): BouncedRow | null {
      const { changes } = insert.run({ deliveryId, messageId, at, action, status });
      const found = delivery.get(deliveryId);
      return found === undefined ? null : { ...found, is_new: changes };
    },
  };
}

/** Questions about bounces, for the reading thread. */
export function bounceQuestions(db: Connection) {
  const columns = `
    d.message_id as forward_id, d.queue, b.delivery_id, b.message_id as bounce_id, b.at, b.action, b.status
    from bounces b join deliveries d on d.id = b.delivery_id`;
  const back = db.prepare<unknown[], BounceRowOut>(`select ${columns} where d.message_id = ? order by b.id`);
  const self = db.prepare<unknown[], BounceRowOut>(`select ${columns} where b.message_id = ? order by b.id`);
  return {
    /** Those that came back for this message, and those this message is. */
    ofMessage: (messageId: number): readonly BounceRowOut[] => [...back.all(messageId), ...self.all(messageId)],
  };
}
