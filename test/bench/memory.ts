// Resident memory of the gateway while 50 connections send 25 MB each at the same time.

import { readFileSync } from "node:fs";
import { liveGateway } from "../support/live-gateway.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";
import { send } from "./load.ts";
import { MEGABYTE, printMachine, say } from "./machine.ts";

const CONNECTIONS = 50;
const MAIL_BYTES = 25 * MEGABYTE;
const GOAL_MEGABYTES = 400;
const DELIVER_MS_MAX = 600_000;

export async function memory(): Promise<void> {
  await using dir = await tempDir();
  await using gateway = await liveGateway({ folder: dir.path, deliver: () => ({ kind: "maildir" }) });
  const idle = peakMegabytes(gateway.pid);
  const started = performance.now();
  await send(gateway.port("smtp"), CONNECTIONS, MAIL_BYTES, CONNECTIONS);
  const seconds = (performance.now() - started) / 1000;
  const taken = peakMegabytes(gateway.pid);
  const metrics = `http://127.0.0.1:${gateway.httpPort}/metrics`;
  await until("all are delivered", () => deliveredCount(metrics).then((count) => count >= CONNECTIONS), DELIVER_MS_MAX);
  const delivered = peakMegabytes(gateway.pid);
  printMachine();
  say(`${CONNECTIONS} connections, 25 MB each, accepted in ${seconds.toFixed(1)} s`);
  say(`peak resident memory: idle ${idle} MB, all accepted ${taken} MB, all delivered ${delivered} MB`);
  say(`goal under ${GOAL_MEGABYTES} MB: ${delivered < GOAL_MEGABYTES ? "reached" : "MISSED"}`);
}

/** The kernel's own high-water mark of the process (VmHWM, proc(5)). */
function peakMegabytes(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

async function deliveredCount(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  return [...text.matchAll(/^mailward_attempts_total\{[^}]*result="delivered"[^}]*\} (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}
