// What the delimiter lines of a multipart tell: whether a mail breaks off, and which boundary is really used when it is
// not the one the head names.

/** How far into a body a boundary is looked for, in bytes: it stands near the top, below a sentence for old programs. */
const SEARCH_BYTES_MAX = 64 * 1024;
/** RFC 2046 allows 70 characters; programs use more. */
const BOUNDARY = /^--([\x21\x23-\x5b\x5d-\x7e](?:[\x20\x21\x23-\x5b\x5d-\x7e]{0,198}[\x21\x23-\x5b\x5d-\x7e])?)[ \t]*$/;

/** A body that breaks off: a multipart never closed, or base64 or quoted-printable that ends in the middle. */
export function breaksOff(body: Buffer, boundary: string, encoding: string): boolean {
  if (boundary !== "") return !body.includes(`--${boundary}--`) && body.includes(`--${boundary}`);
  if (encoding === "quoted-printable")
    return /=[0-9A-Fa-f]?$/.test(body.toString("latin1", Math.max(0, body.length - 4)));
  if (encoding !== "base64") return false;
  let digits = 0;
  for (const byte of body) {
    if (byte === 0x3d) return false;
    if (isBase64(byte)) digits++;
  }
  return digits % 4 !== 0;
}

function isBase64(byte: number): boolean {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2f;
}

/** The first line of a body that looks like a delimiter with a part below it: its boundary, null when there is none. */
export function boundaryIn(body: Buffer): string | null {
  const lines = body.toString("latin1", 0, SEARCH_BYTES_MAX).split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const below = lines[i + 1] ?? "";
    if (line.startsWith("--") && /^content-[a-z-]+[ \t]*:/i.test(below)) {
      const boundary = BOUNDARY.exec(line.slice(0, 210))?.[1];
      if (boundary !== undefined) return boundary;
    }
  }
  return null;
}
