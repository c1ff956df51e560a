// Mail of a queue whose destination fails goes to the queue that stands in: a new delivery, the old one left, in one
// transaction. Nothing is learnt of it, and what people said stays.

import type { FollowUpWriteVerbs } from "../follow-up-columns.ts";
import type { Tables } from "../tables.ts";

type Request = Parameters<FollowUpWriteVerbs["standIn"]>[0];

export function standIn(tables: Tables, request: Request): ReturnType<FollowUpWriteVerbs["standIn"]> {
  const { queue, backup, at, why } = request;
  const moment = request.why === "away" ? request.waitingSince : request.since;
  return tables.followUp.movable(why, queue, backup, moment).map((fromDelivery) => {
    const [, messageId] = tables.deliveries.job(fromDelivery);
    const places = tables.overrides.placesOf(messageId).filter(({ delivery_id }) => delivery_id === fromDelivery);
    const urgency = places.map((place) => place.urgency).sort()[0] ?? "P4";
    for (const { routing_id: routingId, urgency: its } of places) {
      const goal = { messageId, routingId, queue: backup, urgency: its, at, leaseTo: null, leaseUntil: 0 };
      const deliveryId = tables.deliveries.createAnew(goal, tables.desk.isEmptied);
      tables.followUp.addStandIn({ at, routingId, from: queue, to: backup, fromDelivery, deliveryId, why });
      tables.overrides.move(routingId, deliveryId);
      tables.deliveries.enter(deliveryId, at);
    }
    tables.deliveries.leave(fromDelivery, at);
    return { message_id: messageId, urgency };
  });
}
