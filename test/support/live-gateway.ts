// The real gateway as a process of its own, on ports of its own, told apart by what it logs; it can be killed hard.

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { CLOCK_FILE } from "./clock-ahead.ts";
import { type Daemon, freePort, startDaemon } from "./daemon.ts";
import { type QueueTarget, writeRules } from "./rules.ts";
import { until } from "./wait.ts";

export type Protocol = "smtp" | "lmtp" | "smtps" | "submission";

/** As `npm start` and the container start it. */
const AS_STARTED = { ...process.env, MALLOC_MMAP_THRESHOLD_: "32768", MALLOC_TRIM_THRESHOLD_: "131072" };

export type GatewayOptions = {
  /** A folder of its own; data, rules and configuration go into it and are found there again by the next start. */
  readonly folder: string;
  readonly deliver: (queue: string) => QueueTarget;
  readonly protocols?: readonly Protocol[];
  readonly rulesAtLeast?: number;
  /** Further keys of the configuration file. */
  readonly settings?: object;
  /** Whose milliseconds its clock is ahead of the real one; see `clock-ahead.ts`. */
  readonly clockFile?: string;
};

export type LiveGateway = AsyncDisposable & {
  readonly pid: number;
  readonly config: string;
  readonly dataFolder: string;
  readonly httpPort: number;
  port(protocol: Protocol): number;
  output(): string;
  ended(): number | string | null;
  /** SIGKILL: no goodbye. */
  kill(): Promise<void>;
  /** SIGTERM: drains and exits. */
  stop(): Promise<void>;
};

/** Where a gateway lives between starts. */
export type Home = {
  readonly config: string;
  readonly dataFolder: string;
  readonly httpPort: number;
  /** What the running gateway prints. */
  readonly log: string;
  readonly clockFile?: string;
};

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");
/** What `npm start` gives Node. */
const AS_STARTED_BY = ["--no-memory-protection-keys", "--max-semi-space-size=2"];
const run = promisify(execFile);

/** Writes rules and configuration once; `startAgain` may then start, kill and start the same gateway. */
export async function makeHome(options: GatewayOptions): Promise<Home> {
  const dataFolder = join(options.folder, "data");
  const rules = await writeRules(join(options.folder, "rules"), {
    deliver: options.deliver,
    ...(options.rulesAtLeast === undefined ? {} : { atLeast: options.rulesAtLeast }),
  });
  await mkdir(dataFolder, { recursive: true });
  const httpPort = await freePort();
  const settings = {
    hostname: "gateway.test.example",
    data: dataFolder,
    rules,
    listen: (options.protocols ?? ["smtp", "lmtp"]).map((protocol) => ({ protocol, address: "127.0.0.1", port: 0 })),
    http: { address: "127.0.0.1", port: httpPort },
    ...options.settings,
  };
  const config = join(options.folder, "config.yaml");
  await writeFile(config, stringify(settings));
  const clock = options.clockFile === undefined ? {} : { clockFile: options.clockFile };
  return { config, dataFolder, httpPort, log: join(options.folder, "gateway.log"), ...clock };
}

/** Resolves when every door is open and the gateway has said so. */
export async function startAgain(home: Home): Promise<LiveGateway> {
  const { clockFile } = home;
  const clock = clockFile === undefined ? [] : ["--import", join(import.meta.dirname, "clock-ahead.ts")];
  const daemon = startDaemon(process.execPath, [...AS_STARTED_BY, ...clock, MAIN, "serve", "--config", home.config], {
    outputFile: home.log,
    env: clockFile === undefined ? AS_STARTED : { ...AS_STARTED, [CLOCK_FILE]: clockFile },
  });
  await until("the gateway is ready", () => {
    if (daemon.ended() !== null) throw new Error(`ended at start (${daemon.ended()}):\n${daemon.output()}`);
    return events(daemon).some((event) => event["event"] === "ready");
  });
  const doors = events(daemon).filter((event) => event["event"] === "listening");
  return {
    pid: daemon.pid,
    config: home.config,
    dataFolder: home.dataFolder,
    httpPort: home.httpPort,
    port(protocol) {
      const door = doors.find((event) => event["protocol"] === protocol);
      if (door === undefined) throw new Error(`this gateway has no ${protocol} door`);
      return Number(door["port"]);
    },
    output: () => daemon.output(),
    ended: () => daemon.ended(),
    kill: () => daemon.stop("SIGKILL"),
    stop: () => daemon.stop("SIGTERM"),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

/** Starts it and kills it so many milliseconds later, wherever it is by then. */
export async function startAndKill(home: Home, afterMs: number): Promise<void> {
  const daemon = startDaemon(process.execPath, [...AS_STARTED_BY, MAIN, "serve", "--config", home.config], {
    outputFile: home.log,
    env: AS_STARTED,
  });
  await sleep(afterMs);
  await daemon.stop("SIGKILL");
}

export async function liveGateway(options: GatewayOptions): Promise<LiveGateway> {
  return startAgain(await makeHome(options));
}

/** Runs one of our commands beside the gateway and answers what it printed. */
async function mailward(args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ["--no-memory-protection-keys", MAIN, ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

export type BalanceRow = Readonly<Record<"accepted" | "delivered" | "waiting" | "held" | "missing", number>> & {
  readonly alias: string;
};

/** What `mailward balance --json` says about this gateway. */
export async function balance(gateway: Pick<LiveGateway, "config">): Promise<readonly BalanceRow[]> {
  const printed = await mailward(["balance", "--json", "--config", gateway.config]);
  return printed.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as BalanceRow]));
}

function events(daemon: Daemon): readonly Record<string, unknown>[] {
  return daemon
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
