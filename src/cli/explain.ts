// `mailward explain`: what the rules make of a mail and why, for people as a page, for programs as one line a mail.
// It decides with the same function as the gateway; nothing is stored or sent.

import { existsSync, readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { Command, InvalidArgumentError } from "commander";
import { type Adviser, adviser } from "../classify/adviser.ts";
import { type CompiledRules, compileRules } from "../classify/compile.ts";
import { wallClock } from "../classify/local-time.ts";
import type { Config } from "../config/config.ts";
import { addressesOf } from "../decider/learn.ts";
import { modelInUse } from "../decider/model-in-use.ts";
import { recipientLookup } from "../intake/recipients.ts";
import type { Facts } from "../message.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage } from "../pipeline.ts";
import type { Store } from "../store/store.ts";
import { type Difference, explainCase, isReference } from "./explain-case.ts";
import { explanation } from "./explain-line.ts";
import { page } from "./explain-page.ts";
import type { Explained } from "./explain-why.ts";
import { fileFacts } from "./file-facts.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, withConfigFlags, withStore } from "./operator.ts";
import { rulesFrom } from "./serve.ts";
import { paint, safe, table } from "./terminal.ts";

type ExplainFlags = {
  readonly alias?: string;
  readonly staff?: boolean;
  readonly then?: boolean;
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

/** `differences` is null where nothing was recorded. */
type Shown = { readonly explained: Explained; readonly differences: readonly Difference[] | null };

export function explainCommand(): Command {
  return withConfigFlags(new Command("explain"))
    .description("say where the rules send a mail and why; nothing is stored or sent")
    .argument("<file...>", "mails as files, - is standard input; or cases of the store, such as MW-00038W")
    .option("--alias <name>", "the alias it was sent to (else read from the mail's headers)", aliasName)
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--staff", "as if proven staff had sent it: notes on top of forwards are orders")
    .option("--then", "a case by the rules that decided it, instead of the rules of now")
    .option("--json", "one JSON value a mail, on one line, for programs")
    .action((files: readonly string[], flags: ExplainFlags) => plainErrors(() => explain(files, flags)));
}

function aliasName(text: string): string {
  const name = text.trim().toLowerCase();
  if (name === "") throw new InvalidArgumentError("Write the part before the @, for example billing.");
  return name;
}

async function explain(mails: readonly string[], flags: ExplainFlags): Promise<void> {
  const config = configFrom(flags);
  const references = mails.filter((mail) => isReference(mail) && !existsSync(mail));
  if (references.length === 0 && flags.then === true)
    throw new CannotDo("--then is for cases of the store: name one by its reference, such as MW-00038W.");
  const needsRules = flags.then !== true || references.length < mails.length;
  const rules = needsRules ? compileRules(rulesFrom(config)) : null;
  const work = async (store: Store | null): Promise<void> => {
    const advising = adviser(await modelInUse(store));
    let first = true;
    for (const mail of mails) {
      const found =
        store !== null && references.includes(mail)
          ? await explainCase(store, mail, flags.then === true ? null : rules, advising)
          : await explainFile(mail, flags, config, rules, advising);
      for (const each of found) {
        show(each, flags, first);
        first = false;
      }
    }
  };
  await (references.length === 0 ? work(null) : withStore(flags, work));
}

function show({ explained, differences }: Shown, { json }: ExplainFlags, isFirst: boolean): void {
  const differs = differences !== null && differences.length > 0;
  if (differs) process.exitCode = 1;
  if (json === true) {
    const compared = differences === null ? {} : { same: !differs, differences };
    return printJson({ ...explanation(explained), ...compared });
  }
  const compared = differences === null ? "" : `\n\n${comparedText(differences)}`;
  print(`${isFirst ? "" : "\n"}${page(explained)}${compared}`);
}

function comparedText(differences: readonly Difference[]): string {
  if (differences.length === 0) return "  The same as recorded.";
  const rows = differences.map(({ alias, what, recorded, now }) => [`${alias}@`, what, recorded, now]);
  const shown = table(["sent to", "what", "recorded", "worked out now"], rows).replace(/^/gm, "  ");
  return `  ${paint(["bold", "yellow"], "Not as recorded:")}\n${shown}`;
}

async function explainFile(
  file: string,
  flags: ExplainFlags,
  config: Config,
  rules: CompiledRules | null,
  advising: Adviser,
): Promise<readonly Shown[]> {
  if (rules === null) return [];
  const alias = flags.alias === undefined ? null : knownAlias(flags.alias, rules);
  const raw = await readMail(file);
  if (raw === null) return [];
  const message = await parse(raw);
  const { learned, aliasBy } = fileFacts(config, rules.set)(raw);
  const facts: Facts = {
    ...learned,
    localTime: message.date === null ? null : wallClock(rules.set.calendar.timeZone)(message.date),
    ownAddresses: addressesOf(rules.set),
    ...(flags.staff === true ? { user: "--staff" } : {}),
    ...(alias === null ? {} : { aliases: [alias] }),
  };
  const decided = decideMessage(message, facts, rules, { adviser: advising });
  const by = alias === null ? aliasBy : "--alias";
  const explained = { name: file, message, facts, aliasBy: by, decided, rules, adviser: advising };
  return [{ explained, differences: null }];
}

/** The alias by its name, another local part of it, or a whole address; a name that is none of ours ends the command. */
function knownAlias(given: string, rules: CompiledRules): string {
  const local = given.includes("@") ? given : `${given}@${rules.set.domains[0] ?? ""}`;
  const found = recipientLookup(rules.set)(local);
  if (found !== null) return found.alias;
  const known = rules.set.aliases.map((alias) => alias.name).join(", ");
  throw new CannotDo(`There is no alias "${safe(given)}". The rules know: ${known}.`);
}

/** The bytes, or null after a plain sentence on standard error. The other files are still explained. */
async function readMail(file: string): Promise<Uint8Array | null> {
  try {
    return file === "-" ? await buffer(process.stdin) : readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      { ENOENT: "there is no such file", EISDIR: "this is a folder, name the mails in it", EACCES: "no permission" }[
        code ?? ""
      ] ?? String(code ?? error);
    process.stderr.write(`${file}: cannot be read: ${why}\n`);
    process.exitCode = 2;
    return null;
  }
}
