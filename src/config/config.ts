// Everything the gateway can be told, read once at the door: built-in values, then the configuration file, then the
// environment. The result is one frozen Config, or every mistake at once.

import { isIP } from "node:net";
import { availableParallelism, hostname } from "node:os";
import { dirname, resolve } from "node:path";
import type { LogLevel } from "../log.ts";
import { type ArcSettings, readArc } from "./arc.ts";
import { type CanarySettings, canaryFrom } from "./canary.ts";
import { configSchema, HOSTNAME, HTTP_PORT, type Listener, LOG_LEVELS, type Settings } from "./config-schema.ts";
import type { Environment } from "./env.ts";
import { type ImapAccount, readImap } from "./imap.ts";
import { type NoticeSettings, noticesFrom } from "./notices.ts";
import { readTls, type TlsFiles } from "./tls.ts";
import { inOrder, type Locate, nowhere, type Problem, readSource, readYaml } from "./yaml.ts";

const MEGABYTE = 1024 * 1024;
const HOUR_MS = 3_600_000;

export type { Listener, TlsFiles };
export type StaffAccount = { readonly user: string; readonly password: string };

export type Limits = {
  readonly messageBytes: number;
  readonly connections: number;
  readonly connectionsPerClient: number;
  readonly recipients: number;
  readonly commands: number;
  readonly idleMs: number;
  readonly dataMs: number;
  readonly decideMs: number;
  readonly hops: number;
};

export type LinkSettings = {
  /** The address of our page as people reach it, without a slash at the end. */
  readonly base: string;
  readonly lifeMs: number;
};

/** How senders are proven. */
export type ProofSettings = {
  readonly check: boolean;
  /** Whom DNS is asked of; none: the servers of this machine. */
  readonly dnsServers: readonly string[];
  readonly limitMs: number;
  /** The mail server whose topmost Authentication-Results is believed, lower case; null: nobody's. */
  readonly believe: string | null;
};

export type Config = {
  readonly hostname: string;
  /** Absolute paths. */
  readonly dataFolder: string;
  readonly rulesFolder: string;
  /** A second rule set, decided beside the live one and never acted on; null: none. */
  readonly shadowRulesFolder: string | null;
  readonly workers: number;
  readonly logLevel: LogLevel;
  readonly listeners: readonly Listener[];
  readonly http: { readonly address: string; readonly port: number };
  /** Where links to single mails lead and how long they hold; null: there are none. */
  readonly links: LinkSettings | null;
  readonly tls: TlsFiles | null;
  /** Mailboxes watched and delivered to by IMAP. */
  readonly imap: readonly ImapAccount[];
  readonly staff: readonly StaffAccount[];
  readonly xclientHosts: readonly string[];
  readonly proxyHosts: readonly string[];
  /** Networks of staff, "10.1.0.0/16" or single addresses. */
  readonly staffNetworks: readonly string[];
  /** Domains whose DMARC-aligned mail is our staff's, lower case. */
  readonly staffDomains: readonly string[];
  /** The domain under which forwards leave and their bounces come back, lower case; null: the sender stays. */
  readonly srsDomain: string | null;
  /** The key forwards are sealed with (ARC); null: they are not. */
  readonly arc: ArcSettings | null;
  /** How people are told what went wrong with their mail; null: only the review queue is. */
  readonly notices: NoticeSettings | null;
  /** Mails of our own that try every door again and again; null: none. */
  readonly canary: CanarySettings | null;
  readonly proof: ProofSettings;
  readonly limits: Limits;
};

/** What a command line may say over file and environment. */
export type Flags = {
  readonly config?: string;
  readonly data?: string;
  readonly rules?: string;
  readonly shadowRules?: string;
};

const LISTEN_DEFAULT: readonly Listener[] = [
  { protocol: "smtp", address: "127.0.0.1", port: 2525 },
  { protocol: "lmtp", address: "127.0.0.1", port: 2424 },
];

/**
 * Read the configuration.
 * Paths in the file are relative to the file, paths in flags and environment to `cwd`.
 */
export function loadConfig(
  environment: Environment,
  flags: Flags,
  cwd: string,
):
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] } {
  const wrong = [...emptyWords(environment, flags), ...environmentMistakes(environment)];
  const file = flags.config || environment.config || undefined;
  const read = readSettings(file === undefined ? null : resolve(cwd, file));
  if (read.kind === "problems") return { kind: "problems", problems: [...wrong, ...read.problems.map(withoutSecrets)] };
  const { value: settings, problem } = read;
  const base = file === undefined ? cwd : dirname(resolve(cwd, file));
  const address = environment.listenAddress ?? "127.0.0.1";
  const listeners = settings.listen ?? LISTEN_DEFAULT.map((listener) => ({ ...listener, address }));
  const http = { address: settings.http?.address ?? address, port: settings.http?.port ?? HTTP_PORT };
  const inFile: Problem[] = [];
  const tls = settings.tls === undefined ? null : readTls(settings.tls, base, problem, inFile);
  const arc = settings.arc === undefined ? null : readArc(settings.arc, base, problem, inFile);
  const imap = readImap(settings.imap, base, problem, inFile);
  inFile.push(...listenersThatLackSomething(listeners, settings, problem));
  inFile.push(...portsTakenTwice(listeners, http, problem));
  inFile.push(...usersNamedTwice(settings.staff, problem));
  wrong.push(...inOrder(inFile).map(withoutSecrets));
  if (wrong.length > 0) return { kind: "problems", problems: wrong };
  const config: Config = Object.freeze({
    hostname: environment.hostname ?? settings.hostname ?? hostname(),
    dataFolder: folder(flags.data ?? environment.data, settings.data, cwd, base, "data"),
    rulesFolder: folder(flags.rules ?? environment.rules, settings.rules, cwd, base, "rules"),
    shadowRulesFolder: folder(flags.shadowRules ?? environment.shadowRules, settings.shadow_rules, cwd, base, null),
    workers: settings.workers ?? Math.max(1, availableParallelism() - 1),
    logLevel: LOG_LEVELS.find((level) => level === environment.logLevel) ?? settings.log,
    listeners,
    http,
    links: linksFrom(settings.http),
    tls,
    imap,
    staff: settings.staff,
    xclientHosts: settings.trust.xclient,
    proxyHosts: settings.trust.proxy,
    staffNetworks: settings.trust.networks,
    staffDomains: settings.trust.staff_domains.map((domain) => domain.toLowerCase()),
    srsDomain: settings.srs?.domain.toLowerCase() ?? null,
    canary: canaryFrom(settings.canary),
    arc,
    notices: noticesFrom(settings.notices),
    proof: proofFrom(settings.proof),
    limits: limitsFrom(settings.limits),
  });
  return { kind: "config", config };
}

function readSettings(file: string | null): ReturnType<typeof readYaml<typeof configSchema>> {
  if (file === null) return readYaml([], configSchema);
  const read = readSource(file);
  return read.kind === "problems" ? read : readYaml([read.source], configSchema);
}

function listenersThatLackSomething(
  listeners: readonly Listener[],
  settings: Settings,
  problem: Locate,
): readonly Problem[] {
  const certificate = "needs a certificate; add `tls: { certificate: FILE, key: FILE }` at the top level";
  const staff = 'is for staff and there are none; add `staff: [{ user: NAME, password: "scrypt$…" }]` at the top level';
  return listeners.flatMap(({ protocol }, index) => {
    const encrypted = protocol === "smtps" || protocol === "submission";
    const lacks = [
      ...(encrypted && settings.tls === undefined ? [certificate] : []),
      ...(protocol === "submission" && settings.staff.length === 0 ? [staff] : []),
    ];
    return lacks.map((what) => problem(["listen", index, "protocol"], `\`${protocol}\` ${what}`));
  });
}

/** Port 0 is any free port, so it may stand often. */
function portsTakenTwice(
  listeners: readonly Listener[],
  http: { readonly address: string; readonly port: number },
  problem: Locate,
): readonly Problem[] {
  const doors = [
    ...listeners.map((each, index) => ({ ...each, path: ["listen", index, "port"] as const })),
    { ...http, path: ["http", "port"] as const },
  ].filter(({ port }) => port !== 0);
  return doors.flatMap((door, index) => {
    const taken = doors
      .slice(0, index)
      .some((other) => other.port === door.port && overlap(other.address, door.address));
    return taken
      ? [problem(door.path, `port ${door.port} stands twice in this file; each door needs one of its own`)]
      : [];
  });
}

function overlap(one: string, other: string): boolean {
  return one === other || [one, other].some((address) => address === "0.0.0.0" || address === "::");
}

function usersNamedTwice(staff: readonly StaffAccount[], problem: Locate): readonly Problem[] {
  return staff.flatMap(({ user }, index) => {
    const first = staff.findIndex((other) => other.user === user);
    return first < index ? [problem(["staff", index, "user"], "this user stands twice; keep one of the two")] : [];
  });
}

const VARIABLES: Readonly<Record<keyof Environment, string>> = {
  config: "MAILWARD_CONFIG",
  data: "MAILWARD_DATA",
  rules: "MAILWARD_RULES",
  shadowRules: "MAILWARD_SHADOW_RULES",
  hostname: "MAILWARD_HOSTNAME",
  listenAddress: "MAILWARD_LISTEN_ADDRESS",
  logLevel: "MAILWARD_LOG_LEVEL",
};

const OPTIONS: Readonly<Record<keyof Flags, string>> = {
  config: "config",
  data: "data",
  rules: "rules",
  shadowRules: "shadow-rules",
};

/** An empty path would be the folder the command was started in, which nobody means. */
function emptyWords(environment: Environment, flags: Flags): readonly Problem[] {
  const variables = (Object.keys(VARIABLES) as (keyof Environment)[]).filter((name) => environment[name] === "");
  const options = (Object.keys(OPTIONS) as (keyof Flags)[]).filter((name) => flags[name] === "");
  return [
    ...variables.map((name) => nowhere("environment", `${VARIABLES[name]} is empty; give it a value, or unset it`)),
    ...options.map((name) => nowhere("command line", `--${OPTIONS[name]} is empty; write a path after it`)),
  ];
}

function environmentMistakes({ hostname: name, listenAddress, logLevel }: Environment): readonly Problem[] {
  const wrong = [
    name && !HOSTNAME.test(name) && "MAILWARD_HOSTNAME must be a host name such as mail.clinic.example",
    listenAddress &&
      isIP(listenAddress) === 0 &&
      "MAILWARD_LISTEN_ADDRESS must be an IP address such as 127.0.0.1 or 0.0.0.0",
    logLevel &&
      !LOG_LEVELS.some((level) => level === logLevel) &&
      `MAILWARD_LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`,
  ];
  return wrong.flatMap((message) => (message ? [nowhere("environment", message)] : []));
}

/** Mistakes are read over shoulders and end in logs: what stands after a word like password or secret is not shown. */
function withoutSecrets(problem: Problem): Problem {
  const source = problem.source.replace(
    /(\b(?:pass?w|\w*secret|refresh_token)\w*["']?\s*:\s*)[^\s].*$/i,
    "$1(not shown)",
  );
  if (source === problem.source) return problem;
  return { ...problem, source, width: Math.max(1, Math.min(problem.width, source.length - problem.column + 1)) };
}

function linksFrom(http: Settings["http"]): LinkSettings | null {
  if (http?.link_base === undefined) return null;
  return { base: http.link_base.replace(/\/+$/, ""), lifeMs: http.link_hours * HOUR_MS };
}

function proofFrom(proof: Settings["proof"]): ProofSettings {
  return {
    check: proof.check,
    dnsServers: proof.dns_servers,
    limitMs: Math.round(proof.timeout_seconds * 1000),
    believe: proof.believe?.toLowerCase() ?? null,
  };
}

function limitsFrom(limits: Settings["limits"]): Limits {
  return {
    messageBytes: Math.floor(limits.message_megabytes * MEGABYTE),
    connections: limits.connections,
    connectionsPerClient: limits.connections_per_client,
    recipients: limits.recipients,
    commands: limits.commands,
    idleMs: limits.idle_seconds * 1000,
    dataMs: limits.data_seconds * 1000,
    decideMs: limits.decide_seconds * 1000,
    hops: limits.hops,
  };
}

function folder<Usual extends string | null>(
  given: string | undefined,
  inFile: string | undefined,
  cwd: string,
  base: string,
  usual: Usual,
): string | Usual {
  if (given !== undefined) return resolve(cwd, given);
  if (inFile !== undefined) return resolve(base, inFile);
  return usual === null ? usual : resolve(cwd, usual);
}
