// Has every accepted message decided: hands it to a worker thread, writes the outcome, passes the jobs on.
// A worker that dies or hangs is replaced and the message it was on is held; no other message is harmed.

import type { ModelSetup } from "../classify/adviser.ts";
import { errorFields } from "../log.ts";
import type { Decided, Job, Urgency } from "../outcome.ts";
import { type HoldReason, LEASE_MS, StoreTrouble, type Undecided } from "../store/store.ts";
import { type BounceOptions, noteBounces } from "./bounces.ts";
import type { DeskOptions, DeskRules, Task } from "./desk.ts";
import { Desks, type NewShift } from "./desks.ts";
import type { Answer } from "./worker.ts";

/** Messages remembered while they wait for a worker; the rest waits in the store. */
const WAITING_MAX = 2000;
/** Bytes kept at hand for messages in decision, so that they need not be read back. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** How often the store is asked for messages nobody has in hand: after trouble, or released by an operator. */
const SWEEP_MS = 2000;
const SWEEP_LIMIT = 500;
/** A message whose bytes cannot be read so often is held. */
const READS_MAX = 3;

export type DeciderOptions = DeskOptions &
  Pick<BounceOptions, "bounced"> & {
    readonly rules: DeskRules;
    readonly owner: string;
    readonly workers: number;
    readonly now: () => number;
    /** Whether the deliverer can take a job for this queue at once. */
    readonly wanted: (queue: string, urgency: Urgency) => boolean;
    readonly deliver: (jobs: readonly Job[], raw: Uint8Array | null) => void;
    readonly observe?: (decided: Decided, micros: number, receivedAt: number) => void;
  };

export type Decider = AsyncDisposable & {
  /** Settles when a worker can decide; rejects when the first one cannot even start. */
  readonly ready: Promise<void>;
  /** Take a message just accepted; `raw` when its bytes are at hand. */
  offer(message: Undecided, raw: Uint8Array | null): void;
  /**
   * Start workers with other rules beside those at work; rejects, with nothing changed, when they do not start. What is
   * answered lets them begin: from then on every message is decided by them, and what the earlier workers have they finish.
   */
  prepare(rules: DeskRules): Promise<NewShift>;
  /** Messages from now on are decided with this model; null: with none. */
  useModel(model: ModelSetup | null): void;
  /** Messages taken and not yet decided. */
  readonly inHand: number;
  /** How often a worker had to be replaced. */
  readonly replaced: number;
};

type Decision = Exclude<Answer, { kind: "ready" }>;

export function startDecider(options: DeciderOptions): Decider {
  return new DeciderLoop(options);
}

class DeciderLoop implements Decider {
  readonly ready: Promise<void>;
  private readonly options: DeciderOptions;
  private readonly waiting: Task[] = [];
  private readonly inHandIds = new Set<number>();
  private readonly desks: Desks;
  private readonly recording = new Set<Promise<void>>();
  /** How often a message's bytes could not be read. */
  private readonly unreadable = new Map<number, number>();
  private keptBytes = 0;
  /** Messages of which something is being found out first. */
  private learning = 0;
  private overflowed = true; // at start there may be messages of an earlier run
  private sweeping: Promise<void> | null = null;
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(options: DeciderOptions) {
    this.options = options;
    this.desks = new Desks(options, options.rules, options.workers, {
      answered: (task, answer) => this.answered(task, answer),
      lost: (task, others, reason) => this.lost(task, others, reason),
      free: () => this.dispatch(),
    });
    this.ready = this.desks.ready;
    this.ready.catch(() => undefined); // told to whoever asks
    this.timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.sweep();
  }

  get inHand(): number {
    return this.inHandIds.size;
  }

  get replaced(): number {
    return this.desks.replaced;
  }

  useModel(model: ModelSetup | null): void {
    this.desks.useModel(model);
  }

  async prepare(rules: DeskRules): Promise<NewShift> {
    const shift = await this.desks.prepare(rules);
    return {
      begin: async () => {
        const left = shift.begin();
        this.dispatch();
        await left;
        await Promise.all(this.recording);
      },
      [Symbol.asyncDispose]: () => shift[Symbol.asyncDispose](),
    };
  }

  offer(message: Undecided, raw: Uint8Array | null): void {
    if (this.closed || this.inHandIds.has(message.messageId)) return;
    if (this.waiting.length + this.learning >= WAITING_MAX) {
      this.overflowed = true;
      return;
    }
    this.inHandIds.add(message.messageId);
    if (raw !== null && this.keptBytes + raw.length <= KEPT_BYTES_MAX) void this.learn(message, raw);
    else this.queue({ message, ready: null, bytes: message.mail.sizeBytes });
  }

  /** Others do not wait for what DNS says of this one. */
  private async learn(message: Undecided, raw: Uint8Array): Promise<void> {
    this.keptBytes += raw.length;
    this.learning += 1;
    const facts = await this.options.learn(message, raw);
    this.learning -= 1;
    this.queue({ message, ready: { raw, facts }, bytes: message.mail.sizeBytes });
  }

  private queue(task: Task): void {
    this.waiting.push(task);
    this.dispatch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.sweeping;
    await this.desks.idle();
    await Promise.all(this.recording);
    await this.desks.stop();
  }

  private dispatch(): void {
    if (this.closed) return;
    for (let task = this.waiting[0]; task !== undefined && this.desks.take(task); task = this.waiting[0]) {
      this.waiting.shift();
    }
    if (this.overflowed && this.waiting.length < WAITING_MAX / 2) this.sweep();
  }

  private answered(task: Task, answer: Decision): void {
    const work = answer.kind === "decided" ? this.record(task, answer) : this.failed(task, answer.error);
    this.settle(task, work);
  }

  /** Keeps the task in hand until its result is in the store, or the store has refused it. */
  private settle(task: Task, work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => this.leaveForSweep(error))
      .finally(() => {
        this.recording.delete(settled);
        this.forget(task);
      });
    this.recording.add(settled);
  }

  private async record(task: Task, answer: Decision & { kind: "decided" }): Promise<void> {
    const { store, owner, now, wanted, deliver, log, observe } = this.options;
    const { message } = task;
    const decidedAt = now();
    await noteBounces(message, answer.decided, this.options);
    const outcomes = message.routings.map(({ routingId }, index) => {
      const outcome = answer.decided.outcomes[index];
      if (outcome === undefined) throw new Error("decide answered fewer outcomes than aliases");
      return {
        routingId,
        outcome,
        leaseTo: !this.closed && wanted(outcome.decision.queue, outcome.urgency) ? owner : null,
      };
    });
    const jobs = await store.record({
      messageId: message.messageId,
      decidedAt,
      durationMicros: answer.micros,
      decided: answer.decided,
      outcomes,
      leaseUntil: decidedAt + LEASE_MS,
    });
    deliver(jobs, task.ready?.raw ?? null);
    for (const { outcome } of outcomes) {
      const { alias, urgency, requestType, decidedBy, decision } = outcome;
      log.info("decided", { ref: message.ref, alias, queue: decision.queue, urgency, requestType, decidedBy });
    }
    observe?.(answer.decided, answer.micros, message.mail.receivedAt);
  }

  private async failed(task: Task, error: unknown): Promise<void> {
    if (error instanceof StoreTrouble && !this.isHopeless(task.message.messageId, error)) throw error;
    this.options.log.error("internal-error", errorFields(error));
    await this.hold(task.message, "decide-failed");
  }

  /** Trouble that passes is not the message's fault; bytes that stay unreadable are damaged, and for a person. */
  private isHopeless(messageId: number, { reason }: StoreTrouble): boolean {
    if (reason !== "broken") return false;
    const reads = (this.unreadable.get(messageId) ?? 0) + 1;
    this.unreadable.set(messageId, reads);
    return reads >= READS_MAX;
  }

  private async hold(message: Undecided, reason: HoldReason): Promise<void> {
    await this.options.store.holdMessage(message.messageId, reason, this.options.now());
    this.options.log.error("held", { ref: message.ref, reason });
  }

  private lost(task: Task | null, others: readonly Task[], reason: "decide-crashed" | "decide-hung"): void {
    this.waiting.unshift(...others);
    if (task !== null) this.settle(task, this.hold(task.message, reason));
    this.dispatch();
  }

  /** The store was in trouble: the message is still undecided there, and the next sweep finds it. */
  private leaveForSweep(error: unknown): void {
    this.overflowed = true;
    this.options.log.error("store-trouble", errorFields(error));
  }

  private forget(task: Task): void {
    this.keptBytes -= task.ready?.raw.length ?? 0;
    this.inHandIds.delete(task.message.messageId);
  }

  private sweep(): void {
    if (this.closed || this.sweeping !== null || this.waiting.length >= WAITING_MAX / 2) return;
    this.sweeping = this.findStragglers()
      .catch((error: unknown) => this.leaveForSweep(error))
      .finally(() => {
        this.sweeping = null;
      });
  }

  private async findStragglers(): Promise<void> {
    this.overflowed = false;
    let after = 0;
    for (;;) {
      const found = await this.options.store.undecided(after, SWEEP_LIMIT);
      for (const message of found) this.offer(message, null);
      const last = found.at(-1);
      if (last === undefined || found.length < SWEEP_LIMIT || this.waiting.length >= WAITING_MAX / 2) return;
      after = last.messageId;
    }
  }
}
