// A decision becomes a fact: reading, outcomes, deliveries and, for a gateway that delivers at once, leased jobs.

import type { JobRow, RecordCall } from "../calls.ts";
import type { Tables } from "../tables.ts";
import { jobOf } from "./job.ts";

/** Writes what is still to be decided of the message; answers the deliveries it leased, in the order of the outcomes. */
export function record(tables: Tables, call: RecordCall): readonly JobRow[] {
  const leased: number[] = [];
  let decided = 0;
  for (const outcome of call.outcomes) {
    if (!tables.routings.decide(call.messageId, outcome.routingId, call.decidedAt)) continue;
    decided++;
    const { id, isNew } = tables.deliveries.create({
      messageId: call.messageId,
      routingId: outcome.routingId,
      queue: outcome.queue,
      urgency: outcome.urgency,
      at: call.decidedAt,
      leaseTo: outcome.leaseTo,
      leaseUntil: call.leaseUntil,
    });
    tables.outcomes.insert(outcome.routingId, id, outcome.columns);
    if (outcome.shadow !== null) tables.shadows.insert(outcome.routingId, call.decidedAt, outcome.shadow);
    if (isNew && outcome.leaseTo !== null) leased.push(id);
  }
  if (decided > 0) tables.readings.insert(call.messageId, call.reading);
  return leased.map((id) => jobOf(tables, id));
}
