// `mailward evaluate`: how well mails with known answers would be routed, by each way of deciding and by both together.

import { Command, Option } from "commander";
import { NONE } from "../classify/adviser.ts";
import type { BayesKind } from "../classify/bayes.ts";
import { compileRules } from "../classify/compile.ts";
import { loadRules } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import {
  type Evaluated,
  evaluate,
  figuresOf,
  mean,
  reliability,
  urgencyFigures,
  type Way,
} from "../rulebook/evaluation.ts";
import { type LabelledMail, labelledMails } from "../rulebook/labelled.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, withConfigFlags } from "./operator.ts";
import { bar, paint, table } from "./terminal.ts";

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
  ["both", "rules and model"],
];

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
  const mails = mailsFrom(flags.mails, types);
  if (mails.length === 0) throw new CannotDo(`${flags.mails}: there is no labelled mail in it`);
  const { mails: evaluated, calibration } = await evaluate(
    mails,
    compileRules(loaded.rules),
    flags.model,
    showProgress(mails.length),
  );
  const ways = WAYS.map(([way, name]) => ({ way, name, figures: figuresOf(evaluated, way, types) }));
  const urgencies = urgencyFigures(evaluated);
  const reliable = reliability(evaluated);
  if (flags.json === true)
    return printJson({
      mails: evaluated.length,
      ways,
      matrix: matrix(evaluated, types),
      urgencies,
      reliability: reliable,
      calibration,
    });
  const voices = new Set(evaluated.map(({ mail }) => mail.voice)).size;
  print(
    [
      `${evaluated.length} mails of ${voices} writers; the model never saw the writer of the mail it is asked about.`,
      overall(ways, evaluated),
      ...ways.map(({ name, figures }) => `${paint("bold", name)}\n${table(HEAD, figures.map(rowOf))}`),
      `${paint("bold", "rules and model: what it is (down), and where it goes (across)")}\n${drawn(evaluated, types)}`,
      `${paint("bold", "urgency, by rules")}\n${table(
        ["urgency", "mails", "precision", "recall"],
        urgencies.map(({ urgency, mails: count, precision, recall }) => [
          urgency,
          count,
          percent(precision),
          percent(recall),
        ]),
      )}`,
      `${paint("bold", "when the model says it is so sure, how often it is right")}\n${plot(reliable)}`,
    ].join("\n\n"),
  );
}

const HEAD = ["type", "mails", "precision", "recall", "F1", "F1 routed", "to people", "not lost"];

function rowOf(figures: ReturnType<typeof figuresOf>[number]) {
  const { type, mails, precision, recall, f1, review, f1Routed, safe } = figures;
  return [type, mails, ...[precision, recall, f1, f1Routed, review, safe].map(percent)];
}

type WayFigures = { readonly way: Way; readonly name: string; readonly figures: ReturnType<typeof figuresOf> };

/** Each way in a line: the mean of all types, and how many of all mails people must look at. */
function overall(ways: readonly WayFigures[], evaluated: readonly Evaluated[]): string {
  const rows = ways.map(({ way, name, figures }) => [
    name,
    percent(mean(figures.map(({ f1 }) => f1))),
    percent(mean(figures.map(({ f1Routed }) => f1Routed))),
    percent(evaluated.filter(({ answers }) => answers[way] === null).length / evaluated.length),
  ]);
  return table(["way of deciding", "F1", "F1 routed", "to people"], rows);
}

/** A line for each tenth: how sure it was, how often it was right, and over how many mails. */
function plot(tenths: ReturnType<typeof reliability>): string {
  const rows = tenths.map(({ mails, said, right }) => [percent(said), percent(right), bar(right, 1), `${mails} mails`]);
  return table(["says", "is right", "", "over"], rows);
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

function mailsFrom(path: string, types: readonly string[]): readonly LabelledMail[] {
  try {
    const { mails, mistakes } = labelledMails(path, types);
    if (mistakes.length > 0) throw new CannotDo(mistakes.join("\n"));
    return mails;
  } catch (error) {
    if (error instanceof CannotDo) throw error;
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new CannotDo(`${path}: the labelled mails cannot be read (${code})`);
  }
}
