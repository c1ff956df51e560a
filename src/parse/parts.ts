// The one door to mailparser: its stream, driven so that every part comes out as bytes. What is worth reading is kept,
// files flow past, counted. What the parts mean is bodies.ts's to say, what the bytes mean charset.ts's.

import { type HeaderLines, type Headers, MailParser, type MailParserOptions } from "mailparser";
import { type Part, roleOf } from "./bodies.ts";

/** A mail in parts; `complete` is false when the parser gave up on it. */
export type Parted = {
  readonly headers: Headers;
  readonly headerLines: HeaderLines;
  readonly root: Part;
  readonly complete: boolean;
};

const OPTIONS: MailParserOptions = {
  // Text as HTML, links, inline pictures and checksums are work nobody looks at.
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  checksumAlgo: false,
  skipHtmlToText: true,
  // Attached mails come as attachments; read in place, one that ends after its headers makes mailparser wait for ever.
  ignoreEmbedded: true,
};

/**
 * How much of the text of a mail is kept, in bytes. As base64 or HTML it still holds far more than the text that is
 * looked at.
 */
export const TEXT_BYTES_MAX = 4 * 1024 * 1024;
/** How much of attached mails, reports, invitations and packed mails is kept together, in bytes. */
const OTHER_BYTES_MAX = 1024 * 1024;

/**
 * How many levels of parts a large mail may have, looked at after every slice of it. A person's mail has five; the
 * parser compares every line that begins with "--" with the boundaries of all levels above it.
 */
const LEVELS_MAX = 30;
const SLICE_BYTES = 256 * 1024;

/** A node of the tree mailparser builds; it stands in its source, not in its types. Broken headers make odd values. */
type Node = {
  readonly contentType: unknown;
  readonly headers: Headers;
  readonly children: readonly Node[];
  readonly node: {
    readonly charset: unknown;
    readonly disposition: unknown;
    readonly encoding: unknown;
    readonly filename: unknown;
    readonly flowed: boolean;
    readonly delSp: boolean;
  };
};
type Place = { readonly parent?: Place };
type Inside = { readonly tree: Node | false; readonly curnode: Place | false; textTypes: readonly string[] };

/** What was let through of a part. */
type Kept = { readonly chunks: Buffer[]; sizeBytes: number };
type Room = { text: number; other: number };

/** Take a mail apart. Never rejects. */
export function takeApart(head: Buffer, body: Buffer): Promise<Parted> {
  return new Promise((resolve) => {
    const parser = new MailParser(OPTIONS);
    const inside = parser as unknown as Inside;
    // No type is text to mailparser: it would decode by the label alone, lose the bytes, and join all parts.
    inside.textTypes = [];
    const kept = new Map<Headers, Kept>();
    const room: Room = { text: TEXT_BYTES_MAX, other: OTHER_BYTES_MAX };
    parser.on("data", (part) => {
      if (part.type === "attachment") kept.set(part.headers, keep(part, room));
    });
    const heads = () => ({ headers: parser.headers || new Map(), headerLines: parser.headerLines || [] });
    const finish = (complete: boolean) => {
      const root = inside.tree === false ? NO_PART : partOf(inside.tree, kept);
      if (body.length > SLICE_BYTES && levels(root) > LEVELS_MAX) giveUp();
      else resolve({ ...heads(), root, complete });
    };
    // How far the parser came when it was stopped is chance, so nothing it found is used.
    const giveUp = () => resolve({ ...heads(), root: NO_PART, complete: false });
    parser.on("error", () => finish(false));
    parser.on("end", () => finish(true));
    parser.write(head);
    feed(parser, body, 0, () => levelsAbove(inside.curnode) <= LEVELS_MAX, giveUp);
  });
}

/** Hand the body over, line by line in slices, as long as it is worth going on. */
function feed(parser: MailParser, body: Buffer, from: number, goesOn: () => boolean, giveUp: () => void): void {
  const line = body.indexOf("\n", from + SLICE_BYTES);
  if (line === -1) {
    parser.end(body.subarray(from));
    return;
  }
  parser.write(body.subarray(from, line + 1), (error) => {
    if (!error && goesOn()) return feed(parser, body, line + 1, goesOn, giveUp);
    if (!error) giveUp();
    parser.destroy();
  });
}

function levelsAbove(place: Place | false): number {
  let levels = 0;
  for (let at = place === false ? undefined : place.parent; at !== undefined; at = at.parent) levels++;
  return levels;
}

function levels({ children }: Part): number {
  let deepest = 0;
  for (const child of children) deepest = Math.max(deepest, 1 + levels(child));
  return deepest;
}

type Stream = Extract<ReturnType<MailParser["read"]>, { type: "attachment" }>;

/** Let a part flow past and keep the beginning of what is worth reading. The parser goes on only after `release`. */
function keep(part: Stream, room: Room): Kept {
  const kept: Kept = { chunks: [], sizeBytes: 0 };
  const name = string(part.filename);
  const role = roleOf(typeOf(part.contentType, name), name, string(part.contentDisposition), part.partId === null);
  const pot = role === "text" || role === "html" ? "text" : "other";
  part.content.on("data", (chunk: Buffer) => {
    kept.sizeBytes += chunk.length;
    if (role === "file" || room[pot] === 0) return;
    const piece = chunk.subarray(0, room[pot]);
    room[pot] -= piece.length;
    kept.chunks.push(piece);
  });
  part.content.on("end", () => part.release?.());
  part.content.on("error", () => part.release?.());
  return kept;
}

const NO_PART: Part = {
  type: "",
  disposition: "",
  name: "",
  charset: "",
  encoding: "",
  parameter: () => "",
  flowed: false,
  delSp: false,
  kept: Buffer.alloc(0),
  sizeBytes: 0,
  children: [],
};

/** The parser stops at 1,000 parts, so the stack is deep enough. */
function partOf({ node, headers, contentType, children }: Node, kept: ReadonlyMap<Headers, Kept>): Part {
  const bytes = kept.get(headers);
  const name = string(node.filename);
  const declared = headers.has("content-type");
  return {
    type: declared || name !== "" ? typeOf(contentType, name) : "",
    disposition: string(node.disposition).toLowerCase(),
    name,
    charset: string(node.charset) || charsetIn(string(contentType)),
    encoding: string(node.encoding).replace(/["';\s]/g, ""),
    parameter: (key) => parameterOf(headers, key),
    flowed: node.flowed,
    delSp: node.delSp,
    kept: Buffer.concat(bytes?.chunks ?? []),
    sizeBytes: bytes?.sizeBytes ?? 0,
    children: children.map((child) => partOf(child, kept)),
  };
}

/** A broken Content-Type or name comes as something else than a string, whatever the types say. */
function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A type as it should be read: without what stands behind it for want of a semicolon, and a mail by its name. */
function typeOf(contentType: unknown, name: string): string {
  const type = /^[^\s;,]*/.exec(string(contentType).trim().toLowerCase())?.[0] ?? "";
  if (/^[^/]+\/[^/]+$/.test(type))
    return /\.eml$/i.test(name) && type.startsWith("application/") ? "message/rfc822" : type;
  // RFC 2045 5.2: what cannot be understood is text, unless it has the name of a file.
  return name === "" ? "text/plain" : "application/octet-stream";
}

function charsetIn(contentType: string): string {
  return /charset=["']?([\w.:-]{1,40})/i.exec(contentType)?.[1] ?? "";
}

/** A parameter of the Content-Type, "" when it is not there. */
function parameterOf(headers: Headers, key: string): string {
  const header = headers.get("content-type");
  if (typeof header !== "object" || !("params" in header) || typeof header.params !== "object") return "";
  return string((header.params as Readonly<Record<string, unknown>>)[key]);
}
