// What a delivery is carried out with: its mail, its label and the recipients routed to its queue. Five look-ups by id:
// measured, a join of the same tables costs five times as much.

import type { JobRow, RecipientColumns } from "../calls.ts";
import type { Tables } from "../tables.ts";

export function jobOf(tables: Tables, deliveryId: number): JobRow {
  const job = tables.deliveries.job(deliveryId);
  const [, messageId, routingId] = job;
  const mail = tables.messages.get(messageId);
  if (mail === undefined) throw new Error(`delivery ${deliveryId} has no message`);
  return {
    job,
    mail,
    label: tables.overrides.label(routingId) ?? tables.outcomes.label(routingId),
    standsInFor: tables.followUp.standsInFor(deliveryId),
    proof: tables.readings.proof(messageId),
    recipients: recipientsOf(tables, messageId, deliveryId),
  };
}

/** Recipients whose outcome is this delivery: all of them in the usual mail to one alias. */
function recipientsOf(tables: Tables, messageId: number, deliveryId: number): readonly RecipientColumns[] {
  const all = tables.routings.ofMessage(messageId);
  const mine = all.length === 1 ? all : all.filter(({ id }) => tables.outcomes.deliveryOf(id) === deliveryId);
  return mine.map(({ recipient }) => recipient);
}
