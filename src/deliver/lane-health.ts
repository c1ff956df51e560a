// How a queue's destination is, by what its lane's attempts came to: down from the first attempt that says so until the first
// that says otherwise, with pauses between tries that grow.

import type { AttemptResult } from "../outcome.ts";
import type { Meaning } from "./failure.ts";

/** A lane whose destination is down tries one message after this pause, doubling up to the longest. */
const DOWN_PAUSE_MS = 1000;
const DOWN_PAUSE_MAX_MS = 30_000;

/** How a queue's destination is. `code`: how it failed last while it is down; null: it is not known to be. */
export type Health = {
  readonly queue: string;
  readonly code: string | null;
  /** It does not accept our sign-in: nobody but us can mend that. */
  readonly isSignIn: boolean;
  /** When it took something last; null: never since the start. */
  readonly lastGoodAt: number | null;
};

export class LaneHealth {
  /** When a destination that is down may be tried next. */
  downUntil = 0;
  private pause = 0;
  private trouble: Pick<Health, "code" | "isSignIn"> = WELL;
  private lastGoodAt: number | null = null;
  private readonly queue: string;

  constructor(queue: string) {
    this.queue = queue;
  }

  get isDown(): boolean {
    return this.trouble.code !== null;
  }

  /** Answers what changed by this attempt; "same" when it was down already, or is well as before. */
  note(result: AttemptResult, { code, destinationDown, pauseMs }: Meaning, at: number): "down" | "up" | "same" {
    const wasDown = this.isDown;
    if (result.kind === "delivered") this.lastGoodAt = at;
    if (!destinationDown) {
      this.pause = 0;
      this.trouble = WELL;
      return wasDown ? "up" : "same";
    }
    this.trouble = { code, isSignIn: result.kind === "failed" && result.stage === "auth" };
    this.pause = Math.min(Math.max(this.pause * 2, DOWN_PAUSE_MS), DOWN_PAUSE_MAX_MS);
    this.downUntil = at + Math.max(this.pause, pauseMs);
    return wasDown ? "same" : "down";
  }

  told(): Health {
    return { queue: this.queue, ...this.trouble, lastGoodAt: this.lastGoodAt };
  }
}

const WELL = { code: null, isSignIn: false } as const;
