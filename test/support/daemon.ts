// Programs started beside a test: their output kept, their end awaited, never left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { until } from "./wait.ts";

export type Daemon = AsyncDisposable & {
  readonly pid: number;
  /** Everything it has said on stdout and stderr, newest part. */
  output(): string;
  /** Its exit code, or the signal that ended it; null while it runs. */
  ended(): number | string | null;
  /** Sends a signal and resolves when it is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
};

export type DaemonOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each piece of output as it comes; not with `outputFile`. */
  readonly onOutput?: (text: string) => void;
  /** Output goes straight to this file, made anew, so that the daemon never waits for us. */
  readonly outputFile?: string;
};

/** A daemon that has not gone this long after SIGTERM is killed. */
const STOP_MS_MAX = 10_000;
/** What is kept of its output: enough for a start-up error and the last words. */
const OUTPUT_CHARS_MAX = 1_000_000;

export function startDaemon(program: string, args: readonly string[], options: DaemonOptions = {}): Daemon {
  const file = options.outputFile === undefined ? null : openSync(options.outputFile, "w");
  const child = spawn(program, args, {
    stdio: ["ignore", file ?? "pipe", file ?? "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  if (file !== null) closeSync(file);
  let said = "";
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString("latin1")).slice(-OUTPUT_CHARS_MAX);
    options.onOutput?.(chunk.toString("latin1"));
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  child.on("error", (error) => {
    said += `\n${program}: ${error.message}\n`;
  });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded(child)) return;
    const gone = once(child, "close");
    child.kill(signal);
    const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    await gone;
    clearTimeout(hard);
  };
  return {
    pid: child.pid ?? -1,
    output: () => (options.outputFile === undefined ? said : said + readFileSync(options.outputFile, "latin1")),
    ended: () => (child.pid === undefined ? -1 : (child.exitCode ?? child.signalCode)),
    stop,
    [Symbol.asyncDispose]: () => stop("SIGTERM"),
  };
}

/** Resolves when the daemon answers on its port; throws with its last words when it ends before. */
export async function untilListening(daemon: Daemon, port: number): Promise<void> {
  await until(`something listens on port ${port}`, async () => {
    if (daemon.ended() !== null) throw new Error(`ended before it listened (${daemon.ended()}):\n${daemon.output()}`);
    return answers(port);
  });
}

/** Ports below those the kernel hands to outgoing connections (ip_local_port_range), which come and go under load. */
const PORT_MIN = 15_000;
const PORT_MAX = 32_000;

/** A port of loopback that was free a moment ago, and that no outgoing connection will take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    const server = createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
