// The one door to mailparser: its stream, driven so that only text is kept and attachments flow past, counted.
// Measured with a 10 KB text mail: 0.07 ms with these options, 0.20 ms with mailparser's defaults.

import { type HeaderLines, type Headers, MailParser, type MailParserOptions } from "mailparser";
import type { Attachment, Defect } from "../message.ts";

/** What mailparser found. */
export type Mime = {
  readonly headers: Headers;
  readonly headerLines: HeaderLines;
  readonly text: string;
  readonly html: string;
  /** HTML stands beside the plain text as a part of its own, not as another form of it. */
  readonly htmlBeside: boolean;
  readonly attachments: readonly Attachment[];
  /** Attached mails (message/rfc822), in order. */
  readonly mails: readonly Uint8Array[];
  readonly defects: readonly Defect[];
};

const OPTIONS: MailParserOptions = {
  // Text as HTML, links, inline pictures and checksums are work nobody looks at.
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  checksumAlgo: false,
  // html.ts converts, also where mailparser would leave `text` undefined.
  skipHtmlToText: true,
  // Attached mails come as attachments; read in place, one that ends after its headers makes mailparser wait for ever.
  ignoreEmbedded: true,
  // Dates of attached mails would be printed into the text, an unreadable one as the current time.
  formatDateString: () => "",
};

/** How much is read as plain text, in bytes, when a mail cannot be taken apart. */
const FALLBACK_BYTES = 512 * 1024;

/** How many attached mails are kept to be read, and how much of them together, in bytes: forwards hold one or a handful. */
const MAILS_MAX = 10;
const MAILS_BYTES_MAX = 1024 * 1024;

/**
 * How much of a mail without parts is read, in bytes. As base64 or HTML it still holds far more than the text that is
 * kept, and mailparser would turn 25 MB into strings several times over.
 */
const SINGLE_TEXT_BYTES_MAX = 4 * 1024 * 1024;

/** mailparser joins parts by this, with an empty string for plain text when HTML stands beside it. */
const JOINT = "<br/>\n";

/** A header line's beginning (RFC 5322 2.2), or the "From " line of an mbox. */
const HEADER_START = /^(?:[\x21-\x39\x3b-\x7e]+[ \t]*:|From )/;

/** Take a mail apart. Never rejects because of its shape: then what was read so far comes with a defect. */
export async function readMime(raw: Uint8Array): Promise<Mime> {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  if (HEADER_START.test(bytes.toString("latin1", 0, 1000))) return runParser(bytes, []);
  // Without headers all is text; an empty line on top keeps the first lines from being taken for headers.
  return runParser(Buffer.concat([Buffer.from("\r\n"), bytes]), bytes.length === 0 ? [] : ["no-headers"]);
}

function runParser(bytes: Buffer, defects: readonly Defect[]): Promise<Mime> {
  return new Promise((resolve) => {
    const parser = new MailParser(OPTIONS);
    const attachments: Attachment[] = [];
    const mails: Uint8Array[] = [];
    let text = "";
    let html = "";
    const read = () => ({
      headers: parser.headers || new Map(),
      headerLines: parser.headerLines || [],
      attachments,
      mails,
    });
    parser.on("data", (part) => {
      if (part.type === "attachment") return count(part, attachments, mails);
      text = part.text ?? "";
      html = part.html ?? "";
    });
    parser.on("error", () => {
      const trouble: Defect = parser.headers === false ? "too-many-headers" : "unreadable-structure";
      const rest = { text: afterHeaders(bytes), html: "", htmlBeside: false };
      resolve({ ...read(), ...rest, defects: [...defects, trouble] });
    });
    parser.on("end", () => {
      const htmlBeside = html.startsWith(JOINT) || html.endsWith(JOINT);
      resolve({ ...read(), text, html, htmlBeside, defects });
    });
    parser.end(readable(bytes));
  });
}

/** All of a mail in parts; of one that is a single text, the beginning, because the rest would only be cut off later. */
function readable(bytes: Buffer): Buffer {
  if (bytes.length <= SINGLE_TEXT_BYTES_MAX) return bytes;
  const head = bytes.toString("latin1", 0, Math.max(0, bytes.indexOf("\r\n\r\n")));
  return /^content-type[ \t]*:\s*(?:multipart|message)\//im.test(head)
    ? bytes
    : bytes.subarray(0, SINGLE_TEXT_BYTES_MAX);
}

type Part = Extract<ReturnType<MailParser["read"]>, { type: "attachment" }>;

/** Let an attachment flow past and count it; only attached mails are kept. The parser goes on only after `release`. */
function count(part: Part, attachments: Attachment[], mails: Uint8Array[]): void {
  let sizeBytes = 0;
  const kept: Buffer[] = [];
  let room = MAILS_BYTES_MAX - mails.reduce((sum, mail) => sum + mail.length, 0);
  // A broken Content-Type or name comes as something else than a string, whatever the types say.
  const name = typeof part.filename === "string" ? part.filename : "";
  const type = typeof part.contentType === "string" ? part.contentType : "application/octet-stream";
  const index = attachments.push({ name, type, sizeBytes }) - 1;
  part.content.on("data", (chunk: Buffer) => {
    if (type === "message/rfc822" && room > 0) kept.push(chunk.subarray(0, room));
    room -= chunk.length;
    sizeBytes += chunk.length;
  });
  part.content.on("end", () => {
    attachments[index] = { name, type, sizeBytes };
    if (kept.length > 0 && mails.length < MAILS_MAX) mails.push(Buffer.concat(kept));
    part.release?.();
  });
  part.content.on("error", () => part.release?.());
}

/** The bytes after the first empty line as text, for a mail nobody can take apart. */
function afterHeaders(bytes: Buffer): string {
  const head = bytes.indexOf("\r\n\r\n");
  const bare = bytes.indexOf("\n\n");
  const start = head === -1 ? bare : bare === -1 ? head : Math.min(head, bare);
  const from = Math.max(0, start);
  return bytes.toString("utf8", from, from + FALLBACK_BYTES);
}
