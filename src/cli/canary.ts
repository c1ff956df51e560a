// `mailward canary`: sends a mail of our own by each door for each alias through the running gateway, and says which arrived.
// Exit code 1 when one did not.

import { Command } from "commander";
import type { Config } from "../config/config.ts";
import { listenerDoors, mailboxDoors } from "../follow-up/trial-doors.ts";
import { runTrials, type TrialResult } from "../follow-up/trials.ts";
import { openLog } from "../log.ts";
import { signInsOf } from "../mailbox/session.ts";
import type { Store } from "../store/store.ts";
import { CannotDo, type OperatorFlags, parseCount, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { rulesFrom } from "./serve.ts";
import { paint, safe, table } from "./terminal.ts";

type CanaryFlags = OperatorFlags & {
  readonly alias?: string;
  readonly door?: string;
  readonly imap?: boolean;
  readonly wait: number;
  readonly rules?: string;
};

const POLL_MS = 100;

export function canaryCommand(): Command {
  return withStoreFlags(new Command("canary"))
    .description("send mails of our own through the running gateway by every door, and see whether they arrive")
    .option("--alias <name>", "only for this alias")
    .option("--door <word>", "only by doors with this word in their name, such as lmtp")
    .option("--imap", "also through watched mailboxes, where these mails stay")
    .option("--wait <seconds>", "how long each may take", parseCount, 30)
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((flags: CanaryFlags) => withStore(flags, (store, config) => run(store, config, flags)));
}

async function run(store: Store, config: Config, flags: CanaryFlags): Promise<void> {
  const rules = rulesFrom(config);
  const { hostname, listeners, imap } = config;
  const names = rules.aliases.map(({ name }) => name);
  const aliases = names.filter((name) => flags.alias === undefined || name === flags.alias);
  if (aliases.length === 0)
    throw new CannotDo(`There is no alias ${safe(flags.alias ?? "")}. The rules know: ${names.join(", ")}.`);
  const log = openLog({ level: "silent", style: "json" });
  const mailboxes = flags.imap === true ? mailboxDoors(imap, signInsOf(imap, { log, now: Date.now })) : [];
  const all = [...listenerDoors(listeners, hostname), ...mailboxes];
  const doors = all.filter(({ name }) => flags.door === undefined || name.includes(flags.door));
  if (doors.length === 0)
    throw new CannotDo(
      `No door fits. There are: ${all.map(({ name }) => name).join(", ") || "none that takes mail without a password"}.`,
    );
  const unknown = listeners.find(({ port }) => port === 0);
  if (unknown !== undefined)
    throw new CannotDo(
      `The configuration gives the ${unknown.protocol} door port 0, any free one, so it cannot be found. Write a port.`,
    );
  const [domain = hostname] = rules.domains;
  const key = await store.canaryKey();
  const waitMs = flags.wait * 1000;
  const options = { aliases, doors, domain, hostname, key, store, now: Date.now, waitMs, pollMs: POLL_MS };
  show(await runTrials(options), flags);
}

function show(results: readonly TrialResult[], { json }: CanaryFlags): void {
  const lost = results.filter(({ kind }) => kind !== "arrived").length;
  if (lost > 0) process.exitCode = 1;
  if (json === true) {
    for (const result of results) printJson(result);
    return;
  }
  print(
    table(
      ["alias", "door", "", "after"],
      results.map((result) => [
        result.alias,
        safe(result.door),
        WORDS[result.kind],
        result.kind === "arrived"
          ? `${(result.afterMs / 1000).toFixed(2)} s`
          : result.kind === "not-sent"
            ? result.why
            : null,
      ]),
    ),
  );
  print(
    lost === 0
      ? paint("green", "Every one arrived.")
      : paint(
          "red",
          `${lost} of ${results.length} did not arrive. \`mailward status\` and the gateway's log say what is wrong.`,
        ),
  );
}

const WORDS = { arrived: "arrived", missing: "missing", "not-sent": "not sent" } as const;
