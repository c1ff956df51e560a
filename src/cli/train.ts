// `mailward train`: a site's sorted archive becomes lessons for the model: a folder, mbox or Maildir for each type.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { NONE } from "../classify/adviser.ts";
import type { RuleSet } from "../config/rules.ts";
import { lessonReader } from "../decider/lesson.ts";
import { tryLessons } from "../decider/trial.ts";
import { parse } from "../parse/parse.ts";
import { watchedTypes } from "../rulebook/guards.ts";
import type { Store } from "../store/store.ts";
import type { Learnt, NewLabel } from "../store/teaching.ts";
import { mailsIn } from "./mail-archive.ts";
import { CannotDo, type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { trialWords } from "./override.ts";
import { rulesFrom } from "./serve.ts";
import { safe } from "./terminal.ts";

type TrainFlags = OperatorFlags & {
  readonly from: readonly string[];
  readonly undo?: boolean;
  readonly by?: string;
  readonly rules?: string;
};
type Sorted = { readonly type: string; readonly path: string };

/** Mails learnt in one transaction. */
const LESSONS = 200;

export function trainCommand(): Command {
  return withStoreFlags(new Command("train"))
    .description(
      "teach the model with mail that people have sorted; each mail is learnt once, as what it was sorted last",
    )
    .requiredOption(
      "--from <type=path...>",
      "a type and its mails: a folder of .eml files, an mbox file or a Maildir; none=PATH for mail of no queue; or one folder that has these by the names of the types",
    )
    .option("--undo", "take back what was learnt of these mails")
    .option("--by <name>", "who has sorted it (else the user of this terminal)")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((flags: TrainFlags) => withStore(flags, (store, config) => run(store, flags, rulesFrom(config))));
}

/** What was named: types with their mails, or folders and mbox files called after the types. Throws `CannotDo`. */
function sortedFrom(named: readonly string[], types: readonly string[]): readonly Sorted[] {
  return named.flatMap((text): readonly Sorted[] => {
    const at = text.indexOf("=");
    if (at > 0 && at < text.length - 1) {
      const [type, path] = [text.slice(0, at), text.slice(at + 1)];
      if (types.includes(type)) return [{ type, path }];
      throw new CannotDo(`There is no request type "${safe(type)}". Write one of ${types.join(", ")}.`);
    }
    const found = types.flatMap((type) =>
      [join(text, type), join(text, `${type}.mbox`)].filter(existsSync).map((path) => ({ type, path })),
    );
    if (found.length > 0) return found;
    throw new CannotDo(
      `${safe(text)}: write a type and where its mails are, such as billing=archive/billing, or a folder that has folders or .mbox files by these names: ${types.join(", ")}.`,
    );
  });
}

type Sum = Learnt & { readonly mails: number };

async function run(store: Store, flags: TrainFlags, rules: RuleSet): Promise<void> {
  const sorted = sortedFrom(flags.from, [...rules.types.map(({ name }) => name), NONE]);
  const by = flags.by ?? userInfo().username;
  const read = reader(await store.modelKey());
  const learnt = new Map<string, Sum>();
  let done = 0;
  for (const { type, path } of sorted) {
    let sum = learnt.get(type) ?? { mails: 0, fresh: 0, changed: 0, takenBack: 0 };
    let waiting: NewLabel[] = [];
    const flush = async (): Promise<void> => {
      const { fresh, changed, takenBack } = await store.teach(waiting, Date.now(), by);
      sum = {
        mails: sum.mails + waiting.length,
        fresh: sum.fresh + fresh,
        changed: sum.changed + changed,
        takenBack: sum.takenBack + takenBack,
      };
      learnt.set(type, sum);
      waiting = [];
      progress(done);
    };
    for await (const { raw } of mailsIn(path)) {
      waiting.push({ ...(await read(raw)), type: flags.undo === true ? null : type });
      done += 1;
      if (waiting.length >= LESSONS) await flush();
    }
    await flush();
  }
  progress(null);
  if (done === 0) throw new CannotDo("There is no mail in what was named.");
  const trial = await tryLessons(store, watchedTypes(rules), Date.now());
  if (flags.json === true) return printJson({ learnt: Object.fromEntries(learnt), trial });
  for (const [type, sum] of learnt) print(`${type}: ${sumWords(sum, flags.undo === true)}`);
  const nothing = flags.undo === true ? "Nothing was taken back: none of these mails was learnt." : NOTHING_NEW;
  print(trial === null ? nothing : trialWords(trial));
}

const NOTHING_NEW = "Nothing new was learnt.";

function sumWords({ mails, fresh, changed, takenBack }: Sum, isUndo: boolean): string {
  if (isUndo) return `${mails} mails, ${takenBack} of them taken back`;
  const others = changed === 0 ? "" : `, ${changed} learnt as another type before`;
  return `${mails} mails, ${fresh} of them new${others}`;
}

function reader(key: string): (raw: Uint8Array) => Promise<Omit<NewLabel, "type">> {
  const lessonOf = lessonReader(key);
  return async (raw) => {
    const print = createHash("sha256").update(raw).digest().subarray(0, 16);
    return { ...lessonOf(await parse(raw)), print };
  };
}

function progress(done: number | null): void {
  if (process.stderr.isTTY !== true) return;
  process.stderr.write(done === null ? "\r\u001b[K" : `\r${done} mails read\u001b[K`);
}
