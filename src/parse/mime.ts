// A mail taken apart: headers, texts in order, files by name, and what is odd about its bytes. Bytes are put right by
// repair.ts, parted in parts.ts and given their meaning in bodies.ts.

import type { HeaderLines, Headers } from "mailparser";
import type { Attachment, Defect } from "../message.ts";
import { asHtml, type Bodies, type Part, type Passage, readBodies } from "./bodies.ts";
import { boundaryIn, breaksOff } from "./boundary.ts";
import { decodeBytes } from "./charset.ts";
import { type Parted, TEXT_BYTES_MAX, takeApart } from "./parts.ts";
import { putRight, type Whole } from "./repair.ts";

/** What was found in a mail. */
export type Mime = {
  readonly headers: Headers;
  readonly headerLines: HeaderLines;
  /** What the writer wrote, in the order of the mail. */
  readonly passages: readonly Passage[];
  /** All that is plain. */
  readonly text: string;
  /** The whole as HTML; where HTML stands beside plain text, only that HTML. "" when there is none. */
  readonly html: string;
  /** HTML stands beside the plain text as a part of its own, not as another form of it. */
  readonly htmlBeside: boolean;
  /** Content types of all parts, lower case, that of the whole first. */
  readonly partTypes: readonly string[];
  /** Without texts and reports; with what was packed in a winmail.dat or written into a text. */
  readonly attachments: readonly Attachment[];
  /** Attached mails, in order. */
  readonly mails: readonly Uint8Array[];
  /** What a bounce (RFC 3464, RFC 6533) or a complaint (RFC 5965) says to machines. */
  readonly reports: readonly string[];
  /** What an invitation asks, e.g. "REQUEST"; null without one. */
  readonly calendarMethod: string | null;
  /** Summary, place and description of an invitation, to be read where there is no other text. */
  readonly calendarText: string;
  readonly defects: readonly Defect[];
};

/** How much is read as plain text, in bytes, when a mail cannot be taken apart. */
const FALLBACK_BYTES = 512 * 1024;

/** Take a mail apart. Never rejects because of its shape: then what was read so far comes with a defect. */
export async function readMime(raw: Uint8Array): Promise<Mime> {
  const whole = cutSingleText(putRight(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)));
  const parted = await takeApart(whole.head, whole.body);
  const { root } = parted;
  if (!parted.complete) return asText(parted, whole);
  if (!isEmptyMultipart(root)) return asParted(parted, whole);
  // A multipart without any part: its boundary is missing, or another one is used.
  const boundary = boundaryIn(whole.body);
  if (boundary === null) return asText(parted, whole);
  const type = Buffer.from(`Content-Type: ${root.type}; boundary="${boundary}"\r\n`);
  const again = await takeApart(Buffer.concat([type, whole.head]), whole.body);
  return again.root.children.length > 0 ? asParted(again, whole) : asText(parted, whole);
}

function isEmptyMultipart({ type, children }: Part): boolean {
  return type.startsWith("multipart/") && children.length === 0;
}

/** The beginning of a mail that is one text: the rest would be decoded only to be cut off later. */
function cutSingleText(whole: Whole): Whole {
  if (whole.body.length <= TEXT_BYTES_MAX) return whole;
  const type = /^content-type:\s*([^\s;]*)/im.exec(whole.head.toString("latin1"))?.[1] ?? "text/plain";
  return /^text\//i.test(type) ? { ...whole, body: whole.body.subarray(0, TEXT_BYTES_MAX) } : whole;
}

function asParted(parted: Parted, whole: Whole): Mime {
  const { root } = parted;
  const bodies = readBodies(root);
  if (isSilent(bodies) && root.children.some(hidesText)) return asText(parted, whole);
  const encoding = root.children.length === 0 ? root.encoding : "";
  const cut = breaksOff(whole.body, root.parameter("boundary").trimEnd(), encoding);
  return composed(parted, bodies, [...whole.defects, ...(cut ? ["truncated" as const] : [])]);
}

/** Nothing to read was found. */
function isSilent({ passages, mails, reports, calendarText }: Bodies): boolean {
  const written = passages.some(({ plain, html }) => plain.trim() !== "" || html.trim() !== "");
  return !written && mails.length === 0 && reports.length === 0 && calendarText === "";
}

/** A multipart inside whose boundary could not be read: the parser passes over all that stands in it. */
function hidesText(part: Part): boolean {
  return isEmptyMultipart(part) || part.children.some(hidesText);
}

/** What could be read of a mail nobody can take apart; without any text, all below the head is its text. */
function asText(parted: Parted, whole: Whole): Mime {
  const bodies = readBodies(parted.root);
  if (!isSilent(bodies)) return composed(parted, bodies, [...whole.defects, "unreadable-structure"]);
  const plain = decodeBytes(whole.body.subarray(0, FALLBACK_BYTES), "").text.replace(/\r\n?/g, "\n");
  const trouble: readonly Defect[] = plain.trim() === "" ? [] : ["unreadable-structure"];
  return composed(parted, { ...bodies, passages: [{ plain, html: "" }] }, [...whole.defects, ...trouble]);
}

function composed({ headers, headerLines, root }: Parted, bodies: Bodies, defects: readonly Defect[]): Mime {
  const { passages } = bodies;
  const htmlBeside =
    passages.some(({ plain, html }) => plain.trim() === "" && html !== "") &&
    passages.some(({ plain }) => plain.trim() !== "");
  return {
    ...bodies,
    headers,
    headerLines,
    text: passages.flatMap(({ plain }) => plain || []).join("\n"),
    html: htmlOf(passages, htmlBeside),
    htmlBeside,
    partTypes: typesOf(root),
    defects: [...new Set([...defects, ...bodies.defects])],
  };
}

/** The HTML that stands beside the plain text; otherwise the whole as HTML, if any of it is. */
function htmlOf(passages: readonly Passage[], beside: boolean): string {
  if (beside) return asHtml(passages.filter(({ plain }) => plain.trim() === ""));
  return passages.some(({ html }) => html !== "") ? asHtml(passages) : "";
}

function typesOf(part: Part): readonly string[] {
  return [part.type === "" ? "text/plain" : part.type, ...part.children.flatMap(typesOf)];
}
