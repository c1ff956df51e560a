// All desks together: which of them take messages, which only finish what they have, and which are not ready yet.
// Rules change by new desks taking the place of the old ones, all at once, between two messages.

import type { ModelSetup } from "../classify/adviser.ts";
import { Desk, type DeskOptions, type DeskRules, type Task } from "./desk.ts";
import type { Answer } from "./worker.ts";

const REPLACE_PAUSE_MS = 1000;

export type DesksEvents = {
  answered(task: Task, answer: Exclude<Answer, { kind: "ready" }>): void;
  /** A worker is gone; `task` is the one it was on, `others` are to be decided by another. */
  lost(task: Task | null, others: readonly Task[], reason: "decide-crashed" | "decide-hung"): void;
  /** There may be room for a message. */
  free(): void;
};

/** Desks with other rules, ready to take the place of those at work. */
export type NewShift = AsyncDisposable & {
  /** Takes effect at once; settles when the earlier desks have finished what they had and are gone. */
  begin(): Promise<void>;
};

export class Desks {
  /** How often a worker had to be replaced. */
  replaced = 0;
  private readonly options: DeskOptions;
  private readonly events: DesksEvents;
  private rules: DeskRules;
  private model: ModelSetup | null = null;
  private atWork: Desk[];
  /** Started with other rules and not at work yet. */
  private readonly coming = new Set<Desk>();
  /** Finishing what they have. */
  private readonly leaving = new Set<Desk>();
  private closed = false;

  constructor(options: DeskOptions, rules: DeskRules, workers: number, events: DesksEvents) {
    this.options = options;
    this.rules = rules;
    this.events = events;
    this.atWork = this.newDesks(rules, workers);
  }

  /** Settles when a worker can decide; rejects when the first one cannot even start. */
  get ready(): Promise<void> {
    return Promise.race(this.atWork.map((desk) => desk.ready));
  }

  /** Gives a task to a desk that has room for it; answers whether one had. */
  take(task: Task): boolean {
    const desk = this.atWork.find((each) => each.hasRoom(task.bytes));
    desk?.take(task);
    return desk !== undefined;
  }

  /** Messages from now on are decided with this model. */
  useModel(model: ModelSetup | null): void {
    this.model = model;
    for (const desk of [...this.atWork, ...this.coming, ...this.leaving]) desk.useModel(model);
  }

  /** Starts desks with other rules beside those at work; rejects, changing nothing, when one of them does not start. */
  async prepare(rules: DeskRules): Promise<NewShift> {
    const desks = this.newDesks(rules, this.atWork.length);
    for (const desk of desks) this.coming.add(desk);
    const giveUp = async () => {
      const unused = desks.filter((desk) => this.coming.delete(desk));
      await Promise.all(unused.map((desk) => desk.stop()));
    };
    try {
      await Promise.all(desks.map((desk) => desk.ready));
    } catch (error) {
      await giveUp();
      throw error;
    }
    return { begin: () => this.begin(desks, rules), [Symbol.asyncDispose]: giveUp };
  }

  /** Settles when no desk has a message. */
  async idle(): Promise<void> {
    await Promise.all([...this.atWork, ...this.leaving].map((desk) => desk.idle()));
  }

  async stop(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.atWork, ...this.leaving, ...this.coming].map((desk) => desk.stop()));
  }

  private async begin(desks: readonly Desk[], rules: DeskRules): Promise<void> {
    if (this.closed) return;
    const earlier = this.atWork;
    for (const desk of desks) this.coming.delete(desk);
    for (const desk of earlier) this.leaving.add(desk);
    this.rules = rules;
    this.atWork = [...desks];
    this.replaceEnded();
    await Promise.all(earlier.map((desk) => this.leave(desk)));
  }

  private async leave(desk: Desk): Promise<void> {
    await desk.idle();
    await desk.stop();
    this.leaving.delete(desk);
  }

  private newDesks(rules: DeskRules, count: number): Desk[] {
    return Array.from({ length: count }, () => this.newDesk(rules));
  }

  private newDesk(rules: DeskRules): Desk {
    const desk: Desk = new Desk(
      this.options,
      { ...rules, model: this.model },
      {
        answered: (task, answer) => this.events.answered(task, answer),
        lost: (task, others, reason) => this.lost(desk, task, others, reason),
        free: () => this.events.free(),
      },
    );
    return desk;
  }

  private lost(desk: Desk, task: Task | null, others: readonly Task[], reason: "decide-crashed" | "decide-hung"): void {
    if (this.coming.has(desk)) return; // whoever prepared it is told
    this.replaced += 1;
    this.options.log.error("decider-replaced", { reason, ...(task ? { ref: task.message.ref } : {}) });
    // A worker that dies with nothing before it would die again at once: give it a pause.
    if (task === null) setTimeout(() => this.replaceEnded(), REPLACE_PAUSE_MS);
    else this.replaceEnded();
    this.events.lost(task, others, reason);
  }

  private replaceEnded(): void {
    if (this.closed) return;
    for (const [index, desk] of this.atWork.entries()) if (desk.ended) this.atWork[index] = this.newDesk(this.rules);
    this.events.free();
  }
}
