// `mailward check`: every mistake in the configuration and the rule files at once, or a summary of what is in force.

import { resolve } from "node:path";
import { Command } from "commander";
import { loadConfig } from "../config/config.ts";
import { readEnvironment } from "../config/env.ts";
import { type LoadedRules, loadRules, type RuleSet } from "../config/rules.ts";
import { type Problem, printProblems } from "../config/yaml.ts";
import { print, printJson, withConfigFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

type CheckFlags = {
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

export function checkCommand(): Command {
  return withConfigFlags(new Command("check"))
    .description("find every mistake in the configuration and the rule files")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--json", "one JSON value, for programs")
    .action((flags: CheckFlags) => check(flags));
}

function check(flags: CheckFlags): void {
  const environment = readEnvironment();
  const loaded = loadConfig(environment, flags, process.cwd());
  // With a broken configuration the rules are still looked at, where flags or environment say they are.
  const folder =
    loaded.kind === "config" ? loaded.config.rulesFolder : resolve(flags.rules ?? environment.rules ?? "rules");
  checkReport(loadRules(folder), loaded.kind === "problems" ? loaded.problems : [], flags.json === true);
}

/** Print what was found and set the exit code: 0 nothing, 1 mistakes. `elsewhere` are mistakes outside the rules. */
function checkReport(loaded: LoadedRules, elsewhere: readonly Problem[], json: boolean): void {
  const problems = [...elsewhere, ...(loaded.kind === "problems" ? loaded.problems : [])];
  if (problems.length > 0) process.exitCode = 1;
  const rules = loaded.kind === "rules" ? loaded.rules : null;
  if (json) return printJson({ good: problems.length === 0, problems, rules: rules === null ? null : counts(rules) });
  if (problems.length > 0) {
    print(printProblems(problems));
    print(`\n${paint(["bold", "red"], problems.length === 1 ? "1 mistake." : `${problems.length} mistakes.`)}`);
  } else if (rules !== null) {
    print(summary(rules));
  }
}

type Counted = { readonly rules: number; readonly phrases: number };

function counts(rules: RuleSet) {
  return {
    hash: rules.hash,
    types: rules.types.map((type) => ({ type: type.name, ...countOf(type.rules) })),
    urgencies: rules.urgencies.map((level) => ({ urgency: level.urgency, ...countOf(level.rules) })),
    departments: rules.departments.length,
    queues: rules.queues.map((queue) => ({ queue: queue.name, deliver: queue.deliver.kind })),
    aliases: rules.aliases.map((alias) => ({ alias: alias.name, type: alias.type })),
  };
}

function countOf(rules: readonly { readonly any: readonly string[] }[]): Counted {
  return { rules: rules.length, phrases: rules.reduce((sum, rule) => sum + rule.any.length, 0) };
}

function summary(rules: RuleSet): string {
  const { types, urgencies } = counts(rules);
  const found = table(
    ["speaks for", "rules", "phrases"],
    [
      ...types.map((each) => [each.type, each.rules, each.phrases]),
      ...urgencies.map((each) => [each.urgency, each.rules, each.phrases]),
    ],
  );
  const queues = table(
    ["queue", "delivered", "owner", "backup"],
    rules.queues.map((queue) => [queue.name, deliveryText(queue), queue.owner, queue.backup]),
  );
  const aliases = table(
    ["alias", "type", "points", "also"],
    rules.aliases.map((alias) => [alias.name, alias.type, alias.type && alias.points, alias.also.join(", ")]),
  );
  const good = paint(["bold", "green"], "No mistakes.");
  return [
    found,
    queues,
    aliases,
    `${good} Rule set ${rules.hash}, ${rules.departments.length} departments, domains ${rules.domains.join(", ")}.`,
  ].join("\n\n");
}

function deliveryText({ deliver }: RuleSet["queues"][number]): string {
  switch (deliver.kind) {
    case "maildir":
      return "maildir";
    case "smtp":
      return `smtp ${deliver.host}:${deliver.port} to ${deliver.to}`;
  }
}
