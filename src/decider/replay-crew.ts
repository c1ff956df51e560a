// Threads that replay mails. One that dies or hangs is replaced, and the mail it was on is named; no other is lost.

import { Worker } from "node:worker_threads";
import type { ModelSetup } from "../classify/adviser.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Judged, ReplayAnswer, ReplayQuestion, ReplaySetup } from "./replay-worker.ts";

/** Batches before a thread, so that it never waits for the main thread between two. */
const AHEAD_BATCHES = 2;

export type CrewOptions = {
  /** Every mail is decided by each of these. */
  readonly ruleSets: readonly RuleSet[];
  readonly model: ModelSetup;
  readonly threads: number;
  /** A mail that takes longer is given up, in milliseconds. */
  readonly limitMs: number;
  /** Another program for the threads, in tests. */
  readonly workerUrl?: URL;
};

export type Crew = AsyncDisposable & {
  /** Batches that keep every thread busy. */
  readonly room: number;
  /** Decides some mails; answers one for each, in their order. Rejects only when threads cannot even start. */
  judge(questions: readonly ReplayQuestion[]): Promise<readonly Judged[]>;
};

type Batch = {
  readonly questions: readonly ReplayQuestion[];
  readonly settle: (judged: readonly Judged[]) => void;
  readonly refuse: (error: unknown) => void;
};

type Seat = {
  readonly worker: Worker;
  /** The first is the one it works on. */
  readonly batches: Batch[];
  ready: boolean;
  gone: boolean;
  clock: NodeJS.Timeout | null;
};

export function startCrew(options: CrewOptions): Crew {
  return new Threads(options);
}

class Threads implements Crew {
  readonly room: number;
  private readonly options: CrewOptions;
  private readonly seats: Seat[];
  private readonly waiting: Batch[] = [];
  private closed = false;

  constructor(options: CrewOptions) {
    this.options = options;
    this.room = options.threads * AHEAD_BATCHES;
    this.seats = Array.from({ length: options.threads }, () => this.newSeat());
  }

  judge(questions: readonly ReplayQuestion[]): Promise<readonly Judged[]> {
    return new Promise((settle, refuse) => {
      this.waiting.push({ questions, settle, refuse });
      this.dispatch();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    for (const { clock } of this.seats) if (clock !== null) clearTimeout(clock);
    await Promise.all(this.seats.map(({ worker }) => worker.terminate()));
  }

  private newSeat(): Seat {
    const url = this.options.workerUrl ?? new URL("./replay-worker.ts", import.meta.url);
    const setup: ReplaySetup = { ruleSets: this.options.ruleSets, model: this.options.model };
    const worker = new Worker(url, { workerData: setup });
    const seat: Seat = { worker, batches: [], ready: false, gone: false, clock: null };
    let reason: unknown = null;
    worker.on("message", (answer: ReplayAnswer) => this.heard(seat, answer));
    worker.on("error", (error) => {
      reason = error;
    });
    worker.on("exit", () => this.lost(seat, "its thread ended", reason));
    return seat;
  }

  private heard(seat: Seat, answer: ReplayAnswer): void {
    if (seat.gone) return;
    if (answer.kind === "ready") seat.ready = true;
    else seat.batches.shift()?.settle(answer.judged);
    this.wind(seat);
    this.dispatch();
  }

  private dispatch(): void {
    for (const seat of this.seats) {
      while (!seat.gone && seat.batches.length < AHEAD_BATCHES) {
        const batch = this.waiting.shift();
        if (batch === undefined) return;
        seat.batches.push(batch);
        seat.worker.postMessage(batch.questions);
        if (seat.batches.length === 1) this.wind(seat);
      }
    }
  }

  /** The clock of the batch that is worked on; compiling the rules does not count. */
  private wind(seat: Seat): void {
    if (seat.clock !== null) clearTimeout(seat.clock);
    const runs = seat.ready && seat.batches.length > 0;
    seat.clock = runs ? setTimeout(() => this.lost(seat, "it took too long", null), this.options.limitMs) : null;
  }

  private lost(seat: Seat, why: string, reason: unknown): void {
    if (seat.gone || this.closed) return;
    seat.gone = true;
    if (seat.clock !== null) clearTimeout(seat.clock);
    void seat.worker.terminate();
    const [begun, ...others] = seat.batches.splice(0);
    if (!seat.ready) {
      for (const batch of [begun, ...others, ...this.waiting.splice(0)]) batch?.refuse(reason ?? new Error(why));
      return;
    }
    this.waiting.unshift(...others);
    if (begun !== undefined) this.giveUp(begun, why);
    this.seats[this.seats.indexOf(seat)] = this.newSeat();
    this.dispatch();
  }

  /** Of several mails the guilty one is found by trying each alone. */
  private giveUp(batch: Batch, why: string): void {
    if (batch.questions.length === 1) return batch.settle([{ kind: "failed", why }]);
    const each = batch.questions.map((question) => this.judge([question]));
    Promise.all(each).then((judged) => batch.settle(judged.flat()), batch.refuse);
  }
}
