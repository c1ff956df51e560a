// Whether a mail goes on with an earlier case: by a token only its addressee can have, or by the Message-IDs it
// answers. Who did not take part in a case does not go on with it; that is a suggestion to people, no more.

import { createHmac, timingSafeEqual } from "node:crypto";
import type { EarlierMail, Facts, Message } from "../message.ts";

/** What is known of the thread of a mail; without `sure` it is a suggestion. */
export type Thread = {
  readonly ref: string;
  readonly by: "token" | "reference";
  readonly requestType: string | null;
  readonly sure: boolean;
};

/** Bytes of HMAC-SHA-256 in a token: nobody guesses 128 bits (RFC 2104, section 5, asks for at least 80). */
const SIGNATURE_BYTES = 16;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
/** References looked at: the last ones are the nearest. */
const REFERENCES_MAX = 20;
/** Tokens and case numbers looked at: a mail has one; more would be guessing. */
const TOKENS_MAX = 3;
const NUMBERS_MAX = 2;
/** Characters of the header looked at: what the door reads of it. */
const HEADER_CHARS_MAX = 64 * 1024;
/** Characters of one header's value looked at: 100 Message-IDs of the longest kind seen are less. */
const VALUE_CHARS_MAX = 16 * 1024;

/** `mw-00001x` and 26 digits of base 32, with a dot between. */
const TOKEN = /(?<![a-z0-9.-])(mw-[0-9a-z]{6,12})\.([a-z2-7]{26})(?![a-z0-9.-])/i;
const EVERY_TOKEN = new RegExp(TOKEN.source, "gi");
const EVERY_NUMBER = /(?<![a-z0-9-])mw-[0-9a-z]{6,12}(?![a-z0-9.-])/gi;
/** The headers that may point to an earlier case, with their folded lines (RFC 5322, section 2.2.3). */
const POINTING =
  /^(in-reply-to|references|subject|to|cc|delivered-to|x-original-to|envelope-to)[ \t]*:(.*(?:\r?\n[ \t].*)*)/gim;

/**
 * A token for one participant of a case, lower case: fit to be the left part of a Message-ID (RFC 5322, section 3.6.4)
 * and the tag after the `+` of an address. `key` is hex.
 */
export function mintToken(key: string, ref: string, participant: string): string {
  const signed = `${ref.toLowerCase()}\0${participant.toLowerCase()}`;
  const signature = createHmac("sha256", Buffer.from(key, "hex")).update(signed).digest();
  return `${ref.toLowerCase()}.${base32(signature.subarray(0, SIGNATURE_BYTES))}`;
}

/** The reference in a token, in an id `<token@domain>` or a tag; null where there is no token. Nothing is verified. */
export function refOfToken(id: string): string | null {
  return TOKEN.exec(id)?.[1]?.toUpperCase() ?? null;
}

/**
 * The ids by which a mail may point to an earlier case: tokens, Message-IDs, nearest first, and case numbers in the
 * subject. `headerBlock` is the raw header as text; `tags` are those of the addresses it was delivered to.
 */
export function threadIds(headerBlock: string, tags: readonly string[] = []): readonly string[] {
  const values = pointingHeaders(headerBlock);
  const replies = idsIn(values.get("in-reply-to") ?? "");
  const references = idsIn(values.get("references") ?? "")
    .slice(-REFERENCES_MAX)
    .reverse();
  const places = [...tags, ...replies, ...references, ...ADDRESS_HEADERS.map((name) => values.get(name) ?? "")];
  const tokens = places.flatMap((place) => place.match(EVERY_TOKEN) ?? []).map((token) => token.toLowerCase());
  const numbers = (values.get("subject") ?? "").match(EVERY_NUMBER) ?? [];
  return [
    ...new Set([
      ...[...new Set(tokens)].slice(0, TOKENS_MAX),
      ...numbers.slice(0, NUMBERS_MAX).map((number) => number.toUpperCase()),
      ...[...replies, ...references].filter((id) => !TOKEN.test(id)),
    ]),
  ].slice(0, REFERENCES_MAX);
}

const ADDRESS_HEADERS = ["to", "cc", "delivered-to", "x-original-to", "envelope-to"] as const;

/** Headers by lower-case name; several of one name are joined. */
function pointingHeaders(headerBlock: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [, name = "", value = ""] of headerBlock.slice(0, HEADER_CHARS_MAX).matchAll(POINTING)) {
    const key = name.toLowerCase();
    const before = values.get(key);
    const cut = key === "references" ? value.slice(-VALUE_CHARS_MAX) : value.slice(0, VALUE_CHARS_MAX);
    values.set(key, before === undefined ? cut : `${before} ${cut}`);
  }
  return values;
}

/** Message-IDs in angle brackets; without any brackets the words with an @ are taken for ids. */
function idsIn(value: string): readonly string[] {
  const bracketed = value.match(/<[^<>\s]{1,998}>/g);
  if (bracketed !== null) return bracketed;
  const words = value.split(/\s+/).filter((word) => word.includes("@") && word.length <= 998);
  return words.map((word) => `<${word.replace(/[<>]/g, "")}>`);
}

/**
 * The case a mail goes on with, as `facts.earlier` offers them: what is sure before what is not, then a token before a
 * reference, then the nearest. A forward starts a case of its own, and a
 * writer whose domain disowns the mail (DMARC) may be anybody, so both only suggest.
 */
export function threadOf(message: Message, facts: Facts): Thread | null {
  if (facts.earlier.length === 0) return null;
  const nearness = nearnessOf(message);
  const writer = message.from?.address.toLowerCase() ?? "";
  const mayGoOn = message.forward === null && writer !== "" && facts.proof.dmarc.result !== "fail";
  let best: Candidate | null = null;
  for (const earlier of facts.earlier) {
    const candidate = candidateOf(earlier, writer, mayGoOn, facts.threadKey, nearness);
    if (candidate !== null && (best === null || candidate.rank < best.rank)) best = candidate;
  }
  return best?.thread ?? null;
}

/** The lower the rank the better. */
type Candidate = { readonly thread: Thread; readonly rank: number };

/** Ranks: a suggestion comes after everything sure, a subject's number after everything else. */
const RANK_UNSURE = 1_000_000;
const RANK_NUMBER = 500_000;

function candidateOf(
  earlier: EarlierMail,
  writer: string,
  mayGoOn: boolean,
  key: string | null,
  nearness: ReadonlyMap<string, number>,
): Candidate | null {
  const { id, ref, requestType, participants } = earlier;
  if (TOKEN.test(id)) {
    const sure = mayGoOn && key !== null && isMintedFor(id, key, ref, writer);
    return { thread: { ref, by: "token", requestType, sure }, rank: sure ? 0 : RANK_UNSURE };
  }
  const near = nearness.get(bare(id));
  if (near === undefined) {
    const named = id.toUpperCase() === ref;
    return named
      ? { thread: { ref, by: "reference", requestType, sure: false }, rank: RANK_UNSURE + RANK_NUMBER }
      : null;
  }
  const sure = mayGoOn && participants.includes(writer);
  return { thread: { ref, by: "reference", requestType, sure }, rank: 1 + near + (sure ? 0 : RANK_UNSURE) };
}

/** How near each id stands: In-Reply-To first, then References from the last to the first (RFC 5322, section 3.6.4). */
function nearnessOf({ inReplyTo, references }: Message): ReadonlyMap<string, number> {
  const near = new Map<string, number>();
  if (inReplyTo !== null) near.set(bare(inReplyTo), 0);
  for (const id of references.slice(-REFERENCES_MAX).reverse())
    if (!near.has(bare(id))) near.set(bare(id), near.size + 1);
  return near;
}

function isMintedFor(id: string, key: string, ref: string, writer: string): boolean {
  const found = Buffer.from(TOKEN.exec(id)?.[0]?.toLowerCase() ?? "", "latin1");
  const minted = Buffer.from(mintToken(key, ref, writer), "latin1");
  return found.length === minted.length && timingSafeEqual(found, minted);
}

function bare(id: string): string {
  return id.replace(/^<|>$/g, "");
}

/** RFC 4648, section 6, lower case and without padding: mail servers do not always keep the case of an address. */
function base32(bytes: Uint8Array): string {
  let digits = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) digits += ALPHABET.charAt((held >> (bits - 5)) & 31);
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? digits + ALPHABET.charAt((held << (5 - bits)) & 31) : digits;
}
