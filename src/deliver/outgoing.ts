// The bytes that leave: our headers on top, the message as it came underneath. Headers of our names that came from
// outside are renamed, so that a reader can trust what it sees; nothing else of the message is touched.

import type { Mail, Recipient } from "../message.ts";
import type { Job, Label } from "../outcome.ts";
import { authenticationResults } from "../proof/authentication-results.ts";

/** A header line longer than this is passed on in pieces. */
const LINE_BYTES_MAX = 64 * 1024;

/** Puts `top` before the message and renames headers forged in our name in its header block, however long that is. */
export async function* withHeaders(top: string, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let lead = top;
  let rest: Uint8Array | null = new Uint8Array(0); // the header line not yet whole; null behind the header block
  for await (const chunk of body) {
    if (rest === null) {
      yield chunk;
      continue;
    }
    const block: Buffer = rest.length === 0 ? view(chunk) : Buffer.concat([rest, chunk]);
    const end = headerEnd(block);
    const whole = end >= 0 ? end : block.length > LINE_BYTES_MAX ? block.length : block.lastIndexOf(10) + 1;
    rest = end >= 0 ? null : block.subarray(whole);
    if (whole === 0) continue;
    yield renamed(lead, block, whole);
    lead = "";
    if (rest === null && end < block.length) yield block.subarray(end);
  }
  if (rest !== null && (rest.length > 0 || lead !== "")) yield renamed(lead, view(rest), rest.length);
}

/** The same for a message at hand, in one piece. */
export function stamped(top: string, raw: Uint8Array): Uint8Array {
  const bytes = view(raw);
  const end = headerEnd(bytes);
  const headerBytes = end < 0 ? bytes.length : end;
  return Buffer.concat([renamed(top, bytes, headerBytes), bytes.subarray(headerBytes)]);
}

/** The first bytes of a header block behind what goes on top of them, forged headers renamed. */
function renamed(lead: string, block: Buffer, length: number): Buffer {
  const header = block.toString("latin1", 0, length);
  const gap = lead === "" || startsWithHeader(header) ? "" : "\r\n"; // a mail without headers must not have its text read as one
  const text = gap === "" ? header.replace(FORGED, forgedName) : header;
  return Buffer.from(lead + gap + text, "latin1");
}

/** RFC 8601 5: a result that came with the mail must not be taken for ours. A name that only begins so is another header. */
const FORGED = /(^|\n)(?:x-mailward-|authentication-results(?![!-9;-~]))/gi;

function forgedName(name: string, lineEnd: string): string {
  const isOurs = name.endsWith("-");
  return `${lineEnd}X-Untrusted-${isOurs ? "Mailward-" : "Authentication-Results"}`;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The headers that say what was decided. ASCII only, one line each. */
export function labelHeaders(label: Label): string {
  return [
    `X-Mailward-Ref: ${label.ref}`,
    `X-Mailward-Queue: ${label.queue}`,
    `X-Mailward-Type: ${label.requestType ?? "unknown"}`,
    ...(label.standsInFor === null ? [] : [`X-Mailward-Stands-In-For: ${label.standsInFor}`]),
    `X-Mailward-Priority: ${label.urgency}`,
    `X-Mailward-Department: ${headerWord(label.department ?? "unknown")}`,
    `X-Mailward-Decided-By: ${label.decidedBy}`,
    `X-Mailward-Rule: ${label.rules.length === 0 ? "none" : label.rules.join(",\r\n ")}`,
    "",
  ].join("\r\n");
}

/** Our trace line (RFC 5321 4.4). The client's address stands in it as every mail server writes it. */
export function receivedHeader(hostname: string, ref: string, mail: Mail, recipients: readonly Recipient[]): string {
  const { client, envelope } = mail;
  const only =
    recipients.length === 1 && recipients[0] !== undefined ? `\r\n\tfor <${ascii(recipients[0].address)}>` : "";
  return (
    `Received: from ${domainWord(client.helo)} ([${ascii(client.address)}])\r\n` +
    `\tby ${hostname} with ${protocolWord(mail, envelope.smtpUtf8)} id ${ref}${only};\r\n` +
    `\t${rfc5322Date(mail.receivedAt)}\r\n`
  );
}

/** All that goes on top of a message for one job. */
export function topHeaders(hostname: string, job: Job): string {
  const { label, mail, recipients } = job;
  return (
    labelHeaders(label) +
    authenticationResults(hostname, label.proof, mail.envelope.mailFrom) +
    receivedHeader(hostname, label.ref, mail, recipients)
  );
}

/** Where the header block ends, the empty line included; -1 when it does not. `block` begins at the start of a line. */
function headerEnd(block: Buffer): number {
  if (block[0] === 10) return 1;
  if (block[0] === 13 && block[1] === 10) return 2;
  const crlf = block.indexOf("\n\r\n");
  const lf = block.indexOf("\n\n");
  if (crlf < 0 && lf < 0) return -1;
  return lf >= 0 && (crlf < 0 || lf < crlf) ? lf + 2 : crlf + 3;
}

function startsWithHeader(header: string): boolean {
  return /^(?:[!-9;-~]+[ \t]*:|\r?\n)/.test(header);
}

/** RFC 3848 and 6531 keywords. */
function protocolWord({ door, client }: Mail, utf8: boolean): string {
  const base = door === "lmtp" ? (utf8 ? "UTF8LMTP" : "LMTP") : utf8 ? "UTF8SMTP" : "ESMTP";
  return base + (client.tls ? "S" : "") + (client.user === null ? "" : "A");
}

function domainWord(helo: string): string {
  return /^[A-Za-z0-9._:[\]-]{1,255}$/.test(helo) ? helo : "unknown";
}

function ascii(text: string): string {
  return text.replace(/[^!-~]/g, "?");
}

/** RFC 2047 for the few who name a department with an accent. */
function headerWord(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ");
  if (/^[ -~]*$/.test(line)) return line;
  return `=?utf-8?B?${Buffer.from(line.slice(0, 40)).toString("base64")}?=`;
}

function rfc5322Date(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}
