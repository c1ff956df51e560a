// Proves who sent a mail: SPF, DKIM, DMARC and ARC, checked in a thread of its own, so that neither a hostile mail nor a
// silent DNS server holds up anybody else. Answers are facts like any other; "could not be found out" is one of them.

import { errorFields, type Log } from "../log.ts";
import { type Mail, NO_PROOF, type Proof } from "../message.ts";
import { believedProof } from "./authentication-results.ts";
import type { ResolverChoice } from "./dns.ts";
import { openPatience } from "./patience.ts";
import { Thread } from "./thread.ts";
import { UNKNOWN_PROOF } from "./unknown.ts";
import { HEADER_BYTES_MAX, wanted } from "./wanted.ts";

/** Checks the thread has before it at a time; most of them wait for DNS. */
const IN_THREAD_MAX = 200;
/** ... and their bytes: each is a copy. */
const IN_THREAD_BYTES_MAX = 64 * 1024 * 1024;
/** Checks that wait for the thread, and the bytes kept for them: more come than can be checked, so those are not. */
const WAITING_MAX = 5000;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Between the end of a thread and the start of the next, so that one that cannot start does not start all day. */
const REPLACE_PAUSE_MS = 1000;

export type ProverOptions = {
  /** False: nothing is checked by us; the header of `believe` is still believed. */
  readonly check: boolean;
  readonly resolver: ResolverChoice;
  /** The longest a check may take. */
  readonly limitMs: number;
  /** The authserv-id whose topmost Authentication-Results is believed on mail by IMAP or LMTP; null: nobody's. */
  readonly believe: string | null;
  readonly log: Log;
  readonly now: () => number;
  /** Another program for the thread, in tests. */
  readonly workerUrl?: URL;
};

export type Prover = AsyncDisposable & {
  /** What is proven about the sender. Never rejects, and answers within `limitMs`. `raw` must stay as it is meanwhile. */
  check(raw: Uint8Array, mail: Mail): Promise<Proof>;
  /** How often the thread had to be replaced. */
  readonly replaced: number;
};

/** The thread is started by the first mail that needs it. */
export function startProver(options: ProverOptions): Prover {
  return new MailProver(options);
}

type Check = {
  readonly id: number;
  readonly mail: Mail;
  readonly raw: Uint8Array;
  readonly limitMs: number;
  readonly endsAt: number;
  readonly timer: NodeJS.Timeout;
  readonly tell: (proof: Proof) => void;
};

class MailProver implements Prover {
  replaced = 0;
  private readonly options: ProverOptions;
  private readonly patience: ReturnType<typeof openPatience>;
  /** All that are not answered, in the thread or not. */
  private readonly checks = new Map<number, Check>();
  private readonly waiting = new Set<Check>();
  private waitingBytes = 0;
  private thread: Thread | null = null;
  private pause: NodeJS.Timeout | null = null;
  private lastId = 0;
  private closed = false;

  constructor(options: ProverOptions) {
    this.options = options;
    this.patience = openPatience(options.limitMs);
  }

  check(raw: Uint8Array, mail: Mail): Promise<Proof> {
    const { believe, check } = this.options;
    if (believe !== null && (mail.door === "lmtp" || mail.door === "imap")) {
      const believed = believedProof(raw, believe);
      if (believed.source !== "none") return Promise.resolve(believed);
    }
    if (!check) return Promise.resolve(NO_PROOF);
    const want = wanted(raw, mail);
    if (!want.spf && !want.signed) return Promise.resolve(NO_PROOF);
    // Without a signature nobody asks for the body.
    const needed = want.signed ? raw : raw.subarray(0, Math.min(want.headerBytes, HEADER_BYTES_MAX + 1));
    if (this.closed || this.waiting.size >= WAITING_MAX || this.waitingBytes + needed.length > WAITING_BYTES_MAX)
      return Promise.resolve(UNKNOWN_PROOF);
    return this.enqueue(needed, mail);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    if (this.pause !== null) clearTimeout(this.pause);
    for (const id of [...this.checks.keys()]) this.settle(id, UNKNOWN_PROOF);
    await this.thread?.stop();
  }

  private enqueue(raw: Uint8Array, mail: Mail): Promise<Proof> {
    const { promise, resolve } = Promise.withResolvers<Proof>();
    this.lastId += 1;
    const id = this.lastId;
    const now = this.options.now();
    const limitMs = this.patience.next(now);
    const timer = setTimeout(() => this.settle(id, UNKNOWN_PROOF), limitMs);
    const check: Check = { id, mail, raw, limitMs, endsAt: now + limitMs, timer, tell: resolve };
    this.checks.set(id, check);
    this.waiting.add(check);
    this.waitingBytes += raw.length;
    this.dispatch();
    return promise;
  }

  private dispatch(): void {
    if (this.waiting.size === 0 || this.pause !== null || this.closed) return;
    this.thread ??= this.newThread();
    for (const check of this.waiting) {
      const bytes = this.thread.bytes + check.raw.length;
      if (this.thread.busy > 0 && (this.thread.busy >= IN_THREAD_MAX || bytes > IN_THREAD_BYTES_MAX)) return;
      this.stopWaiting(check);
      const { door, client, envelope } = check.mail;
      const { id, limitMs, endsAt } = check;
      this.thread.post({ id, raw: new Uint8Array(check.raw), sender: { door, client, envelope }, limitMs, endsAt });
    }
  }

  private newThread(): Thread {
    const { resolver, limitMs, workerUrl = new URL("./worker.ts", import.meta.url) } = this.options;
    const thread: Thread = new Thread(
      { resolver, limitMs, workerUrl },
      {
        answered: (id, proof, dns) => {
          this.heard(dns);
          this.settle(id, proof);
        },
        lost: (ids, reason, error) => this.lost(ids, reason, error),
      },
    );
    return thread;
  }

  private heard(dns: "unasked" | "answered" | "silent"): void {
    const change = this.patience.heard(dns, this.options.now());
    if (change === "silent") this.options.log.warn("dns-silent");
    if (change === "answering") this.options.log.info("dns-answering");
  }

  private lost(ids: readonly number[], reason: "proof-crashed" | "proof-stuck", error: unknown): void {
    this.replaced += 1;
    this.thread = null;
    for (const id of ids) this.settle(id, UNKNOWN_PROOF);
    this.options.log.error("prover-replaced", { reason, ...(error === null ? {} : errorFields(error)) });
    if (this.closed) return;
    this.pause = setTimeout(() => {
      this.pause = null;
      this.dispatch();
    }, REPLACE_PAUSE_MS);
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
    this.dispatch();
  }
}
