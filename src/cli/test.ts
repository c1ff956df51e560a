// `mailward test`: tries the examples of all rules as the gateway would decide them, and shows which rules have none.

import { Command } from "commander";
import { compileRules } from "../classify/compile.ts";
import { loadRules } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import { type FailedExample, rulesWithExamples, runExamples, type Tried } from "../rulebook/examples.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, withConfigFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

type TestFlags = {
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

export function testCommand(): Command {
  return withConfigFlags(new Command("test"))
    .description("try the examples of all rules; shows which fail and which rules have none")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--json", "one JSON value, for programs")
    .action((flags: TestFlags) => plainErrors(() => test(flags)));
}

async function test(flags: TestFlags): Promise<void> {
  const loaded = loadRules(configFrom(flags).rulesFolder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  const failed = runExamples(loaded, compileRules(loaded.rules), showProgress());
  const all = rulesWithExamples(loaded.rules);
  if (failed.length > 0) process.exitCode = 1;
  if (flags.json === true) return printJson(forPrograms(loaded.rules.hash, all, failed));
  print(page(all, failed));
}

/** One line on standard error for people who wait, and gone at the end. */
function showProgress(): (done: number, all: number) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  return (done, all) => {
    const line = done === all ? "" : `${done.toLocaleString("en")} of ${all.toLocaleString("en")} examples`;
    process.stderr.write(`\r${line}\u001b[K`);
  };
}

/** What is known of the rules of one type, of one level, or of the departments. */
type Coverage = {
  readonly group: string;
  readonly rules: number;
  readonly match: number;
  readonly not: number;
  readonly failing: number;
};

function coverage(all: readonly Tried[], failed: readonly FailedExample[]): readonly Coverage[] {
  const groups = Map.groupBy(all, groupOf);
  return [...groups].map(([group, rules]) => {
    const ids = new Set(rules.map(({ id }) => id));
    return {
      group,
      rules: rules.length,
      match: rules.filter(({ examples }) => examples.match.length > 0).length,
      not: rules.filter(({ examples }) => examples.not.length > 0).length,
      failing: failed.filter(({ rule }) => ids.has(rule)).length,
    };
  });
}

function groupOf({ of, group }: Tried): string {
  return of === "department" ? "departments" : group;
}

function lacking(all: readonly Tried[]) {
  const names = (wanted: "match" | "not") =>
    all.filter(({ examples }) => examples[wanted].length === 0).map(({ id }) => id);
  return { match: names("match"), not: names("not") };
}

function exampleCount(all: readonly Tried[]): number {
  return all.reduce((sum, { examples }) => sum + examples.match.length + examples.not.length, 0);
}

function forPrograms(hash: string, all: readonly Tried[], failed: readonly FailedExample[]) {
  return {
    good: failed.length === 0,
    hash,
    examples: exampleCount(all),
    coverage: coverage(all, failed),
    without: lacking(all),
    failed: failed.map(({ rule, wanted, finding }) => ({ rule, wanted, ...finding })),
  };
}

function page(all: readonly Tried[], failed: readonly FailedExample[]): string {
  const without = lacking(all);
  const rows = coverage(all, failed).map((each) => [each.group, each.rules, each.match, each.not, failing(each)]);
  const parts = [
    printProblems(failed.map(({ finding }) => finding)),
    table(["speaks for", "rules", "with match", "with not", "failing"], rows),
    missing("Without a `match` example", without.match),
    missing("Without a `not` example", without.not),
    closing(exampleCount(all), failed.length),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function failing({ failing: number }: Coverage): string {
  return number === 0 ? paint("green", "0") : paint("red", String(number));
}

function missing(what: string, rules: readonly string[]): string {
  return rules.length === 0 ? "" : `${paint("bold", `${what}:`)} ${rules.join(", ")}`;
}

function closing(examples: number, failed: number): string {
  if (examples === 0) return paint(["bold", "yellow"], "No rule has examples.");
  const all = `${examples} example${examples === 1 ? "" : "s"}`;
  if (failed === 0) return paint(["bold", "green"], `${all}, and all do what they say.`);
  return paint(
    ["bold", "red"],
    `${failed} of ${all} ${failed === 1 ? "does" : "do"} not do what ${failed === 1 ? "it says" : "they say"}.`,
  );
}
