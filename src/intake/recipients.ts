// Which addresses are ours: the configured aliases at the configured domains, with a plus tag or without.

import type { RuleSet } from "../config/rules.ts";

export type Found = { readonly alias: string; readonly tag: string };

/** Looks an address up; null when it is not ours. Case does not matter (RFC 5321 2.4 allows that for our own). */
export type RecipientLookup = (address: string) => Found | null;

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
