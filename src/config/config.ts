// Everything the gateway can be told, read once at the door: built-in values, then the configuration file, then the
// environment. The result is one frozen Config, or every mistake at once.

import { readFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import type { LogLevel } from "../log.ts";
import type { Environment } from "./env.ts";
import { type Locate, nowhere, type Problem, readSource, readYaml } from "./yaml.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
const HTTP_PORT = 8025;

const port = z.int().min(0).max(65535);
const ip = z.union([z.ipv4(), z.ipv6()]);
const seconds = z.number().positive().max(86_400);

const listenerSchema = z.strictObject({
  protocol: z.enum(["smtp", "smtps", "submission", "lmtp"]),
  address: ip.default("127.0.0.1"),
  port,
});

const MEGABYTE = 1024 * 1024;

const limitsSchema = z.strictObject({
  message_megabytes: z.number().min(0.01).max(500).default(35),
  connections: z.int().min(1).default(500),
  connections_per_client: z.int().min(1).default(100),
  recipients: z.int().min(1).default(100),
  commands: z.int().min(10).default(20_000),
  idle_seconds: seconds.default(300),
  data_seconds: seconds.default(900),
  decide_seconds: seconds.default(20),
  hops: z.int().min(1).default(50),
});

const configSchema = z.strictObject({
  hostname: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, "write a host name such as mail.clinic.example")
    .optional(),
  data: z.string().min(1).optional(),
  rules: z.string().min(1).optional(),
  workers: z.int().min(1).max(64).optional(),
  log: z.enum(LOG_LEVELS).default("info"),
  listen: z.array(listenerSchema).min(1).optional(),
  http: z.strictObject({ address: ip.default("127.0.0.1"), port: port.default(HTTP_PORT) }).optional(),
  tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
  staff: z
    .array(
      z.strictObject({
        user: z.string().min(1),
        password: z
          .string()
          .regex(/^scrypt\$/, "write the line that `mailward password` prints, never the password itself"),
      }),
    )
    .default([]),
  trust: z.strictObject({ xclient: z.array(ip).default([]), proxy: z.array(ip).default([]) }).prefault({}),
  limits: limitsSchema.prefault({}),
});

export type Listener = z.infer<typeof listenerSchema>;
export type StaffAccount = { readonly user: string; readonly password: string };
/** The files' contents, PEM. */
export type TlsFiles = { readonly certificate: Buffer; readonly key: Buffer };

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

export type Config = {
  readonly hostname: string;
  /** Absolute paths. */
  readonly dataFolder: string;
  readonly rulesFolder: string;
  readonly workers: number;
  readonly logLevel: LogLevel;
  readonly listeners: readonly Listener[];
  readonly http: { readonly address: string; readonly port: number };
  readonly tls: TlsFiles | null;
  readonly staff: readonly StaffAccount[];
  readonly xclientHosts: readonly string[];
  readonly proxyHosts: readonly string[];
  readonly limits: Limits;
};

/** What a command line may say over file and environment. */
export type Flags = { readonly config?: string; readonly data?: string; readonly rules?: string };

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
  const file = flags.config ?? environment.config;
  const read = readSettings(file === undefined ? null : resolve(cwd, file));
  if (read.kind === "problems") return read;
  const { value: settings, problem } = read;
  const base = file === undefined ? cwd : dirname(resolve(cwd, file));
  const wrong: Problem[] = [];
  const tls = settings.tls === undefined ? null : readTls(settings.tls, base, problem, wrong);
  const address = environmentAddress(environment, wrong);
  const listeners = settings.listen ?? LISTEN_DEFAULT.map((listener) => ({ ...listener, address }));
  wrong.push(...listenersWithoutCertificate(listeners, settings, problem));
  const logLevel = environmentLogLevel(environment, wrong) ?? settings.log;
  if (wrong.length > 0) return { kind: "problems", problems: wrong };
  const config: Config = Object.freeze({
    hostname: environment.hostname ?? settings.hostname ?? hostname(),
    dataFolder: folder(flags.data ?? environment.data, settings.data, cwd, base, "data"),
    rulesFolder: folder(flags.rules ?? environment.rules, settings.rules, cwd, base, "rules"),
    workers: settings.workers ?? Math.max(1, availableParallelism() - 1),
    logLevel,
    listeners,
    http: settings.http ?? { address, port: HTTP_PORT },
    tls,
    staff: settings.staff,
    xclientHosts: settings.trust.xclient,
    proxyHosts: settings.trust.proxy,
    limits: limitsFrom(settings.limits),
  });
  return { kind: "config", config };
}

type Settings = z.infer<typeof configSchema>;

function readSettings(file: string | null): ReturnType<typeof readYaml<typeof configSchema>> {
  if (file === null) return readYaml([], configSchema);
  const read = readSource(file);
  return read.kind === "problems" ? read : readYaml([read.source], configSchema);
}

/** Certificate and key, tried out together, so that a broken one is found now and not by the first patient. */
function readTls(
  files: NonNullable<Settings["tls"]>,
  base: string,
  problem: Locate,
  wrong: Problem[],
): TlsFiles | null {
  const read = (key: "certificate" | "key") => {
    try {
      return readFileSync(resolve(base, files[key]));
    } catch {
      wrong.push(problem(["tls", key], "this file cannot be read; write the path of a PEM file this user may read"));
      return null;
    }
  };
  const [certificate, key] = [read("certificate"), read("key")];
  if (certificate === null || key === null) return null;
  try {
    createSecureContext({ cert: certificate, key });
    return { certificate, key };
  } catch {
    const message =
      "certificate and key do not work together; both must be PEM files, and the key must be the certificate's own";
    wrong.push(problem(["tls"], message, "key"));
    return null;
  }
}

function listenersWithoutCertificate(
  listeners: readonly Listener[],
  settings: Settings,
  problem: Locate,
): readonly Problem[] {
  if (settings.tls !== undefined) return [];
  return listeners.flatMap(({ protocol }, index) => {
    if (protocol !== "smtps" && protocol !== "submission") return [];
    const message = `\`${protocol}\` needs a certificate; add \`tls: { certificate: FILE, key: FILE }\` at the top level`;
    return [problem(["listen", index, "protocol"], message)];
  });
}

function environmentAddress({ listenAddress }: Environment, wrong: Problem[]): string {
  if (listenAddress === undefined || ip.safeParse(listenAddress).success) return listenAddress ?? "127.0.0.1";
  wrong.push(nowhere("environment", "MAILWARD_LISTEN_ADDRESS must be an IP address such as 127.0.0.1 or 0.0.0.0"));
  return "127.0.0.1";
}

function environmentLogLevel({ logLevel }: Environment, wrong: Problem[]): LogLevel | null {
  if (logLevel === undefined) return null;
  const known = LOG_LEVELS.find((level) => level === logLevel);
  if (known === undefined)
    wrong.push(nowhere("environment", `MAILWARD_LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`));
  return known ?? null;
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

function folder(
  given: string | undefined,
  inFile: string | undefined,
  cwd: string,
  base: string,
  usual: string,
): string {
  if (given !== undefined) return resolve(cwd, given);
  return inFile === undefined ? resolve(cwd, usual) : resolve(base, inFile);
}
