// What message/delivery-status says of each recipient (RFC 3464, and RFC 6533 for addresses beyond ASCII).

import type { FailedDelivery } from "../message.ts";

/** Recipients read from one bounce: a mailing to thousands must not make an outcome of thousands. */
export const FAILURES_MAX = 50;
/** How much of one report is read, in characters: room for ten times as many recipients. */
const REPORT_CHARS_MAX = 256 * 1024;
/** RFC 5321 4.5.3.1.3 allows 256; longer ones are nobody's. */
const ADDRESS_CHARS_MAX = 320;

const ACTIONS = new Set(["failed", "delayed", "delivered", "relayed", "expanded"]);
/** The address the sender wrote comes first: that is the one he knows. */
const RECIPIENT_FIELDS = ["original-recipient", "final-recipient", "x-actual-recipient"];

/** An enhanced status code (RFC 3463). */
export const STATUS = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)/;

type Fields = ReadonlyMap<string, string>;

/** The recipients of a report in order, at most 50. */
export function readDeliveryStatus(report: string): readonly FailedDelivery[] {
  const found: FailedDelivery[] = [];
  for (const fields of blocks(report.slice(0, REPORT_CHARS_MAX))) {
    if (found.length >= FAILURES_MAX) break;
    if (!isRecipient(fields)) continue;
    const action = /^[a-z]+/.exec(fields.get("action")?.trim().toLowerCase() ?? "")?.[0] ?? "";
    found.push({
      recipient: recipientOf(fields),
      status:
        (STATUS.exec(fields.get("status") ?? "") ?? STATUS.exec(fields.get("diagnostic-code") ?? ""))?.[0] ?? null,
      action: ACTIONS.has(action) ? action : null,
    });
  }
  return found;
}

/** Whether a text is such a report at all: somebody is named, and what became of the mail to him. */
export function hasRecipients(report: string): boolean {
  return readDeliveryStatus(report).length > 0;
}

/** An address without its type, brackets and escapes; null when there is none. */
export function bareAddress(value: string): string | null {
  const typed = /^\s*(?:rfc822|utf-8|system|smtp|unknown)\s*;/i.exec(value);
  const bare = (typed === null ? value : value.slice(typed[0].length))
    .replace(/\\x\{([0-9a-f]{2,6})\}/gi, (escaped, hex: string) => unescape(escaped, hex))
    .trim()
    .replace(/^<?([^<>]*)>?.*$/s, "$1")
    .trim();
  return bare === "" || bare.length > ADDRESS_CHARS_MAX || /[\s;]|^=\?[^@]*$/.test(bare) ? null : bare.toWellFormed();
}

function unescape(escaped: string, hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : escaped;
}

/** Groups of fields between empty lines, names in lower case, folded lines joined. */
function blocks(report: string): readonly Fields[] {
  const all: Map<string, string>[] = [];
  let current: Map<string, string> | null = null;
  let last = "";
  for (const line of report.split(/\r\n|\r|\n/)) {
    if (line.trim() === "") {
      current = null;
      continue;
    }
    if (/^[ \t]/.test(line) && current !== null && last !== "") {
      current.set(last, `${current.get(last) ?? ""} ${line.trim()}`.slice(0, 2_000));
      continue;
    }
    const field = /^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*)$/.exec(line);
    last = field?.[1]?.toLowerCase() ?? "";
    if (field === null) continue;
    if (current === null || startsAnother(current, last)) all.push((current = new Map()));
    if (!current.has(last)) current.set(last, field[2] ?? "");
  }
  return all;
}

/** Some servers leave out the empty line between recipients. */
function startsAnother(current: Fields, name: string): boolean {
  return name === "final-recipient" && current.has("final-recipient");
}

function isRecipient(fields: Fields): boolean {
  return (
    RECIPIENT_FIELDS.some((name) => fields.has(name)) &&
    (fields.has("action") || fields.has("status") || fields.has("diagnostic-code"))
  );
}

function recipientOf(fields: Fields): string | null {
  const named = RECIPIENT_FIELDS.flatMap((name) => bareAddress(fields.get(name) ?? "") ?? []);
  return named.find((address) => address.includes("@")) ?? named[0] ?? null;
}
