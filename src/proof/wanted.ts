// What of a mail there is to check: most mail inside a house has neither a public client nor a signature.

import type { Mail } from "../message.ts";
import { isPublic } from "./networks.ts";

/** Looked through for signatures; a header block beyond it is not signed mail of anybody's, it is an attack. */
export const HEADER_BYTES_MAX = 256 * 1024;

/** What checking needs to know of a mail beside its bytes. */
export type Sender = Pick<Mail, "door" | "client" | "envelope">;

export type Wanted = {
  /** SPF speaks of hosts on the open internet that hand us mail, not of staff who signed in. */
  readonly spf: boolean;
  /** The header block has a DKIM-Signature or an ARC-Seal. */
  readonly signed: boolean;
  /** Bytes of the header block, the empty line included. */
  readonly headerBytes: number;
};

export function wanted(raw: Uint8Array, { door, client }: Sender): Wanted {
  const headerBytes = headerLength(raw);
  const header = view(raw).toString("latin1", 0, Math.min(headerBytes, HEADER_BYTES_MAX));
  return {
    spf: door === "smtp" && client.user === null && isPublic(client.address),
    signed: /^(?:dkim-signature|arc-seal)[ \t]*(?::|\r?$)/im.test(header),
    headerBytes,
  };
}

/** The header block as text: latin1, so that every byte is one character; never more than `HEADER_BYTES_MAX`. */
export function headerText(raw: Uint8Array): string {
  return view(raw).toString("latin1", 0, Math.min(headerLength(raw), HEADER_BYTES_MAX));
}

function headerLength(raw: Uint8Array): number {
  const bytes = view(raw);
  if (bytes[0] === 10) return 1;
  if (bytes[0] === 13 && bytes[1] === 10) return 2;
  const crlf = bytes.indexOf("\n\r\n");
  // A bare-LF end is looked for only before the other: a second pass over the body of every mail would be for nothing.
  const lf = (crlf < 0 ? bytes : bytes.subarray(0, crlf)).indexOf("\n\n");
  if (lf >= 0) return lf + 2;
  return crlf < 0 ? bytes.length : crlf + 3;
}

export function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
