// Rule sets for tests and benchmarks: the default ones, sent elsewhere, and grown to any number of rules.

import { globSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";

export type QueueTarget =
  | { readonly kind: "maildir" }
  | {
      readonly kind: "imap";
      readonly account: string;
      readonly folder: string;
      readonly keyword: string;
      readonly original: "keep" | "copy" | "move" | "tag";
    }
  | { readonly kind: "smtp"; readonly host: string; readonly port: number; readonly to: string; readonly tls?: "none" };

export type RulesOptions = {
  /** Where each queue's mail goes. */
  readonly deliver: (queue: string) => QueueTarget;
  /** At least so many rules in all; filler rules with phrases no mail holds make up the number. */
  readonly atLeast?: number;
};

type RuleFile = {
  queues: Record<string, { deliver: QueueTarget }>;
  request_types: Record<string, object[]>;
  urgency: Record<string, object[]>;
  departments: object[];
  calendar?: object;
};

const DEFAULT_RULES = join(import.meta.dirname, "..", "..", "rules");

/** Writes the default rule set into the folder with every queue's destination replaced and open at all hours; answers the folder. */
export async function writeRules(folder: string, options: RulesOptions): Promise<string> {
  const rules: RuleFile = Object.assign(
    {},
    ...globSync("*.yaml", { cwd: DEFAULT_RULES }).map((name) => parse(readFileSync(join(DEFAULT_RULES, name), "utf8"))),
  );
  for (const [name, queue] of Object.entries(rules.queues)) queue.deliver = options.deliver(name);
  // Always open, or a test at night would see its urgent mail go to the nurse on call.
  delete rules.calendar;
  grow(rules, options.atLeast ?? 0);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "rules.yaml"), stringify(rules));
  return folder;
}

/** How many rules of all sorts there are. */
function size(rules: RuleFile): number {
  const lists = [...Object.values(rules.request_types), ...Object.values(rules.urgency), rules.departments];
  return lists.reduce((sum, list) => sum + list.length, 0);
}

function grow(rules: RuleFile, atLeast: number): void {
  const types = Object.keys(rules.request_types);
  for (let i = size(rules); i < atLeast; i += 1) {
    rules.request_types[types[i % types.length] ?? ""]?.push({
      id: `filler-${i}`,
      any: [`filler phrase number ${i}`, `an unheard of matter ${i}`, `seldom said ${i} times`],
      in: ["subject", "text"],
      points: 2,
    });
  }
}
