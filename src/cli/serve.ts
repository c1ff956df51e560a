// `mailward serve`: the gateway itself, until SIGTERM or SIGINT.

import { Command } from "commander";
import { type Config, type Flags } from "../config/config.ts";
import { loadRules, type RuleSet } from "../config/rules.ts";
import { printProblems } from "../config/yaml.ts";
import { type Gateway, startGateway } from "../gateway.ts";
import { openLog } from "../log.ts";
import { CannotDo, configFrom, plainErrors, withConfigFlags } from "./operator.ts";
import { paint, table } from "./terminal.ts";

export function serveCommand(): Command {
  return withConfigFlags(new Command("serve"))
    .description("start the gateway")
    .option("--rules <folder>", "the rule set (else MAILWARD_RULES, else ./rules)")
    .action((flags: Flags) => plainErrors(() => serve(flags)));
}

async function serve(flags: Flags): Promise<void> {
  const config = configFrom(flags);
  const rules = rulesFrom(config);
  const people = process.stdout.isTTY === true;
  const log = openLog({ level: config.logLevel, style: people ? "people" : "json" });
  const gateway = await startGateway({ config, rules, log }).catch((error: unknown) => {
    throw new CannotDo(startTrouble(error, config));
  });
  if (people) process.stdout.write(`${welcome(gateway, config, rules)}\n`);
  await stopSignal();
  await gateway[Symbol.asyncDispose]();
  log.flush();
}

/** The rule set; one with mistakes does not start the gateway, because there is no last good one yet. */
export function rulesFrom(config: Config): RuleSet {
  const loaded = loadRules(config.rulesFolder);
  if (loaded.kind === "problems") throw new CannotDo(printProblems(loaded.problems));
  return loaded.rules;
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
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
      if (error.name === "StoreTrouble") return `${error.message} (data folder: ${config.dataFolder})`;
      throw error;
  }
}

function welcome(gateway: Gateway, config: Config, rules: RuleSet): string {
  const rows = [
    ...gateway.listeners.map(({ protocol, address, port }) => [
      protocol.toUpperCase(),
      `${address}:${port}`,
      WHAT[protocol] ?? "",
    ]),
    ["HTTP", `${gateway.http.address}:${gateway.http.port}`, "/healthz  /readyz  /metrics"],
  ];
  const smtp = gateway.listeners.find(({ protocol }) => protocol === "smtp");
  const aliases = rules.aliases.map(({ name }) => `${name}@`).join(" ");
  return [
    "",
    paint("bold", "Mailward takes mail."),
    table(["door", "listens on", "for"], rows),
    "",
    `Aliases  ${aliases}  at ${rules.domains.join(", ")}`,
    `Rules    ${config.rulesFolder} (${rules.hash})`,
    `Data     ${config.dataFolder}`,
    "",
    "Try next, in a second terminal:",
    "  npm run demo                         send example mails and watch where they go",
    ...(smtp
      ? [`  swaks --server ${smtp.address}:${smtp.port} --to billing@${rules.domains[0]}   or any mail program`]
      : []),
    "  npm run -s mailward -- outcomes      what was decided, newest first",
    "Stop with Ctrl-C; mail under way is finished first.",
    "",
  ].join("\n");
}

const WHAT: Readonly<Record<string, string>> = {
  smtp: "mail from other servers and programs",
  smtps: "the same, encrypted from the first byte",
  submission: "staff, after signing in",
  lmtp: "a mail server in front of this one",
};
