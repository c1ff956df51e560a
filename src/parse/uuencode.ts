// Files that old programs write into a text between "begin 644 name" and "end" (POSIX uuencode), and texts that are
// such a file as a whole.

import type { Attachment } from "../message.ts";

const BEGIN = /^begin [0-7]{3,4}(?: ([^\r\n]{0,255}))?$/;
/** One line holds at most 45 bytes as 60 characters; some programs add a check character. */
const LINE_CHARS_MAX = 64;
/** So many lines of such a file make sure that it is one and no sentence that begins with "begin". */
const LINES_SURE = 1;

/** A text without the files written into it, and those files by name and size. */
export function withoutUuencoded(text: string): { readonly text: string; readonly files: readonly Attachment[] } {
  if (!/^begin [0-7]{3}/m.test(text)) return { text, files: [] };
  const lines = text.split("\n");
  const kept: string[] = [];
  const files: Attachment[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const begin = BEGIN.exec(line.trimEnd());
    const block = begin === null ? null : readBlock(lines, i + 1);
    if (begin === null || block === null) {
      kept.push(line);
      continue;
    }
    files.push({ name: begin[1] ?? "", type: "application/octet-stream", sizeBytes: block.sizeBytes });
    i = block.last;
  }
  return { text: kept.join("\n"), files };
}

type Block = { readonly last: number; readonly sizeBytes: number };

/** The lines of a file up to "end", or to the first that cannot belong to it. */
function readBlock(lines: readonly string[], first: number): Block | null {
  let sizeBytes = 0;
  for (let i = first; i < lines.length; i++) {
    const line = (lines[i] ?? "").trimEnd();
    if (line === "end") return { last: i, sizeBytes };
    const length = line === "" || line === "`" ? 0 : lengthOf(line);
    if (length === null) return i - first >= LINES_SURE ? { last: i - 1, sizeBytes } : null;
    sizeBytes += length;
  }
  return lines.length - first >= LINES_SURE ? { last: lines.length - 1, sizeBytes } : null;
}

/** How many bytes a line holds; null when it is none of a file. White space at its end may have been lost on the way. */
function lengthOf(line: string): number | null {
  if (line.length > LINE_CHARS_MAX || !/^[ -`]+$/.test(line)) return null;
  const length = (line.charCodeAt(0) - 32) & 63;
  const needed = Math.ceil(length / 3) * 4;
  return length <= 45 && line.length - 1 <= needed + 4 && line.length - 1 >= needed / 2 ? length : null;
}

/** The bytes of a text sent as uuencode (Content-Transfer-Encoding: x-uuencode). */
export function decodeUuencoded(bytes: Uint8Array): Buffer {
  const lines = Buffer.from(bytes).toString("latin1").split(/\r?\n/);
  const begin = lines.findIndex((line) => BEGIN.test(line.trimEnd()));
  const out: Buffer[] = [];
  for (const line of lines.slice(begin + 1)) {
    if (line === "end") break;
    out.push(decodeLine(line));
  }
  return Buffer.concat(out);
}

function decodeLine(line: string): Buffer {
  const length = line === "" ? 0 : (line.charCodeAt(0) - 32) & 63;
  const out = Buffer.alloc(length);
  const six = (at: number) => (at < line.length ? (line.charCodeAt(at) - 32) & 63 : 0);
  for (let i = 0, at = 1; i < length; i += 3, at += 4) {
    const bits = (six(at) << 18) | (six(at + 1) << 12) | (six(at + 2) << 6) | six(at + 3);
    for (let n = 0; n < 3 && i + n < length; n++) out[i + n] = (bits >> (16 - 8 * n)) & 255;
  }
  return out;
}
