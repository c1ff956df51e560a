// Corrections by people: a new delivery, the old one left, and what the model learns of it, in one transaction.

import type { Corrected } from "../../teaching.ts";
import type { Place } from "../tables/overrides.ts";
import type { Tables } from "../tables.ts";
import type { CorrectCall, UndoCall } from "../teaching-calls.ts";

export function correct(tables: Tables, call: CorrectCall): Corrected {
  const places = placesFor(tables, call);
  if (!Array.isArray(places)) return places as Corrected;
  const moved = (places as readonly Place[]).filter((place) => isChanged(place, call));
  const labelId = learn(tables, call);
  const isNew = labelId !== null || (call.pin !== null && !tables.model.isPinned(call.pin, call.queue));
  if (moved.length === 0 && !isNew) return { kind: "same" };
  // Who confirms what was decided is on record too, and can take it back.
  const changed = moved.length === 0 ? (places as readonly Place[]) : moved;
  let overrideId: number | null = null;
  for (const place of changed) {
    const urgency = call.urgency ?? place.urgency;
    const deliveryId = deliver(tables, { ...call, urgency }, place);
    overrideId = tables.overrides.insert({
      ...call,
      type: call.type,
      urgency,
      routingId: place.routing_id,
      deliveryId,
      labelId,
      undoes: null,
    });
  }
  if (call.pin !== null) {
    const { at, by, type, queue, pin: print } = call;
    tables.model.pin({ at, by, print, type, queue, overrideId });
  }
  return { kind: "corrected", from: moved.map(({ queue }) => queue), labelId };
}

/** Takes back the last correction that stands: the routing goes where it was before, and its lesson is untaught. */
export function undoCorrection(tables: Tables, call: UndoCall): Corrected {
  const places = placesFor(tables, call);
  if (!Array.isArray(places)) return places as Corrected;
  const corrected = (places as readonly Place[]).filter(({ override_id }) => override_id !== null);
  if (corrected.length === 0) return { kind: "nothing-to-undo" };
  let type: string | null = null;
  for (const place of corrected) {
    const { override_id: overrideId } = place;
    if (overrideId === null) continue;
    const taken = tables.overrides.insert({
      ...undoRow(call, place),
      deliveryId: place.delivery_id,
      undoes: overrideId,
    });
    const before = tables.overrides.placesOf(call.messageId).find(({ routing_id }) => routing_id === place.routing_id);
    if (before === undefined || taken === 0) throw new Error(`routing ${place.routing_id} has no outcome`);
    deliver(tables, { ...call, queue: before.queue, urgency: before.urgency }, place);
    for (const print of tables.model.pinsOf(overrideId))
      tables.model.pin({ at: call.at, by: call.by, print, type: null, queue: null, overrideId });
    type ??= before.override_id === null ? null : before.type;
  }
  relearn(tables, call, type);
  return { kind: "corrected", from: corrected.map(({ queue }) => queue), labelId: null };
}

/** What the mail teaches is what the correction before taught, or nothing. */
function relearn(tables: Tables, { messageId, at, by }: UndoCall, type: string | null): void {
  const standing = tables.labels.ofMessage(messageId);
  if (standing === null || standing.type === type) return;
  tables.labels.takeBack(standing.id, at, by);
  const { rows, words } = standing;
  const again = { at, by, source: "override", messageId, undoes: null, rows, words, print: null } as const;
  if (type !== null) tables.labels.add({ ...again, type });
}

function undoRow(call: UndoCall, { routing_id, type, urgency, department, queue }: Place) {
  const { at, by, reason } = call;
  return { at, by, reason, routingId: routing_id, type, urgency, department: department ?? "", queue, labelId: null };
}

/** The routings meant, or why there are none. */
function placesFor(tables: Tables, { messageId, alias }: UndoCall): readonly Place[] | Corrected {
  const all = tables.overrides.placesOf(messageId);
  if (all.length === 0) return { kind: "undecided" };
  const meant = alias === null ? all : all.filter((place) => place.alias === alias);
  return meant.length === 0 ? { kind: "unknown-alias" } : meant;
}

function isChanged(place: Place, { queue, urgency, type }: CorrectCall): boolean {
  return (
    place.queue !== queue || (urgency !== null && urgency !== place.urgency) || (type !== null && type !== place.type)
  );
}

/** A delivery to the queue, new or the one the mail has there already; the routing leaves the one it had. */
function deliver(
  tables: Tables,
  { messageId, queue, urgency, at }: { messageId: number; queue: string; urgency: string; at: number },
  place: Place,
): number {
  const { routing_id: routingId, delivery_id: former } = place;
  const { id } = tables.deliveries.create({ messageId, routingId, queue, urgency, at, leaseTo: null, leaseUntil: 0 });
  tables.overrides.move(routingId, id);
  tables.deliveries.enter(id, at);
  if (id !== former && !tables.routings.isDelivery(messageId, former)) tables.deliveries.leave(former, at);
  return id;
}

/** Teaches the type, taking back what was taught of the same mail before; null when there is nothing new to learn. */
function learn(tables: Tables, { messageId, type, rows, words, at, by }: CorrectCall): number | null {
  if (type === null || rows === null || words === null) return null;
  const standing = tables.labels.ofMessage(messageId);
  if (standing?.type === type) return null;
  if (standing !== null) tables.labels.takeBack(standing.id, at, by);
  return tables.labels.add({ at, by, source: "override", messageId, undoes: null, type, rows, words, print: null });
}
