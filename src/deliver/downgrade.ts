// What a far end must be able to take for a mail to stay as it is. A mail is never rewritten on the way: where the far end
// cannot take it, a person is told (RFC 6152 3, RFC 6531 3.2).

import type { Job } from "../outcome.ts";

/** Header blocks beyond this are looked at no further. */
const HEADER_BYTES_MAX = 256 * 1024;

/**
 * What the far end lacks, as an enhanced status code (RFC 6531 4.2, RFC 6152): "5.6.7" SMTPUTF8, "5.6.3" 8BITMIME; null:
 * nothing. Only what it does not offer is looked for in the bytes.
 * @param offers its answer to EHLO, upper case
 */
export async function lacking(
  offers: string,
  { mail }: Job,
  { from, to }: { readonly from?: unknown; readonly to?: unknown },
  body: () => AsyncIterable<Uint8Array>,
): Promise<"5.6.7" | "5.6.3" | null> {
  const offersUtf8 = /[ -]SMTPUTF8\b/m.test(offers);
  if (!offersUtf8 && [from, to].some((address) => isBeyondAscii(String(address)))) return "5.6.7";
  // Headers beyond ASCII without a word about it are common, and were never promised to anybody.
  if (!offersUtf8 && mail.envelope.smtpUtf8 && (await hasEightBits(body(), true))) return "5.6.7";
  if (/[ -]8BITMIME\b/m.test(offers) || !mail.envelope.body8Bit) return null;
  return (await hasEightBits(body(), false)) ? "5.6.3" : null;
}

function isBeyondAscii(text: string): boolean {
  return /[^\p{ASCII}]/u.test(text);
}

async function hasEightBits(body: AsyncIterable<Uint8Array>, onlyHeader: boolean): Promise<boolean> {
  let held = Buffer.alloc(0);
  for await (const chunk of body) {
    if (!onlyHeader) {
      if (chunk.some((byte) => byte > 127)) return true;
      continue;
    }
    held = Buffer.concat([held, chunk]);
    const end = /\r?\n\r?\n/.exec(held.toString("latin1"))?.index ?? -1;
    if (end >= 0 || held.length > HEADER_BYTES_MAX)
      return held.subarray(0, end < 0 ? held.length : end).some((byte) => byte > 127);
  }
  return held.some((byte) => byte > 127);
}
