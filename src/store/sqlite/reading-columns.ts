// What was read of a mail, to the columns of `readings` and back, and what an answer must know of it.

import { type EarlierMail, NO_PROOF, type Proof } from "../../message.ts";
import type { Reading } from "../../outcome.ts";
import { refOf } from "../ref.ts";
import type { ReadingColumns } from "./calls.ts";
import type { EarlierRow } from "./earlier-rows.ts";

/** Version of the JSON in `readings.found`. */
const FOUND_VERSION = 1;
/** Version of the JSON in `readings.proof`. */
const PROOF_VERSION = 1;

type Found = Pick<Reading, "fields" | "refusals" | "failures" | "defects">;

/** Of most mails: no column is written for it. */
const NOTHING: Found = { fields: [], refusals: [], failures: [], defects: [] };

export function readingColumns(reading: Reading): ReadingColumns {
  const { fields, refusals, failures, defects, proof } = reading;
  return [
    reading.kind,
    reading.originalSender,
    reading.forwarder,
    reading.forwardTier,
    reading.confidence,
    reading.staff,
    reading.language,
    proof.source === "none" ? null : JSON.stringify({ v: PROOF_VERSION, ...proof }),
    isNothing(reading) ? null : JSON.stringify({ v: FOUND_VERSION, fields, refusals, failures, defects }),
  ];
}

function isNothing({ fields, refusals, failures, defects }: Found): boolean {
  return fields.length + refusals.length + failures.length + defects.length === 0;
}

export function readingOf(columns: ReadingColumns): Reading {
  const [kind, originalSender, forwarder, forwardTier, confidence, staff, language, proof, found] = columns;
  const { fields, refusals, failures, defects } =
    found === null ? NOTHING : versioned<Found>(found, FOUND_VERSION, "reading");
  return {
    kind: kind as Reading["kind"],
    originalSender,
    forwarder,
    forwardTier: forwardTier as Reading["forwardTier"],
    confidence,
    staff: staff as Reading["staff"],
    language,
    fields,
    refusals,
    failures,
    proof: proofOf(proof),
    defects,
  };
}

/** null: nothing was looked at, as for every mail of before there was anything to look with. */
export function proofOf(column: string | null): Proof {
  if (column === null) return NO_PROOF;
  const { source, spf, dkim, dmarc, arc } = versioned<Proof>(column, PROOF_VERSION, "proof");
  return { source, spf, dkim, dmarc, arc };
}

export function earlierOf(row: EarlierRow): EarlierMail {
  const writers = [row.original_sender, row.forwarder, row.mail_from].map((address) => address?.toLowerCase() ?? "");
  return {
    ref: refOf(row.message_id),
    id: row.id,
    participants: [...new Set(writers)].filter((address) => address !== ""),
    // What went to review was a guess: an answer to it must not make it a certainty.
    requestType: row.decided_by === "review" ? null : row.request_type,
  };
}

function versioned<T>(json: string, version: number, what: string): T {
  const value = JSON.parse(json) as T & { readonly v: number };
  if (value.v !== version) throw new Error(`a ${what} is written in version ${value.v}, which is not known here`);
  return value;
}
