// Bytes become a Message: headers, sender, subject, the text a person would read. Never throws because of a mail's
// shape; what is odd about it becomes a defect. Pure: no clock, though mailparser dates an unreadable Date to now.

import type { Attachment, Defect, Message } from "../message.ts";
import { headerLookup, readAddresses, readDate, readIds } from "./headers.ts";
import { htmlText } from "./html.ts";
import { kindFromHeaders } from "./kind.ts";
import { type Mime, readMime } from "./mime.ts";

/**
 * How much text is looked at, in characters. The longest letter a person writes has a tenth of this; a log file pasted
 * into a mail has more, and matching it would keep others waiting.
 */
export const TEXT_CHARS_MAX = 256 * 1024;
/** A subject longer than this many characters is cut: nobody reads on, and outcomes must stay small. */
const SUBJECT_CHARS_MAX = 2_000;
/** Addresses looked at in one header; a mail to more is a mailing. */
const ADDRESSES_MAX = 500;
/** Message-IDs looked at in References; the last ones are nearest. */
const REFERENCES_MAX = 100;
/** Attachments listed; the parser itself stops at 1,000 parts. */
const ATTACHMENTS_MAX = 200;

/** How deep mails attached to attached mails are read. */
const ATTACHED_DEPTH_MAX = 3;

/** Each defect in a plain sentence, for people. */
export const DEFECT_TEXT: Readonly<Record<Defect, string>> = {
  "no-headers": "The mail has no headers; everything was read as text.",
  "empty-body": "The mail has no readable text.",
  "nul-bytes": "The mail holds NUL bytes; they were left out of the text.",
  "unreadable-structure": "The parts of the mail could not all be taken apart; the rest was read as plain text.",
  "unreadable-date": "The Date header cannot be read.",
  "no-sender": "The mail names no sender.",
  "html-cut": "The HTML of the mail is too long or too deeply nested; only its beginning was read.",
  "text-cut": "The text of the mail is very long; only its beginning was read.",
  "too-many-headers": "The mail has more headers than fit; some were not read.",
  encrypted: "The mail is encrypted; what it says cannot be read here.",
  "bare-cr": "The lines of the mail end in a way no mail program uses; they were put right before reading.",
  "outlook-packed": "Outlook packed text or files into winmail.dat, and not all of it could be read.",
  truncated: "The mail breaks off in the middle; what was there was read.",
  "broken-encoding": "Some characters could not be decoded and are missing from the text.",
};

/** Read a mail. The same bytes give the same Message, on any machine, at any time. */
export async function parse(raw: Uint8Array): Promise<Message> {
  return parseAt(raw, 0);
}

async function parseAt(raw: Uint8Array, depth: number): Promise<Message> {
  const mime = await readMime(raw);
  const header = headerLookup(mime.headerLines);
  const from = readAddresses(mime.headers, "from", 1)[0] ?? null;
  const date = readDate(header("date")[0]);
  const body = readText(mime, await attachedTexts(mime.mails, depth));
  const title = mime.headers.get("subject");
  const subject = clean(typeof title === "string" ? title : "");
  const message = {
    kind: kindFromHeaders(header, from?.address ?? ""),
    from,
    replyTo: readAddresses(mime.headers, "reply-to", 1)[0] ?? null,
    to: readAddresses(mime.headers, "to", ADDRESSES_MAX),
    cc: readAddresses(mime.headers, "cc", ADDRESSES_MAX),
    subject: subject.slice(0, SUBJECT_CHARS_MAX),
    text: body.text,
    sections: body.text === "" ? [] : [{ kind: "own" as const, start: 0, end: body.text.length }],
    forward: null,
    pairs: [],
    language: null,
    refusals: [],
    failures: [],
    date,
    messageId: readIds(header("message-id")).at(0) ?? null,
    inReplyTo: readIds(header("in-reply-to")).at(0) ?? null,
    references: readIds(header("references")).slice(-REFERENCES_MAX),
    attachments: mime.attachments.slice(0, ATTACHMENTS_MAX).map(cleanAttachment),
  };
  const found = new Set<Defect>([...mime.defects, ...body.defects]);
  if (message.from === null && !found.has("no-headers")) found.add("no-sender");
  if (date === null && header("date").length > 0) found.add("unreadable-date");
  if (raw.includes(0)) found.add("nul-bytes");
  if (message.subject.includes("\ufffd")) found.add("broken-encoding");
  return { ...message, defects: inFixedOrder(found) };
}

/** Subject and text of attached mails: what is forwarded may be the urgent part. */
async function attachedTexts(mails: readonly Uint8Array[], depth: number): Promise<readonly string[]> {
  if (depth >= ATTACHED_DEPTH_MAX) return [];
  const texts: string[] = [];
  for (const mail of mails) {
    const { subject, text } = await parseAt(mail, depth + 1);
    texts.push(`\n${subject}\n${text}`);
  }
  return texts;
}

/** The text a person would read: the plain text, and the HTML where there is no plain text or where it stands beside it. */
function readText(
  mime: Mime,
  attached: readonly string[],
): { readonly text: string; readonly defects: readonly Defect[] } {
  const defects: Defect[] = [];
  const plain = clean(mime.text);
  const written = plain.trim() === "" ? "" : plain;
  const html = mime.html !== "" && (written === "" || mime.htmlBeside) ? htmlText(mime.html) : null;
  if (html?.cut) defects.push("html-cut");
  const fromHtml = clean(html?.text ?? "");
  const own = written === "" ? fromHtml : fromHtml.trim() === "" ? written : `${written}\n${fromHtml}`;
  const whole = own + attached.join("\n");
  const text = whole.slice(0, TEXT_CHARS_MAX);
  if (text.length < whole.length) defects.push("text-cut");
  if (text.trim() === "") defects.push("empty-body");
  if (text.includes("\ufffd")) defects.push("broken-encoding");
  return { text, defects };
}

/** NULs would end a string for some readers, and a lone surrogate cannot be written as UTF-8. */
function clean(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

function cleanAttachment(attachment: Attachment): Attachment {
  return { ...attachment, name: clean(attachment.name), type: clean(attachment.type) };
}

function inFixedOrder(found: ReadonlySet<Defect>): readonly Defect[] {
  return (Object.keys(DEFECT_TEXT) as Defect[]).filter((defect) => found.has(defect));
}
