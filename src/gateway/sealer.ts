// The seal of forwards, as the configuration asks for it.

import type { Config } from "../config/config.ts";
import type { SmtpSelf } from "../deliver/smtp-line.ts";
import { errorFields, type Log } from "../log.ts";
import { arcSeal } from "../proof/seal.ts";

/** null: forwards are not sealed. A mail that cannot be sealed leaves without: the seal serves those behind us, not the patient. */
export function sealer(
  { arc: key, hostname }: Pick<Config, "arc" | "hostname">,
  log: Log,
  now: () => number,
): SmtpSelf["seal"] {
  if (key === null) return null;
  return async (message, { label, mail, queue }) => {
    try {
      return await arcSeal(message, label.proof, mail.envelope.mailFrom, { hostname, key, now: now() });
    } catch (error) {
      log.warn("not-sealed", { ...errorFields(error), ref: label.ref, queue });
      return "";
    }
  };
}
