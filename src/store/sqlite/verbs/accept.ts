// A mail becomes ours: body, message and routings in one step, or nothing at all.

import { refOf } from "../../ref.ts";
import type { Accepted, AcceptedRouting } from "../../store.ts";
import type { AcceptCall, MailColumns, NewRoutingRow } from "../calls.ts";
import { ROUTINGS_PER_MESSAGE } from "../tables/routings.ts";
import type { Tables } from "../tables.ts";
import { dropBody } from "./body.ts";
import { keepOrigin } from "./imap.ts";

/** Writes a mail; routings whose key is known are answered as duplicates, and when all are, nothing else is kept. */
export function accept(tables: Tables, call: AcceptCall, bytes: Uint8Array): Accepted {
  const { routings, receivedAt } = call;
  if (routings.length === 0 || routings.length > ROUTINGS_PER_MESSAGE) {
    throw new Error(`a mail has from 1 to ${ROUTINGS_PER_MESSAGE} routings, not ${routings.length}`);
  }
  const known = routings.map((routing) => knownBy(tables, routing, receivedAt));
  if (known.every((routingId) => routingId !== null)) return repeated(tables, call, known);
  const messageId = insertMessage(tables, call, bytes);
  const answers = routings.map((routing, place): AcceptedRouting => {
    const earlier = known[place] ?? (place > 0 ? knownBy(tables, routing, receivedAt) : null);
    if (earlier !== null) return duplicate(tables, earlier, routing.recipient[0], receivedAt);
    const routingId = tables.routings.insert(messageId, place, routing.recipient, receivedAt, call.hold);
    if (routing.dedupeKey !== null) tables.dedupe.insert(routing.dedupeKey, routingId, receivedAt);
    return { kind: "new", routingId };
  });
  keepOrigin(tables, call.origin, messageId, receivedAt);
  return { messageId, ref: refOf(messageId), routings: answers };
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

function duplicate(tables: Tables, earlier: number, alias: string, at: number) {
  const messageId = messageOf(earlier);
  tables.duplicates.insert(earlier, messageId, alias, at);
  return { kind: "duplicate", ref: refOf(messageId) } as const;
}

function messageOf(routingId: number): number {
  return Math.floor(routingId / ROUTINGS_PER_MESSAGE);
}
