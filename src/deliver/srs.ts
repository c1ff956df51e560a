// The Sender Rewriting Scheme: a forward leaves under an address of ours, so that SPF holds for it, and what bounces
// comes back here and is known again. Pure. The classic formats SRS0 and SRS1 (Shevek, 2004), with the number of the
// delivery behind the last `=`, and an HMAC over all of it, so that nobody but us can make one.

import { createHmac, timingSafeEqual } from "node:crypto";

/** Under which domain we write, lower case, and the key it is signed with, hex. */
export type Srs = { readonly domain: string; readonly key: string };

/** Whose bounce an address of ours asks for. `sender` is null where it found no room in the address. */
export type ReadSrs =
  | { readonly kind: "returned"; readonly deliveryId: number; readonly sender: string | null }
  | { readonly kind: "forged" }
  | { readonly kind: "expired" };

const DAY_MS = 86_400_000;
/** The day stamp is two digits of base 32. */
const DAYS = 1024;
/** A far end tries for five days, as a rule; a bounce that took longer than this speaks of nothing anybody waits for. */
export const SRS_DAYS_MAX = 21;
/** Digits of base 32: 50 bits, guessed against a door that hangs up after twenty wrong ones. */
const HASH_DIGITS = 10;
/** RFC 5321 4.5.3.1.1: a longer left part may be refused. */
const LOCAL_PART_OCTETS_MAX = 64;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
/** What a sender may consist of to stand in the address unquoted (RFC 5322 3.2.3), so also no UTF-8. */
const PLAIN = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+$/;

/** The envelope sender of a forward: SRS0, or SRS1 for a sender that is SRS already. The null sender stays null. */
export function srsSender(srs: Srs, sender: string, deliveryId: number, now: number): string {
  if (sender === "") return "";
  const stamp = stampOf(now);
  const id = deliveryId.toString(36);
  const at = sender.lastIndexOf("@");
  const [local, domain] = [sender.slice(0, at), sender.slice(at + 1)];
  const again = /^SRS([01])[=+-](.*)$/i.exec(local);
  const whole = again
    ? ({
        tag: "SRS1",
        rest: `${again[1] === "1" ? again[2]?.replace(/^[^=]*=/, "") : `${domain}==${again[2]}`}`,
      } as const)
    : ({ tag: "SRS0", rest: `${domain}=${local}` } as const);
  const address = written(srs, whole.tag, stamp, whole.rest, id);
  const fits = PLAIN.test(sender) && address.lastIndexOf("@") <= LOCAL_PART_OCTETS_MAX;
  return fits ? address : written(srs, "SRS0", stamp, "=", id);
}

/** Reads an address; null when it is none of this kind at our domain. Case does not matter: some servers change it. */
export function readSrs(srs: Srs, address: string, now: number): ReadSrs | null {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  if (at < 0 || address.slice(at + 1).toLowerCase() !== srs.domain || !/^SRS[01][=+-]/i.test(local)) return null;
  const parts = /^(SRS[01])=([a-z2-7]+)=([a-z2-7]{2})=(.*)=([0-9a-z]{1,11})$/i.exec(local);
  if (parts === null) return { kind: "forged" };
  const [, tag = "", hash = "", stamp = "", rest = "", id = ""] = parts;
  if (!sameText(hash.toLowerCase(), hashOf(srs, tag, stamp, rest, id))) return { kind: "forged" };
  if (daysSince(stamp, now) > SRS_DAYS_MAX) return { kind: "expired" };
  return { kind: "returned", deliveryId: Number.parseInt(id, 36), sender: senderOf(tag, rest) };
}

function written(srs: Srs, tag: string, stamp: string, rest: string, id: string): string {
  return `${tag}=${hashOf(srs, tag, stamp, rest, id)}=${stamp}=${rest}=${id}@${srs.domain}`;
}

/** Who wrote the mail, or for SRS1 the SRS0 address it came with. */
function senderOf(tag: string, rest: string): string | null {
  const parts = tag.toUpperCase() === "SRS1" ? /^([^=]+)==(.+)$/.exec(rest) : /^([^=]+)=(.+)$/.exec(rest);
  if (parts === null) return null;
  return tag.toUpperCase() === "SRS1" ? `SRS0=${parts[2]}@${parts[1]}` : `${parts[2]}@${parts[1]}`;
}

/** Over lower case, because a local part may come back with its case changed. */
function hashOf({ key }: Srs, tag: string, stamp: string, rest: string, id: string): string {
  const signed = [tag, stamp, rest, id].join("\0").toLowerCase();
  const digest = createHmac("sha256", Buffer.from(key, "hex")).update(`srs\0${signed}`).digest();
  return Array.from({ length: HASH_DIGITS }, (_, digit) => ALPHABET.charAt((digest[digit] ?? 0) & 31)).join("");
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function stampOf(now: number): string {
  const day = Math.floor(now / DAY_MS) % DAYS;
  return `${ALPHABET.charAt(day >> 5)}${ALPHABET.charAt(day & 31)}`;
}

/** A stamp says its day of 1024; one of tomorrow is a clock that was put back, and counts as today. */
function daysSince(stamp: string, now: number): number {
  const [high = "", low = ""] = stamp.toLowerCase();
  const day = ALPHABET.indexOf(high) * 32 + ALPHABET.indexOf(low);
  const since = (Math.floor(now / DAY_MS) - day + DAYS * 1000) % DAYS;
  return since === DAYS - 1 ? 0 : since;
}
