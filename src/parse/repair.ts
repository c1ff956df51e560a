// What is put right in the bytes of a mail before the parser sees them: odd line ends, a head without end or with too
// many lines, 8-bit text and broken encoded words in headers. The head is written anew only where something is wrong.

import type { Defect } from "../message.ts";
import { fromByteString } from "./charset.ts";
import { plainWords } from "./encoded-words.ts";

/** A mail ready for the parser; `body` is everything after the empty line. */
export type Whole = { readonly head: Buffer; readonly body: Buffer; readonly defects: readonly Defect[] };

/** What is kept of a head, in bytes and lines. A mail to 5,000 people has 200 KB and as many lines, all else less than 200 lines. */
const HEAD_BYTES_MAX = 256 * 1024;
const HEAD_LINES_MAX = 6_000;
/** How much of one header is read, in bytes: enough for 1,500 recipients. */
const HEADER_BYTES_MAX = 64 * 1024;

/** How far the end of a head is looked for, in bytes. */
const HEAD_SCAN_BYTES_MAX = 8 * 1024 * 1024;

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const CR = 13;
const LF = 10;

/** Headers read however far down they stand; a block with none of these or of `KNOWN` is not a head. */
const NEEDED = new Set(
  "from to cc subject date reply-to sender message-id in-reply-to references content-type content-transfer-encoding content-disposition mime-version auto-submitted".split(
    " ",
  ),
);
const KNOWN =
  /^(?:(?:x-|content-|resent-|list-|arc-|dkim-|original-)[a-z]|(?:received|received-spf|return-path|delivered-to|envelope-to|precedence|importance|priority|bcc|comments|keywords|organization|user-agent|authentication-results|feedback-id|errors-to|thread-topic|thread-index|domainkey-signature|apparently-to|newsgroups)$)/;
/** Headers in which people's words stand. */
const SPOKEN = new Set("from to cc bcc reply-to sender subject".split(" "));

/** RFC 5322 2.2; white space before the colon is of its obsolete grammar (4.5). */
const HEADER_START = /^([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:/;
/** The line an mbox puts on top, as it is or quoted. */
const MBOX_LINE = /^>?From (?![ \t]*:)/;

/** Make a mail readable for the parser. Linear; copies the body only when its line ends are odd. */
export function putRight(raw: Buffer): Whole {
  const firstEnd = raw.findIndex((byte) => byte === CR || byte === LF);
  const odd = raw[firstEnd] === CR && raw[firstEnd + 1] !== LF && firstEnd + 1 < raw.length;
  const bytes = odd ? withCrlf(raw) : raw;
  const defects: Defect[] = odd ? ["bare-cr"] : [];
  const found = findHead(bytes);
  if (found === null) {
    // Without headers all is text; an empty line on top keeps the first lines from being taken for headers.
    if (raw.length > 0) defects.push("no-headers");
    return { head: Buffer.from("\r\n"), body: bytes, defects };
  }
  if (found.cut) defects.push("too-many-headers");
  const lines = found.headers.map(cleanHeader);
  if (lines.some((line) => line.broken)) defects.push("broken-encoding");
  const head = Buffer.from(`${lines.map(({ line }) => `${line}\r\n`).join("")}\r\n`, "latin1");
  return { head, body: bytes.subarray(found.bodyStart), defects };
}

/** Every CR, and every run of CRs before an LF, becomes CRLF. */
function withCrlf(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== CR) {
      out[length++] = byte;
      continue;
    }
    let last = i;
    while (bytes[last + 1] === CR) last++;
    const ends = bytes[last + 1] === LF ? 1 : last - i + 1;
    i = ends === 1 && bytes[last + 1] === LF ? last + 1 : last;
    for (let n = 0; n < ends; n++) {
      out[length++] = CR;
      out[length++] = LF;
    }
  }
  return out.subarray(0, length);
}

type Header = { readonly name: string; text: string };
type Head = { readonly headers: readonly Header[]; readonly bodyStart: number; readonly cut: boolean };

/**
 * The head of a mail: up to the empty line, or to the first line that cannot be one of a head when no header anybody
 * knows follows it. Null when there is no header known to mail: then all is text.
 */
function findHead(bytes: Buffer): Head | null {
  const block = new Block();
  const start = skipBlank(bytes);
  const stop = Math.min(bytes.length, HEAD_SCAN_BYTES_MAX);
  let pos = start;
  while (pos < stop) {
    const next = lineEnd(bytes, pos);
    const line = bytes.toString("latin1", pos, Math.min(next, pos + HEADER_BYTES_MAX)).replace(/\r?\n$/, "");
    if (line === "") {
      pos = next;
      break;
    }
    // Parts that begin in the head, because the empty line above them is missing.
    if (line.startsWith("--") && block.isMultipart) break;
    if (pos > start || !MBOX_LINE.test(line)) block.add(line, pos);
    pos = next;
  }
  // An empty line above a head happens; a text that begins with one and has one line like a header is a text.
  const blankAbove = bytes[start - 1] === LF || bytes[start - 1] === CR;
  return block.known > (blankAbove ? 1 : 0) ? block.head(pos) : null;
}

/** Where the first line with something in it begins, behind a byte order mark. */
function skipBlank(bytes: Buffer): number {
  let pos = bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  while (bytes[pos] === CR || bytes[pos] === LF) pos++;
  return pos;
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(LF, from);
  return end === -1 ? bytes.length : end + 1;
}

/** Header lines as they come, as many as fit. */
class Block {
  known = 0;
  readonly #headers: Header[] = [];
  readonly #seen = new Set<string>();
  #last: Header | null = null;
  #bytes = 0;
  #lines = 0;
  #cut = false;
  /** A line that is no header, with no known header behind it: where it begins, and how many headers stand above. */
  #junk: { readonly at: number; readonly above: number } | null = null;

  add(line: string, at: number): void {
    if (line.startsWith(" ") || line.startsWith("\t")) return this.#fold(line);
    const match = HEADER_START.exec(line);
    // A parameter that lost the white space in front of it.
    if (match === null && this.#last?.text.trimEnd().endsWith(";")) return this.#fold(` ${line}`);
    this.#last = null;
    if (match === null) {
      this.#junk ??= { at, above: this.#headers.length };
      return;
    }
    const name = match[1]?.toLowerCase() ?? "";
    const needed = NEEDED.has(name);
    if (needed || KNOWN.test(name)) {
      this.known++;
      this.#junk = null;
    }
    this.#keep(name, `${match[1]}:${line.slice(match[0].length)}`, needed && !this.#seen.has(name));
  }

  get isMultipart(): boolean {
    const type = this.#headers.find(({ name }) => name === "content-type");
    return type !== undefined && /^[^:]*:\s*multipart\//i.test(type.text);
  }

  #keep(name: string, text: string, always: boolean): void {
    const fits = this.#lines < HEAD_LINES_MAX && this.#bytes + text.length <= HEAD_BYTES_MAX;
    if (!fits) this.#cut = true;
    if (!fits && !always) return;
    this.#seen.add(name);
    this.#lines++;
    this.#bytes += text.length;
    this.#last = { name, text };
    this.#headers.push(this.#last);
  }

  #fold(line: string): void {
    if (this.#last === null || line.trim() === "") return;
    if (this.#last.text.length + line.length > HEADER_BYTES_MAX || this.#lines >= HEAD_LINES_MAX) {
      this.#cut = true;
      return;
    }
    this.#lines++;
    this.#bytes += line.length;
    this.#last.text += `\r\n${line}`;
  }

  head(end: number): Head {
    if (this.#junk === null) return { headers: this.#headers, bodyStart: end, cut: this.#cut };
    return { headers: this.#headers.slice(0, this.#junk.above), bodyStart: this.#junk.at, cut: this.#cut };
  }
}

/** Text beyond ASCII as UTF-8, and encoded words so that the parser reads them right. */
function cleanHeader({ name, text }: Header): { readonly line: string; readonly broken: boolean } {
  const utf8 = /[\x80-\xff]/.test(text) ? Buffer.from(fromByteString(text)).toString("latin1") : text;
  return SPOKEN.has(name) && utf8.includes("=?") ? plainWords(utf8) : { line: utf8, broken: false };
}
