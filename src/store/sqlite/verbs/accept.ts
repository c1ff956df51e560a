// A mail becomes ours: body, message and routings in one step, or nothing at all.

import { refOf } from "../../ref.ts";
import type { Accepted, AcceptedRouting } from "../../store.ts";
import type { AcceptCall, MailColumns, NewRoutingRow } from "../calls.ts";
import { ROUTINGS_PER_MESSAGE } from "../tables/routings.ts";
import type { Tables } from "../tables.ts";
import { dropBody } from "./body.ts";
import { keepOrigin } from "./imap.ts";

/**
 * Writes a mail; routings whose key is known are answered as duplicates, and when all are, nothing else is kept. Nothing
 * at all is written when that very mail of a watched folder is ours already: two sessions may have fetched it.
 */
export function accept(tables: Tables, call: AcceptCall, bytes: Uint8Array): Accepted {
  const { routings, receivedAt } = call;
  if (routings.length === 0 || routings.length > ROUTINGS_PER_MESSAGE) {
    throw new Error(`a mail has from 1 to ${ROUTINGS_PER_MESSAGE} routings, not ${routings.length}`);
  }
  const taken = call.origin === null ? null : tables.imap.takenFrom(call.origin);
  if (taken !== null) return fetchedAgain(tables, call, taken);
  const known = routings.map((routing) => knownBy(tables, routing, receivedAt));
  if (known.every((routingId) => routingId !== null)) return repeated(tables, call, known);
  const messageId = insertMessage(tables, call, bytes);
  const answers: AcceptedRouting[] = [];
  for (const [place, routing] of taggedFirst(routings)) {
    const earlier = known[place] ?? (routings.length > 1 ? knownBy(tables, routing, receivedAt) : null);
    answers[place] =
      earlier === null
        ? { kind: "new", routingId: insertRouting(tables, call, messageId, place, routing) }
        : duplicate(tables, earlier, routing.recipient[0], receivedAt);
  }
  keepOrigin(tables, call.origin, messageId, receivedAt);
  return { messageId, ref: refOf(messageId), routings: answers };
}

/** With their places. Of two addresses of one alias the one with a tag is kept, for a tag may name an earlier case. */
function taggedFirst(routings: readonly NewRoutingRow[]): readonly (readonly [number, NewRoutingRow])[] {
  const isBare = ({ recipient: [, , tag] }: NewRoutingRow) => Number(tag === "");
  return [...routings.entries()].sort(([, one], [, other]) => isBare(one) - isBare(other));
}

function insertRouting(
  tables: Tables,
  { receivedAt, hold }: AcceptCall,
  messageId: number,
  place: number,
  { recipient, dedupeKey }: NewRoutingRow,
): number {
  const routingId = tables.routings.insert(messageId, place, recipient, receivedAt, hold);
  if (dedupeKey !== null) tables.dedupe.insert(dedupeKey, routingId, receivedAt);
  return routingId;
}

/** The routing that had the same key before, or has got it in this very mail. */
function knownBy(tables: Tables, { dedupeKey }: NewRoutingRow, at: number): number | null {
  return dedupeKey === null ? null : tables.dedupe.known(dedupeKey, at);
}

function insertMessage(tables: Tables, call: AcceptCall, bytes: Uint8Array): number {
  const messageId = insertWithBody(tables, call, bytes);
  const header = messageIdOf(call.mail);
  if (header !== null) tables.threads.add(header, messageId);
  return messageId;
}

/** The last of the columns. */
function messageIdOf(columns: MailColumns): string | null {
  return columns[13];
}

function insertWithBody(tables: Tables, call: AcceptCall, bytes: Uint8Array): number {
  if (call.bodyId !== null) return tables.messages.insert(call.bodyId, tables.bodies.take(call.bodyId), call.mail);
  const bodyId = tables.takeBodyId();
  tables.bodies.put(bodyId, bytes);
  return tables.messages.insert(bodyId, bytes.byteLength, call.mail);
}

function repeated(tables: Tables, call: AcceptCall, known: readonly number[]): Accepted {
  const answers = call.routings.map(({ recipient: [alias] }, place) =>
    duplicate(tables, known[place] ?? 0, alias, call.receivedAt),
  );
  if (call.bodyId !== null) dropBody(tables, { bodyId: call.bodyId });
  keepOrigin(tables, call.origin, messageOf(known[0] ?? 0), call.receivedAt);
  return { messageId: null, ref: refOf(messageOf(known[0] ?? 0)), routings: answers };
}

function fetchedAgain(tables: Tables, { bodyId, routings }: AcceptCall, messageId: number): Accepted {
  if (bodyId !== null) dropBody(tables, { bodyId });
  const ref = refOf(messageId);
  return { messageId: null, ref, routings: routings.map(() => ({ kind: "duplicate", ref })) };
}

function duplicate(tables: Tables, earlier: number, alias: string, at: number) {
  const messageId = messageOf(earlier);
  tables.duplicates.insert(earlier, messageId, alias, at);
  return { kind: "duplicate", ref: refOf(messageId) } as const;
}

function messageOf(routingId: number): number {
  return Math.floor(routingId / ROUTINGS_PER_MESSAGE);
}
