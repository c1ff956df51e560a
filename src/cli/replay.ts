// `mailward replay`: what rules would have made of stored mail, compared with what was decided; judges the guards under
// `never:`. Reads only, so it may run beside the gateway.

import { Command } from "commander";
import { loadRules, type RuleSet } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import { modelInUse } from "../decider/model-in-use.ts";
import { type JudgedGuard, judgeGuards } from "../rulebook/guards.ts";
import type { Comparison } from "../rulebook/replay.ts";
import { fileFacts } from "./file-facts.ts";
import {
  CannotDo,
  configFrom,
  type OperatorFlags,
  parseCount,
  parseSince,
  plainErrors,
  withStore,
  withStoreFlags,
} from "./operator.ts";
import { correctedLabels, readLabels } from "./replay-labels.ts";
import { type MailPages, mailFiles, storedMails } from "./replay-mails.ts";
import { printReplay } from "./replay-page.ts";
import { replayAll, type Trial } from "./replay-run.ts";
import { dateTime } from "./terminal.ts";

type ReplayFlags = OperatorFlags & {
  readonly since?: number;
  readonly against?: string;
  readonly labels?: string;
  readonly mails?: string;
  readonly limit?: number;
  readonly all?: boolean;
};

/** npm passes a terminal's Ctrl-C on a second time; what comes so soon is the same key. */
const ECHO_MS = 300;
const INTERRUPTED = 130;
const SINCE = "30d";

export function replayCommand(): Command {
  return withStoreFlags(new Command("replay"))
    .description("what rules would have made of stored mail, compared with what was decided; nothing is changed")
    .option("--rules <folder>", "the rules to try (else MAILWARD_RULES, else ./rules)")
    .option("--against <folder>", "compare with these rules instead of what was decided")
    .option("--since <when>", `mail decided from a date, or within 15m, 12h, 30d (default ${SINCE})`, parseSince)
    .option("--limit <n>", "only the newest so many mails", parseCount)
    .option("--mails <folder>", "mails from the .eml files in a folder instead of the store")
    .option(
      "--labels <file>",
      "what is right, confirmed by people: CSV or JSON lines with ref or file, type, urgency (else their corrections)",
    )
    .option("--all", "list every mail that changes, not only 20 of a sort")
    .action((flags: ReplayFlags) => plainErrors(() => replay(flags)));
}

async function replay(flags: ReplayFlags): Promise<void> {
  const config = configFrom(flags);
  const rules = rulesOf(config.rulesFolder);
  const against = flags.against === undefined ? null : rulesOf(flags.against);
  const labels = flags.labels === undefined ? null : readLabels(flags.labels, rules);
  const all = flags.all === true;
  const asked = { rules, against, labels, limitMs: config.limits.decideMs, json: flags.json === true, all };
  if (flags.mails !== undefined) {
    const facts = fileFacts(config, rules);
    const trial: Trial = { ...asked, model: await modelInUse(null) };
    return run(trial, mailFiles(flags.mails, flags.limit ?? null, facts), `There is no .eml file in ${flags.mails}.`);
  }
  const since = flags.since ?? parseSince(SINCE);
  await withStore(flags, async (store) => {
    const told = asked.labels ?? (await correctedLabels(store));
    const trial: Trial = { ...asked, labels: told.size === 0 ? null : told, model: await modelInUse(store) };
    const known = { store, threadKey: await store.threadKey() };
    const pages = await storedMails(store, { since, limit: flags.limit ?? null, known });
    await run(trial, pages, `No mail was decided since ${dateTime(since)}: there is nothing to replay.`);
  });
}

function rulesOf(folder: string): RuleSet {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  return loaded.rules;
}

async function run(trial: Trial, pages: MailPages, nothing: string): Promise<void> {
  if (pages.total === 0) throw new CannotDo(nothing);
  const stop = stopAtInterrupt();
  const found = await replayAll(trial, pages, stop);
  const guards = judgeGuards(trial.rules.never, found.comparison, trial.labels !== null);
  printReplay(trial, found, guards, stop.aborted);
  process.exitCode = exitCode(found.comparison, guards, stop.aborted);
}

/** 2 where nothing could be said for certain: stopped early, or not one mail could be decided. */
function exitCode({ mails }: Comparison, guards: readonly JudgedGuard[], stopped: boolean): number {
  if (stopped || mails === 0) return 2;
  return guards.some(({ state }) => state === "broken") ? 1 : 0;
}

/** Ctrl-C ends the replay with what was found so far; pressed again, it ends at once. */
function stopAtInterrupt(): AbortSignal {
  const stop = new AbortController();
  let asked = 0;
  process.on("SIGINT", () => {
    if (stop.signal.aborted && performance.now() - asked > ECHO_MS) process.exit(INTERRUPTED);
    if (!stop.signal.aborted) asked = performance.now();
    stop.abort();
  });
  return stop.signal;
}
