// `mailward explain`: what the rules make of a mail and why, for people as a page, for programs as one line a file.
// It decides with the same function as the gateway; nothing is stored or sent.

import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { Command, InvalidArgumentError } from "commander";
import { type CompiledRules, compileRules } from "../classify/compile.ts";
import { wallClock } from "../classify/local-time.ts";
import type { Config } from "../config/config.ts";
import { addressesOf } from "../decider/learn.ts";
import { type RecipientLookup, recipientLookup } from "../intake/recipients.ts";
import { type Facts, type Message, NO_PROOF } from "../message.ts";
import type { Decided, Outcome } from "../outcome.ts";
import { parse } from "../parse/parse.ts";
import { decideMessage, UNKNOWN_ALIAS } from "../pipeline.ts";
import { believedProof } from "../proof/authentication-results.ts";
import { page } from "./explain-page.ts";
import { addressesIn } from "./mail-client.ts";
import { CannotDo, configFrom, plainErrors, print, printJson, withConfigFlags } from "./operator.ts";
import { rulesFrom } from "./serve.ts";
import { safe } from "./terminal.ts";

type ExplainFlags = {
  readonly alias?: string;
  readonly staff?: boolean;
  readonly json?: boolean;
  readonly rules?: string;
  readonly config?: string;
  readonly data?: string;
};

/** Where a mail's alias is looked for, the most certain first: what a mail server wrote, then what the sender wrote. */
const ALIAS_HEADERS = ["delivered-to", "x-original-to", "envelope-to", "to", "cc"];

/** What the mails are decided by. */
type House = {
  readonly config: Config;
  readonly rules: CompiledRules;
  readonly lookup: RecipientLookup;
  readonly asStaff: boolean;
};

/** `aliasBy` is the header, or the option, that told the alias; null when nothing did. */
type GivenFacts = { readonly facts: Facts; readonly aliasBy: string | null };

/** How far into a file addresses are looked for; headers of 64 KB hold hundreds of recipients. */
const HEADER_BYTES_MAX = 64 * 1024;

export function explainCommand(): Command {
  return withConfigFlags(new Command("explain"))
    .description("say where the rules send a mail and why; nothing is stored or sent")
    .argument("<file...>", "mails as files; - is standard input")
    .option("--alias <name>", "the alias it was sent to (else read from the mail's headers)", aliasName)
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--staff", "as if proven staff had sent it: notes on top of forwards are orders")
    .option("--json", "one JSON value a file, on one line, for programs")
    .action((files: readonly string[], flags: ExplainFlags) => plainErrors(() => explain(files, flags)));
}

function aliasName(text: string): string {
  const name = text.trim().toLowerCase();
  if (name === "") throw new InvalidArgumentError("Write the part before the @, for example billing.");
  return name;
}

async function explain(files: readonly string[], flags: ExplainFlags): Promise<void> {
  const config = configFrom(flags);
  const rules = compileRules(rulesFrom(config));
  const lookup = recipientLookup(rules.set);
  const house: House = { config, rules, lookup, asStaff: flags.staff === true };
  const alias = flags.alias === undefined ? null : knownAlias(flags.alias, rules, lookup);
  let first = true;
  for (const file of files) {
    const raw = await readMail(file);
    if (raw === null) continue;
    const message = await parse(raw);
    const { facts, aliasBy } = factsOf(raw, message.date, alias, house);
    const decided = decideMessage(message, facts, rules);
    if (flags.json === true)
      for (const each of decided.outcomes.slice(0, 1))
        printJson({
          ...line(file, message, decided, each),
          aliasBy,
          localTime: facts.localTime,
          sizeBytes: facts.sizeBytes,
        });
    else print((first ? "" : "\n") + page(file, message, decided, { ...facts, aliasBy }, rules.set));
    first = false;
  }
}

/** The alias by its name, another local part of it, or a whole address; a name that is none of ours ends the command. */
function knownAlias(given: string, rules: CompiledRules, lookup: RecipientLookup): string {
  const local = given.includes("@") ? given : `${given}@${rules.set.domains[0] ?? ""}`;
  const found = lookup(local);
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

/**
 * A file has no envelope: recipients and sender are taken from what mail servers wrote on top, then from To and From.
 * Nothing is asked of DNS; what a mail server we believe wrote about the sender counts, and what `--staff` says.
 */
function factsOf(raw: Uint8Array, sentAt: number | null, alias: string | null, house: House): GivenFacts {
  const { config, rules, lookup, asStaff } = house;
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, HEADER_BYTES_MAX));
  const found = alias === null ? aliasesIn(bytes, lookup) : { aliases: [alias], by: "--alias" };
  const facts: Facts = {
    door: "imap",
    receivedAt: 0,
    localTime: sentAt === null ? null : wallClock(rules.set.calendar.timeZone)(sentAt),
    sizeBytes: raw.length,
    mailFrom: addressesIn(bytes, ["return-path", "from"])[0] ?? "",
    user: asStaff ? "--staff" : null,
    proof: config.proof.believe === null ? NO_PROOF : believedProof(raw, config.proof.believe),
    staffNetwork: false,
    staffDomains: config.staffDomains,
    ownAddresses: addressesOf(rules.set),
    earlier: [],
    threadKey: null,
    aliases: found.aliases,
  };
  return { facts, aliasBy: found.by };
}

/** The aliases, and the header that names them; null: none of the headers does. */
type FoundAliases = { readonly aliases: readonly string[]; readonly by: string | null };

function aliasesIn(raw: Buffer, lookup: RecipientLookup): FoundAliases {
  for (const header of ALIAS_HEADERS) {
    const found = addressesIn(raw, [header]).flatMap((address) => lookup(address)?.alias ?? []);
    if (found.length > 0) return { aliases: [...new Set(found)], by: header };
  }
  return { aliases: [UNKNOWN_ALIAS], by: null };
}

/** The line for programs; a mail to several aliases is shown by its first. */
function line(file: string, message: Message, decided: Decided, outcome: Outcome): Record<string, unknown> {
  const { decision } = outcome;
  return {
    file,
    alias: outcome.alias === UNKNOWN_ALIAS ? null : outcome.alias,
    kind: decided.kind,
    requestType: outcome.requestType,
    urgency: outcome.urgency,
    department: decision.kind === "route" ? decision.department : null,
    queue: decision.queue,
    review: decision.kind === "review",
    reason: decision.kind === "review" ? decision.reason : null,
    decidedBy: outcome.decidedBy,
    score: outcome.scores.find((score) => score.type === outcome.requestType)?.points ?? 0,
    scores: outcome.scores,
    evidence: outcome.evidence,
    missing: outcome.missing,
    originalSender: decided.originalSender,
    forwarder: decided.forwarder,
    forwardTier: decided.forwardTier,
    confidence: decided.confidence,
    forward: message.forward,
    sections: message.sections,
    staff: decided.staff,
    language: decided.language,
    fields: decided.fields,
    refusals: decided.refusals,
    failures: decided.failures,
    proof: decided.proof,
    defects: decided.defects,
  };
}
