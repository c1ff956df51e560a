// One worker thread and the messages before it. Knows which message a dead or hung worker was on.

import { Worker } from "node:worker_threads";
import type { ModelSetup } from "../classify/adviser.ts";
import type { RuleSet } from "../config/rules.ts";
import { errorFields, type Log } from "../log.ts";
import type { Facts } from "../message.ts";
import type { Store, Undecided } from "../store/store.ts";
import { type Learn, type Learned, withHouse } from "./learn.ts";
import type { Answer, Order, Question, WorkerSetup } from "./worker.ts";

/** Questions a worker may have before it, so that it never waits for the main thread between two small messages. */
const AHEAD_MESSAGES = 16;
/** ... and their bytes: a large message is decided alone. */
const AHEAD_BYTES = 1024 * 1024;

/** Short-lived objects of a worker, in MB: with 64 fifty mails of 25 MB peak 50 MB higher, with 16 still 2 MB. */
const YOUNG_MB = 8;

/** A worker that cannot decide after so long does not start: rules are compiled in a tenth of a second. */
const READY_MS = 30_000;

export type DeskOptions = {
  readonly store: Store;
  readonly learn: Learn;
  readonly log: Log;
  /** A message that takes longer is held and its worker replaced. */
  readonly limitMs: number;
  /** Another program for the worker, in tests. */
  readonly workerUrl?: URL;
  /** How long a worker may take to start; `READY_MS` unless said. */
  readonly readyMs?: number;
};

/** What a desk decides by: the live rules, and others that are decided beside them and never acted on. */
export type DeskRules = { readonly rules: RuleSet; readonly shadow: RuleSet | null };

/** The rules, and the model that is asked where no rule is sure; null: none. */
type DeskGround = DeskRules & { readonly model: ModelSetup | null };

/** A message to be decided; `ready` when its bytes are at hand, else they are read from the store. */
export type Task = {
  readonly message: Undecided;
  readonly ready: { readonly raw: Uint8Array; readonly facts: Learned } | null;
  readonly bytes: number;
};

export type DeskEvents = {
  answered(task: Task, answer: Exclude<Answer, { kind: "ready" }>): void;
  /** The worker is gone; `task` is the one it was on (null: it never got so far), `others` had not been begun. */
  lost(task: Task | null, others: readonly Task[], reason: "decide-crashed" | "decide-hung"): void;
  free(): void;
};

export class Desk {
  ended = false;
  /** Settles when the worker can decide; rejects when it ends before. */
  readonly ready: Promise<void>;
  private readonly started = Promise.withResolvers<void>();
  /** Whether the worker ever came so far as to take a message. */
  private isReady = false;
  private readonly house: (learned: Learned) => Facts;
  private readonly options: DeskOptions;
  private readonly events: DeskEvents;
  private readonly worker: Worker;
  private tasks: Task[] = [];
  /** The tasks the worker has, in the order it works on them. */
  private posted: Task[] = [];
  private readonly toPost: Question[] = [];
  /** Bytes of messages in `toPost` that nobody here needs any more: given to the worker instead of copied. */
  private readonly toMove: ArrayBuffer[] = [];
  private bytes = 0;
  /** Counts the messages the worker has begun; shared with it. */
  private readonly begun = new Int32Array(new SharedArrayBuffer(4));
  private answeredCount = 0;
  private clock: NodeJS.Timeout | null;
  private readonly idleWaiters: (() => void)[] = [];

  constructor(options: DeskOptions, { rules, shadow, model }: DeskGround, events: DeskEvents) {
    this.options = options;
    this.events = events;
    this.house = withHouse(rules);
    this.ready = this.started.promise;
    this.ready.catch(() => undefined); // told to whoever asks
    const url = options.workerUrl ?? new URL("./worker.ts", import.meta.url);
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
    const setup: WorkerSetup = { rules, shadow, model, begun: this.begun };
    this.worker = new Worker(url, { workerData: setup, resourceLimits });
    this.worker.on("message", (answers: readonly Answer[]) => this.onAnswers(answers));
    this.worker.on("error", (error) => {
      options.log.error("internal-error", errorFields(error));
      this.end("decide-crashed");
    });
    this.worker.on("exit", () => this.end("decide-crashed"));
    this.clock = setTimeout(() => this.end("decide-hung"), options.readyMs ?? READY_MS);
  }

  /** Messages posted from now on are decided with this model. */
  useModel(model: ModelSetup | null): void {
    const order: Order = { kind: "model", model };
    if (!this.ended) this.worker.postMessage(order);
  }

  get busy(): boolean {
    return this.tasks.length > 0;
  }

  hasRoom(bytes: number): boolean {
    if (this.ended) return false;
    return this.tasks.length === 0 || (this.tasks.length < AHEAD_MESSAGES && this.bytes + bytes <= AHEAD_BYTES);
  }

  take(task: Task): void {
    this.tasks.push(task);
    this.bytes += task.bytes;
    if (task.ready !== null) this.post(task, task.ready.raw, task.ready.facts);
    else void this.load(task);
  }

  idle(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.idleWaiters.push(resolve)) : Promise.resolve();
  }

  async stop(): Promise<void> {
    this.ended = true;
    this.started.reject(new Error("the decide worker was stopped"));
    if (this.clock !== null) clearTimeout(this.clock);
    await this.worker.terminate();
  }

  private async load(task: Task): Promise<void> {
    try {
      const raw = Buffer.from(new ArrayBuffer(task.bytes));
      let size = 0;
      for await (const chunk of this.options.store.readBody(task.message.messageId)) {
        raw.set(chunk, size);
        size += chunk.length;
      }
      const facts = await this.options.learn(task.message, raw);
      this.toMove.push(raw.buffer);
      this.post(task, raw, facts);
    } catch (error) {
      this.options.log.error("body-unreadable", { ...errorFields(error), ref: task.message.ref });
      this.onAnswers([{ kind: "failed", messageId: task.message.messageId, error }]);
    }
  }

  private post(task: Task, raw: Uint8Array, learned: Learned): void {
    const question: Question = { messageId: task.message.messageId, raw, facts: this.house(learned) };
    if (this.ended) return;
    this.posted.push(task);
    if (this.posted.length === 1) this.startClock();
    this.toPost.push(question);
    if (this.toPost.length === 1) setImmediate(() => this.flush());
  }

  /** Everything of one turn of the event loop in one message: waking a thread costs more than a small mail. */
  private flush(): void {
    const questions = this.toPost.splice(0);
    const moved = this.toMove.splice(0);
    if (!this.ended) this.worker.postMessage(questions, moved);
  }

  private onAnswers(answers: readonly Answer[]): void {
    for (const answer of answers) this.onAnswer(answer);
    this.startClock();
    this.events.free();
    if (!this.busy) for (const wake of this.idleWaiters.splice(0)) wake();
  }

  private onAnswer(answer: Answer): void {
    if (answer.kind === "ready") {
      this.isReady = true;
      this.started.resolve();
      return;
    }
    const index = this.tasks.findIndex((task) => task.message.messageId === answer.messageId);
    const [task] = index < 0 ? [] : this.tasks.splice(index, 1);
    if (task === undefined) return;
    this.bytes -= task.bytes;
    if (this.posted.includes(task)) this.answeredCount += 1;
    this.posted = this.posted.filter((other) => other !== task);
    this.events.answered(task, answer);
  }

  private startClock(): void {
    if (!this.isReady) return; // until then the clock is that of the start
    if (this.clock !== null) clearTimeout(this.clock);
    this.clock = this.posted.length > 0 ? this.startedClock() : null;
  }

  private startedClock(): NodeJS.Timeout {
    const begun = this.begunCount();
    // Answers come several at a time, so the clock also starts anew when the worker has only gone on.
    return setTimeout(
      () => (this.begunCount() > begun ? this.startClock() : this.end("decide-hung")),
      this.options.limitMs,
    );
  }

  private begunCount(): number {
    return Atomics.load(this.begun, 0);
  }

  private end(reason: "decide-crashed" | "decide-hung"): void {
    if (this.ended) return;
    this.ended = true;
    this.started.reject(new Error("the decide worker does not start"));
    if (this.clock !== null) clearTimeout(this.clock);
    void this.worker.terminate();
    const guilty = this.posted[this.begunCount() - this.answeredCount - 1] ?? null; // begun and not answered
    const others = this.tasks.filter((task) => task !== guilty);
    this.tasks = [];
    this.posted = [];
    for (const wake of this.idleWaiters.splice(0)) wake();
    this.events.lost(guilty, others, reason);
  }
}
