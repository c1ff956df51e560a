// Which addresses are ours: the configured aliases at the configured domains, with a plus tag or without.

import type { RuleSet } from "../config/rules.ts";
import { RETURN_ALIAS } from "../message.ts";

export type Found = { readonly alias: string; readonly tag: string };

/** What an address says that is ours for bounces; null when it is none. */
export type ReturnLookup = (
  address: string,
) => { readonly kind: "returned"; readonly deliveryId: number } | { readonly kind: "forged" | "expired" } | null;

/** Looks an address up; null when it is not ours. Case does not matter (RFC 5321 2.4 allows that for our own). */
export type RecipientLookup = (address: string) => Found | null;

/** Why an address takes no mail here. */
export type NotOurs = "unknown-recipient" | "forged-return" | "expired-return";

/** Where an address leads: to an alias, or, as one of ours for bounces, to the delivery that its tag numbers. */
export function recipientAt(
  address: string,
  { lookup, returned }: { readonly lookup: RecipientLookup; readonly returned: ReturnLookup },
): Found | NotOurs {
  const back = returned(address);
  if (back === null) return lookup(address) ?? "unknown-recipient";
  return back.kind === "returned" ? { alias: RETURN_ALIAS, tag: String(back.deliveryId) } : `${back.kind}-return`;
}

export function recipientLookup(rules: Pick<RuleSet, "aliases" | "domains">): RecipientLookup {
  const domains = new Set(rules.domains.map((domain) => domain.toLowerCase()));
  const locals = new Map<string, string>();
  for (const alias of rules.aliases) {
    for (const local of [alias.name, ...alias.also]) locals.set(local.toLowerCase(), alias.name);
  }
  const alias = locals.get("postmaster");
  // The one address that needs no domain (RFC 5321 4.1.1.3).
  const postmaster = alias === undefined ? null : { alias, tag: "" };
  return (address) => {
    const at = address.lastIndexOf("@");
    if (at < 0) return address.toLowerCase() === "postmaster" ? postmaster : null;
    if (!domains.has(address.slice(at + 1).toLowerCase())) return null;
    const local = address.slice(0, at).toLowerCase();
    const plus = local.indexOf("+");
    const alias = locals.get(plus < 0 ? local : local.slice(0, plus));
    if (alias === undefined) return null;
    return { alias, tag: plus < 0 ? "" : address.slice(plus + 1, at) };
  };
}
