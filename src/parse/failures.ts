// Which deliveries a bounce says failed: out of its report, else out of X-Failed-Recipients and the shapes in which
// mail servers write it for people.

import type { FailedDelivery } from "../message.ts";
import { beforeReturned } from "./bounce.ts";
import { bareAddress, FAILURES_MAX, readDeliveryStatus, STATUS } from "./delivery-status.ts";
import type { KindInput } from "./kind.ts";

/** How much of the text is read, in characters, and how many lines: the returned mail comes after. */
const TEXT_CHARS_MAX = 32 * 1024;
const LINES_MAX = 500;
/** How much of one line is read, in characters: servers break lines far below. */
const LINE_CHARS_MAX = 1_000;
/** How much of an address header is read, in characters: room for a hundred addresses. */
const HEADER_CHARS_MAX = 20_000;

const ADDRESS = "[^\\s<>()\\[\\]:;,\"'@=|]{1,64}@[^\\s<>()\\[\\]:;,\"'@=|/]{1,253}";
/** The shapes in which a line names a recipient, the address in the first group that is set. */
const SHAPES = [
  // Postfix, qmail, Yahoo: "<a@b>: host x said", or alone on its line.
  `^[ \\t]*<(${ADDRESS})>[ \\t]*(?:[:.(]|$)`,
  // Exim, Gmail, Exchange: the address alone, or with a date, a reason in brackets, a second form of itself.
  `^[ \\t*+>-]{0,20}"?(${ADDRESS})"?[ \\t]*(?:$|:|<mailto:|[\\[(<]|on [A-Z\\d]|error\\b|\\.\\.\\.)`,
  // sendmail: "550 5.1.1 <a@b>... User unknown", also in its transcript.
  `^[ \\t<>.]*[45]\\d\\d[ -](?:[45]\\.\\d{1,3}\\.\\d{1,3}[ -])?[ \\t]*<(${ADDRESS})>`,
  // "Unknown user: a@b", "could not be delivered to: <a@b>", "RCPT TO: a@b", "Address: <a@b>", "to the following recipient <a@b>".
  `(?:unknown user|user unknown|delivered to|rcpt to|recipients?|address(?:es)?|mailbox|user|errors|attempts|delivering to|message to|mail to|sent to|failed for|destinatarios?|destinatari|empf[aä]nger)[^@<]{0,40}[ \\t:<'"]{1,3}(${ADDRESS})`,
  // "<a@b> does not exist" and "Name <a@b>:" of Exchange and others.
  `^[ \\t]*[^<>@.,;:、。]{0,60}<(?:mailto:)?(${ADDRESS})>[ \\t]*(?:$|:|\\(|-|does not|was not|could not|no such)`,
].map((shape) => new RegExp(shape, "i"));

/** Lines that name somebody else: whom to ask for help, and who wrote. */
const NOT_RECIPIENT = /\b(?:assistance|please (?:contact|send|forward)|contact|support|help)\b[^@]{0,60}<|へご連絡/i;
const ABOVE_SENDER = /\b(?:sent by|written by|from)[ \t]*:?[ \t]*$/i;

/** Words of a report that only warns. */
const DELAYED = /\b(?:delayed|warning|still being retried|will be retried|temporarily|delay)\b/i;

/** The deliveries a bounce tells of, each recipient once, at most 50. */
export function readFailures(input: KindInput): readonly FailedDelivery[] {
  const text = beforeReturned(input.text, TEXT_CHARS_MAX);
  const reported = reportedIn(input.reports, text);
  if (reported.some(({ recipient, status }) => recipient !== null && status !== null)) return once(reported);
  const told = toldIn(text, input);
  const named = input
    .header("x-failed-recipients")
    .flatMap((value) => value.slice(0, HEADER_CHARS_MAX).split(","))
    .flatMap((value) => bareAddress(value) ?? []);
  if (reported.length === 0 && named.length === 0) return once(told);
  const listed = named.map((recipient) => ({ recipient, status: null, action: null }));
  const failures = once(reported.length > 0 ? reported : listed);
  const status = failures.length === 1 ? (STATUS.exec(text)?.[0] ?? null) : null;
  return failures.map((failure) => completed(failure, told, status));
}

/** What the reports say; where the parts fell apart, a report may stand in the text. */
function reportedIn(reports: readonly string[], text: string): readonly FailedDelivery[] {
  return (reports.length > 0 ? reports : [text]).flatMap((report) => readDeliveryStatus(report));
}

/** What the report leaves out is taken from the text, of the same recipient or of the only one. */
function completed(failure: FailedDelivery, told: readonly FailedDelivery[], status: string | null): FailedDelivery {
  const same =
    told.find(({ recipient }) => recipient?.toLowerCase() === failure.recipient?.toLowerCase()) ??
    (told.length === 1 ? told[0] : undefined);
  return {
    recipient: failure.recipient ?? same?.recipient ?? null,
    status: failure.status ?? same?.status ?? status,
    action: failure.action ?? same?.action ?? "failed",
  };
}

/** What the text says line by line: a status belongs to the recipient above it. */
function toldIn(text: string, input: KindInput): readonly FailedDelivery[] {
  const action = DELAYED.test(input.subject.slice(0, 200)) || isWarning(text) ? "delayed" : "failed";
  const own = ownAddresses(input);
  const found: { recipient: string; status: string | null; action: string }[] = [];
  let above = "";
  for (const whole of text.split(/\r\n|\r|\n/, LINES_MAX)) {
    const line = whole.slice(0, LINE_CHARS_MAX);
    const recipient = ABOVE_SENDER.test(above) ? null : recipientIn(line);
    if (line.trim() !== "") above = line;
    const isNew = recipient !== null && !own.has(recipient.toLowerCase()) && found.at(-1)?.recipient !== recipient;
    if (isNew) found.push({ recipient, status: null, action });
    const last = found.at(-1);
    if (last !== undefined) last.status ??= STATUS.exec(line)?.[0] ?? null;
  }
  // A single recipient may stand below the reason.
  const only = found.length === 1 ? found[0] : undefined;
  if (only !== undefined) only.status ??= STATUS.exec(text)?.[0] ?? null;
  return found;
}

function isWarning(text: string): boolean {
  return /\bthis is a warning message only\b|\bwill be retried for\b|\bhas been delayed\b/i.test(text);
}

function recipientIn(line: string): string | null {
  if (!line.includes("@") || NOT_RECIPIENT.test(line)) return null;
  for (const shape of SHAPES) {
    const address = shape.exec(line)?.[1];
    if (address !== undefined) return bareAddress(address.replace(/[.!?]+$/, ""));
  }
  return null;
}

/** To whom the bounce itself went: the sender of the mail that failed, never its recipient. */
function ownAddresses({ header, from }: KindInput): ReadonlySet<string> {
  const values = ["to", "delivered-to"].flatMap(header).join(" ").slice(0, HEADER_CHARS_MAX);
  const addresses = values.toLowerCase().match(new RegExp(ADDRESS, "g")) ?? [];
  return new Set([...addresses, (from?.address ?? "").toLowerCase()]);
}

/** Each recipient once, the first saying counts. */
function once(failures: readonly FailedDelivery[]): readonly FailedDelivery[] {
  const seen = new Set<string>();
  const kept = failures.filter(({ recipient }) => {
    const key = recipient?.toLowerCase() ?? "";
    return !seen.has(key) && seen.add(key);
  });
  return kept.slice(0, FAILURES_MAX);
}
