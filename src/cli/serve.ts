// `mailward serve`: the gateway itself, until SIGTERM or SIGINT.

import { Command } from "commander";
import type { Config, Flags } from "../config/config.ts";
import { loadRules, type RuleSet } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import { type Gateway, startGateway } from "../gateway.ts";
import { openLog } from "../log.ts";
import { CannotDo, configFrom, plainErrors, withConfigFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

type ServeFlags = Flags & { readonly json?: boolean };

/** What a shell shows for a program ended by Ctrl-C. */
const INTERRUPTED = 130;
/** npm passes a terminal's Ctrl-C on a second time; what comes so soon is the same key. */
const ECHO_MS = 300;

export function serveCommand(): Command {
  return withConfigFlags(new Command("serve"))
    .description("start the gateway")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .option("--shadow-rules <folder>", "a second rule set, decided beside the first and never acted on")
    .option("--json", "log for programs also on a terminal")
    .action((flags: ServeFlags) => plainErrors(() => serve(flags)));
}

async function serve(flags: ServeFlags): Promise<void> {
  const config = configFrom(flags);
  const people = process.stdout.isTTY === true && flags.json !== true;
  const log = openLog({ level: config.logLevel, style: people ? "people" : "json" });
  const gateway = await startGateway({ config, log }).catch((error: unknown) => {
    throw new CannotDo(startTrouble(error, config));
  });
  process.on("SIGHUP", () => gateway.lookAtRules());
  if (people) process.stdout.write(`${welcome(gateway, config, flags)}\n`);
  const reason = await Promise.race([stopSignal(), gateway.broken.then(() => "broken" as const)]);
  if (reason === "broken") return endBroken(log);
  endAtSecondInterrupt();
  if (people) process.stdout.write("\nFinishing mail under way. Ctrl-C again stops at once.\n");
  await gateway[Symbol.asyncDispose]();
  log.flush();
}

/** The rule set of the folder, for commands that work without a gateway. */
export function rulesFrom(config: Config): RuleSet {
  const loaded = loadRules(config.rulesFolder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  return loaded.rules;
}

/** Both signals stay caught afterwards, so that one sent twice does not cut the draining short. */
function stopSignal(): Promise<"signal"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve("signal"));
  });
}

/** Without its store the gateway can only refuse: it ends, so that whoever watches it starts a new one. Nothing accepted is lost. */
function endBroken(log: ReturnType<typeof openLog>): void {
  log.error("store-trouble", { code: "broken", note: "the store is gone; the gateway ends and must be started again" });
  log.flush();
  process.exit(2);
}

/** Whoever is in a hurry presses Ctrl-C again; what is accepted is on disk either way. */
function endAtSecondInterrupt(): void {
  const asked = performance.now();
  process.on("SIGINT", () => {
    if (performance.now() - asked > ECHO_MS) process.exit(INTERRUPTED);
  });
}

function startTrouble(error: unknown, config: Config): string {
  if (!(error instanceof Error)) throw error;
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const where = `${address ?? ""}:${port ?? ""}`;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${where} is in use by another program. Stop it, or choose another port under \`listen:\` or \`http:\` in the configuration file.`;
    case "EADDRNOTAVAIL":
      return `This machine has no address ${address}. Correct it under \`listen:\` or \`http:\` in the configuration file.`;
    case "EACCES":
      return `This user may not listen on ${where}. Choose a port above 1023, or let the system allow it (CAP_NET_BIND_SERVICE).`;
    default:
      if (error.name === "NoRules") return error.message;
      if (error.name === "StoreTrouble") return `${error.message} (data folder: ${config.dataFolder})`;
      throw error;
  }
}

function welcome(gateway: Gateway, config: Config, flags: Flags): string {
  const rules = gateway.rules();
  const rows = [
    ...gateway.listeners.map(({ protocol, address, port }) => [
      protocol.toUpperCase(),
      `${address}:${port}`,
      WHAT[protocol] ?? "",
    ]),
    ["HTTP", `${gateway.http.address}:${gateway.http.port}`, "/healthz  /readyz  /metrics"],
  ];
  const aliases = rules.aliases.map(({ name }) => `${name}@`).join(" ");
  return [
    "",
    paint("bold", "Mailward takes mail."),
    table(["door", "listens on", "for"], rows),
    "",
    `Aliases  ${aliases}  at ${rules.domains.join(", ")}`,
    ...rulesLines(gateway),
    `Data     ${config.dataFolder}`,
    "",
    "Try next, in a second terminal:",
    table(["", ""], tryNext(gateway, rules, flags))
      .split("\n")
      .slice(1)
      .join("\n"),
    "",
    "Stop with Ctrl-C; mail under way is finished first.",
    "",
  ].join("\n");
}

/** Where the rules are, or, when they have mistakes, what is used instead. */
function rulesLines(gateway: Gateway): readonly string[] {
  const { live, shadow } = gateway.rulesStatus();
  const beside = shadow === null ? [] : [`Shadow   ${shadow.folder}, decided beside them and never acted on`];
  if (live.problems.length === 0)
    return [`Rules    ${live.folder} (${live.hash}); a save takes effect by itself`, ...beside];
  return [
    `Rules    ${live.hash}, the last good ones: ${live.folder} has mistakes`,
    "",
    printProblems(live.problems),
    "",
    ...beside,
  ];
}

/** Commands to copy, with the flags this gateway was started with, and what each does. */
function tryNext(gateway: Gateway, rules: RuleSet, { config, data, rules: folder }: Flags): readonly string[][] {
  const store = [config && `--config ${config}`, data && `--data ${data}`].filter(Boolean);
  const demo = [...store, folder && `--rules ${folder}`].filter(Boolean);
  const smtp = gateway.listeners.find(({ protocol }) => protocol === "smtp");
  const server = smtp && `${smtp.address === "0.0.0.0" ? "127.0.0.1" : smtp.address}:${smtp.port}`;
  return [
    [
      ["  npm run demo", ...(demo.length > 0 ? ["--", ...demo] : [])].join(" "),
      "send example mails and watch where they go",
    ],
    ...(server
      ? [
          [
            `  swaks --server ${server} --to billing@${rules.domains[0]}`,
            "send one of your own; any mail program will do",
          ],
        ]
      : []),
    [["  npm run -s mailward -- outcomes", ...store].join(" "), "what was decided, newest first"],
  ];
}

const WHAT: Readonly<Record<string, string>> = {
  smtp: "mail from other servers and programs",
  smtps: "the same, encrypted from the first byte",
  submission: "staff, after signing in",
  lmtp: "a mail server in front of this one",
};
