// Whether the mail accounts that rules deliver to are in the configuration.

import type { QueueDelivery } from "./delivery.ts";
import type { ImapAccount } from "./imap.ts";
import type { RuleSet } from "./rules.ts";
import { nowhere, type Problem } from "./yaml.ts";

/** A mistake for each queue that is delivered to an account the configuration does not have, or has for something else. */
export function unknownAccounts(
  { queues }: RuleSet,
  accounts: readonly ImapAccount[],
  file: string,
): readonly Problem[] {
  const known = accounts.map(({ name }) => name);
  const list = known.length === 0 ? "it lists none" : `it lists ${known.join(", ")}`;
  return queues.flatMap(({ name, deliver }) => {
    if (deliver.kind !== "imap") return [];
    const account = accounts.find((each) => each.name === deliver.account);
    const message =
      account === undefined
        ? `queue ${name} is delivered to the IMAP account \`${deliver.account}\`, which is not under \`imap:\` in the configuration; ${list}`
        : misuse(account, name, deliver);
    return message === null ? [] : [nowhere(file, message)];
  });
}

function misuse(
  { name, folders, done }: ImapAccount,
  queue: string,
  { folder, original }: QueueDelivery & { readonly kind: "imap" },
): string | null {
  if (folders.includes(folder))
    return `queue ${queue} is delivered to the folder ${folder} of \`${name}\`, which is watched, so its mail would come in again; write another folder`;
  if (original !== "keep" && done.place?.kind === "move")
    return `queue ${queue} has \`original: ${original}\`, but the account \`${name}\` moves all originals to ${done.place.folder} itself; take \`move_to\` out of the configuration, or write \`original: keep\``;
  return null;
}
