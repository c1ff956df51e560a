// Whether the configuration has what rules ask of it: mail accounts, and an address for links.

import type { Config } from "./config.ts";
import { unknownAccounts } from "./imap-accounts.ts";
import type { RuleSet } from "./rules.ts";
import { nowhere, type Problem } from "./yaml.ts";

/** A mistake for each queue that asks for what the configuration does not have; such rules are never taken. */
export function unmetNeeds(
  rules: RuleSet,
  { imap, links }: Pick<Config, "imap" | "links">,
  file: string,
): readonly Problem[] {
  return [...unknownAccounts(rules, imap, file), ...(links === null ? linksToNowhere(rules, file) : [])];
}

function linksToNowhere({ queues }: RuleSet, file: string): readonly Problem[] {
  return queues.flatMap(({ name, deliver }) => {
    if (deliver.kind !== "webhook" || deliver.body !== "link") return [];
    const message = `queue ${name} is told a link to each mail (\`body: link\`), and the configuration does not say where links lead; add \`http: { link_base: https://mailward.clinic.example }\` there`;
    return [nowhere(file, message)];
  });
}
