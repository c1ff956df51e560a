// Decided mails in bulk, with their bytes and what was decided then: what a replay of other rules reads.

import type { PastRows } from "../calls.ts";
import type { Questions } from "./ask.ts";

/** Bytes of mails in one answer. A mail longer than this comes without its bytes, to be read in pieces. */
const PAGE_BYTES = 1024 * 1024;

/** As many of these mails, from the first on, as one answer carries; at least one. What is not there is left out. */
export function pastMails(questions: Questions, messageIds: readonly number[]): readonly PastRows[] {
  const found: PastRows[] = [];
  let bytes = 0;
  for (const messageId of messageIds) {
    const mail = questions.messages.get(messageId);
    if (mail === undefined) continue;
    const { bodyId, bodyBytes } = questions.messages.body(messageId);
    if (found.length > 0 && bytes + bodyBytes > PAGE_BYTES) break;
    bytes += bodyBytes;
    found.push({
      messageId,
      mail,
      reading: questions.readings.get(messageId),
      routings: questions.routings.ofMessage(messageId),
      outcomes: questions.outcomes.pastOf(messageId),
      bytes: bodyBytes > PAGE_BYTES ? null : wholeBody(questions, bodyId, bodyBytes),
    });
  }
  return found;
}

function wholeBody({ bodies }: Questions, bodyId: number, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let end = 0;
  for (let from: number | null = 0; from !== null; ) {
    const { chunks, next } = bodies.read(bodyId, from);
    for (const chunk of chunks) {
      if (end + chunk.byteLength <= size) whole.set(chunk, end);
      end += chunk.byteLength;
    }
    from = next;
  }
  if (end !== size) throw new Error(`the body has ${end} bytes and not ${size}`);
  return whole;
}
