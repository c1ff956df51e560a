// Whether whoever sent a mail is proven to be staff. Only then an inner sender counts as real and a note as an order.

import type { Facts, Message, StaffProof } from "../message.ts";

/**
 * By SMTP AUTH, by a network named as that of staff, or by a DMARC pass of a staff domain. DMARC speaks of the From
 * header as the checker read it, so it counts only where we read the same domain.
 */
export function staffProof({ from }: Message, facts: Facts): StaffProof | null {
  if (facts.user !== null) return "auth";
  if (facts.staffNetwork) return "network";
  const domain = from?.address.split("@").at(-1)?.toLowerCase() ?? "";
  const { result, domain: checked } = facts.proof.dmarc;
  const aligned = result === "pass" && domain !== "" && checked === domain;
  return aligned && facts.staffDomains.includes(domain) ? "dmarc" : null;
}
