// `mailward evaluate`: how well mails with known answers would be routed, by each way of deciding and by both together.

import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import type { BayesKind } from "../classify/bayes.ts";
import { compileRules } from "../classify/compile.ts";
import type { RuleSet } from "../config/rules.ts";
import { asSent, evaluate } from "../rulebook/evaluation.ts";
import { labelledMails } from "../rulebook/labelled.ts";
import type { Store } from "../store/store.ts";
import { confirmedMails } from "./evaluate-confirmed.ts";
import { evaluationPage } from "./evaluate-page.ts";
import { type Report, reportOf, reportText } from "./evaluate-report.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, today, withConfigFlags, withStore } from "./operator.ts";
import { rulesFrom } from "./serve.ts";
import { safe } from "./terminal.ts";

type EvaluateFlags = {
  readonly mails?: string;
  readonly confirmed?: boolean;
  readonly model: BayesKind;
  readonly error?: number;
  readonly html?: string;
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

export function evaluateCommand(): Command {
  return withConfigFlags(new Command("evaluate"))
    .description("how well mails with known answers would be routed: by alias, rules, model, and rules with model")
    .option("--mails <path>", "a file of labelled mails, one JSON object a line, or a folder of such files")
    .option("--confirmed", "the mails of the store whose type people have told by a correction")
    .addOption(
      new Option("--model <kind>", "how the model counts").choices(["multinomial", "complement"]).default("complement"),
    )
    .option(
      "--error <percent>",
      "also work out the leads with which at most so many of a hundred routed mails are wrong",
      share,
    )
    .option("--html <file>", "write the report as one page with charts")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--json", "one JSON value, for programs")
    .action((flags: EvaluateFlags) => plainErrors(() => run(flags)));
}

function share(text: string): number {
  const percent = Number(text);
  if (!(percent > 0 && percent < 100)) throw new InvalidArgumentError("Write a share in percent, such as 5.");
  return percent / 100;
}

async function run(flags: EvaluateFlags): Promise<void> {
  const rules = rulesFrom(configFrom(flags));
  if ((flags.mails === undefined) === (flags.confirmed !== true))
    throw new CannotDo("Say which mails: --mails PATH, or --confirmed for those that people have corrected.");
  if (flags.mails !== undefined) return tell(await ofFiles(flags.mails, rules, flags), flags);
  await withStore(flags, async (store) => tell(await ofStore(store, rules, flags), flags));
}

async function ofFiles(path: string, rules: RuleSet, flags: EvaluateFlags): Promise<Report> {
  const types = rules.types.map(({ name }) => name);
  const mails = asSent(mailsFrom(path, types));
  if (mails.length === 0) throw new CannotDo(`${path}: there is no labelled mail in it`);
  const progress = showProgress(mails.length);
  return reportOf(await evaluate(mails, compileRules(rules), flags.model, progress), rules, flags.error ?? null, 0);
}

async function ofStore(store: Store, rules: RuleSet, flags: EvaluateFlags): Promise<Report> {
  const { mails, leftOut, base } = await confirmedMails(store, rules);
  if (mails.length === 0)
    throw new CannotDo("Nobody has corrected a mail yet. `mailward override REF --queue NAME --reason …` does.");
  const progress = showProgress(mails.length);
  const evaluation = await evaluate(mails, compileRules(rules), flags.model, progress, base);
  return reportOf(evaluation, rules, flags.error ?? null, leftOut);
}

function tell(report: Report, flags: EvaluateFlags): void {
  if (flags.json === true) printJson(report);
  else print(reportText(report));
  if (flags.html === undefined) return;
  try {
    writeFileSync(flags.html, evaluationPage(report, today()));
  } catch (error) {
    throw new CannotDo(
      `${safe(flags.html)}: the page cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
  if (flags.json !== true) print(`\nThe page is ${safe(flags.html)}.`);
}

function showProgress(all: number): (done: number) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  return (done) => process.stderr.write(done === all ? "\r\u001b[K" : `\r${done} of ${all} mails\u001b[K`);
}

function mailsFrom(path: string, types: readonly string[]) {
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
