// Whether the mail accounts that rules deliver to are in the configuration.

import type { ImapAccount } from "./imap.ts";
import type { RuleSet } from "./rules.ts";
import { nowhere, type Problem } from "./yaml.ts";

/** A mistake for each queue that is delivered to an account the configuration does not have. */
export function unknownAccounts(
  { queues }: RuleSet,
  accounts: readonly ImapAccount[],
  file: string,
): readonly Problem[] {
  const known = accounts.map(({ name }) => name);
  const list = known.length === 0 ? "it lists none" : `it lists ${known.join(", ")}`;
  return queues.flatMap(({ name, deliver }) => {
    if (deliver.kind !== "imap" || known.includes(deliver.account)) return [];
    const message = `queue ${name} is delivered to the IMAP account \`${deliver.account}\`, which is not under \`imap:\` in the configuration; ${list}`;
    return [nowhere(file, message)];
  });
}
