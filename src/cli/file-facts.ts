// What is known of a mail that is only a file: no envelope and no connection, so recipients and sender are taken from
// what mail servers wrote on top, then from To and From. Nothing is asked of DNS.

import type { Config } from "../config/config.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Learned } from "../decider/learn.ts";
import { addressesIn } from "../deliver/mail-client.ts";
import { type RecipientLookup, recipientLookup } from "../intake/recipients.ts";
import { NO_PROOF } from "../message.ts";
import { UNKNOWN_ALIAS } from "../pipeline.ts";
import { believedProof } from "../proof/authentication-results.ts";

/** Where a mail's alias is looked for, the most certain first: what a mail server wrote, then what the sender wrote. */
const ALIAS_HEADERS = ["delivered-to", "x-original-to", "envelope-to", "to", "cc"];

/** How far into a file addresses are looked for; headers of 64 KB hold hundreds of recipients. */
const HEADER_BYTES_MAX = 64 * 1024;

/** `aliasBy` is the header that told the aliases; null when none did. */
export type KnownOfFile = { readonly learned: Learned; readonly aliasBy: string | null };

/** The facts about each file, by the aliases of a rule set; what a server we believe wrote about the sender counts. */
export function fileFacts(config: Config, rules: RuleSet): (raw: Uint8Array) => KnownOfFile {
  const lookup = recipientLookup(rules);
  return (raw) => {
    const head = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, HEADER_BYTES_MAX));
    const found = aliasesIn(head, lookup);
    const learned: Learned = {
      door: "imap",
      receivedAt: 0,
      sizeBytes: raw.length,
      mailFrom: addressesIn(head, ["return-path", "from"])[0] ?? "",
      user: null,
      proof: config.proof.believe === null ? NO_PROOF : believedProof(raw, config.proof.believe),
      staffNetwork: false,
      staffDomains: config.staffDomains,
      earlier: [],
      threadKey: null,
      aliases: found.aliases,
    };
    return { learned, aliasBy: found.by };
  };
}

function aliasesIn(
  head: Buffer,
  lookup: RecipientLookup,
): { readonly aliases: readonly string[]; readonly by: string | null } {
  for (const header of ALIAS_HEADERS) {
    const found = addressesIn(head, [header]).flatMap((address) => lookup(address)?.alias ?? []);
    if (found.length > 0) return { aliases: [...new Set(found)], by: header };
  }
  return { aliases: [UNKNOWN_ALIAS], by: null };
}
