// winmail.dat, the format Outlook packs a mail into for Exchange ([MS-OXTNEF]): names and sizes of the files in it, and
// the plain text. Reads at most what it is given, never throws, and says when it could not read all.

import type { Attachment } from "../message.ts";
import { decodeBytes } from "./charset.ts";

/** `complete` is false when bytes break off or make no sense; `rtfOnly` when its text stands in it as RTF, which is not read. */
export type Packed = {
  readonly text: string;
  readonly html: string;
  readonly files: readonly Attachment[];
  readonly complete: boolean;
  readonly rtfOnly: boolean;
};

const SIGNATURE = 0x223e9f78;
const HEADER_BYTES = 6;
/** Level, id, length; behind the value stands a checksum of two bytes. */
const ATTRIBUTE_BYTES = 9;
const FILES_MAX = 200;
/** Properties looked at in one block: Outlook writes about a hundred. */
const PROPERTIES_MAX = 2_000;

/** Ids of attributes, without their types (2.1.3.1). */
const BODY = 0x800c;
const MESSAGE_PROPERTIES = 0x9003;
const CODE_PAGE = 0x9007;
const FILE_BEGINS = 0x9002;
const FILE_NAME = 0x8010;
const FILE_BYTES = 0x800f;
const FILE_PROPERTIES = 0x9005;

/** MAPI properties ([MS-OXPROPS]): PidTagBody, PidTagRtfCompressed, PidTagBodyHtml and names and bytes of a file. */
const P_BODY = 0x1000;
const P_RTF = 0x1009;
const P_HTML = 0x1013;
const P_DISPLAY_NAME = 0x3001;
const P_FILE_BYTES = 0x3701;
const P_SHORT_NAME = 0x3704;
const P_LONG_NAME = 0x3707;
const P_MIME_TYPE = 0x370e;

type File = { name: string; longName: string; type: string; sizeBytes: number };
type State = { text: string; html: string; hasRtf: boolean; codePage: string; files: File[]; complete: boolean };

/** Read a winmail.dat. */
export function readTnef(bytes: Uint8Array): Packed {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state: State = { text: "", html: "", hasRtf: false, codePage: "", files: [], complete: true };
  if (buffer.length < HEADER_BYTES || buffer.readUInt32LE(0) !== SIGNATURE) state.complete = false;
  else readAttributes(buffer, state);
  return {
    text: state.text,
    html: state.html,
    files: state.files.map(({ name, longName, type, sizeBytes }) => ({ name: longName || name, type, sizeBytes })),
    complete: state.complete,
    rtfOnly: state.hasRtf && state.text.trim() === "" && state.html === "",
  };
}

function readAttributes(buffer: Buffer, state: State): void {
  let at = HEADER_BYTES;
  while (at + ATTRIBUTE_BYTES <= buffer.length) {
    const id = buffer.readUInt16LE(at + 1);
    const length = buffer.readUInt32LE(at + 5);
    const start = at + ATTRIBUTE_BYTES;
    const end = start + length;
    if (end > buffer.length) state.complete = false;
    readAttribute(id, buffer.subarray(start, end), length, state);
    at = end + 2;
  }
  if (at < buffer.length) state.complete = false;
}

function readAttribute(id: number, value: Buffer, length: number, state: State): void {
  const file = state.files[state.files.length - 1];
  if (id === BODY) state.text ||= text8(value, state.codePage);
  else if (id === CODE_PAGE && value.length >= 4) state.codePage = `windows-${value.readUInt32LE(0)}`;
  else if (id === MESSAGE_PROPERTIES) readProperties(value, (property) => messageProperty(property, state), state);
  else if (id === FILE_BEGINS && state.files.length < FILES_MAX) {
    state.files.push({ name: "", longName: "", type: "application/octet-stream", sizeBytes: 0 });
  } else if (file === undefined) return;
  else if (id === FILE_NAME) file.name = text8(value, state.codePage);
  else if (id === FILE_BYTES) file.sizeBytes = length;
  else if (id === FILE_PROPERTIES) readProperties(value, (property) => fileProperty(property, file), state);
}

type Property = { readonly id: number; readonly text: string; readonly bytes: Buffer; readonly sizeBytes: number };

function messageProperty({ id, text, bytes }: Property, state: State): void {
  if (id === P_BODY) state.text = text || state.text;
  else if (id === P_HTML) state.html = text || text8(bytes, state.codePage);
  else if (id === P_RTF) state.hasRtf = true;
}

function fileProperty({ id, text, sizeBytes }: Property, file: File): void {
  if (id === P_LONG_NAME) file.longName = text;
  else if (id === P_SHORT_NAME || id === P_DISPLAY_NAME) file.name ||= text;
  else if (id === P_MIME_TYPE && /^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(text)) file.type = text.toLowerCase();
  else if (id === P_FILE_BYTES) file.sizeBytes ||= sizeBytes;
}

/** A step through the properties: where the next value begins; null when the bytes make no sense. */
type Step = { readonly at: number; readonly property: Property | null };

function readProperties(block: Buffer, use: (property: Property) => void, state: State): void {
  const count = block.length >= 4 ? block.readUInt32LE(0) : 0;
  let at = 4;
  for (let i = 0; i < count; i++) {
    const step = i < PROPERTIES_MAX ? readProperty(block, at, state.codePage) : null;
    if (step === null) {
      state.complete = false;
      return;
    }
    if (step.property !== null) use(step.property);
    at = step.at;
  }
}

/** Sizes of the types with a fixed size; what stands in a file is padded to four bytes (2.1.3.4). */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0x01: 0,
  0x02: 4,
  0x03: 4,
  0x04: 4,
  0x05: 8,
  0x06: 8,
  0x07: 8,
  0x0a: 4,
  0x0b: 4,
  0x14: 8,
  0x40: 8,
  0x48: 16,
};
const STRING8 = 0x1e;
const UNICODE = 0x1f;
const OBJECT = 0x0d;
const BINARY = 0x102;
const MULTIPLE = 0x1000;
/** From here on properties have names, which stand in front of the value. */
const NAMED = 0x8000;

function readProperty(block: Buffer, start: number, codePage: string): Step | null {
  if (start + 4 > block.length) return null;
  const type = block.readUInt16LE(start);
  const id = block.readUInt16LE(start + 2);
  let at = id >= NAMED ? skipName(block, start + 4) : start + 4;
  if (at === null) return null;
  const base = type & ~MULTIPLE;
  const fixed = FIXED_BYTES[base];
  const variable = base === STRING8 || base === UNICODE || base === OBJECT || base === BINARY;
  if (fixed === undefined && !variable) return null;
  let values = 1;
  if (variable || type !== base) {
    if (at + 4 > block.length) return null;
    values = block.readUInt32LE(at);
    at += 4;
  }
  if (fixed !== undefined) return { at: at + values * Math.max(fixed, fixed === 0 ? 0 : 4), property: null };
  let property: Property | null = null;
  for (let i = 0; i < values; i++) {
    if (at + 4 > block.length) return null;
    const length = block.readUInt32LE(at);
    const bytes = block.subarray(at + 4, at + 4 + length);
    property ??= { id, bytes, sizeBytes: length, text: propertyText(base, bytes, codePage) };
    at += 4 + length + padding(length);
  }
  return { at, property };
}

function propertyText(type: number, bytes: Buffer, codePage: string): string {
  if (type === STRING8) return text8(bytes, codePage);
  return type === UNICODE ? untilNul(bytes.toString("utf16le")) : "";
}

/** GUID, kind, and a number or a string. */
function skipName(block: Buffer, at: number): number | null {
  if (at + 24 > block.length) return null;
  if (block.readUInt32LE(at + 16) === 0) return at + 24;
  const length = block.readUInt32LE(at + 20);
  return at + 24 + length + padding(length);
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

function text8(bytes: Buffer, codePage: string): string {
  return untilNul(decodeBytes(bytes, codePage).text);
}

function untilNul(text: string): string {
  const end = text.indexOf("\0");
  return end === -1 ? text : text.slice(0, end);
}
