// `mailward rules fmt`: rule files in the house's form, every comment kept.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { formatRules } from "../config/rules-format.ts";
import { printProblems, readSource } from "../config/yaml.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, withConfigFlags } from "./operator.ts";
import { replaceFile } from "./rule-files.ts";
import { paint } from "./terminal.ts";

type FmtFlags = {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

/** What became of a file. */
type Done = {
  readonly file: string;
  readonly state: "unchanged" | "formatted" | "would change" | "left alone";
  readonly why: string;
};

export function fmtCommand(): Command {
  return withConfigFlags(new Command("fmt"))
    .description("write rule files in the house's form; comments stay, and nothing changes its meaning")
    .argument("[file...]", "the files (else all of the rule set)")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--check", "write nothing; exit code 1 when a file would change")
    .option("--json", "one JSON value a file, for programs")
    .action((files: readonly string[], flags: FmtFlags) => plainErrors(async () => fmt(files, flags)));
}

function fmt(files: readonly string[], flags: FmtFlags): void {
  const all = (files.length > 0 ? files : filesIn(configFrom(flags).rulesFolder)).map((file) => one(file, flags));
  if (flags.json === true) for (const each of all) printJson(each);
  else for (const { file, state, why } of all) print(`${file}: ${painted(state)}${why === "" ? "" : `\n${why}`}`);
  if (all.some(({ state }) => state === "left alone" || state === "would change")) process.exitCode = 1;
}

function painted(state: Done["state"]): string {
  if (state === "unchanged") return state;
  return paint(state === "left alone" ? "red" : "green", state);
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".yaml") && !name.startsWith("."))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    throw new CannotDo(`There is no folder ${folder}. Name the folder of the rule files with --rules.`);
  }
}

function one(file: string, { check }: FmtFlags): Done {
  const read = readSource(file);
  if (read.kind === "problems") return { file, state: "left alone", why: printProblems(read.problems) };
  const formatted = formatRules(read.source);
  switch (formatted.kind) {
    case "problems":
      return { file, state: "left alone", why: printProblems(formatted.problems) };
    case "refused":
      return { file, state: "left alone", why: formatted.why };
    case "text":
      if (formatted.text === read.source.text) return { file, state: "unchanged", why: "" };
      if (check !== true) replaceFile(file, formatted.text);
      return { file, state: check === true ? "would change" : "formatted", why: "" };
  }
}
