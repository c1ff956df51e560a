// Takes responsibility for a mail: streams it to the store while hashing it, and answers only when it is on disk.
// The same for every door. Memory does not grow with the message.

import { createHash } from "node:crypto";
import { Identity } from "./accept/identity.ts";
import {
  CANARY_ALIAS,
  type Client,
  type Door,
  type Envelope,
  type Mail,
  RETURN_ALIAS,
  type Recipient,
} from "./message.ts";
import type { ImapOrigin } from "./store/imap.ts";
import type { Accepted, Body, HoldReason, NewRouting, Store } from "./store/store.ts";

/** A message up to this size is kept in memory until it is committed; a larger one goes to the store in chunks. */
export const INLINE_BYTES_MAX = 128 * 1024;
/** The size of a chunk: few enough rows for a large mail, little enough memory for fifty of them at once. */
const CHUNK_BYTES = 64 * 1024;

/** A mail at the door, before its bytes. */
export type Arrival = {
  readonly door: Door;
  readonly receivedAt: number;
  readonly client: Client;
  readonly envelope: Envelope;
  readonly recipients: readonly Recipient[];
  /** Where it lay, when it was fetched by IMAP. */
  readonly origin: ImapOrigin | null;
};

export type AcceptLimits = {
  readonly messageBytes: number;
  /** More Received headers than this is a loop; the mail is held for a person. */
  readonly hops: number;
  /** Refuse a bare CR or LF: two servers that disagree on line ends can be made to see two mails in one. */
  readonly strictLineEnds: boolean;
};

export type Acceptance =
  | {
      readonly kind: "accepted";
      readonly accepted: Accepted;
      readonly mail: Mail;
      readonly hold: HoldReason | null;
      /** The bytes, when the message was small enough to be kept at hand. */
      readonly raw: Uint8Array | null;
    }
  | { readonly kind: "refused"; readonly reason: "too-large" | "bare-line-end" };

/**
 * Make a mail durable.
 * @returns after the commit, or a refusal of its content with nothing kept
 * @throws StoreTrouble when the store cannot take it, and whatever `bytes` throws when the sender hangs up; nothing is kept
 */
export async function accept(
  store: Store,
  arrival: Arrival,
  bytes: AsyncIterable<Uint8Array>,
  limits: AcceptLimits,
): Promise<Acceptance> {
  const intake = new Intake(store);
  try {
    const refusal = await readAll(intake, bytes, limits);
    if (refusal !== null) {
      await intake.giveUp();
      return { kind: "refused", reason: refusal };
    }
    const headers = readTraceHeaders(intake.identity.headerBlock());
    const identity = intake.identity.digest();
    const mail: Mail = {
      door: arrival.door,
      receivedAt: arrival.receivedAt,
      client: arrival.client,
      envelope: arrival.envelope,
      sizeBytes: intake.sizeBytes,
      sha256: intake.digest(),
      messageId: headers.messageId,
    };
    const hold = headers.hops > limits.hops ? "loop" : null;
    const { body, raw } = await intake.finish();
    const routings = arrival.recipients.map((recipient) => newRouting(recipient, mail, identity, headers));
    const origin = arrival.origin === null ? null : { ...arrival.origin, identity };
    const accepted = await store.accept({ mail, body, routings, hold, origin });
    return { kind: "accepted", accepted, mail, hold, raw };
  } catch (error) {
    await intake.giveUp();
    throw error;
  }
}

async function readAll(
  intake: Intake,
  bytes: AsyncIterable<Uint8Array>,
  limits: AcceptLimits,
): Promise<"too-large" | "bare-line-end" | null> {
  const lines = new LineEnds();
  let refusal: "too-large" | "bare-line-end" | null = null;
  for await (const chunk of bytes) {
    if (refusal !== null) continue; // the rest is read and forgotten: the answer comes after the last dot
    if (intake.sizeBytes + chunk.length > limits.messageBytes) refusal = "too-large";
    else if (limits.strictLineEnds && !lines.clean(chunk)) refusal = "bare-line-end";
    else await intake.add(chunk);
    if (refusal !== null) await intake.giveUp();
  }
  if (refusal === null && limits.strictLineEnds && !lines.cleanEnd()) return "bare-line-end";
  return refusal;
}

/** Collects the bytes of one message: in memory while small, in the store once it is not. */
class Intake {
  sizeBytes = 0;
  private readonly store: Store;
  readonly identity = new Identity();
  private readonly hash = createHash("sha256");
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private bodyId: number | null = null;

  constructor(store: Store) {
    this.store = store;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk);
    this.sizeBytes += chunk.length;
    this.identity.add(chunk);
    this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.bodyId === null ? this.pendingBytes > INLINE_BYTES_MAX : this.pendingBytes >= CHUNK_BYTES) {
      this.bodyId ??= await this.store.openBody();
      await this.store.appendBody(this.bodyId, this.takePending());
    }
  }

  async finish(): Promise<{ body: Body; raw: Uint8Array | null }> {
    const rest = this.takeOwned();
    if (this.bodyId === null) return { body: { kind: "inline", bytes: rest }, raw: rest };
    if (rest.length > 0) await this.store.appendBody(this.bodyId, rest);
    return { body: { kind: "stored", bodyId: this.bodyId }, raw: null };
  }

  /** Forget the bytes. A store in trouble may keep an orphan body; it is swept at the next start. */
  async giveUp(): Promise<void> {
    const bodyId = this.bodyId;
    this.bodyId = null;
    this.takePending();
    if (bodyId !== null) await this.store.dropBody(bodyId).catch(() => undefined);
  }

  digest(): string {
    return this.hash.digest("hex");
  }

  /** What is pending, and nothing pending any more; for use at once, it may share the socket's memory. */
  private takePending(): Uint8Array {
    const [first] = this.pending;
    if (this.pending.length !== 1 || first === undefined) return this.takeOwned();
    this.pending = [];
    this.pendingBytes = 0;
    return first;
  }

  /** The same in memory of its own: a chunk is a view of a larger block, which would be kept and copied whole. */
  private takeOwned(): Uint8Array {
    const whole = new Uint8Array(this.pendingBytes);
    let end = 0;
    for (const chunk of this.pending) {
      whole.set(chunk, end);
      end += chunk.length;
    }
    this.pending = [];
    this.pendingBytes = 0;
    return whole;
  }
}

/** Watches for a CR without LF or a LF without CR across chunks. */
class LineEnds {
  private afterCr = false;

  clean(chunk: Uint8Array): boolean {
    let afterCr = this.afterCr;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if ((byte === 10) !== afterCr) return false;
      afterCr = byte === 13;
    }
    this.afterCr = afterCr;
    return true;
  }

  cleanEnd(): boolean {
    return !this.afterCr;
  }
}

type TraceHeaders = { readonly messageId: string | null; readonly hasDate: boolean; readonly hops: number };

/** The three things the door must know of the header block (RFC 5322 3.6.4, 3.6.1; RFC 5321 6.3). */
function readTraceHeaders(block: string): TraceHeaders {
  const messageId = /^message-id[ \t]*:((?:.*(?:\r?\n[ \t].*)*))/im.exec(block)?.[1]?.replace(/\s+/g, "") ?? "";
  return {
    messageId: messageId === "" || messageId === "<>" ? null : messageId.slice(0, 1000),
    hasDate: /^date[ \t]*:/im.test(block),
    hops: block.match(/^received[ \t]*:/gim)?.length ?? 0,
  };
}

/**
 * The key by which the same mail is known again: a sender's retry, another door, another address of the same alias. It is
 * the alias with the body and the writer's headers, Message-ID among them. The envelope sender is no part of it: relays
 * rewrite it, and a mailbox may not note it. Without a Message-ID it has to be the same as well, for a Date alone counts
 * only seconds; a mail with neither has no key, because two such mails can be two real ones (a web form sent twice).
 */
function newRouting(recipient: Recipient, mail: Mail, identity: string, headers: TraceHeaders): NewRouting {
  if (mail.messageId === null && !headers.hasDate) return { recipient, dedupeKey: null };
  const parts = [identity, ...destinationOf(recipient), mail.messageId === null ? mail.envelope.mailFrom : ""];
  return { recipient, dedupeKey: createHash("sha256").update(parts.join("\0")).digest() };
}

/** A tag is one of many ways to write to an alias, but of bounces and trials it says which delivery or trial is meant. */
function destinationOf({ alias, tag }: Recipient): readonly [string, string] {
  return [alias, alias === RETURN_ALIAS || alias === CANARY_ALIAS ? tag : ""];
}
