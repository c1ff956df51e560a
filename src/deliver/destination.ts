// One destination as all lanes that lead to it see it: how it is, by what their attempts came to, and how many of them it
// takes at once. Down from the first attempt that says so until the first that says otherwise, with pauses that grow.

import type { AttemptResult, Urgency } from "../outcome.ts";
import type { Meaning } from "./failure.ts";

/** A destination that is down is tried with one message after this pause, doubling up to the longest. */
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

/** A lane, as its destination knows it. */
export type Sharer = {
  /** How urgent its next message is; null: it has none. */
  readonly next: () => Urgency | null;
  readonly pump: () => void;
};

export class Destination {
  /** Attempts of all lanes under way. */
  underWay = 0;
  /** When it may be tried next, once it is down. */
  downUntil = 0;
  private pause = 0;
  private trouble: Pick<Health, "code" | "isSignIn"> = WELL;
  private lastGoodAt: number | null = null;
  /** Who was served longest ago comes first. */
  private sharers: Sharer[] = [];

  get isDown(): boolean {
    return this.trouble.code !== null;
  }

  join(sharer: Sharer): void {
    this.sharers.push(sharer);
  }

  leave(sharer: Sharer): void {
    this.sharers = this.sharers.filter((each) => each !== sharer);
  }

  begin(sharer: Sharer): void {
    this.underWay += 1;
    this.leave(sharer);
    this.join(sharer);
  }

  /** There is room for another: the most urgent goes first, then who has waited longest for a turn. */
  end(): void {
    this.underWay -= 1;
    if (this.sharers.length === 1) return this.sharers[0]?.pump();
    const waiting = this.sharers.flatMap((sharer) => {
      const urgency = sharer.next();
      return urgency === null ? [] : [{ sharer, urgency }];
    });
    waiting.sort((a, b) => (a.urgency < b.urgency ? -1 : Number(a.urgency > b.urgency)));
    for (const { sharer } of waiting) sharer.pump();
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

  told(queue: string): Health {
    return { queue, ...this.trouble, lastGoodAt: this.lastGoodAt };
  }
}

const WELL = { code: null, isSignIn: false } as const;
