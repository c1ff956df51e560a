// The lane of one queue: its deliveries, most urgent first, at the pace of its destination. Every attempt is written down before
// its delivery is done with.

import { errorFields, type Log } from "../log.ts";
import type { AttemptResult, Job, Urgency } from "../outcome.ts";
import { type Finish, LEASE_MS, type Store } from "../store/store.ts";
import type { Adapter } from "./adapter.ts";
import { noting, once } from "./body-stream.ts";
import type { Destination } from "./destination.ts";
import { judge, type Meaning } from "./failure.ts";

/** Jobs a lane takes beyond those under way; the rest waits in the store and costs no memory. */
const AHEAD_JOBS = 200;
/** Bytes kept at hand for jobs in all lanes. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** How often a lane asks the store for due deliveries. */
const POLL_MS = 1000;
/** A lane waits when so many attempts are not written down yet: each is a possible duplicate should we die now. */
const UNWRITTEN_MAX = 100;
/** How long an attempt under way may go on when we stop; a far end may take ten minutes to answer. */
const DRAIN_MS = 4000;
/** How long a lane waits before it writes an attempt again that the store did not take. */
const REWRITE_MS = 500;

export type LaneOptions = {
  readonly store: Store;
  readonly log: Log;
  readonly owner: string;
  readonly now: () => number;
  readonly chance: () => number;
  readonly observe?: (queue: string, meaning: Meaning, receivedAt: number) => void;
};

type Waiting = { readonly job: Job; readonly raw: Uint8Array | null };

export class Lane {
  readonly queue: string;
  readonly adapter: Adapter;
  private readonly options: LaneOptions;
  private readonly kept: { bytes: number };
  private ready: Waiting[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private readonly writing = new Set<Promise<void>>();
  private claiming: Promise<void> | null = null;
  private readonly stopping = new AbortController();
  /** Whether the last look found as many as it asked for, so that there are probably more. */
  private moreWaiting = true;
  readonly destination: Destination;
  private readonly turn = { next: () => this.ready[0]?.job.label.urgency ?? null, pump: () => this.pump() };
  private readonly timer: NodeJS.Timeout;

  constructor(
    queue: string,
    adapter: Adapter,
    destination: Destination,
    options: LaneOptions,
    kept: { bytes: number },
  ) {
    this.queue = queue;
    this.destination = destination;
    destination.server.join(this.turn);
    this.adapter = adapter;
    this.options = options;
    this.kept = kept;
    this.timer = setInterval(() => this.poll(), POLL_MS);
    this.claim();
  }

  get isDown(): boolean {
    return this.destination.isDown;
  }

  /** Others are sent to the store when older ones wait there, so that the old and the retried have their turn. */
  wants(urgency: Urgency): boolean {
    if (this.stopping.signal.aborted || this.isDown) return false;
    if (urgency === "P1" || urgency === "P2") return true;
    if (this.ready.length >= AHEAD_JOBS) this.moreWaiting = true;
    return !this.moreWaiting;
  }

  take(job: Job, raw: Uint8Array | null): void {
    const keep = raw !== null && this.kept.bytes + raw.length <= KEPT_BYTES_MAX ? raw : null;
    this.kept.bytes += keep?.length ?? 0;
    this.insert({ job, raw: keep });
    this.pump();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.destination.server.leave(this.turn);
    clearInterval(this.timer);
    await this.claiming;
    await this.giveBack();
    const patience = AbortSignal.timeout(DRAIN_MS);
    await Promise.race([
      Promise.all(this.underWay),
      new Promise((resolve) => patience.addEventListener("abort", resolve)),
    ]);
    await this.adapter[Symbol.asyncDispose](); // ends what is still under way: each is an attempt that failed
    await Promise.all(this.underWay);
    await Promise.all(this.writing);
  }

  /** The most urgent first, then in the order they came. */
  private insert(waiting: Waiting): void {
    const { urgency } = waiting.job.label;
    let place = this.ready.length;
    while (place > 0 && (this.ready[place - 1]?.job.label.urgency ?? "P1") > urgency) place -= 1;
    this.ready.splice(place, 0, waiting);
  }

  private pump(): void {
    while (this.ready.length > 0 && this.mayBegin()) {
      const next = this.ready.shift();
      if (next === undefined) return;
      this.destination.begin(this.turn);
      const work = this.carryOut(next).finally(() => {
        this.kept.bytes -= next.raw?.length ?? 0;
        this.underWay.delete(work);
        this.destination.end();
        if (this.moreWaiting && this.ready.length < AHEAD_JOBS / 2) this.claim();
      });
      this.underWay.add(work);
    }
  }

  private poll(): void {
    this.pump();
    this.claim();
  }

  private mayBegin(): boolean {
    if (this.stopping.signal.aborted || this.writing.size > UNWRITTEN_MAX) return false;
    return this.destination.hasRoom(this.adapter.concurrency, this.options.now());
  }

  /** One attempt. Its record is written while the lane goes on with the next: a commit must not keep a connection idle. */
  private async carryOut({ job, raw }: Waiting): Promise<void> {
    const { now, chance } = this.options;
    const startedAt = now();
    const result = await this.attempt(job, raw);
    const endedAt = now();
    const meaning = judge(result, job, endedAt, chance());
    this.noteHealth(result, meaning, endedAt);
    const writing = this.record(job, meaning, startedAt, endedAt).finally(() => {
      this.writing.delete(writing);
      this.pump();
    });
    this.writing.add(writing);
  }

  private async record(job: Job, meaning: Meaning, startedAt: number, endedAt: number): Promise<void> {
    const { next, code, text } = meaning;
    await this.write({ deliveryId: job.id, attempt: job.attempt, startedAt, endedAt, code, text, next });
    const { log, observe } = this.options;
    const fields = { ref: job.label.ref, queue: this.queue, code, attempt: job.attempt };
    if (next.kind === "delivered") log.info("delivered", { ...fields, waitMs: endedAt - job.mail.receivedAt });
    else if (next.kind === "wait") log.warn("attempt-failed", { ...fields, note: text, waitMs: next.until - endedAt });
    else log.error("held", { ...fields, reason: next.reason, note: text });
    observe?.(this.queue, meaning, job.mail.receivedAt);
  }

  private async attempt(job: Job, raw: Uint8Array | null): Promise<AttemptResult> {
    let unreadable: unknown = null;
    const stored = () => noting(this.options.store.readBody(job.messageId), (error) => (unreadable = error));
    const body = () => (raw === null ? stored() : once(raw));
    try {
      const result = await this.adapter.deliver(job, body, raw);
      if (unreadable === null || result.kind === "delivered") return result;
      this.options.log.error("body-unreadable", { ...errorFields(unreadable), ref: job.label.ref, queue: this.queue });
      return { kind: "failed", stage: "ours", reply: null, code: "body-unreadable" };
    } catch (error) {
      this.options.log.error("internal-error", errorFields(error));
      return { kind: "failed", stage: "ours", reply: null, code: "internal-error" };
    }
  }

  /** The attempt must be written: until it is, only this process knows that the far end has the message. */
  private async write(finish: Finish): Promise<void> {
    for (;;) {
      try {
        await this.options.store.finish(finish);
        return;
      } catch (error) {
        this.options.log.error("store-trouble", { ...errorFields(error), queue: this.queue });
        if (this.stopping.signal.aborted) return; // the lease stays, and the next start marks it in doubt
        await new Promise((resolve) => setTimeout(resolve, REWRITE_MS));
      }
    }
  }

  private noteHealth(result: AttemptResult, meaning: Meaning, at: number): void {
    const { log } = this.options;
    switch (this.destination.note(result, meaning, at)) {
      case "down":
        log.error("destination-down", { queue: this.queue, code: meaning.code });
        break;
      case "up":
        log.info("destination-up", { queue: this.queue, code: result.code });
        this.claim();
        break;
      case "same":
        break;
    }
    if (meaning.destinationDown) void this.giveBack();
  }

  private claim(): void {
    if (this.claiming !== null || this.stopping.signal.aborted || this.ready.length >= AHEAD_JOBS) return;
    if (!this.destination.mayBeTried(this.options.now())) return;
    this.claiming = this.claimDue()
      .catch((error: unknown) => this.options.log.error("store-trouble", { ...errorFields(error), queue: this.queue }))
      .finally(() => {
        this.claiming = null;
        this.pump();
      });
  }

  private async claimDue(): Promise<void> {
    const { store, owner, now } = this.options;
    const limit = this.isDown ? 1 : AHEAD_JOBS;
    this.moreWaiting = false; // also when the store is in trouble: the next poll asks again
    const jobs = await store.claim({ queue: this.queue, owner, now: now(), leaseUntil: now() + LEASE_MS, limit });
    this.moreWaiting = jobs.length === limit;
    for (const job of jobs) this.insert({ job, raw: null });
  }

  private async giveBack(): Promise<void> {
    const waiting = this.ready;
    this.ready = [];
    for (const { raw } of waiting) this.kept.bytes -= raw?.length ?? 0;
    if (waiting.length === 0) return;
    try {
      await this.options.store.unlease(waiting.map(({ job }) => job.id));
    } catch (error) {
      this.options.log.error("store-trouble", { ...errorFields(error), queue: this.queue });
      this.ready.push(...waiting.map(({ job }) => ({ job, raw: null }))); // still leased to us, so still ours to carry out
    }
  }
}
