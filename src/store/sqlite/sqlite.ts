// The default store: one file, one thread that writes, one that answers long questions. Everything said to it in the
// words of the gateway is turned into rows here and posted.

import { refOfToken } from "../../classify/thread.ts";
import type { Job } from "../../outcome.ts";
import { idOf, refOf } from "../ref.ts";
import { type DecidedMail, type Finish, type NewMail, type OutcomeFilter, type Store, StoreTrouble } from "../store.ts";
import { bounceVerbs } from "./bounce-columns.ts";
import type { AcceptCall, BodyPiece, FinishCall, RecordCall } from "./calls.ts";
import { startThread, type ThreadClient } from "./client.ts";
import {
  caseOf,
  deliveryRowOf,
  jobOf,
  mailColumns,
  mailOf,
  outcomeColumns,
  outcomeRowOf,
  pastMailOf,
  recipientColumns,
  recipientOf,
  rulesOf,
} from "./columns.ts";
import { deskVerbs } from "./desk-columns.ts";
import type { Pointer } from "./earlier-rows.ts";
import { followUpVerbs } from "./follow-up-columns.ts";
import { imapVerbs, originRow } from "./imap-columns.ts";
import { ruleVerbs } from "./kept-rules.ts";
import { lazyReader } from "./lazy-reader.ts";
import { filterOf, messageIdOf, operatorVerbs } from "./operator-columns.ts";
import { earlierOf, readingColumns } from "./reading-columns.ts";
import { shadowColumns, shadowVerbs } from "./shadow-columns.ts";
import { teachingVerbs } from "./teaching-columns.ts";

export type SqliteStoreOptions = {
  /** Made when it is not there. */
  readonly folder: string;
  /** The gateway takes the folder for itself; an operator's command works beside it. */
  readonly mode: "gateway" | "operator";
};

/** The store, and what only tests and benchmarks look at. */
export type SqliteStore = Store & {
  /** Settles when the writing thread has died or hangs: every later call is refused. */
  readonly gone: Promise<unknown>;
  /** Transactions so far: with many calls at once, far fewer than calls. */
  batches(): number;
  /** Ends the writing thread in the middle of whatever it does; later calls are refused as "broken". */
  crash(): Promise<void>;
};

/** Ids looked up for one mail. The last of a long list of References are the nearest. */
const EARLIER_IDS_MAX = 20;

/** Opens the store in a folder. Rejects with `StoreTrouble` and a sentence that says what to do. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const task = { folder: options.folder, mode: options.mode };
  const writer = await startThread({ ...task, role: "write" });
  const reader = lazyReader({ ...task, role: "read" });
  const counter = lazyReader({ ...task, role: "read" });
  return {
    ...intakeVerbs(writer),
    ...decideVerbs(writer),
    ...deliverVerbs(writer),
    ...queueVerbs(writer),
    ...operatorVerbs(writer, reader.get),
    ...ruleVerbs(writer),
    ...teachingVerbs(writer),
    ...imapVerbs(writer),
    ...deskVerbs(writer),
    ...followUpVerbs(writer, reader.get),
    ...bounceVerbs(writer),
    ...askVerbs(reader.get),
    ...shadowVerbs(reader.get),
    // Counts are for a health check with a deadline: they do not wait behind a report or a balance.
    counts: async () => (await counter.get()).call("counts", null),
    gone: writer.gone,
    batches: () => writer.batches(),
    crash: () => writer.crash(),
    async [Symbol.asyncDispose]() {
      await writer.close(Promise.all([reader.close(), counter.close()]));
    },
  };
}

function intakeVerbs(writer: ThreadClient): Pick<Store, "openBody" | "appendBody" | "dropBody" | "accept"> {
  return {
    openBody: () => writer.call("openBody", null),
    appendBody: (bodyId, bytes) => writer.call("appendBody", { bodyId }, bytes),
    dropBody: (bodyId) => writer.call("dropBody", { bodyId }),
    accept: (mail) =>
      writer.call("accept", acceptCall(mail), mail.body.kind === "inline" ? mail.body.bytes : undefined),
  };
}

function acceptCall({ mail, body, routings, hold, origin }: NewMail): AcceptCall {
  return {
    bodyId: body.kind === "stored" ? body.bodyId : null,
    receivedAt: mail.receivedAt,
    mail: mailColumns(mail),
    routings: routings.map(({ recipient, dedupeKey }) => ({ recipient: recipientColumns(recipient), dedupeKey })),
    hold,
    origin: origin === null ? null : originRow(origin),
  };
}

type DecideVerbs = Pick<
  Store,
  | "undecided"
  | "readBody"
  | "earlier"
  | "threadKey"
  | "linkKey"
  | "canaryKey"
  | "record"
  | "holdMessage"
  | "releaseMessages"
>;

function decideVerbs(writer: ThreadClient): DecideVerbs {
  return {
    async undecided(after, limit) {
      const rows = await writer.call("undecided", { after, limit });
      return rows.map(({ messageId, mail, routings }) => ({
        messageId,
        ref: refOf(messageId),
        mail: mailOf(mail),
        routings: routings.map((row) => ({ routingId: row.id, recipient: recipientOf(row.recipient) })),
      }));
    },
    readBody: (messageId) => readBody(writer, messageId),
    async earlier(ids, before) {
      if (ids.length === 0) return [];
      const pointers = [...new Set(ids)].slice(0, EARLIER_IDS_MAX).map(pointerOf);
      const rows = await writer.call("earlier", { pointers, before: before ?? null });
      return rows.map(earlierOf);
    },
    threadKey: async () => Buffer.from(await writer.call("threadKey", null)).toString("hex"),
    canaryKey: async () => Buffer.from(await writer.call("canaryKey", null)).toString("hex"),
    linkKey: async () => Buffer.from(await writer.call("linkKey", null)).toString("hex"),
    async record(decided) {
      const jobs = await writer.call("record", recordCall(decided));
      return jobs.map(jobOf);
    },
    holdMessage: (messageId, reason, at) => writer.call("holdMessage", { messageId, reason, at }),
    releaseMessages: ({ ref }, at) => writer.call("releaseMessages", { messageId: messageIdOf(ref), at }),
  };
}

/** A reference or a token of ours names its case; what else it may be is a Message-ID. */
function pointerOf(id: string): Pointer {
  const ref = refOfToken(id) ?? (/^mw-\w+$/i.test(id) ? id : null);
  return { id, messageId: ref === null ? null : idOf(ref) };
}

async function* readBody(writer: ThreadClient, messageId: number): AsyncGenerator<Uint8Array, void, void> {
  let from: number | null = 0;
  let size = 0;
  while (from !== null) {
    const piece: BodyPiece = await writer.call("readBody", { messageId, from });
    for (const chunk of piece.chunks) {
      size += chunk.byteLength;
      yield chunk;
    }
    from = piece.next;
    if (from === null && size !== piece.bodyBytes) {
      const sentence = `The body of ${refOf(messageId)} has ${size} bytes and not ${piece.bodyBytes}. Restore the last backup beside it and compare.`;
      throw new StoreTrouble("broken", sentence);
    }
  }
}

function recordCall(mail: DecidedMail): RecordCall {
  const { shadow } = mail.decided;
  return {
    messageId: mail.messageId,
    decidedAt: mail.decidedAt,
    leaseUntil: mail.leaseUntil,
    reading: readingColumns(mail.decided),
    outcomes: mail.outcomes.map(({ routingId, outcome, leaseTo }) => ({
      routingId,
      queue: outcome.decision.queue,
      urgency: outcome.urgency,
      leaseTo,
      columns: outcomeColumns(outcome, mail.decided, mail.decidedAt, mail.durationMicros),
      shadow: shadow === null ? null : shadowColumns(shadow, outcome, rulesOf(outcome)),
    })),
  };
}

function deliverVerbs(writer: ThreadClient): Pick<Store, "claim" | "unlease" | "finish" | "recoverLeases"> {
  return {
    async claim(request): Promise<readonly Job[]> {
      const jobs = await writer.call("claim", request);
      return jobs.map(jobOf);
    },
    unlease: (deliveryIds) => writer.call("unlease", deliveryIds),
    finish: (finish) => writer.call("finish", finishCall(finish)),
    recoverLeases: (owner, now) => writer.call("recoverLeases", { owner, now }),
  };
}

function finishCall(finish: Finish): FinishCall {
  const { next, deliveryId, attempt, startedAt, endedAt, code, text } = finish;
  const attempted = { deliveryId, attempt, startedAt, endedAt, code, text };
  switch (next.kind) {
    case "delivered":
      return { ...attempted, state: "delivered", nextAt: null, reason: null };
    case "wait":
      return { ...attempted, state: "waiting", nextAt: next.until, reason: finish.text };
    case "hold":
      return { ...attempted, state: "held", nextAt: null, reason: next.reason };
  }
}

function queueVerbs(writer: ThreadClient): Pick<Store, "waitingQueues" | "heldQueues"> {
  return {
    waitingQueues: () => writer.call("waitingQueues", null),
    heldQueues: (reason) => writer.call("heldQueues", reason),
  };
}

type AskVerbs = Pick<
  Store,
  "outcomes" | "find" | "decidedSince" | "pastMails" | "balance" | "report" | "deliveries" | "heldMessages"
>;

function askVerbs(reader: () => Promise<ThreadClient>): AskVerbs {
  return {
    async outcomes(filter) {
      const rows = await (await reader()).call("outcomes", outcomeFilterOf(filter));
      return rows.map(outcomeRowOf);
    },
    async find(ref) {
      const messageId = idOf(ref);
      const rows = messageId === null ? null : await (await reader()).call("find", { messageId });
      return rows === null ? null : caseOf(rows);
    },
    decidedSince: async (since) => (await reader()).call("decidedSince", since),
    async pastMails(messageIds) {
      const rows = await (await reader()).call("pastMails", messageIds);
      return rows.map(pastMailOf);
    },
    balance: async (by = "alias") => (await reader()).call("balance", by),
    report: async (request) => (await reader()).call("report", request),
    async deliveries(filter) {
      const rows = await (await reader()).call("deliveries", { ...filterOf(filter), limit: filter.limit });
      return rows.map(deliveryRowOf);
    },
    async heldMessages(limit) {
      const rows = await (await reader()).call("heldMessages", { limit });
      return rows.map((row) => ({ ref: refOf(row.message_id), reason: row.held_reason, at: row.changed_at }));
    },
  };
}

function outcomeFilterOf({ queue, alias, urgency, since, limit }: OutcomeFilter) {
  return {
    queue: queue ?? null,
    alias: alias ?? null,
    urgency: urgency ?? null,
    since: since ?? null,
    limit,
  };
}
