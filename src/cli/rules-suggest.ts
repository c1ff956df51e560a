// `mailward rules suggest`: rules that people's corrections ask for, with what they would do on the mail there is. An
// admin takes one or says no; a no is remembered.

import { userInfo } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { NONE } from "../classify/adviser.ts";
import { hear } from "../classify/hear.ts";
import { wordsOf } from "../classify/words.ts";
import { loadRules } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import type { Message } from "../message.ts";
import { parse } from "../parse/parse.ts";
import { type Proposal, phrasePrint, proposals, type SeenMail } from "../rulebook/proposals.ts";
import type { Store } from "../store/store.ts";
import {
  CannotDo,
  type OperatorFlags,
  parseCount,
  parseSince,
  print,
  printJson,
  withStore,
  withStoreFlags,
} from "./operator.ts";
import { idFor, shown, writeRule } from "./rules-new.ts";
import { paint, safe } from "./terminal.ts";

type SuggestFlags = OperatorFlags & {
  readonly corrections: number;
  readonly since: number;
  readonly accept?: string;
  readonly refuse?: string;
  readonly by?: string;
  readonly rules?: string;
};

const SINCE = "90d";
/** Mails looked through: the newest. */
const MAILS_MAX = 5000;
const PAGE_MAILS = 64;
const RULE_POINTS = 3;

export function suggestCommand(): Command {
  return withStoreFlags(new Command("suggest"))
    .description("rules that people's corrections ask for, with what they would find in the mail there is")
    .option("--corrections <count>", "so many equal corrections ask for a rule", parseCount, 3)
    .option(
      "--since <when>",
      `mail decided from a date, or within 15m, 12h, 30d (default ${SINCE})`,
      parseSince,
      parseSince(SINCE),
    )
    .option("--accept <print>", "write this proposal into the rules", printOf)
    .option("--refuse <print>", "never propose it again, nor any of its phrases for that type", printOf)
    .option("--by <name>", "who says so (else the user of this terminal)")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((flags: SuggestFlags) => withStore(flags, (store, config) => run(store, flags, config.rulesFolder)));
}

function printOf(text: string): string {
  if (!/^[0-9a-f]{16}$/.test(text))
    throw new InvalidArgumentError("Write the sixteen letters and digits of a proposal.");
  return text;
}

async function run(store: Store, flags: SuggestFlags, folder: string): Promise<void> {
  const answered = new Set(await store.refusedProposals());
  const settled = { known: phrasesByType(folder), answered };
  const found = proposals(await seenMails(store, flags.since), flags.corrections, settled)
    // Mail for none of the queues has no rules of its own.
    .filter(({ type }) => type !== NONE);
  const by = flags.by ?? userInfo().username;
  if (flags.refuse !== undefined) {
    await settle(store, wanted(found, flags.refuse), by);
    return print(`${flags.refuse} will not be proposed again, nor any of its phrases.`);
  }
  if (flags.accept !== undefined) {
    const proposal = wanted(found, flags.accept);
    await writeRule(ruleOf(proposal, folder), ["request_types", proposal.type], folder);
    return settle(store, proposal, by);
  }
  if (flags.json === true) for (const each of found) printJson(each);
  else if (found.length === 0) print("Nothing to propose: no words tell mail that was corrected from other mail.");
  else print(found.map((each) => proposalText(each, folder)).join("\n\n"));
}

function wanted(found: readonly Proposal[], name: string): Proposal {
  const proposal = found.find((each) => each.print === name);
  if (proposal === undefined) throw new CannotDo(`${name} is no proposal now. \`mailward rules suggest\` lists them.`);
  return proposal;
}

/** Yes and no are both an answer: none of the phrases is proposed again for the type. Only hashes are kept. */
async function settle(store: Store, { type, phrases, print: name }: Proposal, by: string): Promise<void> {
  for (const phrase of phrases) await store.refuseProposal(phrasePrint(type, phrase), Date.now(), by);
  await store.refuseProposal(name, Date.now(), by);
}

/** The phrases that the rules of each type have. */
function phrasesByType(folder: string): (type: string) => ReadonlySet<string> {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  const known = new Map(
    loaded.rules.types.map(({ name, rules }) => {
      const phrases = rules.flatMap(({ any, all }) => [...any, ...all.flat()]);
      return [name, new Set(phrases.map((phrase) => wordsOf(phrase).join(" ")))];
    }),
  );
  return (type) => known.get(type) ?? new Set();
}

function ruleOf({ phrases, corrections, right, hits }: Proposal, folder: string) {
  return {
    id: idFor(phrases, folder),
    note: `Proposed from ${corrections} corrections; of ${hits} mails with these words ${right} were of this type.`,
    points: RULE_POINTS,
    any: phrases,
    // The phrases themselves: no sentence of a patient goes into a rule file.
    examples: { match: [phrases[0]], not: ["Good morning, thank you."] },
  };
}

function proposalText(proposal: Proposal, folder: string): string {
  const { type, corrections, found, hits, right, collisions, print: name } = proposal;
  const share = (part: number, whole: number) => `${Math.round((part / whole) * 100)} %`;
  return [
    `${paint("bold", name)}  ${type}: finds ${found} of ${corrections} corrected mails (${share(found, corrections)}); of ${hits} mails with these words ${right} are ${type} (${share(right, hits)})`,
    ...(collisions.length === 0 ? [] : [`  also in: ${collisions.map((ref) => safe(ref)).join(", ")}`]),
    shown(ruleOf(proposal, folder)).replace(/^/gm, "  "),
    `  take it: mailward rules suggest --accept ${name}   never again: --refuse ${name}`,
  ].join("\n");
}

/** The newest mails of the store: what they are by now, and their words. */
async function seenMails(store: Store, since: number): Promise<readonly SeenMail[]> {
  const standing = (await store.overrides(0)).filter(({ undone, isUndo, type }) => !undone && !isUndo && type !== null);
  const corrected = new Map(standing.map(({ ref, type }) => [ref, type]));
  const ids = (await store.decidedSince(since)).slice(-MAILS_MAX);
  const seen: SeenMail[] = [];
  for (let at = 0; at < ids.length; ) {
    const page = await store.pastMails(ids.slice(at, at + PAGE_MAILS));
    if (page.length === 0) break;
    at += page.length;
    for (const { ref, raw, outcomes, reading, mail } of page) {
      if (raw === null) continue;
      const [outcome] = outcomes;
      const type = corrected.get(ref) ?? (outcome?.review === true ? null : outcome?.requestType) ?? null;
      if (type === null) continue;
      const message = await parse(raw);
      // What went to people and they placed asks for a rule as much as what went wrong.
      const isCorrection = corrected.has(ref) && (outcome?.review === true || outcome?.requestType !== type);
      seen.push({
        ref,
        type,
        corrected: isCorrection,
        sender: reading?.originalSender ?? mail.envelope.mailFrom,
        people: peopleOf(message),
        ...heardIn(message),
      });
    }
  }
  return seen;
}

/** The words that are heard, and which of them begin with a capital in the middle of a sentence. */
function heardIn(message: Message): Pick<SeenMail, "words" | "capitals"> {
  const { subject, text } = hear(message);
  const stretches = [{ ...subject, of: message.subject }, ...text.map((stretch) => ({ ...stretch, of: message.text }))];
  return {
    words: stretches.map(({ words }) => words.text),
    capitals: stretches.map(({ words, of }) =>
      words.text.map((_, at) => isCapitalInside(of, words.start[at] ?? 0, words.end[at] ?? 0)),
    ),
  };
}

/** All capitals are loud, not a name; behind a full stop or at the beginning of a line anything has a capital. */
function isCapitalInside(text: string, start: number, end: number): boolean {
  if (!/^\p{Lu}.*\p{Ll}/u.test(text.slice(start, end))) return false;
  return /[\p{L}\p{N},;)'’-][ \t]+$/u.test(text.slice(Math.max(0, start - LOOK_BACK_CHARS), start));
}

/** So far a word's neighbour is looked for. */
const LOOK_BACK_CHARS = 8;

/** Words of the names and addresses of those who wrote and passed on a mail. */
function peopleOf({ from, forward }: Message): readonly string[] {
  const writers = [from, ...(forward?.mails ?? []).map((mail) => mail.from)];
  return writers.flatMap((writer) =>
    writer === null ? [] : [...wordsOf(writer.name), ...wordsOf(writer.address.split("@")[0] ?? "")],
  );
}
