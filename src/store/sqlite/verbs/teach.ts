// Corrections by people: a new delivery, the old one left, and what the model learns of it, in one transaction.

import type { Corrected, Learnt } from "../../teaching.ts";
import type { NewDelivery } from "../tables/deliveries.ts";
import type { Place } from "../tables/overrides.ts";
import type { Tables } from "../tables.ts";
import type { CorrectCall, LabelRow, UndoCall } from "../teaching-calls.ts";

export function correct(tables: Tables, call: CorrectCall): Corrected {
  const found = placesFor(tables, call);
  if (found.kind !== "places") return found;
  const moved = found.places.filter((place) => isChanged(place, call));
  const labelId = learn(tables, call);
  const isNew = labelId !== null || (call.pin !== null && !tables.pins.isPinned(call.pin, call.queue));
  if (moved.length === 0 && !isNew) return { kind: "same" };
  // Who confirms what was decided is on record too, and can take it back.
  const overrides = (moved.length === 0 ? found.places : moved).reduce<readonly number[]>((made, place) => {
    const urgency = call.urgency ?? place.urgency;
    const saidUrgency = call.urgency ?? place.said_urgency;
    const { routing_id: routingId } = place;
    const { messageId, queue, at } = call;
    const goal = { messageId, routingId, queue, urgency, at, leaseTo: null, leaseUntil: 0 };
    const deliveryId = deliveryFor(tables, goal, call.lies);
    const row = { ...call, urgency, saidUrgency, routingId, deliveryId, labelId, act: made[0] ?? null, undoes: null };
    const id = tables.overrides.insert(row);
    move(tables, place, deliveryId, call);
    return [...made, id];
  }, []);
  if (call.pin !== null) {
    const { at, by, type, queue, pin: print } = call;
    tables.pins.add({ at, by, print, type, queue, overrideId: overrides[0] ?? null });
  }
  return { kind: "corrected", from: moved.map(({ at_queue }) => at_queue), labelId };
}

/** Where people have put the mail there themselves, it is delivered. */
function deliveryFor(tables: Tables, goal: NewDelivery, lies: CorrectCall["lies"]): number {
  if (lies === null) return tables.deliveries.createAnew(goal, tables.desk.isEmptied);
  const deliveryId = tables.deliveries.createDelivered(goal);
  const { uidValidity: uid_validity, ...place } = lies;
  tables.desk.keepPlace({ ...place, uid_validity, delivery_id: deliveryId }, goal.messageId, goal.at);
  return deliveryId;
}

/** Takes back the last act of correction that stands: what it moved goes where it was, what it taught and pinned is undone. */
export function undoCorrection(tables: Tables, call: UndoCall): Corrected {
  const found = placesFor(tables, call);
  if (found.kind !== "places") return found;
  const acts = found.places.map(({ act }) => act ?? 0);
  const last = Math.max(...acts);
  if (last === 0) return { kind: "nothing-to-undo" };
  const corrected = found.places.filter(({ act }) => act === last);
  for (const place of corrected) {
    tables.overrides.insert(undoRow(call, place));
    const before = tables.overrides.placesOf(call.messageId).find(({ routing_id }) => routing_id === place.routing_id);
    if (before === undefined) throw new Error(`routing ${place.routing_id} has no outcome`);
    const former = tables.deliveries.again(before.given_id, call.messageId, before.queue);
    const { routing_id: routingId, queue, urgency } = before;
    const goal = { messageId: call.messageId, routingId, queue, urgency, at: call.at, leaseTo: null, leaseUntil: 0 };
    const deliveryId = tables.desk.isEmptied(former) ? deliveryFor(tables, goal, null) : former;
    move(tables, place, deliveryId, call);
    unpin(tables, place, call);
  }
  relearn(tables, call);
  return { kind: "corrected", from: corrected.map(({ queue }) => queue), labelId: null };
}

/** Learns sorted mails, and takes those back whose type is null. The same mail under another type is learnt anew. */
export function teach(tables: Tables, labels: readonly LabelRow[], at: number, by: string): Learnt {
  const learnt = { fresh: 0, changed: 0, takenBack: 0 };
  for (const { type, rows, words, print, writer } of labels) {
    const standing = tables.labels.ofPrint(print);
    if (standing?.type === type || (standing === null && type === null)) continue;
    if (standing !== null) tables.labels.takeBack(standing, at, by);
    if (type === null) learnt.takenBack++;
    else {
      const source = "import" as const;
      tables.labels.add({ at, by, source, messageId: null, undoes: null, type, rows, words, print, writer });
      if (standing === null) learnt.fresh++;
      else learnt.changed++;
    }
  }
  return learnt;
}

/** What the mail teaches is what the newest correction that stands says of any of its aliases, or nothing. */
function relearn(tables: Tables, { messageId, at, by }: UndoCall): void {
  const [newest] = tables.overrides
    .placesOf(messageId)
    .filter(({ override_id, type }) => override_id !== null && type !== null)
    .toSorted((a, b) => (b.override_id ?? 0) - (a.override_id ?? 0));
  const type = newest?.type ?? null;
  const standing = tables.labels.ofMessage(messageId);
  if (standing === null || standing.type === type) return;
  tables.labels.takeBack(standing, at, by);
  const { rows, words, writer } = standing;
  const again = { at, by, source: "override", messageId, undoes: null, rows, words, print: null, writer } as const;
  if (type !== null) tables.labels.add({ ...again, type });
}

/** Pins of the correction that still count give way to those that counted before. */
function unpin(tables: Tables, { override_id: overrideId }: Place, { at, by }: UndoCall): void {
  if (overrideId === null) return;
  for (const print of tables.pins.of(overrideId)) {
    const before = tables.pins.standing(print) ?? { type: null, queue: null, override_id: overrideId };
    tables.pins.add({ at, by, print, type: before.type, queue: before.queue, overrideId: before.override_id });
  }
}

function undoRow(call: UndoCall, place: Place) {
  const { at, by, reason } = call;
  const { routing_id: routingId, type, urgency, said_urgency: saidUrgency, queue, delivery_id: deliveryId } = place;
  const department = place.department ?? "";
  const undone = { labelId: null, act: null, undoes: place.override_id };
  return { at, by, reason, routingId, type, urgency, saidUrgency, department, queue, deliveryId, ...undone };
}

/** The routings meant, or why there are none. */
function placesFor(
  tables: Tables,
  { messageId, alias }: UndoCall,
): { readonly kind: "places"; readonly places: readonly Place[] } | Exclude<Corrected, { readonly kind: "corrected" }> {
  const all = tables.overrides.placesOf(messageId);
  if (all.length === 0) return { kind: "undecided" };
  const places = alias === null ? all : all.filter((place) => place.alias === alias);
  return places.length === 0 ? { kind: "unknown-alias" } : { kind: "places", places };
}

function isChanged(place: Place, { queue, urgency, type }: CorrectCall): boolean {
  return (
    place.at_queue !== queue ||
    (urgency !== null && urgency !== place.urgency) ||
    (type !== null && type !== place.type)
  );
}

/** The routing goes by this delivery and leaves the one it had; both are labelled by who goes by them now. */
function move(tables: Tables, place: Place, deliveryId: number, { messageId, at }: UndoCall): void {
  const { routing_id: routingId, delivery_id: former } = place;
  tables.overrides.move(routingId, deliveryId);
  if (deliveryId !== former && !tables.routings.isDelivery(messageId, former)) tables.deliveries.leave(former, at);
  tables.deliveries.enter(deliveryId, at);
  const places = tables.overrides.placesOf(messageId);
  for (const touched of new Set([former, deliveryId])) {
    const [most] = places
      .filter(({ delivery_id }) => delivery_id === touched)
      .toSorted((a, b) => (a.urgency < b.urgency ? -1 : Number(a.urgency > b.urgency)));
    if (most !== undefined) tables.deliveries.label(touched, most.routing_id, most.urgency);
  }
}

/** Teaches the type, taking back what was taught of the same mail before; null when there is nothing new to learn. */
function learn(tables: Tables, { messageId, type, rows, words, writer, at, by }: CorrectCall): number | null {
  if (type === null || rows === null || words === null) return null;
  const standing = tables.labels.ofMessage(messageId);
  if (standing?.type === type) return null;
  if (standing !== null) tables.labels.takeBack(standing, at, by);
  return tables.labels.add({
    at,
    by,
    source: "override",
    messageId,
    undoes: null,
    type,
    rows,
    words,
    print: null,
    writer,
  });
}
