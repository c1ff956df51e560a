// `mailward status`: how the running gateway is, asked of its health page: its rules and their mistakes, what waits, its
// doors.

import { Command } from "commander";
import { type Problem, printProblems } from "../config/yaml.ts";
import type { Readiness } from "../console/health.ts";
import type { FolderStatus } from "../console/rules-status.ts";
import type { FolderStatus as WatchedFolder } from "../intake/imap-watch.ts";
import type { TokenStatus } from "../mailbox/tokens.ts";
import { CannotDo, configFrom, type OperatorFlags, plainErrors, print, printJson, withStoreFlags } from "./operator.ts";
import { dateTime, paint, safe, table } from "./terminal.ts";

/** The page itself waits three seconds for the store. */
const ANSWER_MS_MAX = 5000;

export function statusCommand(): Command {
  return withStoreFlags(new Command("status"))
    .description("how the running gateway is: its rules and their mistakes, its model, what waits, its doors")
    .action((flags: OperatorFlags) => plainErrors(() => status(flags)));
}

async function status(flags: OperatorFlags): Promise<void> {
  const { address, port } = configFrom(flags).http;
  const answer = await ask(`http://${reachable(address)}:${port}/readyz`);
  if (!answer.ready || answer.degraded) process.exitCode = 1;
  if (flags.json === true) printJson(answer);
  else print(answer.ready ? page(answer) : `${paint(["bold", "red"], "Not ready")}: ${answer.trouble}`);
}

/** The answer of the page, also when it says 503. */
async function ask(url: string): Promise<Readiness> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    .then(async (response) => (await response.json()) as Readiness)
    .catch(() => null);
  if (answer !== null && typeof answer.ready === "boolean") return answer;
  throw new CannotDo(
    `No gateway answers at ${url}. Start it (npm start), or name its configuration file with --config, where \`http:\` says its address.`,
  );
}

/** The address that means every address of a machine is nobody's to call. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return "[::1]";
  return address.includes(":") ? `[${address}]` : address;
}

function page(answer: Readiness & { readonly ready: true }): string {
  const { rules, destinationsDown } = answer;
  const word = answer.degraded ? paint(["bold", "red"], "Something is wrong.") : paint("bold", "All is well.");
  const waiting = answer.waiting + answer.leased;
  const rows: (readonly [string, string])[] = [
    ...answer.doors.map(({ protocol, address, port }) => [protocol, `${address}:${port}`] as const),
    ...answer.mailboxes.map(mailboxRow),
    ...answer.tokens.filter(({ failures }) => failures > 0).map(tokenRow),
    ["undecided", String(answer.undecided)],
    ["waiting", `${waiting}${destinationsDown.length > 0 ? `; no answer from ${destinationsDown.join(", ")}` : ""}`],
    ["held", heldWords(answer.heldMessages + answer.held)],
    ["model", `${answer.model}${answer.model.startsWith("starter") ? " (ours, not yet taught here)" : ""}`],
    ...folderRows("rules", rules.live),
    ...(rules.shadow === null ? [] : folderRows("shadow", rules.shadow)),
  ];
  return [
    word,
    bare(rows),
    ...mistakes("rules", rules.live),
    ...(rules.shadow ? mistakes("shadow", rules.shadow) : []),
  ].join("\n");
}

function mailboxRow(watched: WatchedFolder): readonly [string, string] {
  const { account, folder, state, code, lastGoodAt, fetching, unreadable, marking } = watched;
  const since = lastGoodAt === null ? "never since the start" : dateTime(lastGoodAt);
  const words = [
    state,
    ...(code === null ? [] : [`${safe(code)}, last answer ${since}`]),
    ...(fetching === null ? [] : [`${fetching.done} of ${fetching.all} missing mails fetched`]),
    ...(unreadable === 0 ? [] : [`${unreadable} cannot be fetched; the log says which (imap-left)`]),
    ...(marking === null ? [] : [`originals are not marked: ${safe(marking)}`]),
  ];
  return [`imap ${account}/${safe(folder)}`, words.join("; ")];
}

function tokenRow({ account, failures, expiresAt }: TokenStatus): readonly [string, string] {
  const until = expiresAt === null ? "none is held" : `the old one runs out ${dateTime(expiresAt)}`;
  return [
    `token ${account}`,
    `cannot be renewed (${failures === 1 ? "1 time" : `${failures} times in a row`}); ${until}`,
  ];
}

/** Rows without a head. */
function bare(rows: readonly (readonly string[])[]): string {
  return table(["", ""], rows).split("\n").slice(1).join("\n");
}

function heldWords(count: number): string {
  return count === 0 ? "0" : `${count}; people must look: mailward queue list`;
}

function folderRows(
  name: string,
  { folder, hash, since, lookedAt, problems }: FolderStatus,
): (readonly [string, string])[] {
  const inUse = hash === null ? "none yet" : `${hash} since ${dateTime(since ?? 0)}`;
  const change =
    lookedAt === null ? [] : [[`${name} last changed`, `${dateTime(lookedAt)}${verdict(problems)}`] as const];
  return [[name, inUse], [`${name} folder`, folder], ...change];
}

function verdict(problems: readonly Problem[]): string {
  return problems.length === 0 ? ", and in use" : `, and not used: ${count(problems)}`;
}

function mistakes(name: string, { problems }: FolderStatus): readonly string[] {
  if (problems.length === 0) return [];
  const head = `\n${paint("bold", `The ${name} folder has ${count(problems)}; the earlier set stays in use.`)}\n`;
  return [head, printProblems(problems.map((problem) => ({ ...problem, message: safe(problem.message) })))];
}

function count(problems: readonly Problem[]): string {
  return problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
}
