// What sort of mail it is: a person, an answering machine, a bounce, a report, a calendar, a list, bulk mail; and whether
// a robot of ours may answer it. Anything but `person` suppresses replies, never routing.

import type { Address, Facts, FailedDelivery, MailKind, Refusal } from "../message.ts";
import { bounceSigns } from "./bounce.ts";
import { readFailures } from "./failures.ts";
import { isAway, isCalendar, readRefusals, UNSUBSCRIBE_FIELD, words } from "./refusal.ts";

/** The headers' values by lower-case name, unfolded, in order. */
export type HeaderLookup = (name: string) => readonly string[];

/** What the kind is read from. The mail returned in a bounce, or attached to any mail, should not be part of `text`. */
export type KindInput = {
  readonly header: HeaderLookup;
  readonly from: Address | null;
  readonly subject: string;
  readonly text: string;
  /** Content types of all parts, lower case. */
  readonly partTypes: readonly string[];
  /** The text of message/delivery-status and message/feedback-report parts. */
  readonly reports: readonly string[];
  /** METHOD of a text/calendar part; null when there is none. */
  readonly calendarMethod: string | null;
};

/** What headers, structure and text say. No refusals: a robot may answer. */
type KindReading = {
  readonly kind: MailKind;
  readonly refusals: readonly Refusal[];
  readonly failures: readonly FailedDelivery[];
};

const FEEDBACK_SUBJECT =
  /^\s*(?:complaint about message from \d|report domain:\s*\S{1,255}\s+submitter:|(?:e?mail )?feedback report for ip)/i;

/**
 * Read kind, refusals and, of a bounce, the failed deliveries. What is nearer to a machine's own words goes first:
 * bounce, feedback report, auto-reply, calendar, list, bulk; what a machine merely began (auto-generated) is last.
 */
export function readKind(input: KindInput): KindReading {
  const signs = readRefusals(input);
  const bounce = bounceSigns(input);
  const kind = bounce.isBounce ? "bounce" : kindOf(input, signs);
  const refusals: readonly Refusal[] = [
    ...signs,
    ...bounce.refusing.map((where) => ({ sign: "bounce", where }) as const),
    ...(kind === "feedback-report" && !has(signs, "report") ? [{ sign: "report", where: "subject" } as const] : []),
  ];
  return {
    kind,
    refusals: [...refusals, ...nullPath(input, refusals)],
    failures: kind === "bounce" ? readFailures(input) : [],
  };
}

/**
 * Kind and refusals with what only the envelope and the site know. The null sender of SMTP says for certain that no person
 * waits for an answer (RFC 5321 4.5.5), and is one more sign of a bounce; a mailbox read by IMAP has no envelope.
 */
export function kindWithFacts(
  read: Pick<KindReading, "kind" | "refusals">,
  from: Address | null,
  facts: Facts,
): Pick<KindReading, "kind" | "refusals"> {
  const isNull = facts.mailFrom === "" && facts.door !== "imap";
  const isOwn = from !== null && facts.ownAddresses.includes(from.address.toLowerCase());
  const refusals: readonly Refusal[] = [
    ...read.refusals,
    ...(isNull ? [{ sign: "null-sender", where: "envelope" } as const] : []),
    ...(isOwn ? [{ sign: "own-mail", where: "from" } as const] : []),
  ];
  if (!isNull || read.kind !== "person") return { kind: read.kind, refusals };
  return { kind: has(read.refusals, "bounce", "daemon-sender") ? "bounce" : "auto-reply", refusals };
}

function kindOf(input: KindInput, signs: readonly Refusal[]): MailKind {
  const { header } = input;
  if (isFeedback(input)) return "feedback-report";
  const submitted = words(header, "auto-submitted").filter((word) => word !== "no");
  if (submitted.some((word) => word === "auto-replied" || word === "auto-notified")) return "auto-reply";
  const precedence = [...words(header, "precedence"), ...words(header, "x-precedence")];
  if (precedence.some((word) => word.startsWith("auto"))) return "auto-reply";
  if (has(signs, "auto-reply-header") || isAway(input.subject) || isReadReceipt(input)) return "auto-reply";
  if (isCalendar(input)) return "calendar";
  const isList = signs.some(({ sign, where }) => sign === "list" && where !== UNSUBSCRIBE_FIELD);
  if (isList || precedence.includes("list")) return "list";
  if (has(signs, "list") || precedence.includes("bulk") || precedence.includes("junk")) return "bulk";
  return submitted.length > 0 ? "auto-reply" : "person";
}

function has(refusals: readonly Refusal[], ...signs: readonly Refusal["sign"][]): boolean {
  return refusals.some(({ sign }) => signs.includes(sign));
}

/** An abuse or authentication report (RFC 5965, 6591), a DMARC or TLS report (RFC 7489 7.2.1.1, RFC 8460). */
function isFeedback({ header, partTypes, subject }: KindInput): boolean {
  return (
    partTypes.includes("message/feedback-report") ||
    header("content-type").some((value) => isReportOf(value, /\breport-type\s*=\s*"?\s*(?:feedback-report|tlsrpt)/i)) ||
    FEEDBACK_SUBJECT.test(subject.slice(0, 600))
  );
}

/** A mail program tells that a mail was shown (RFC 8098). */
function isReadReceipt({ header, partTypes }: KindInput): boolean {
  return (
    partTypes.some((type) => /^message\/(?:global-)?disposition-notification$/.test(type)) ||
    header("content-type").some((value) => isReportOf(value, /\breport-type\s*=\s*"?\s*disposition-notification/i))
  );
}

function isReportOf(contentType: string, type: RegExp): boolean {
  return /^\s*multipart\/report\b/i.test(contentType) && type.test(contentType);
}

/**
 * Return-Path `<>` is a hint: a redirect may leave it blank on a person's mail (osTicket 3975). It is told where
 * something else refuses already.
 */
function nullPath({ header }: KindInput, refusals: readonly Refusal[]): readonly Refusal[] {
  if (refusals.length === 0 || !header("return-path").some((value) => /^<\s*>$/.test(value.trim()))) return [];
  return [{ sign: "null-sender", where: "return-path" }];
}
