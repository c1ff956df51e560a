// Domain values to columns and back: the one place that knows both. JSON columns carry a version `v`, so that a later
// shape can still read an earlier one.

import type { Mail, Recipient } from "../../message.ts";
import type { Decided, Job, Outcome, Urgency } from "../../outcome.ts";
import type { PastMail, PastOutcome } from "../past.ts";
import { refOf } from "../ref.ts";
import type { AttemptRow, Case, DeliveryRow, DeliveryState, OutcomeRow } from "../store.ts";
import { bounceOf } from "./bounce-columns.ts";
import type {
  AttemptRowOut,
  CaseRows,
  Column,
  DeliveryRowOut,
  JobRow,
  MailColumns,
  OutcomeRowOut,
  PastOutcomeRow,
  PastRows,
  RecipientColumns,
} from "./calls.ts";
import { acknowledgementOf } from "./desk-columns.ts";
import { standInOf } from "./follow-up-columns.ts";
import { proofOf, readingOf } from "./reading-columns.ts";
import { pastShadowOf } from "./shadow-columns.ts";
import { overrideOf } from "./teaching-columns.ts";

/** Version of the JSON in `outcomes.why`. */
const WHY_VERSION = 1;

export function mailColumns(mail: Mail): MailColumns {
  const { client, envelope } = mail;
  return [
    mail.door,
    mail.receivedAt,
    client.address,
    client.helo,
    Number(client.tls),
    client.user,
    envelope.mailFrom,
    Number(envelope.smtpUtf8),
    Number(envelope.body8Bit),
    envelope.dsnReturn,
    envelope.dsnEnvelopeId,
    mail.sizeBytes,
    mail.sha256,
    mail.messageId,
  ];
}

export function mailOf(columns: MailColumns): Mail {
  const [door, receivedAt, address, helo, tls, user, mailFrom, smtpUtf8, body8Bit, dsnReturn, ...rest] = columns;
  const [dsnEnvelopeId, sizeBytes, sha256, messageId] = rest;
  return {
    door: door as Mail["door"],
    receivedAt,
    client: { address, helo, tls: tls === 1, user },
    envelope: {
      mailFrom,
      smtpUtf8: smtpUtf8 === 1,
      body8Bit: body8Bit === 1,
      dsnReturn: dsnReturn as Mail["envelope"]["dsnReturn"],
      dsnEnvelopeId,
    },
    sizeBytes,
    sha256,
    messageId,
  };
}

export function recipientColumns({ alias, address, tag, dsnNotify, dsnOriginal }: Recipient): RecipientColumns {
  return [alias, address, tag, dsnNotify.join(","), dsnOriginal];
}

export function recipientOf([alias, address, tag, dsnNotify, dsnOriginal]: RecipientColumns): Recipient {
  return { alias, address, tag, dsnNotify: dsnNotify === "" ? [] : dsnNotify.split(","), dsnOriginal };
}

/** The columns of `outcomes` from `decided_at` to `duration_micros`, and `why`. */
export function outcomeColumns(
  outcome: Outcome,
  { rulesHash, modelVersion }: Pick<Decided, "rulesHash" | "modelVersion">,
  decidedAt: number,
  durationMicros: number,
): readonly Column[] {
  const { decision, scores, evidence, missing, without } = outcome;
  return [
    decidedAt,
    outcome.alias,
    outcome.requestType,
    outcome.urgency,
    decision.kind === "route" ? decision.department : null,
    decision.queue,
    Number(decision.kind === "review"),
    outcome.decidedBy,
    JSON.stringify(rulesOf(outcome)),
    rulesHash,
    modelVersion,
    durationMicros,
    JSON.stringify({ v: WHY_VERSION, scores, evidence, decision, missing, without }),
  ];
}

/** The ids of the rules that spoke, each once, in the order of the evidence. */
export function rulesOf(outcome: Outcome): readonly string[] {
  const rules = new Set<string>();
  for (const evidence of outcome.evidence)
    if ("rule" in evidence && evidence.kind !== "cancelled") rules.add(evidence.rule);
  return [...rules];
}

/** `missing` and `without` came later, with the same version: what is not there is empty. */
type Why = Pick<Outcome, "scores" | "evidence" | "decision"> &
  Partial<Pick<Outcome, "missing" | "without">> & { readonly v: number };

export function outcomeRowOf(row: OutcomeRowOut): OutcomeRow {
  const why = JSON.parse(row.why) as Why;
  if (why.v !== WHY_VERSION) throw new Error(`an outcome is written in version ${why.v}, which is not known here`);
  const urgency = row.urgency as Urgency;
  const decidedBy = row.decided_by as Outcome["decidedBy"];
  return {
    ref: refOf(row.message_id),
    decidedAt: row.decided_at,
    receivedAt: row.received_at,
    alias: row.alias,
    requestType: row.request_type,
    urgency,
    department: row.department,
    queue: row.queue,
    review: row.review === 1,
    decidedBy,
    rules: JSON.parse(row.rules) as string[],
    rulesHash: row.rules_hash,
    modelVersion: row.model_version,
    durationMicros: row.duration_micros,
    outcome: {
      alias: row.alias,
      requestType: row.request_type,
      urgency,
      decidedBy,
      scores: why.scores,
      evidence: why.evidence,
      decision: why.decision,
      missing: why.missing ?? [],
      without: why.without ?? [],
    },
    deliveryState: row.state as DeliveryState,
  };
}

export function pastMailOf(rows: PastRows): PastMail {
  const decided = rows.routings.filter(({ state }) => state === "decided");
  return {
    messageId: rows.messageId,
    ref: refOf(rows.messageId),
    mail: mailOf(rows.mail),
    reading: rows.reading === null ? null : readingOf(rows.reading),
    recipients: decided.map(({ recipient }) => recipientOf(recipient)),
    outcomes: rows.outcomes.map(pastOutcomeOf),
    raw: rows.bytes,
  };
}

function pastOutcomeOf(row: PastOutcomeRow): PastOutcome {
  return {
    alias: row.alias,
    requestType: row.request_type,
    urgency: row.urgency as Urgency,
    department: row.department,
    queue: row.queue,
    review: row.review === 1,
    decidedBy: row.decided_by,
    rules: JSON.parse(row.rules) as string[],
  };
}

export function jobOf({ job, mail, label, proof, recipients, standsInFor }: JobRow): Job {
  const [id, messageId, , queue, attempt, createdAt, inDoubt] = job;
  const [requestType, urgency, department, decidedBy, rules] = label;
  return {
    id,
    messageId,
    queue,
    attempt,
    createdAt,
    inDoubt: inDoubt === 1,
    mail: mailOf(mail),
    recipients: recipients.map(recipientOf),
    label: {
      ref: refOf(messageId),
      queue,
      requestType,
      urgency: urgency as Urgency,
      department,
      decidedBy: decidedBy as Outcome["decidedBy"],
      rules: JSON.parse(rules) as string[],
      proof: proofOf(proof),
      standsInFor,
    },
  };
}

export function deliveryRowOf(row: DeliveryRowOut): DeliveryRow {
  return {
    id: row.id,
    ref: refOf(row.message_id),
    queue: row.queue,
    state: row.state as DeliveryState,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAt: row.next_at,
    leftAt: row.left_at,
    reason: row.reason,
    urgency: row.urgency as Urgency,
  };
}

function attemptRowOf(row: AttemptRowOut): AttemptRow {
  return {
    deliveryId: row.delivery_id,
    attempt: row.attempt,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    code: row.code,
    text: row.text,
  };
}

export function caseOf(rows: CaseRows): Case {
  return {
    ref: refOf(rows.messageId),
    messageId: rows.messageId,
    mail: mailOf(rows.mail),
    reading: rows.reading === null ? null : readingOf(rows.reading),
    routings: rows.routings.map((row) => ({
      recipient: recipientOf(row.recipient),
      state: row.state as Case["routings"][number]["state"],
      heldReason: row.heldReason,
    })),
    outcomes: rows.outcomes.map(outcomeRowOf),
    overrides: rows.overrides.map(overrideOf),
    shadows: rows.shadows.map(pastShadowOf),
    deliveries: rows.deliveries.map(deliveryRowOf),
    attempts: rows.attempts.map(attemptRowOf),
    bounces: rows.bounces.map(bounceOf),
    standIns: rows.standIns.map(standInOf),
    acknowledgements: rows.acknowledgements.map(acknowledgementOf),
    duplicates: rows.duplicates,
  };
}
