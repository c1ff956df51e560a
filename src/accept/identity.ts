// What tells the same mail again, by whichever door it comes: its body and the headers its writer gave it. What servers
// put on top on the way (Received, Return-Path, results, signatures) differs from door to door and does not count.

import { createHash, type Hash } from "node:crypto";

/** How much of a header block is looked at. A longer one tells nothing: then only the same bytes are the same mail. */
export const HEADER_BYTES_MAX = 256 * 1024;

const NAMED = new Set([
  "from",
  "to",
  "cc",
  "subject",
  "date",
  "message-id",
  "in-reply-to",
  "references",
  "content-type",
  "content-transfer-encoding",
  // A person who sends a mail on as it is sends it anew (RFC 5322 3.6.6). Resent-From alone is what servers add that
  // forward by themselves.
  "resent-date",
  "resent-message-id",
]);

/** Reads a mail as it comes, in pieces of any size, and keeps its header block. */
export class Identity {
  private readonly body: Hash = createHash("sha256");
  private header: Buffer[] = [];
  private headerBytes = 0;
  private inBody = false;

  add(chunk: Uint8Array): void {
    if (this.inBody) {
      this.body.update(chunk);
      return;
    }
    const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.header.push(part);
    this.headerBytes += part.length;
    if (this.headerBytes - part.length > HEADER_BYTES_MAX) return;
    const block = this.header.length === 1 ? part : Buffer.concat(this.header);
    const end = endOf(block);
    if (end < 0 && block.length <= HEADER_BYTES_MAX) {
      this.header = [block];
      return;
    }
    const cut = end < 0 ? HEADER_BYTES_MAX : end;
    // Bytes of their own: what came is a view of a socket's memory.
    this.header = [Buffer.from(block.subarray(0, cut))];
    this.inBody = true;
    this.body.update(block.subarray(cut));
  }

  /** The header block as far as it is kept. */
  headerBlock(): string {
    return Buffer.concat(this.header)
      .toString("latin1")
      .replace(/\r?\n\r?\n[^]*$/, "");
  }

  /** The same for the same mail, hex. Call it once, at the end. */
  digest(): string {
    const hash = createHash("sha256");
    hash.update(JSON.stringify(valuesOf(this.headerBlock())));
    return hash.update(this.body.digest()).digest("hex");
  }
}

/** Where the body begins; -1 when it is not there yet. */
function endOf(block: Buffer): number {
  const crlf = block.indexOf("\r\n\r\n");
  const lf = block.indexOf("\n\n");
  if (crlf < 0 && lf < 0) return -1;
  return lf >= 0 && (crlf < 0 || lf < crlf) ? lf + 2 : crlf + 4;
}

/** Names and values, in the order of the block, without the white space that folding changes. */
function valuesOf(block: string): readonly (readonly [string, string])[] {
  return block
    .replace(/\r?\n(?=[ \t])/g, "")
    .split(/\r?\n/)
    .flatMap((line) => {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
      return NAMED.has(name)
        ? [
            [
              name,
              line
                .slice(colon + 1)
                .replace(/\s+/g, " ")
                .trim(),
            ] as const,
          ]
        : [];
    });
}
