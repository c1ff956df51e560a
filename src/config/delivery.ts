// How a queue gets its mail: what the rules say under `deliver`, as a plain value.

import { isInside } from "./addresses.ts";
import type { RuleFiles } from "./rules-schema.ts";
import { type WebhookDelivery, webhookDelivery } from "./webhook.ts";

/** How a queue gets its mail. */
export type QueueDelivery =
  | { readonly kind: "maildir" }
  | {
      readonly kind: "smtp";
      /** null: by the MX of the domain of `to`. */
      readonly host: string | null;
      readonly port: number;
      readonly to: string;
      readonly connections: number;
      readonly tls: "none" | "opportunistic" | "required" | "verified";
      /** Whom the far end is told as sender; `srs`: rewritten, where the gateway has a domain for that. */
      readonly envelope: "srs" | "sender" | "nobody";
      readonly user: string | null;
      /** The environment variable that holds the password. */
      readonly passwordEnv: string | null;
    }
  | {
      readonly kind: "imap";
      /** Its name in the configuration. */
      readonly account: string;
      readonly folder: string;
      readonly original: "keep" | "copy" | "move" | "tag";
      readonly keyword: string | null;
      readonly urgencyKeyword: boolean;
    }
  | WebhookDelivery;

/** What stands under `deliver` as a plain value. */
export function queueDelivery(
  deliver: RuleFiles["queues"][string]["deliver"],
  domains: readonly string[],
): QueueDelivery {
  switch (deliver.kind) {
    case "maildir":
      return { kind: "maildir" };
    case "smtp": {
      const { kind, host = null, port, to, connections, envelope } = deliver;
      const tls =
        deliver.tls ?? (isInside(host ?? to.slice(to.lastIndexOf("@") + 1), domains) ? "opportunistic" : "verified");
      return {
        kind,
        host,
        port,
        to,
        connections,
        tls,
        envelope,
        user: deliver.user ?? null,
        passwordEnv: deliver.password_env ?? null,
      };
    }
    case "imap": {
      const { kind, account, folder, original, keyword, urgency_keyword: urgencyKeyword } = deliver;
      return { kind, account, folder, original, keyword: keyword ?? null, urgencyKeyword };
    }
    case "webhook":
      return webhookDelivery(deliver);
  }
}
