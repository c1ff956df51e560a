// `mailward model`: which model decides, what it was taught, and how its last trial went.

import { Command } from "commander";
import { NONE } from "../classify/adviser.ts";
import { TaughtModel } from "../decider/taught.ts";
import type { TrialFindings } from "../decider/trial.ts";
import type { Store } from "../store/store.ts";
import { type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { trialWords } from "./override.ts";
import { dateTime, paint, table } from "./terminal.ts";

export function modelCommand(): Command {
  return withStoreFlags(new Command("model"))
    .description("which model decides, what people have taught it, and how its last trial went")
    .action((flags: OperatorFlags) => withStore(flags, (store) => run(store, flags)));
}

async function run(store: Store, flags: OperatorFlags): Promise<void> {
  const { last, live, trial } = await store.taught();
  const model = await TaughtModel.open(store, live);
  const classes = model.model.classes.map((type, at) => ({
    type,
    mails: model.model.mails[at] ?? 0,
    confirmed: model.confirmed(at),
  }));
  const found = trial === null ? null : (JSON.parse(trial.found) as TrialFindings);
  const { version, stage } = model;
  if (flags.json === true)
    return printJson({ version, stage, live, last, classes, trial: trial && { ...trial, found } });
  print(
    [
      `${paint("bold", `model ${version}`)}, ${stage === "starter" ? "the starter: not yet taught enough by this site" : "taught by this site"}`,
      table(
        ["type", "mails", "of them confirmed here"],
        classes.map(({ type, mails, confirmed }) => [type === NONE ? "none of the queues" : type, mails, confirmed]),
      ),
      ...(last > live ? [`${last - live} lessons are not live yet.`] : []),
      ...(trial === null || found === null
        ? []
        : [
            `Last trial ${dateTime(trial.at)}: ${trialWords({ ...trial, found })}`,
            table(
              ["type", "confirmed", "right before", "right now", "elsewhere before", "elsewhere now"],
              found.rows.map(({ type, mails, live: was, next }) => [
                type,
                mails,
                was.right,
                next.right,
                was.lost,
                next.lost,
              ]),
            ),
          ]),
    ].join("\n"),
  );
}
