// Bytes become characters, whatever the label says: the declared character set, and where it is missing, unknown or
// plainly wrong, UTF-8 if the bytes are that and windows-1252 if not. Also what stands for bytes in a single-byte text.

import { isUtf8 } from "node:buffer";

/** `broken`: some characters could not be read, or had to be guessed because the label is unknown. */
export type Decoded = { readonly text: string; readonly broken: boolean };

/** What windows-1252 has where ISO 8859-1 has control characters; the five gaps stay as they are (WHATWG encodings). */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** Names mail programs use which TextDecoder does not know. */
const ALIASES: Readonly<Record<string, string>> = {
  cp932: "shift_jis",
  ms_kanji: "shift_jis",
  cp51932: "euc-jp",
  cp936: "gbk",
  ms936: "gbk",
  cp949: "euc-kr",
  uhc: "euc-kr",
  cp950: "big5",
  "iso-2022-jp-ms": "iso-2022-jp",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  utf8mb4: "utf-8",
  "uft-8": "utf-8",
  uft8: "utf-8",
  "utf-8-mac": "utf-8",
  cp65001: "utf-8",
  "mac-roman": "macintosh",
  macroman: "macintosh",
  "8859-1": "iso-8859-1",
  "latin-1": "iso-8859-1",
  "8859-15": "iso-8859-15",
  "latin-9": "iso-8859-15",
};

/** Labels by which any 8-bit text is sent by programs that never thought about it: UTF-8 is believed if the bytes are it. */
const CARELESS = new Set(["windows-1252", "us-ascii"]);

const LABEL_CHARS_MAX = 40;

/** Characters out of bytes. Never throws. `label` is the declared character set, "" when none is declared. */
export function decodeBytes(bytes: Uint8Array, label: string): Decoded {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const known = encodingOf(label);
  if (known === "utf-7") return { text: decodeUtf7(buffer.toString("latin1")), broken: false };
  if (known === "utf-8" || known === null || CARELESS.has(known)) return decodeCommon(buffer, known);
  const text = new TextDecoder(known).decode(buffer);
  return { text, broken: text.includes("\ufffd") };
}

/** The WHATWG name of a label, or "utf-7"; "us-ascii" when there is none; null when nobody knows it. */
function encodingOf(label: string): string | null {
  const name = label
    .slice(0, LABEL_CHARS_MAX)
    .toLowerCase()
    .replace(/["'\s]/g, "")
    .replace(/\*.*$/, "");
  if (name === "" || name === "us-ascii" || name === "ascii") return "us-ascii";
  if (name === "utf-8" || name === "utf8") return "utf-8";
  if (/^(?:unicode-1-1-|x-unicode-2-0-)?utf-?7$/.test(name)) return "utf-7";
  const spelt = name
    .replace(/^(?:x-)?(?:win|windows)[-_]?(\d{3,4})$/, "windows-$1")
    .replace(/^iso[-_]?8859[-_]?(\d+)$/, "iso-8859-$1");
  try {
    return new TextDecoder(ALIASES[spelt] ?? spelt).encoding;
  } catch {
    return null;
  }
}

function decodeCommon(buffer: Buffer, known: string | null): Decoded {
  if (isUtf8(buffer)) {
    const text = buffer.toString("utf8");
    return {
      text: text.startsWith("\ufeff") ? text.slice(1) : text,
      broken: known === null && text.length < buffer.length,
    };
  }
  if (known !== "utf-8") return { text: fromWindows1252(buffer.toString("latin1")), broken: known === null };
  const text = buffer.toString("utf8");
  // A text that is labelled UTF-8 and has not one good character of it beyond ASCII is some other program's 8-bit text.
  return /[\x80-\ufffc]/.test(text)
    ? { text, broken: true }
    : { text: fromWindows1252(buffer.toString("latin1")), broken: false };
}

function fromWindows1252(latin1: string): string {
  return latin1.replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] ?? char);
}

/** UTF-7 (RFC 2152): "+", base64 of UTF-16BE, "-". It can hide mark-up, but nothing of ours is ever shown as mark-up. */
function decodeUtf7(ascii: string): string {
  return ascii.replace(/\+([A-Za-z0-9+/]*)-?/g, (_, packed: string) => {
    if (packed === "") return "+";
    const bytes = Buffer.from(packed, "base64");
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString("utf16le");
  });
}

/** A text that holds one byte a character: what those bytes say as UTF-8, and if they are not that, as windows-1252. */
export function fromByteString(latin1: string): string {
  return /[\x80-\xff]/.test(latin1) ? decodeCommon(Buffer.from(latin1, "latin1"), "us-ascii").text : latin1;
}
