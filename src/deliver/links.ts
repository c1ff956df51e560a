// Links to single mails: a reference, an end and an HMAC over both, so that the page needs no table of what it gave out.

import { createHmac, timingSafeEqual } from "node:crypto";
import type { LinkSettings } from "../config/config.ts";

/** The settings, and the key links are signed with, hex. */
export type Links = LinkSettings & { readonly key: string };

export type Link = { readonly url: string; readonly expiresAt: number };

export type LinkMistake = "forged" | "expired";

/**
 * The link a delivery tells. It holds at most as long as the settings say, at least half of that, and stays the same for as
 * many attempts as it can: a helpdesk refuses a repetition whose text is another (Zendesk's Idempotency-Key).
 */
export function linkTo(
  { base, lifeMs, key }: Links,
  { ref, createdAt }: { readonly ref: string; readonly createdAt: number },
  now: number,
): Link {
  const step = lifeMs / 2;
  const steps = Math.max(0, Math.floor((now - createdAt) / step));
  const expires = Math.floor((createdAt + (steps + 2) * step) / 1000);
  const url = `${base}/messages/${ref}?expires=${expires}&signature=${signatureOf(key, ref, String(expires))}`;
  return { url, expiresAt: expires * 1000 };
}

/** What is wrong with a link as somebody brings it; null when nothing is. */
export function linkMistake(
  key: string,
  { ref, expires, signature }: { readonly ref: string; readonly expires: string; readonly signature: string },
  now: number,
): LinkMistake | null {
  const [told, right] = [Buffer.from(signature), Buffer.from(signatureOf(key, ref, expires))];
  if (told.length !== right.length || !timingSafeEqual(told, right)) return "forged";
  return Number(expires) * 1000 > now ? null : "expired";
}

function signatureOf(key: string, ref: string, expires: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(`link\0${ref}\0${expires}`).digest("hex");
}
