// `mailward evaluate`: how well mails with known answers would be routed, by each way of deciding and by both together.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { BayesKind } from "../classify/bayes.ts";
import { compileRules } from "../classify/compile.ts";
import { NONE } from "../classify/opinion.ts";
import { loadRules } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import { type Evaluated, evaluate, figuresOf, type LabelledMail, type Way } from "../rulebook/evaluation.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, withConfigFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

type EvaluateFlags = {
  readonly mails: string;
  readonly model: BayesKind;
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

const WAYS: readonly (readonly [Way, string])[] = [
  ["alias", "alias alone"],
  ["rules", "rules alone"],
  ["model", "model alone"],
  ["both", "rules, then model"],
];
const KEYS = ["voice", "type", "alias", "language", "subject", "text"] as const;

export function evaluateCommand(): Command {
  return withConfigFlags(new Command("evaluate"))
    .description("how well mails with known answers would be routed: by alias, rules, model, and rules with model")
    .requiredOption("--mails <path>", "a file of labelled mails, one JSON object a line, or a folder of such files")
    .addOption(
      new Option("--model <kind>", "how the model counts").choices(["multinomial", "complement"]).default("complement"),
    )
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--json", "one JSON value, for programs")
    .action((flags: EvaluateFlags) => plainErrors(() => run(flags)));
}

async function run(flags: EvaluateFlags): Promise<void> {
  const loaded = loadRules(configFrom(flags).rulesFolder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  const types = loaded.rules.types.map(({ name }) => name);
  const mails = filesOf(flags.mails).flatMap((file) => mailsOf(file, [...types, NONE]));
  if (mails.length === 0) throw new CannotDo(`${flags.mails}: there is no labelled mail in it`);
  const evaluated = await evaluate(mails, compileRules(loaded.rules), flags.model, showProgress(mails.length));
  const ways = WAYS.map(([way, name]) => ({ way, name, figures: figuresOf(evaluated, way, types) }));
  if (flags.json === true) return printJson({ mails: mails.length, ways, matrix: matrix(evaluated, types) });
  const voices = new Set(mails.map(({ voice }) => voice)).size;
  print(
    [
      `${mails.length} mails of ${voices} writers; the model never saw the writer of the mail it is asked about.`,
      ...ways.map(({ name, figures }) => `${paint("bold", name)}\n${table(HEAD, figures.map(rowOf))}`),
      `${paint("bold", "rules, then model: what it is (down), and where it goes (across)")}\n${drawn(evaluated, types)}`,
    ].join("\n\n"),
  );
}

const HEAD = ["type", "mails", "precision", "recall", "F1", "to people"];

function rowOf({ type, mails, precision, recall, f1, review }: ReturnType<typeof figuresOf>[number]) {
  return [type, mails, percent(precision), percent(recall), percent(f1), percent(review)];
}

function percent(value: number | null): string | null {
  return value === null ? null : `${(value * 100).toFixed(1)} %`.padStart(7);
}

/** Counts of mails by what they are and where they go; the last column are those that go to people. */
function matrix(evaluated: readonly Evaluated[], types: readonly string[]) {
  return [...types, NONE].map((type) => ({
    type,
    counts: [...types, null].map(
      (to) => evaluated.filter(({ mail, answers }) => mail.type === type && answers.both === to).length,
    ),
  }));
}

function drawn(evaluated: readonly Evaluated[], types: readonly string[]): string {
  const rows = matrix(evaluated, types).map(({ type, counts }) => [type, ...counts]);
  return table(["", ...types, "people"], rows);
}

function showProgress(all: number): (done: number) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  return (done) => process.stderr.write(done === all ? "\r\u001b[K" : `\r${done} of ${all} mails\u001b[K`);
}

function filesOf(path: string): readonly string[] {
  try {
    const names = readdirSync(path).filter((name) => name.endsWith(".jsonl"));
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return [path];
    throw new CannotDo(`${path}: the labelled mails cannot be read (${code})`);
  }
}

/** The mails of a file, or every mistake in it. */
function mailsOf(file: string, types: readonly string[]): readonly LabelledMail[] {
  const mistakes: string[] = [];
  const mails = readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      const mail = mailOf(line, types);
      if (typeof mail !== "string") return [mail];
      mistakes.push(`${file}:${index + 1}: ${mail}`);
      return [];
    });
  if (mistakes.length > 0) throw new CannotDo(mistakes.join("\n"));
  return mails;
}

function mailOf(line: string, types: readonly string[]): LabelledMail | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "this line is no JSON object; write one object a line";
  }
  const row = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const missing = KEYS.filter((key) => typeof row[key] !== "string");
  if (missing.length > 0) return `write text for ${missing.map((key) => `\`${key}\``).join(", ")}`;
  const mail = row as LabelledMail;
  return types.includes(mail.type) ? mail : `there is no type of that name; write one of ${types.join(", ")}`;
}
