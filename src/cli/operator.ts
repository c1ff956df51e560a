// What the commands beside a running gateway have in common: the data folder, the store, plain errors, exit codes.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type Config, type Flags, loadConfig } from "../config/config.ts";
import { readEnvironment } from "../config/env.ts";
import { printProblems } from "../config/yaml.ts";
import { NotSent } from "../deliver/mail-client.ts";
import { openSqliteStore } from "../store/sqlite/sqlite.ts";
import { type Store, StoreTrouble } from "../store/store.ts";
import { dateTime } from "./terminal.ts";

/** It could not be done; the message says what to do about it. */
export class CannotDo extends Error {}

export type OperatorFlags = Flags & { readonly json?: boolean };

export function withStoreFlags(command: Command): Command {
  return withConfigFlags(command).option("--json", "one JSON value a line, for programs");
}

export function withConfigFlags(command: Command): Command {
  return command
    .option("--config <file>", "the configuration file (else MAILWARD_CONFIG, else built-in values)")
    .option("--data <folder>", "the data folder (else MAILWARD_DATA, else ./data)");
}

/** The configuration, or a CannotDo with every mistake in it. */
export function configFrom(flags: Flags): Config {
  const loaded = loadConfig(readEnvironment(), flags, process.cwd());
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  return loaded.config;
}

/** Run a command on the store; trouble becomes a plain sentence and exit code 2. */
export async function withStore(
  flags: OperatorFlags,
  work: (store: Store, config: Config) => Promise<void>,
): Promise<void> {
  await plainErrors(async () => {
    const config = configFrom(flags);
    if (!existsSync(join(config.dataFolder, "mailward.db"))) {
      throw new CannotDo(
        `There is no mail store in ${config.dataFolder} yet. Start the gateway once (npm start), or name its folder with --data.`,
      );
    }
    await using store = await openSqliteStore({ folder: config.dataFolder, mode: "operator" });
    await work(store, config);
  });
}

/** Errors an operator can do something about end as their sentence; a bug keeps its stack. */
export async function plainErrors(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (![CannotDo, NotSent, StoreTrouble].some((known) => error instanceof known) || !(error instanceof Error))
      throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** The day it is here, such as "2026-11-23". */
export function today(): string {
  return dateTime(Date.now()).slice(0, 10);
}

/** `30d`, `12h`, `15m` or a date as a moment; for --since. */
export function parseSince(text: string): number {
  const ago = /^(\d+)([mhd])$/.exec(text);
  if (ago) return Date.now() - Number(ago[1]) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[ago[2] as "m" | "h" | "d"];
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw new InvalidArgumentError("Write a time span such as 15m, 12h or 30d, or a date such as 2026-11-23.");
  return date;
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("Write a whole number above 0.");
  return Number(text);
}
