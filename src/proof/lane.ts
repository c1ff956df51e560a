// One thread and the checks that wait for it: how many it has before it at a time, how long each waits, and what becomes
// of them when it is lost.

import { errorFields, type Log } from "../log.ts";
import type { Proof } from "../message.ts";
import type { ResolverChoice } from "./dns.ts";
import { Thread } from "./thread.ts";
import { UNKNOWN_PROOF } from "./unknown.ts";
import type { Sender } from "./wanted.ts";
import type { Answer } from "./worker.ts";

/** Checks the thread has before it at a time; most of them wait for DNS. */
const IN_THREAD_MAX = 200;
/** ... and their bytes: each is a copy. */
const IN_THREAD_BYTES_MAX = 40 * 1024 * 1024;
/** Checks that wait for the thread, and the bytes kept for them: where more come than can be checked, those are not. */
const WAITING_MAX = 5000;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Between the end of a thread and the start of the next, so that one that cannot start does not start all day. */
const REPLACE_PAUSE_MS = 1000;

export type LaneOptions = {
  readonly resolver: ResolverChoice;
  readonly limitMs: number;
  readonly log: Log;
  /** Another program for the thread, in tests. */
  readonly workerUrl?: URL;
};

type Check = {
  readonly id: number;
  readonly sender: Sender;
  readonly raw: Uint8Array;
  readonly limitMs: number;
  readonly endsAt: number;
  readonly timer: NodeJS.Timeout;
  readonly tell: (proof: Proof) => void;
};

export class Lane {
  replaced = 0;
  private readonly options: LaneOptions;
  private readonly heard: (dns: (Answer & { kind: "proof" })["dns"]) => void;
  /** All that are not answered, in the thread or not. */
  private readonly checks = new Map<number, Check>();
  private readonly waiting = new Set<Check>();
  private waitingBytes = 0;
  private thread: Thread | null = null;
  private pause: NodeJS.Timeout | null = null;
  private lastId = 0;
  private closed = false;

  /** @param heard is told what DNS did in each check */
  constructor(options: LaneOptions, heard: (dns: (Answer & { kind: "proof" })["dns"]) => void) {
    this.options = options;
    this.heard = heard;
  }

  /** Settles within `limitMs`, which begin at `now`. */
  check(raw: Uint8Array, sender: Sender, limitMs: number, now: number): Promise<Proof> {
    if (this.closed || this.waiting.size >= WAITING_MAX || this.waitingBytes + raw.length > WAITING_BYTES_MAX)
      return Promise.resolve(UNKNOWN_PROOF);
    const { promise, resolve } = Promise.withResolvers<Proof>();
    this.lastId += 1;
    const id = this.lastId;
    const timer = setTimeout(() => this.settle(id, UNKNOWN_PROOF), limitMs);
    const check: Check = { id, sender, raw, limitMs, endsAt: now + limitMs, timer, tell: resolve };
    this.checks.set(id, check);
    this.waiting.add(check);
    this.waitingBytes += raw.length;
    this.dispatch();
    return promise;
  }

  async stop(): Promise<void> {
    this.closed = true;
    if (this.pause !== null) clearTimeout(this.pause);
    for (const id of [...this.checks.keys()]) this.settle(id, UNKNOWN_PROOF);
    await this.thread?.stop();
  }

  private dispatch(): void {
    if (this.waiting.size === 0 || this.pause !== null || this.closed) return;
    this.thread ??= this.newThread();
    for (const check of this.waiting) {
      const bytes = this.thread.bytes + check.raw.length;
      if (this.thread.busy > 0 && (this.thread.busy >= IN_THREAD_MAX || bytes > IN_THREAD_BYTES_MAX)) return;
      this.stopWaiting(check);
      const { id, sender, limitMs, endsAt } = check;
      this.thread.post({ id, raw: new Uint8Array(check.raw), sender, limitMs, endsAt });
    }
  }

  private newThread(): Thread {
    const { resolver, limitMs, workerUrl = new URL("./worker.ts", import.meta.url) } = this.options;
    return new Thread(
      { resolver, limitMs, workerUrl },
      {
        answered: (id, proof, dns) => {
          this.heard(dns);
          this.settle(id, proof);
          this.dispatch();
        },
        lost: (ids, reason, error) => this.lost(ids, reason, error),
      },
    );
  }

  private lost(ids: readonly number[], reason: "proof-crashed" | "proof-stuck", error: unknown): void {
    this.replaced += 1;
    this.thread = null;
    this.options.log.error("prover-replaced", { reason, ...(error === null ? {} : errorFields(error)) });
    if (!this.closed)
      this.pause = setTimeout(() => {
        this.pause = null;
        this.dispatch();
      }, REPLACE_PAUSE_MS);
    for (const id of ids) this.settle(id, UNKNOWN_PROOF);
  }

  private stopWaiting(check: Check): void {
    if (this.waiting.delete(check)) this.waitingBytes -= check.raw.length;
  }

  private settle(id: number, proof: Proof): void {
    const check = this.checks.get(id);
    if (check === undefined) return;
    this.checks.delete(id);
    this.stopWaiting(check);
    clearTimeout(check.timer);
    check.tell(proof);
  }
}
