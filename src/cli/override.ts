// `mailward override REF`: a person says where a mail belongs. It goes there, the old delivery is marked, who and why
// are kept, and the model learns of it.

import { userInfo } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Answer, correctCase, type Said, Unclear, undoCase } from "../decider/correct.ts";
import type { Trial } from "../decider/trial.ts";
import type { Urgency } from "../outcome.ts";
import type { Case, Store } from "../store/store.ts";
import { CannotDo, type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { rulesFrom } from "./serve.ts";
import { safe } from "./terminal.ts";

type OverrideFlags = OperatorFlags & {
  readonly queue?: string;
  readonly type?: string;
  readonly urgency?: Urgency;
  readonly reason: string;
  readonly alias?: string;
  readonly pin?: boolean;
  readonly undo?: boolean;
  readonly by?: string;
  readonly rules?: string;
};

export function overrideCommand(): Command {
  return withStoreFlags(new Command("override"))
    .description("say where a mail belongs: it goes there, and the model learns from you")
    .argument("<ref>", "its reference, such as MW-00038W")
    .option("--queue <name>", "the queue it belongs to")
    .option("--type <name>", "what is asked, where the queue takes several types; none: it is for no queue")
    .addOption(new Option("--urgency <level>", "how urgent it is").choices(["P1", "P2", "P3", "P4"]))
    .requiredOption("--reason <text>", "why, for whoever asks later, without a patient's words", reasonText)
    .option("--alias <name>", "only as it was sent to this alias")
    .option("--pin", "also send later mail of this sender with such a subject there")
    .option("--undo", "take the last correction back, with what it taught")
    .option("--by <name>", "who says so (else the user of this terminal)")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((ref: string, flags: OverrideFlags) =>
      withStore(flags, (store, config) => run(store, ref, flags, rulesFrom(config))),
    );
}

function reasonText(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Write why, in a few words.");
  return text.trim();
}

async function run(
  store: Store,
  ref: string,
  flags: OverrideFlags,
  rules: ReturnType<typeof rulesFrom>,
): Promise<void> {
  const found = await store.find(ref);
  if (found === null)
    throw new CannotDo(`There is no case ${safe(ref)} in this store. \`mailward outcomes\` lists the newest.`);
  const said = saidBy(flags);
  const answer = await (flags.undo === true
    ? undoCase(store, found, said, rules, Date.now())
    : correctCase(store, found, said, rules, Date.now())
  ).catch((error: unknown) => {
    throw error instanceof Unclear ? new CannotDo(error.message) : error;
  });
  tell(found, answer, flags);
}

function saidBy(flags: OverrideFlags): Said {
  const { queue, type = null, urgency = null, alias = null, reason } = flags;
  if (flags.undo === true && queue !== undefined) throw new CannotDo("Say either --queue or --undo.");
  if (flags.undo === true && (flags.pin === true || type !== null || urgency !== null))
    throw new CannotDo("Leave --pin, --type and --urgency out: --undo takes the last correction back as it was made.");
  if (flags.undo !== true && queue === undefined)
    throw new CannotDo("Say where it belongs with --queue NAME, or --undo.");
  const by = flags.by ?? userInfo().username;
  return { queue: queue ?? "", type, lies: null, urgency, alias, reason, by, pin: flags.pin === true };
}

function tell(found: Case, { corrected, type, trial }: Answer, flags: OverrideFlags): void {
  if (flags.json === true) printJson({ ref: found.ref, ...corrected, type, trial });
  switch (corrected.kind) {
    case "unknown-alias":
      throw new CannotDo(
        `${found.ref} was not sent to ${safe(flags.alias ?? "")}. \`mailward show ${found.ref}\` says to whom.`,
      );
    case "undecided":
      throw new CannotDo(`${found.ref} is not decided yet. \`mailward show ${found.ref}\` says where it is.`);
    case "nothing-to-undo":
      throw new CannotDo(`Nobody has corrected ${found.ref}, so there is nothing to take back.`);
    case "same":
      if (flags.json !== true) print(`${found.ref} is there already; nothing was changed.`);
      return;
    case "corrected": {
      if (flags.json === true) return;
      print(
        flags.undo === true
          ? `${found.ref} goes back; the correction and what it taught are taken back.`
          : `${found.ref} goes ${fromWords(corrected.from)}to ${flags.queue ?? ""}${corrected.labelId === null ? "" : `; the model has learnt that it is ${typeWords(type)}`}.`,
      );
      if (flags.pin === true) print("Later mail of this sender with such a subject goes there at once.");
      if (trial !== null) print(trialWords(trial));
    }
  }
}

function fromWords(queues: readonly string[]): string {
  return queues.length === 0 ? "" : `from ${[...new Set(queues)].join(" and ")} `;
}

function typeWords(type: string | null): string {
  return type === "none" ? "for none of the queues" : (type ?? "");
}

/** Whether the newly taught model decides from now on, and if not, why. */
export function trialWords({ passed, found }: Trial): string {
  if (passed) return "The model that has learnt it decides from now on.";
  const worse = found.rows
    .filter(({ type }) => found.worse.includes(type))
    .map(
      ({ type, mails, live, next }) =>
        `${type} (${next.lost} of ${mails} confirmed mails sent elsewhere instead of ${live.lost})`,
    );
  return `The earlier model stays: the one that has learnt it would be worse at ${worse.join(", ")}. It is tried again with the next correction.`;
}
