// Domain values to columns and back: the one place that knows both. JSON columns carry a version `v`, so that a later
// shape can still read an earlier one.

import type { Decided, Job, Mail, MailKind, Outcome, Recipient, Urgency } from "../../message.ts";
import { refOf } from "../ref.ts";
import type { AttemptRow, Case, DeliveryRow, DeliveryState, OutcomeRow } from "../store.ts";
import type {
  AttemptRowOut,
  CaseRows,
  Column,
  DeliveryRowOut,
  JobRow,
  MailColumns,
  MailRow,
  NewRoutingRow,
  OutcomeRowOut,
  RoutingRow,
} from "./calls.ts";

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

export function mailOf(row: MailRow): Mail {
  return {
    door: row.door as Mail["door"],
    receivedAt: row.received_at,
    client: {
      address: row.client_address,
      helo: row.client_helo,
      tls: row.client_tls === 1,
      user: row.client_user,
    },
    envelope: {
      mailFrom: row.mail_from,
      smtpUtf8: row.smtp_utf8 === 1,
      body8Bit: row.body_8bit === 1,
      dsnReturn: row.dsn_return as Mail["envelope"]["dsnReturn"],
      dsnEnvelopeId: row.dsn_envelope_id,
    },
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    messageId: row.message_id_header,
  };
}

export function routingRow(recipient: Recipient, dedupeKey: Uint8Array | null): NewRoutingRow {
  return {
    alias: recipient.alias,
    address: recipient.address,
    tag: recipient.tag,
    dsn_notify: recipient.dsnNotify.join(","),
    dsn_original: recipient.dsnOriginal,
    dedupeKey,
  };
}

export function recipientOf(row: RoutingRow): Recipient {
  return {
    alias: row.alias,
    address: row.address,
    tag: row.tag,
    dsnNotify: row.dsn_notify === "" ? [] : row.dsn_notify.split(","),
    dsnOriginal: row.dsn_original,
  };
}

/** The columns of `outcomes` from `decided_at` on. */
export function outcomeColumns(
  outcome: Outcome,
  decided: Decided,
  decidedAt: number,
  durationMicros: number,
): readonly Column[] {
  const { decision } = outcome;
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
    decided.rulesHash,
    durationMicros,
    decided.kind,
    decided.originalSender,
    JSON.stringify(decided.defects),
    JSON.stringify({ v: WHY_VERSION, scores: outcome.scores, evidence: outcome.evidence, decision }),
  ];
}

/** The ids of the rules that spoke, each once, in the order of the evidence. */
function rulesOf(outcome: Outcome): readonly string[] {
  const rules = new Set<string>();
  for (const evidence of outcome.evidence) if (evidence.kind !== "alias") rules.add(evidence.rule);
  return [...rules];
}

export function outcomeRowOf(row: OutcomeRowOut): OutcomeRow {
  const why = JSON.parse(row.why) as Pick<Outcome, "scores" | "evidence" | "decision"> & { readonly v: number };
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
    durationMicros: row.duration_micros,
    outcome: {
      alias: row.alias,
      requestType: row.request_type,
      urgency,
      decidedBy,
      scores: why.scores,
      evidence: why.evidence,
      decision: why.decision,
    },
    deliveryState: row.state as DeliveryState,
  };
}

export function jobOf(row: JobRow): Job {
  return {
    id: row.delivery_id,
    messageId: row.id,
    queue: row.queue,
    attempt: row.attempts,
    createdAt: row.created_at,
    inDoubt: row.in_doubt === 1,
    mail: mailOf(row),
    recipients: row.recipients.map(recipientOf),
    label: {
      ref: refOf(row.id),
      queue: row.queue,
      requestType: row.request_type,
      urgency: row.urgency as Urgency,
      department: row.department,
      decidedBy: row.decided_by as Outcome["decidedBy"],
      rules: JSON.parse(row.rules) as string[],
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
  const first = rows.outcomes[0];
  return {
    ref: refOf(rows.mail.id),
    messageId: rows.mail.id,
    mail: mailOf(rows.mail),
    kind: (first?.kind ?? null) as MailKind | null,
    defects: first === undefined ? [] : (JSON.parse(first.defects) as string[]),
    originalSender: first?.original_sender ?? null,
    routings: rows.routings.map((row) => ({
      recipient: recipientOf(row),
      state: row.state as Case["routings"][number]["state"],
      heldReason: row.held_reason,
    })),
    outcomes: rows.outcomes.map(outcomeRowOf),
    deliveries: rows.deliveries.map(deliveryRowOf),
    attempts: rows.attempts.map(attemptRowOf),
    duplicates: rows.duplicates,
  };
}
