// What the parts of a mail are to a reader: text, another form of the same text, an attached mail, a report, an
// invitation, a packed mail, or a file that is only named. In the order of the mail.

import type { Attachment, Defect } from "../message.ts";
import { readInvite } from "./calendar.ts";
import { decodeBytes } from "./charset.ts";
import { readTnef } from "./tnef.ts";
import { decodeUuencoded, withoutUuencoded } from "./uuencode.ts";

/** One part of a mail. `kept` is its beginning, decoded from base64 and quoted-printable, where it is worth keeping. */
export type Part = {
  /** Lower case, as a reader should take it; "" when none is given. */
  readonly type: string;
  /** "attachment", "inline" or "". */
  readonly disposition: string;
  readonly name: string;
  readonly charset: string;
  readonly encoding: string;
  /** A parameter of the Content-Type, "" when it is not there. */
  readonly parameter: (key: string) => string;
  readonly flowed: boolean;
  readonly delSp: boolean;
  readonly kept: Buffer;
  readonly sizeBytes: number;
  readonly children: readonly Part[];
};

/** A stretch of what the writer wrote, in one form or in two of the same; "" is a form that is not there. */
export type Passage = { readonly plain: string; readonly html: string };

/** What was found in all parts. */
export type Bodies = {
  readonly passages: readonly Passage[];
  readonly attachments: readonly Attachment[];
  readonly mails: readonly Uint8Array[];
  readonly reports: readonly string[];
  readonly calendarMethod: string | null;
  readonly calendarText: string;
  readonly defects: readonly Defect[];
};

/** What a part is to a reader, by its type alone. */
export type Role = "text" | "html" | "mail" | "report" | "calendar" | "packed" | "file";

/** How many attached mails are kept to be read: forwards hold one or a handful. */
const MAILS_MAX = 10;
/** Reports read, and how much of each, in bytes: a bounce has one, of less than 10 KB. */
const REPORTS_MAX = 10;
const REPORT_BYTES_MAX = 64 * 1024;

const REPORTS = new Set(["message/delivery-status", "message/global-delivery-status", "message/feedback-report"]);
const MAILS = new Set(["message/rfc822", "message/global", "message/news"]);
/** Text that is not for reading, or not in this form. */
const NO_TEXT = /^text\/(?:rfc822-headers|csv|css|javascript|x-?vcard|vcard|directory|xml|rtf|x-amp-html|watch-html)$/;
/** What web services mail as a whole mail; in others it is a file. */
const FORM_BODY = /^(?:application\/(?:[a-z0-9.-]+\+)?(?:json|xml)|text\/(?:json|xml))$/;
const TEXT_WITH_TAGS = new Set(["text/enriched", "text/richtext"]);

/** What a part is by its type, name and disposition; `alone` when it is the whole mail. */
export function roleOf(type: string, name: string, disposition: string, alone: boolean): Role {
  if (MAILS.has(type)) return "mail";
  if (REPORTS.has(type)) return "report";
  if (type === "text/calendar") return "calendar";
  if (/^application\/(?:vnd\.)?ms-tnef$/.test(type) || /^winmail\d*\.dat$/i.test(name)) return "packed";
  if (disposition === "attachment" && !alone) return "file";
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  if (alone && name === "" && FORM_BODY.test(type)) return "text";
  if (type === "text/plain" || type === "message/partial" || TEXT_WITH_TAGS.has(type)) return "text";
  return type.startsWith("text/") && name === "" && !NO_TEXT.test(type) ? "text" : "file";
}

type Found = {
  attachments: Attachment[];
  mails: Uint8Array[];
  reports: string[];
  calendarMethod: string | null;
  calendarText: string;
  /** Texts that were taken for files. */
  readonly named: (() => readonly Passage[])[];
  /** A packed mail has a text that is not read. */
  hidesText: boolean;
  readonly defects: Set<Defect>;
};

/** Read all parts. Never throws. */
export function readBodies(root: Part): Bodies {
  const found: Found = {
    attachments: [],
    mails: [],
    reports: [],
    calendarMethod: null,
    calendarText: "",
    named: [],
    hidesText: false,
    defects: new Set(),
  };
  const passages = passagesOf(root, ALONE, found);
  const isEmpty = passages.every(({ plain, html }) => plain.trim() === "" && html.trim() === "");
  // Where there is nothing else to read, a text with a name is what the mail says.
  const read = isEmpty ? found.named.flatMap((passagesOfFile) => passagesOfFile()) : [];
  // Outlook mostly sends the text beside what it packs.
  if (found.hidesText && isEmpty && read.length === 0) found.defects.add("outlook-packed");
  const { named: _, hidesText: __, ...rest } = found;
  return { ...rest, passages: read.length > 0 ? read : passages, defects: [...found.defects] };
}

/** Where a part stands: whether it is the first in its multipart, and the type of that; "" when it is the whole mail. */
type Place = { readonly first: boolean; readonly parent: string };
const ALONE: Place = { first: true, parent: "" };

/** The passages of a part and those below it. The parser stops long before the depth of the stack. */
function passagesOf(part: Part, place: Place, found: Found): readonly Passage[] {
  const isMultipart = part.type.startsWith("multipart/");
  if (!isMultipart && part.children.length === 0) return leafPassages(part, place, found);
  if (part.type === "multipart/encrypted") found.defects.add("encrypted");
  // A text that names a boundary has parts to the parser; what stands above them is the text.
  const own = isMultipart || part.kept.length === 0 ? [] : leafPassages(part, place, found);
  const below = part.children.map((child, i) =>
    passagesOf(inDigest(part, child), { first: i === 0, parent: part.type }, found),
  );
  return part.type === "multipart/alternative" ? oneOf(below) : [...own, ...below.flat()];
}

/** In a digest a part without a type is a mail (RFC 2046 5.1.5). */
function inDigest(parent: Part, child: Part): Part {
  return parent.type === "multipart/digest" && child.type === "" ? { ...child, type: "message/rfc822" } : child;
}

/** Forms of the same become one passage: all that is plain, and the last form with HTML, which is the richest. */
function oneOf(forms: readonly (readonly Passage[])[]): readonly Passage[] {
  const plains = forms.flatMap((form) => form.map(({ plain }) => plain).filter((plain) => plain.trim() !== ""));
  const rich = forms.findLast((form) => form.some(({ html }) => html !== "")) ?? [];
  const plain = [...new Set(plains)].join("\n");
  const html = asHtml(rich);
  return plain === "" && html === "" ? [] : [{ plain, html }];
}

/** Passages as one HTML text. */
export function asHtml(passages: readonly Passage[]): string {
  return passages.flatMap(({ html, plain }) => html || escaped(plain) || []).join("<br/>\n");
}

function escaped(plain: string): string {
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\n", "<br/>\n");
}

function leafPassages(part: Part, place: Place, found: Found): readonly Passage[] {
  const type = part.type === "" ? "text/plain" : part.type;
  const role = roleOf(type, part.name, part.disposition, place.parent === "");
  if (isNamedFile(part, place) && (role === "text" || role === "html")) {
    found.named.push(() => (role === "text" ? plainPassages(part, type, found) : htmlPassages(part, found)));
    return list(part, type, found);
  }
  switch (role) {
    case "text":
      return plainPassages(part, type, found);
    case "html":
      return htmlPassages(part, found);
    case "mail":
      if (found.mails.length < MAILS_MAX && part.kept.length > 0) found.mails.push(part.kept);
      return list(part, type, found);
    case "report":
      if (found.reports.length < REPORTS_MAX) {
        found.reports.push(decodeBytes(part.kept.subarray(0, REPORT_BYTES_MAX), part.charset).text);
      }
      return [];
    case "calendar":
      readCalendar(part, found);
      return list(part, type, found);
    case "packed":
      return packedPassages(part, type, found);
    case "file":
      if (isEncrypted(part, type)) found.defects.add("encrypted");
      return list(part, type, found);
  }
}

/** A text with a name that is not the first part is a file (RFC 8621 4.1.4), unless it is another form of the first. */
function isNamedFile({ name }: Part, { first, parent }: Place): boolean {
  return name !== "" && !first && parent !== "multipart/alternative";
}

function list({ name, sizeBytes }: Part, type: string, found: Found): readonly Passage[] {
  found.attachments.push({ name, type, sizeBytes });
  return [];
}

/** Characters of a text part, line ends as LF. */
function textOf(part: Part, found: Found): string {
  const { text, broken } = decodeBytes(decoded(part), part.charset);
  if (broken) found.defects.add("broken-encoding");
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/** uuencode is not known to the parser. */
function decoded({ encoding, kept }: Part): Buffer {
  return /^(?:x-)?uu(?:e|encode)$/.test(encoding) ? decodeUuencoded(kept) : kept;
}

function htmlPassages(part: Part, found: Found): readonly Passage[] {
  return [{ plain: "", html: textOf(part, found) }];
}

const INLINE_PGP = "-----BEGIN PGP MESSAGE-----";

function plainPassages(part: Part, type: string, found: Found): readonly Passage[] {
  const whole = textOf(part, found);
  if (TEXT_WITH_TAGS.has(type)) return [{ plain: "", html: taggedAsHtml(whole) }];
  if (type === "message/partial" && part.parameter("number") === "1") {
    found.mails.push(part.kept);
    return [];
  }
  const { text, files } = withoutUuencoded(part.flowed ? unflow(whole, part.delSp) : whole);
  found.attachments.push(...files);
  if (text.trimStart().startsWith(INLINE_PGP)) found.defects.add("encrypted");
  return [{ plain: text, html: "" }];
}

/** Lines that end in a space go on in the next (RFC 3676 4). Quoted lines are left as they are: their depth tells who wrote. */
function unflow(text: string, delSp: boolean): string {
  const out: string[] = [];
  let open = false;
  for (const line of text.split("\n")) {
    const quoted = line.startsWith(">");
    const unstuffed = line.startsWith(" ") ? line.slice(1) : line;
    const goesOn = !quoted && unstuffed.endsWith(" ") && unstuffed !== "-- ";
    const written = goesOn && delSp ? unstuffed.slice(0, -1) : unstuffed;
    if (open && !quoted && unstuffed !== "-- ") out.push(written);
    else out.push(out.length === 0 ? written : `\n${written}`);
    open = goesOn;
  }
  return out.join("");
}

/** RFC 1896: "<<" is one of them, an empty line ends a paragraph; its tags mean nothing to HTML. */
function taggedAsHtml(text: string): string {
  return text.replaceAll("<<", "&lt;").replaceAll("\n\n", "<br/>\n<br/>\n").replaceAll("<nl>", "<br/>\n");
}

function readCalendar(part: Part, found: Found): void {
  if (found.calendarText !== "") return;
  const invite = readInvite(textOf(part, found), part.parameter("method"));
  found.calendarMethod ??= invite.method;
  found.calendarText = invite.text;
}

function packedPassages(part: Part, type: string, found: Found): readonly Passage[] {
  const packed = readTnef(part.kept);
  if (!packed.complete || part.kept.length < part.sizeBytes) found.defects.add("outlook-packed");
  if (packed.rtfOnly) found.hidesText = true;
  list(part, type, found);
  found.attachments.push(...packed.files);
  const passage = { plain: packed.text.replace(/\r\n?/g, "\n"), html: packed.html };
  return passage.plain.trim() === "" && passage.html.trim() === "" ? [] : [passage];
}

/** S/MIME that hides its content: encrypted, or signed in a way that packs it (RFC 8551 3.4.2). */
function isEncrypted(part: Part, type: string): boolean {
  return /^application\/(?:x-)?pkcs7-mime$/.test(type) && !/certs-only/i.test(part.parameter("smime-type"));
}
