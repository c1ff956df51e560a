// One thread that checks, and the checks before it. Knows whether it is alive, and says so when it no longer is.

import { Worker } from "node:worker_threads";
import type { Proof } from "../message.ts";
import type { ResolverChoice } from "./dns.ts";
import type { Answer, Question, WorkerSetup } from "./worker.ts";

/** How often a busy thread is looked at. */
const LOOK_MS = 250;
/** A thread whose event loop stands still this long is stuck: the largest mail with ten signatures takes a second or two. */
const STUCK_MS_MIN = 2000;
/** An answer so much over its time will not come any more. */
const OVERDUE_MS = 10_000;
/** Loading the libraries takes a third of a second, on a busy machine some. */
const START_MS_MAX = 20_000;
/** A mail that makes a library eat memory ends this thread, not the gateway. */
const MEMORY_MB_MAX = 512;
/** Short-lived objects of the thread: with more, a thread under load holds 100 MB nobody needs. */
const YOUNG_MB = 16;

export type ThreadOptions = {
  readonly resolver: ResolverChoice;
  readonly limitMs: number;
  readonly workerUrl: URL;
};

export type ThreadEvents = {
  answered(id: number, proof: Proof, dns: (Answer & { kind: "proof" })["dns"]): void;
  /** The thread is gone and with it the answers to these. */
  lost(ids: readonly number[], reason: "proof-crashed" | "proof-stuck", error: unknown): void;
};

export class Thread {
  /** Bytes of the checks the thread has before it. */
  bytes = 0;
  private readonly worker: Worker;
  private readonly events: ThreadEvents;
  private readonly limitMs: number;
  private readonly stuckMs: number;
  private readonly posted = new Map<number, { readonly bytes: number; readonly look: number }>();
  private readonly beat = new Int32Array(new SharedArrayBuffer(4));
  private readonly look: NodeJS.Timeout;
  private ready = false;
  private ended = false;
  private lastBeat = 0;
  /** How often it was looked at, and when it was last seen alive or without anything to do. Looks are the clock here:
   * while this side stands still, nothing is held against the thread. */
  private looks = 0;
  private aliveLook = 0;

  constructor({ resolver, limitMs, workerUrl }: ThreadOptions, events: ThreadEvents) {
    this.events = events;
    this.limitMs = limitMs;
    this.stuckMs = Math.max(STUCK_MS_MIN, limitMs);
    const setup: WorkerSetup = { resolver, limitMs, beat: this.beat };
    this.worker = new Worker(workerUrl, {
      workerData: setup,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB_MAX, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.worker.on("message", (answer: Answer) => this.onAnswer(answer));
    this.worker.on("error", (error) => this.end("proof-crashed", error));
    this.worker.on("exit", () => this.end("proof-crashed", null));
    this.look = setInterval(() => this.onLook(), LOOK_MS);
    this.look.unref();
  }

  /** Checks the thread has before it. */
  get busy(): number {
    return this.posted.size;
  }

  post(question: Question): void {
    const bytes = question.raw.length;
    this.posted.set(question.id, { bytes, look: this.looks });
    this.bytes += bytes;
    // The bytes given are a copy of their own: moved, not copied again.
    this.worker.postMessage(question, [question.raw.buffer as ArrayBuffer]);
  }

  async stop(): Promise<void> {
    this.ended = true;
    clearInterval(this.look);
    await this.worker.terminate();
  }

  private onAnswer(answer: Answer): void {
    if (this.ended) return;
    if (answer.kind === "ready") {
      this.ready = true;
      this.aliveLook = this.looks;
      return;
    }
    this.bytes -= this.posted.get(answer.id)?.bytes ?? 0;
    if (this.posted.delete(answer.id)) this.events.answered(answer.id, answer.proof, answer.dns);
  }

  private onLook(): void {
    const beat = Atomics.load(this.beat, 0);
    this.looks += 1;
    const [oldest] = this.posted.values();
    const isOverdue = oldest !== undefined && this.msSince(oldest.look) > this.limitMs + OVERDUE_MS;
    if (isOverdue) this.end("proof-stuck", null);
    else if (beat !== this.lastBeat || (this.ready && this.posted.size === 0)) {
      this.lastBeat = beat;
      this.aliveLook = this.looks;
    } else if (this.msSince(this.aliveLook) > (this.ready ? this.stuckMs : START_MS_MAX)) this.end("proof-stuck", null);
  }

  private msSince(look: number): number {
    return (this.looks - look) * LOOK_MS;
  }

  private end(reason: "proof-crashed" | "proof-stuck", error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.look);
    void this.worker.terminate();
    this.events.lost([...this.posted.keys()], reason, error);
  }
}
