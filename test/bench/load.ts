// Load and its far end: Postfix's own smtp-source and smtp-sink, so that neither side of the measurement is ours.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Daemon, freePort, startDaemon, untilListening } from "../support/daemon.ts";
import { findProgram } from "../support/interop.ts";
import { until } from "../support/wait.ts";

/** Size of each mail, as issue and design ask. */
const MAIL_BYTES = 10_240;
/** Connections at the same time; kept open, because smtp-server greets only after 100 ms on purpose. */
const SESSIONS = 20;
/** A round that has not arrived by then is lost. */
const ROUND_MS_MAX = 120_000;

export type Sink = AsyncDisposable & {
  readonly port: number;
  /** Mails received so far. */
  received(): number;
};

/** smtp-sink, counting: it prints `mesg=N` whenever a mail has arrived. */
export async function startSink(): Promise<Sink> {
  const port = await freePort();
  let received = 0;
  let tail = "";
  const daemon: Daemon = startDaemon(program("smtp-sink"), [...asPlainUser(), "-c", `127.0.0.1:${port}`, "500"], {
    onOutput(text) {
      tail = (tail + text).slice(-200);
      received = Number([...tail.matchAll(/mesg=(\d+)\s/g)].at(-1)?.[1] ?? received);
    },
  });
  await untilListening(daemon, port);
  return { port, received: () => received, [Symbol.asyncDispose]: () => daemon.stop("SIGTERM") };
}

/** Sends `count` mails to the port and waits until the sink has them all; answers mails per second, first byte to last mail. */
export async function deliveredPerSecond(port: number, sink: Sink, count: number): Promise<number> {
  const before = sink.received();
  const started = performance.now();
  await send(port, count);
  await until(`${count} mails arrive`, () => sink.received() - before >= count, ROUND_MS_MAX);
  return (count / (performance.now() - started)) * 1000;
}

/** Resolves when smtp-source has had its last 250. */
export async function send(port: number, count: number, bytes = MAIL_BYTES, sessions = SESSIONS): Promise<void> {
  const args = ["-d", "-s", sessions, "-l", bytes, "-m", count, "-f", "patient@example.org", "-t", RECIPIENT];
  const source = spawn(program("smtp-source"), [...args.map(String), `127.0.0.1:${port}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(source, "close")) as [number | null];
  if (code !== 0) throw new Error(`smtp-source ended with ${code}`);
}

export const RECIPIENT = "billing@clinic.example";

function program(name: string): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`${name} is not on this machine; install Debian's package postfix`);
  return path;
}

/** smtp-sink wants no root. */
function asPlainUser(): string[] {
  return process.getuid?.() === 0 ? ["-u", "nobody"] : [];
}
