// The inside of the prover's thread: checks many mails at the same time, because most of a check is waiting for DNS.

import { parentPort, workerData } from "node:worker_threads";
import type { Proof } from "../message.ts";
import { checkMail } from "./check.ts";
import { type Asking, openDns, type ResolverChoice } from "./dns.ts";
import { UNKNOWN_PROOF } from "./unknown.ts";
import type { Sender } from "./wanted.ts";

export type Question = {
  readonly id: number;
  readonly raw: Uint8Array;
  readonly sender: Sender;
  /** Milliseconds of the whole check, and when it has to have ended. */
  readonly limitMs: number;
  readonly endsAt: number;
};

export type Answer =
  /** The libraries are loaded; sent once, first. */
  | { readonly kind: "ready" }
  | { readonly kind: "proof"; readonly id: number; readonly proof: Proof; readonly dns: ReturnType<Asking["dns"]> };

export type WorkerSetup = {
  readonly resolver: ResolverChoice;
  readonly limitMs: number;
  /** One number that grows as long as the thread's event loop turns. */
  readonly beat: Int32Array<SharedArrayBuffer>;
};

export const BEAT_MS = 100;

const port = parentPort;
if (port === null) throw new Error("proof/worker.ts runs as a worker thread");

const setup = workerData as WorkerSetup;
const dns = openDns(setup.resolver, setup.limitMs, Date.now);

setInterval(() => Atomics.add(setup.beat, 0, 1), BEAT_MS);
port.postMessage({ kind: "ready" } satisfies Answer);
port.on("message", (question: Question) => void answer(question));

async function answer({ id, raw, sender, limitMs, endsAt }: Question): Promise<void> {
  using asking = dns.forCheck(limitMs, endsAt);
  const proof = await checkMail(raw, sender, asking.resolve, Date.now()).catch(() => UNKNOWN_PROOF);
  port?.postMessage({ kind: "proof", id, proof, dns: asking.dns() } satisfies Answer);
}
