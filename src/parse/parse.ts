// Bytes become a Message: headers, sender, subject, the text a person would read. Never throws because of a mail's
// shape; what is odd about it becomes a defect. Pure: no clock, though mailparser dates an unreadable Date to now.

import type { Attachment, Defect, Message } from "../message.ts";
import { type Body, clean, readBody, readForms, TEXT_CHARS_MAX } from "./body.ts";
import { headerFields, headerLookup, readAddresses, readDate, readIds } from "./headers.ts";
import { type HeaderLookup, readKind } from "./kind.ts";
import { languageOf } from "./language.ts";
import { readMime } from "./mime.ts";
import { readPairs } from "./pairs.ts";

/** A subject longer than this many characters is cut: nobody reads on, and outcomes must stay small. */
const SUBJECT_CHARS_MAX = 2_000;
/** Addresses looked at in one header; a mail to more is a mailing. */
const ADDRESSES_MAX = 500;
/** Message-IDs looked at in References; the last ones are nearest. */
const REFERENCES_MAX = 100;
/** Attachments listed; the parser itself stops at 1,000 parts. */
const ATTACHMENTS_MAX = 200;

/** How much is looked at to tell the language: stretches, and characters of each. */
const LANGUAGE_SECTIONS = 3;
const LANGUAGE_CHARS = 1_500;

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
  const title = mime.headers.get("subject");
  const subject = clean(typeof title === "string" ? title : "").slice(0, SUBJECT_CHARS_MAX);
  const ids = {
    messageId: readIds(header("message-id")).at(0) ?? null,
    inReplyTo: readIds(header("in-reply-to")).at(0) ?? null,
    references: readIds(header("references")).slice(-REFERENCES_MAX),
  };
  const { forms, defects } = readForms(mime);
  const { partTypes, reports, calendarMethod } = mime;
  const written = forms[0]?.text ?? "";
  const kind = readKind({ header, from, subject, text: written, partTypes, reports, calendarMethod });
  const returned = kind.kind === "bounce" || kind.kind === "feedback-report";
  const isReply = ids.inReplyTo !== null || ids.references.length > 0;
  const attached = await readAttached(mime.mails, depth);
  const to = readAddresses(mime.headers, "to", ADDRESSES_MAX);
  const cc = readAddresses(mime.headers, "cc", ADDRESSES_MAX);
  const recipients = [...to, ...cc].map(({ address }) => address.toLowerCase());
  const body = readBody(forms, { subject, isReply, recipients, returned }, attached);
  const message = {
    ...kind,
    from,
    replyTo: readAddresses(mime.headers, "reply-to", 1)[0] ?? null,
    to,
    cc,
    subject,
    ...body,
    pairs: readPairs(body.text, body.sections),
    language: languageOf(beginning(body)),
    date: readDate(header("date")[0]),
    ...ids,
    headers: headerFields(mime.headerLines),
    attachments: mime.attachments.slice(0, ATTACHMENTS_MAX).map(cleanAttachment),
  };
  const found = new Set<Defect>([
    ...mime.defects,
    ...defects,
    ...attached.flatMap((each) => each.defects.filter(isOfText)),
  ]);
  return { ...message, defects: inFixedOrder(new Set([...found, ...defectsOf(message, header, raw, found)])) };
}

/** What is odd about the mail as read. */
function defectsOf(
  { from, date, subject, text }: Omit<Message, "defects">,
  header: HeaderLookup,
  raw: Uint8Array,
  found: ReadonlySet<Defect>,
): readonly Defect[] {
  const odd: [Defect, boolean][] = [
    ["no-sender", from === null && !found.has("no-headers")],
    ["unreadable-date", date === null && header("date").length > 0],
    ["nul-bytes", raw.includes(0)],
    ["broken-encoding", subject.includes("\ufffd") || text.includes("\ufffd")],
    ["text-cut", text.length >= TEXT_CHARS_MAX],
    ["empty-body", text.trim() === ""],
  ];
  return odd.flatMap(([defect, is]) => (is ? [defect] : []));
}

/** Of an attached mail only what concerns the text that is read. */
function isOfText(defect: Defect): boolean {
  return defect === "html-cut" || defect === "text-cut" || defect === "encrypted" || defect === "truncated";
}

/** Attached mails: what is forwarded may be the urgent part. */
async function readAttached(mails: readonly Uint8Array[], depth: number): Promise<readonly Message[]> {
  if (depth >= ATTACHED_DEPTH_MAX) return [];
  const read: Message[] = [];
  for (const mail of mails) read.push(await parseAt(mail, depth + 1));
  return read;
}

/** The first characters that are heard: enough to tell the language. */
function beginning({ text, sections }: Body): string {
  const heard = sections.filter(({ kind }) => kind === "own" || kind === "forwarded");
  return heard
    .slice(0, LANGUAGE_SECTIONS)
    .map(({ start, end }) => text.slice(start, Math.min(end, start + LANGUAGE_CHARS)))
    .join("\n");
}

function cleanAttachment(attachment: Attachment): Attachment {
  return { ...attachment, name: clean(attachment.name), type: clean(attachment.type) };
}

function inFixedOrder(found: ReadonlySet<Defect>): readonly Defect[] {
  return (Object.keys(DEFECT_TEXT) as Defect[]).filter((defect) => found.has(defect));
}
