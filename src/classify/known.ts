// What is known of a mail beside its words: the facts that rules and departments may ask for.

import { isOpen } from "../config/calendar.ts";
import type { Known } from "../config/conditions.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Facts, Message, StaffProof } from "../message.ts";
import type { Evidence, Reading } from "../outcome.ts";

/** The facts of a mail, with what its words told; the alias is known later, for each outcome. */
export function knownOf(
  message: Message,
  facts: Facts,
  kind: Reading["kind"],
  staff: StaffProof | null,
  told: readonly (Evidence & { readonly kind: "fact" })[],
  { calendar }: RuleSet,
): Known {
  const { localTime } = facts;
  const hours = localTime === null ? [] : [isOpen(calendar.open, calendar, localTime) ? "open" : "closed"];
  const domain = message.from?.address.split("@").at(-1)?.toLowerCase() ?? "";
  const known = new Map<string, readonly string[]>([
    ["language", message.language === null ? [] : [message.language]],
    ["kind", [kind]],
    ["door", [facts.door]],
    ["hours", hours],
    ["proof", proofOf(facts, staff)],
    ["sender_domain", domain === "" ? [] : [domain]],
  ]);
  for (const { fact, value } of told) known.set(fact, [...(known.get(fact) ?? []), value]);
  return known;
}

function proofOf({ proof }: Facts, staff: StaffProof | null): readonly string[] {
  const { result } = proof.dmarc;
  const checked = result === "pass" || result === "fail" ? result : "unknown";
  return staff === null ? [checked] : ["staff", checked];
}
