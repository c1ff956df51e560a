// What sort of mail it is, by its headers: a person, an answering machine, a bounce, a list, bulk mail.
// Anything but `person` suppresses replies, never routing.

import type { Facts, MailKind } from "../message.ts";

/** The headers' values by lower-case name, unfolded, in order. */
export type HeaderLookup = (name: string) => readonly string[];

/** Header fields that answering machines set (RFC 3834 and their own), whatever the value. */
const AUTO_REPLY_FIELDS = ["x-autoreply", "x-autorespond", "x-autoresponse", "x-mail-autoreply", "x-autoreply-from"];
const LIST_FIELDS = ["list-id", "list-post", "list-help"];
/** Report types that tell of a delivery or a reading (RFC 3462, 3798). */
const DELIVERY_REPORT = /report-type\s*=\s*"?\s*(delivery-status|feedback-report)/i;
const READ_RECEIPT = /report-type\s*=\s*"?\s*disposition-notification/i;
const BOUNCE_SENDER = /^(mailer-daemon|postmaster)@/i;

/** The kind as the headers tell it. `sender` is the From address, "" when there is none. */
export function kindFromHeaders(header: HeaderLookup, sender: string): MailKind {
  const contentType = header("content-type")[0] ?? "";
  const report = /^\s*multipart\/report\b/i.test(contentType);
  if (report && DELIVERY_REPORT.test(contentType)) return "bounce";
  if (BOUNCE_SENDER.test(sender) && (report || header("x-failed-recipients").length > 0)) return "bounce";
  if (report && READ_RECEIPT.test(contentType)) return "auto-reply";
  const automatic = word(header("auto-submitted"));
  if (automatic === "auto-replied" || automatic === "auto-notified") return "auto-reply";
  if (AUTO_REPLY_FIELDS.some((name) => header(name).length > 0)) return "auto-reply";
  const precedence = word(header("precedence"));
  if (precedence === "auto_reply") return "auto-reply";
  if (precedence === "list" || LIST_FIELDS.some((name) => header(name).length > 0)) return "list";
  if (precedence === "bulk" || precedence === "junk" || header("list-unsubscribe").length > 0) return "bulk";
  if (automatic !== "" && automatic !== "no") return "auto-reply";
  return "person";
}

/**
 * The kind with what the envelope adds: the null sender `<>` says by RFC 5321 4.5.5 that no person waits for an answer.
 * A mailbox read by IMAP has no envelope, so there the null sender says nothing.
 */
export function kindWithEnvelope(kind: MailKind, facts: Facts): MailKind {
  const nullSender = facts.mailFrom === "" && facts.door !== "imap";
  return nullSender && kind === "person" ? "auto-reply" : kind;
}

/** The first word of a header, without parameters or comments, in lower case. */
function word(values: readonly string[]): string {
  return (
    (values[0] ?? "")
      .trim()
      .toLowerCase()
      .split(/[\s;(]/)[0] ?? ""
  );
}
