// `mailward check`: every mistake in the configuration and the rule files at once, what is odd about rules that load, and
// what is still to do before mail is let in.

import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { type Config, loadConfig } from "../config/config.ts";
import { readEnvironment } from "../config/env.ts";
import { unmetNeeds } from "../config/needs.ts";
import { type LoadedRules, loadRules, type RuleSet } from "../config/rules.ts";
import { rulesJsonSchema } from "../config/rules-json-schema.ts";
import type { Problem } from "../config/yaml.ts";
import { printProblems } from "../config/yaml.ts";
import type { Finding } from "../rulebook/finding.ts";
import { examine } from "../rulebook/rulebook.ts";
import { openSqliteStore } from "../store/sqlite/sqlite.ts";
import { StoreTrouble } from "../store/store.ts";
import { type Checklist, checklist, checklistTables } from "./checklist.ts";
import { CannotDo, plainErrors, print, printJson, today, withConfigFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

type CheckFlags = {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly writeSchema?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

export function checkCommand(): Command {
  return withConfigFlags(new Command("check"))
    .description("find every mistake in the configuration and the rule files, and what is still to do")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--strict", "warnings end with exit code 1, too")
    .option("--write-schema", "write rules.schema.json into the rules folder, by which editors help, and end")
    .option("--json", "one JSON value, for programs")
    .action((flags: CheckFlags) => plainErrors(() => check(flags)));
}

async function check(flags: CheckFlags): Promise<void> {
  const environment = readEnvironment();
  const loaded = loadConfig(environment, flags, process.cwd());
  // With a broken configuration the rules are still looked at, where flags or environment say they are.
  const folder =
    loaded.kind === "config" ? loaded.config.rulesFolder : resolve(flags.rules ?? environment.rules ?? "rules");
  if (flags.writeSchema === true) return writeSchema(folder);
  const data = loaded.kind === "config" ? loaded.config.dataFolder : null;
  const rules = loadRules(folder);
  const elsewhere = loaded.kind === "problems" ? loaded.problems : unmet(rules, loaded.config);
  await checkReport(lookedAt(rules, elsewhere), data, flags);
}

function unmet(loaded: LoadedRules, config: Config): readonly Problem[] {
  return loaded.kind === "rules" ? unmetNeeds(loaded.rules, config, config.rulesFolder) : [];
}

function writeSchema(folder: string): void {
  const file = join(folder, "rules.schema.json");
  try {
    writeFileSync(file, rulesJsonSchema());
  } catch (error) {
    throw new CannotDo(`${file} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
  }
  print(`${file} is written.`);
}

type Looked = {
  readonly errors: readonly (Problem | Finding)[];
  readonly warnings: readonly Finding[];
  /** null when the files do not load. */
  readonly rules: RuleSet | null;
};

function lookedAt(loaded: LoadedRules, elsewhere: readonly Problem[]): Looked {
  if (loaded.kind === "problems") return { errors: [...elsewhere, ...loaded.problems], warnings: [], rules: null };
  const book = examine(loaded, today());
  const found = book.kind === "good" ? book.warnings : book.problems;
  const warnings = found.filter((each): each is Finding => "severity" in each && each.severity === "warning");
  const errors = found.filter((each) => !("severity" in each) || each.severity === "error");
  return { errors: [...elsewhere, ...errors], warnings, rules: loaded.rules };
}

/** Print what was found and set the exit code: 0 nothing that matters, 1 mistakes. */
async function checkReport({ errors, warnings, rules }: Looked, data: string | null, flags: CheckFlags): Promise<void> {
  const good = errors.length === 0 && (flags.strict !== true || warnings.length === 0);
  if (!good) process.exitCode = 1;
  const list = rules === null ? null : checklist(rules, await deliveredQueues(rules, data));
  if (flags.json === true) {
    const found = { good, problems: errors, warnings, rules: rules === null ? null : counts(rules) };
    return printJson({ ...found, checklist: list });
  }
  const told = [
    section("red", "error", errors),
    section("yellow", "warning", warnings),
    ...(rules === null || list === null ? [] : tables(rules, list)),
    closing(errors.length, warnings.length, rules),
  ];
  print(told.filter((part) => part !== "").join("\n\n"));
}

/** The queues that mail has reached by now, when there is a store to ask. */
async function deliveredQueues(rules: RuleSet, data: string | null): Promise<ReadonlySet<string> | null> {
  if (data === null || !existsSync(join(data, "mailward.db"))) return null;
  try {
    await using store = await openSqliteStore({ folder: data, mode: "operator" });
    const asked = rules.queues.map(async ({ name }) => {
      const found = await store.deliveries({ queue: name, state: "delivered", limit: 1 });
      return found.length > 0 ? [name] : [];
    });
    return new Set((await Promise.all(asked)).flat());
  } catch (error) {
    if (error instanceof StoreTrouble) return null;
    throw error;
  }
}

function section(colour: "red" | "yellow", word: string, problems: readonly (Problem | Finding)[]): string {
  const shown = problems.map((each) => {
    const code = "code" in each ? ` [${each.code}]` : "";
    return `${paint(["bold", colour], word)} ${printProblems([{ ...each, message: each.message + code }])}`;
  });
  return shown.join("\n\n");
}

function closing(errors: number, warnings: number, rules: RuleSet | null): string {
  const also = warnings === 0 ? "" : `, ${count(warnings, "warning")}`;
  if (errors > 0) return paint(["bold", "red"], `${count(errors, "mistake")}${also}.`);
  const good = paint(["bold", "green"], `No mistakes${also}.`);
  if (rules === null) return good;
  return `${good} Rule set ${rules.hash}, ${count(rules.departments.length, "department")}, domains ${rules.domains.join(", ")}.`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
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

function tables(rules: RuleSet, list: Checklist): readonly string[] {
  const { types, urgencies } = counts(rules);
  const found = table(
    ["speaks for", "rules", "phrases"],
    [
      ...types.map((each) => [each.type, each.rules, each.phrases]),
      ...urgencies.map((each) => [each.urgency, each.rules, each.phrases]),
    ],
  );
  return [found, checklistTables(list)];
}
