// From whom and for whom a mail of a watched folder is: no envelope came with it, so the header block must say.

import type { ImapAccount } from "../config/imap.ts";
import type { Envelope, Recipient } from "../message.ts";
import type { RecipientLookup } from "./recipients.ts";

/** Of a mail so much is looked at for addresses before it is taken; longer header blocks are rare and then spam. */
const TRACE_BYTES = 64 * 1024;
/** No longer address is looked for: RFC 5321 allows 64 and 255 octets, and some local parts of robots are longer. */
const ADDRESS_CHARS_MAX = 512;

/** The first of the mail's bytes, and all of them. */
export async function headOf(bytes: AsyncIterable<Uint8Array>) {
  const stream = bytes[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < TRACE_BYTES) {
    const { value, done } = await stream.next();
    if (done === true) break;
    first.push(value);
    size += value.length;
  }
  const text = Buffer.concat(first).toString("latin1");
  const end = /\r?\n\r?\n/.exec(text);
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* first;
    for (;;) {
      const { value, done } = await stream.next();
      if (done === true) return;
      yield value;
    }
  }
  return { head: end === null ? text : text.slice(0, end.index), all: all() };
}

/** By whom it was sent as far as the server that put it here has noted it (RFC 5321 4.4); else the writer. */
export function envelopeOf(head: string): Envelope {
  const mailFrom = /^return-path[ \t]*:[ \t]*<([^<>\r\n]*)>/im.exec(head)?.[1] ?? firstAddress(head, "from") ?? "";
  return { mailFrom, smtpUtf8: false, body8Bit: true, dsnReturn: null, dsnEnvelopeId: null };
}

/** For whom it was put here, where the server notes that; else whose mailbox it is. */
export function recipientOf(
  head: string,
  account: Pick<ImapAccount, "alias" | "user">,
  lookup: RecipientLookup,
): Recipient {
  const noted = ["delivered-to", "x-original-to", "envelope-to"].flatMap((name) => firstAddress(head, name) ?? []);
  const address = noted.find((each) => lookup(each) !== null) ?? account.alias ?? account.user;
  const found = lookup(address);
  const alias = found?.alias ?? address.slice(0, address.lastIndexOf("@")).toLowerCase();
  return { alias, address, tag: found?.tag ?? "", dsnNotify: [], dsnOriginal: null };
}

/** Words are parted first and looked at one by one: a search for "something@something" costs the square of a long word. */
function firstAddress(head: string, name: string): string | null {
  const line = new RegExp(`^${name}[ \\t]*:((?:.*)(?:\\r?\\n[ \\t].*)*)`, "im").exec(head)?.[1] ?? "";
  return line.split(/[\s<>"',;:]+/).find(isAddress) ?? null;
}

function isAddress(word: string): boolean {
  const at = word.indexOf("@", 1);
  return at > 0 && at < word.length - 1 && word.length <= ADDRESS_CHARS_MAX;
}
