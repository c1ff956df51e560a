// The bytes that leave: our headers on top, the message as it came underneath. Headers of our names that came from
// outside are renamed, so that a reader can trust what it sees; nothing else of the message is touched.

import type { Job, Label, Mail, Recipient } from "../message.ts";

/** A header block longer than this is passed on without looking for forged headers in the rest. */
const HEADER_BYTES_MAX = 1024 * 1024;

/** Puts `top` before the message and renames forged X-Mailward headers in its header block. */
export async function* withHeaders(top: string, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let inHeader = true;
  for await (const chunk of body) {
    if (!inHeader) {
      yield chunk;
      continue;
    }
    held.push(chunk);
    heldBytes += chunk.length;
    const block = held.length === 1 ? chunk : Buffer.concat(held);
    if (headerEnd(block) < 0 && heldBytes < HEADER_BYTES_MAX) {
      held = [block];
      continue;
    }
    inHeader = false;
    held = [];
    yield stamped(top, block);
  }
  if (inHeader) yield stamped(top, Buffer.concat(held));
}

/** The same for a message at hand, in one piece. */
export function stamped(top: string, raw: Uint8Array): Uint8Array {
  const end = headerEnd(raw);
  const headerBytes = end < 0 ? Math.min(raw.length, HEADER_BYTES_MAX) : end;
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  const header = bytes.toString("latin1", 0, headerBytes);
  const gap = startsWithHeader(header) ? "" : "\r\n"; // a mail without headers must not have its text read as one
  if (!/^x-mailward-/im.test(header) || gap !== "") return Buffer.concat([Buffer.from(top + gap, "latin1"), bytes]);
  const renamed = header.replace(/^x-mailward-/gim, "X-Untrusted-Mailward-");
  return Buffer.concat([Buffer.from(top + renamed, "latin1"), bytes.subarray(headerBytes)]);
}

/** The headers that say what was decided. ASCII only, one line each. */
export function labelHeaders(label: Label): string {
  return [
    `X-Mailward-Ref: ${label.ref}`,
    `X-Mailward-Queue: ${label.queue}`,
    `X-Mailward-Type: ${label.requestType ?? "unknown"}`,
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
  return labelHeaders(job.label) + receivedHeader(hostname, job.label.ref, job.mail, job.recipients);
}

/** Where the header block ends, the empty line included; -1 when it does not. */
function headerEnd(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const crlf = view.indexOf("\r\n\r\n");
  const lf = view.indexOf("\n\n");
  if (crlf < 0 && lf < 0) return -1;
  return lf >= 0 && (crlf < 0 || lf < crlf) ? lf + 2 : crlf + 4;
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
