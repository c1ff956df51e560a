// Addresses of our own trials: an alias with a tag nobody else can make, so that no mail of a patient is ever taken for one.

import { createHmac, timingSafeEqual } from "node:crypto";
import { CANARY_ALIAS } from "../message.ts";
import type { RecipientLookup } from "./recipients.ts";

/** Characters of the signature: 80 bits, in a local part of at most 64 octets (RFC 5321 4.5.3.1.1). */
const SIGNED_CHARS = 20;
const TAG = /^canary-([0-9a-z]{1,20})-([0-9a-f]{20})$/i;

/**
 * The local part of the address of a trial.
 * @param key of the store, hex
 * @param number names the trial: small letters and digits, at most 20
 */
export function canaryLocal(key: string, alias: string, number: string): string {
  return `${alias}+canary-${number}-${signed(key, alias, number)}`;
}

/** The same look-up, and trials of ours told apart from mail for the alias. */
export function withCanaries(lookup: RecipientLookup, key: string): RecipientLookup {
  return (address) => {
    const found = lookup(address);
    const [, number, signature] = TAG.exec(found?.tag ?? "") ?? [];
    if (found === null || number === undefined || signature === undefined) return found;
    const wanted = signed(key, found.alias, number.toLowerCase());
    const isOurs = timingSafeEqual(Buffer.from(wanted), Buffer.from(signature.toLowerCase()));
    return isOurs ? { alias: CANARY_ALIAS, tag: `${found.alias}:${number.toLowerCase()}` } : found;
  };
}

function signed(key: string, alias: string, number: string): string {
  const mac = createHmac("sha256", Buffer.from(key, "hex"));
  return mac.update(`canary\0${alias}\0${number}`).digest("hex").slice(0, SIGNED_CHARS);
}
