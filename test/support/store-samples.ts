// Mails, outcomes and attempts for tests and benchmarks of the store.

import { createHash } from "node:crypto";
import { type Mail, NO_PROOF, type Recipient } from "../../src/message.ts";
import type { Outcome, Reading, Urgency } from "../../src/outcome.ts";
import type { DecidedMail, Finish, NewMail, NewOutcome, Store } from "../../src/store/store.ts";

/** 2026-11-23 20:00 UTC, the hour of most tests. */
export const NOW = Date.UTC(2026, 10, 23, 20);

export function mailOf(bytes: Uint8Array, over: Partial<Mail> = {}): Mail {
  return {
    door: "smtp",
    receivedAt: NOW,
    client: { address: "192.0.2.7", helo: "mail.example.org", tls: true, user: null },
    envelope: {
      mailFrom: "patient@example.org",
      smtpUtf8: false,
      body8Bit: true,
      dsnReturn: "HDRS",
      dsnEnvelopeId: "QQ314159",
    },
    sizeBytes: bytes.byteLength,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    messageId: "<1@example.org>",
    ...over,
  };
}

export function recipientOf(alias: string): Recipient {
  return { alias, address: `${alias}@hospital.example`, tag: "", dsnNotify: ["FAILURE", "DELAY"], dsnOriginal: null };
}

/** A new mail to some aliases; `key` makes the dedupe key of each, null makes none. */
export function newMail(
  text: string,
  aliases: readonly string[] = ["billing"],
  key: ((alias: string) => string) | null = null,
): NewMail {
  const bytes = Buffer.from(text);
  return {
    mail: mailOf(bytes),
    body: { kind: "inline", bytes },
    routings: aliases.map((alias) => ({
      recipient: recipientOf(alias),
      dedupeKey: key === null ? null : createHash("sha256").update(key(alias)).digest(),
    })),
    hold: null,
    origin: null,
  };
}

export function outcomeOf(alias: string, queue: string, urgency: Urgency = "P3"): Outcome {
  return {
    alias,
    requestType: "billing",
    urgency,
    decidedBy: "scorecard",
    scores: [
      { type: "billing", points: 5 },
      { type: "clinical", points: 1 },
    ],
    evidence: [
      { kind: "alias", alias, type: "billing", points: 2 },
      {
        kind: "rule",
        rule: "payment-plan",
        type: "billing",
        points: 3,
        sure: false,
        phrase: "payment plan",
        span: { field: "text", start: 41, end: 53 },
        others: [],
      },
      { kind: "department", rule: "billing-desk", department: "patient-accounts" },
    ],
    decision: { kind: "route", queue, department: "patient-accounts" },
    missing: [],
    without: [],
  };
}

export function decidedOf(messageId: number, outcomes: readonly NewOutcome[], at = NOW + 5): DecidedMail {
  return {
    messageId,
    decidedAt: at,
    durationMicros: 730,
    decided: {
      kind: "person",
      originalSender: "patient@example.org",
      forwarder: null,
      forwardTier: "none",
      confidence: null,
      staff: null,
      language: "en",
      fields: [],
      refusals: [],
      failures: [],
      proof: NO_PROOF,
      defects: [],
      outcomes: outcomes.map(({ outcome }) => outcome),
      rulesHash: "5f2a77c01b9e4d10",
      modelVersion: "starter-0",
      shadow: null,
    },
    outcomes,
    leaseUntil: at + 60_000,
  };
}

export function finishOf(deliveryId: number, attempt: number, next: Finish["next"] = { kind: "delivered" }): Finish {
  return {
    deliveryId,
    attempt,
    startedAt: NOW + 6,
    endedAt: NOW + 9,
    code: next.kind === "delivered" ? "250" : "451",
    text: next.kind === "delivered" ? "taken by the maildir" : "try later",
    next,
  };
}

/** What a test says of a mail; it has one alias where none is said. */
type Sent = { readonly messageId?: string | null; readonly mailFrom?: string; readonly aliases?: readonly string[] };

/** Accepts a mail. */
export async function acceptedIn(store: Store, sent: Sent) {
  const { messageId = "<a@example.org>", mailFrom = "ana@example.org", aliases = ["billing"] } = sent;
  const mail = newMail("x", aliases);
  const envelope = { ...mail.mail.envelope, mailFrom };
  return store.accept({ ...mail, mail: { ...mail.mail, messageId, envelope } });
}

/** Accepts and decides a mail; answers its reference. */
export async function decidedIn(
  store: Store,
  sent: Sent = {},
  reading: Partial<Reading> = {},
  over: Partial<Outcome> = {},
) {
  const { messageId, ref, routings } = await acceptedIn(store, sent);
  const outcomes = routings.map((routing, place) => ({
    routingId: routing.kind === "new" ? routing.routingId : 0,
    outcome: { ...outcomeOf("billing", "desk"), ...(place === 0 ? over : { requestType: "access" }) },
    leaseTo: null,
  }));
  const mail = decidedOf(messageId ?? 0, outcomes);
  await store.record({ ...mail, decided: { ...mail.decided, ...reading } });
  return ref;
}
