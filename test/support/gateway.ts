// The real gateway in this process: real sockets on port 0, a real store in a folder of its own, logs kept to look at.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { loadRules, type RuleSet } from "../../src/config/rules.ts";
import { printProblems } from "../../src/config/yaml.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../src/gateway.ts";
import { openLog } from "../../src/log.ts";

export const RULES = join(import.meta.dirname, "../../rules");

export type TestGateway = Gateway & {
  readonly folder: string;
  /** The log so far, a JSON line an event. */
  readonly log: readonly string[];
  port(protocol: string): number;
};

export type TestGatewayOptions = {
  /** Further settings, as YAML. */
  readonly settings?: string;
  readonly listen?: string;
  /** What stands under `http`, as YAML; any free port unless said. */
  readonly http?: string;
  /** Rules that never change; those the project is shipped with unless said. */
  readonly rules?: RuleSet;
  /** Instead: a folder that is watched. */
  readonly rulesFolder?: string;
} & Partial<
  Pick<GatewayOptions, "now" | "chance" | "wrapStore" | "workerUrl" | "imapPeriods" | "followUpPace" | "canaryEveryMs">
>;

/** Tests of anything else are left alone by those who look after what went wrong. */
const ASLEEP = { pollMs: 24 * 3600_000, gatherMs: 0 };
const LISTEN = "[{protocol: smtp, port: 0}, {protocol: lmtp, port: 0}]";

/** The rule set the project is shipped with. */
export function defaultRules(): RuleSet {
  return rulesFrom(RULES);
}

/** The default rules with every queue forwarded by SMTP to one port of this machine. */
export function rulesForwardingTo(port: number): RuleSet {
  const rules = defaultRules();
  const queues = rules.queues.map((queue) => ({ ...queue, deliver: forwardTo(port, `${queue.name}@queues.example`) }));
  return { ...rules, queues };
}

export function forwardTo(port: number, to: string): Extract<RuleSet["queues"][number]["deliver"], { kind: "smtp" }> {
  return {
    kind: "smtp",
    host: "127.0.0.1",
    port,
    to,
    connections: 10,
    tls: "none",
    envelope: "srs",
    user: null,
    passwordEnv: null,
  };
}

function rulesFrom(folder: string): RuleSet {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded.rules;
}

/** @param folder where the configuration file and the data go */
export async function testGateway(folder: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "mailward.yaml");
  const { settings = "", listen = LISTEN, http = "{port: 0}", rulesFolder, ...rest } = options;
  const rules = rulesFolder === undefined ? { rules: options.rules ?? defaultRules() } : {};
  const flags = { config: file, ...(rulesFolder === undefined ? {} : { rules: rulesFolder }) };
  const workers = /^workers:/m.test(settings) ? "" : "workers: 1\n";
  writeFileSync(file, `hostname: mx.clinic.example\nhttp: ${http}\nlisten: ${listen}\n${workers}${settings}\n`);
  const loaded = loadConfig(NO_ENVIRONMENT, flags, folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  const lines: string[] = [];
  const log = openLog({ level: "debug", style: "json", write: (line) => lines.push(line) });
  const gateway = await startGateway({ config: loaded.config, log, followUpPace: ASLEEP, ...rest, ...rules });
  return {
    ...gateway,
    folder,
    log: lines,
    port(protocol) {
      const found = gateway.listeners.find((listener) => listener.protocol === protocol);
      if (found === undefined) throw new Error(`no ${protocol} listener`);
      return found.port;
    },
  };
}

export const NO_ENVIRONMENT = {
  config: undefined,
  data: undefined,
  rules: undefined,
  shadowRules: undefined,
  hostname: undefined,
  listenAddress: undefined,
  logLevel: undefined,
};
