// `mailward train`: a site's sorted archive becomes lessons for the model: a folder, mbox or Maildir for each type.

import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { NONE } from "../classify/adviser.ts";
import { featureReader, stemReader } from "../classify/features.ts";
import { hear } from "../classify/hear.ts";
import type { RuleSet } from "../config/rules.ts";
import { tryLessons } from "../decider/trial.ts";
import { parse } from "../parse/parse.ts";
import { watchedTypes } from "../rulebook/guards.ts";
import type { Store } from "../store/store.ts";
import type { NewLabel } from "../store/teaching.ts";
import { mailsIn } from "./mail-archive.ts";
import { CannotDo, type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { trialWords } from "./override.ts";
import { rulesFrom } from "./serve.ts";
import { safe } from "./terminal.ts";

type TrainFlags = OperatorFlags & { readonly from: readonly Sorted[]; readonly by?: string; readonly rules?: string };
type Sorted = { readonly type: string; readonly path: string };

/** Mails learnt in one transaction. */
const LESSONS = 200;

export function trainCommand(): Command {
  return withStoreFlags(new Command("train"))
    .description("teach the model with mail that people have sorted; what it learnt before is left out")
    .requiredOption(
      "--from <type=path...>",
      "a type and its mails: a folder of .eml files, an mbox file or a Maildir; none=PATH for mail of no queue",
      sorted,
      [],
    )
    .option("--by <name>", "who has sorted it (else the user of this terminal)")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((flags: TrainFlags) => withStore(flags, (store, config) => run(store, flags, rulesFrom(config))));
}

function sorted(text: string, before: readonly Sorted[]): readonly Sorted[] {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError("Write a type and where its mails are, such as billing=archive/billing.");
  return [...before, { type: text.slice(0, at), path: text.slice(at + 1) }];
}

async function run(store: Store, flags: TrainFlags, rules: RuleSet): Promise<void> {
  const types = [...rules.types.map(({ name }) => name), NONE];
  for (const { type } of flags.from)
    if (!types.includes(type))
      throw new CannotDo(`There is no request type "${safe(type)}". Write one of ${types.join(", ")}.`);
  const by = flags.by ?? userInfo().username;
  const read = reader(await store.modelKey());
  const learnt = new Map<string, { mails: number; fresh: number }>();
  let done = 0;
  for (const { type, path } of flags.from) {
    const sum = learnt.get(type) ?? { mails: 0, fresh: 0 };
    learnt.set(type, sum);
    let waiting: NewLabel[] = [];
    const flush = async (): Promise<void> => {
      sum.fresh += await store.teach(waiting, Date.now(), by);
      waiting = [];
      progress(done);
    };
    for await (const { raw } of mailsIn(path)) {
      waiting.push(await read(type, raw));
      sum.mails += 1;
      done += 1;
      if (waiting.length >= LESSONS) await flush();
    }
    await flush();
  }
  progress(null);
  const trial = await tryLessons(store, watchedTypes(rules), Date.now());
  if (flags.json === true) return printJson({ learnt: Object.fromEntries(learnt), trial });
  for (const [type, { mails, fresh }] of learnt) print(`${type}: ${mails} mails, ${fresh} of them new`);
  if (done === 0) throw new CannotDo("There is no mail in what was named.");
  print(trial === null ? "Nothing new was learnt." : trialWords(trial));
}

function reader(key: string): (type: string, raw: Uint8Array) => Promise<NewLabel> {
  const stems = stemReader();
  const features = featureReader(key);
  return async (type, raw) => {
    const message = await parse(raw);
    const print = createHash("sha256").update(raw).digest().subarray(0, 16);
    return { type, features: features.features(stems(hear(message), message.language)), print };
  };
}

function progress(done: number | null): void {
  if (process.stderr.isTTY !== true) return;
  process.stderr.write(done === null ? "\r\u001b[K" : `\r${done} mails read\u001b[K`);
}
