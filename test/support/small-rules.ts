// A rule set of one page for tests that change it: the phrase that tells billing, the queues and the aliases are told.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mailText } from "./dialogue.ts";

export type SmallRules = {
  /** What makes a mail to care@ a matter of billing. */
  readonly phrase: string;
  readonly aliases?: readonly string[];
  /** Where billing goes; there is always `review`. */
  readonly queue?: string;
  readonly call?: string;
  /** How billing's queue is delivered, as YAML. */
  readonly deliver?: string;
  /** What is an emergency; "" is nothing. */
  readonly emergency?: string;
};

/** The text of a rule file. */
export function smallRules({
  phrase,
  aliases = ["care"],
  queue = "desk",
  call = "555-0100",
  deliver,
  emergency = "",
}: SmallRules): string {
  return `domains: [clinic.example]
help: { write: care@clinic.example, call: ${call} }
aliases:
${aliases.map((alias) => `  ${alias}: { type: null }`).join("\n")}
queues:
  ${queue}: { owner: Desk, backup: review, deliver: ${deliver ?? "{ kind: maildir }"} }
  review: { owner: Review }
review_queue: review
decide: { at_least: 3, margin: 1, model_points_max: 0 }
request_types:
  billing:
    - id: the-phrase
      any: ["${phrase}"]
      points: 3
      examples: { match: ["about the ${phrase} please"] }
${emergencyText(emergency)}departments:
  - id: to-billing
    when: { type: billing }
    queue: ${queue}
    department: Billing
`;
}

function emergencyText(phrase: string): string {
  if (phrase === "") return "";
  return `urgency:
  P1:
    - id: emergency
      any: ["${phrase}"]
      examples: { match: ["about the ${phrase} please"] }
`;
}

/** Writes the set as one file into a folder, made when missing; answers the file. */
export async function writeSmallRules(folder: string, rules: SmallRules): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "rules.yaml");
  await writeFile(file, smallRules(rules));
  return file;
}

/** A mail that says a phrase. */
export function saying(phrase: string): string {
  return mailText("A question", `I write about the ${phrase} please.`);
}
