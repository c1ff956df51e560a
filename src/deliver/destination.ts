// One destination as all lanes see it that lead to it in the same way: how it is, by what their attempts came to, and how
// many of them it takes at once. Down from the first attempt that says so until the first that says otherwise, with pauses
// that grow. A server is shared by all who lead to it; whether it takes a sign-in or a policy of encryption only by those
// who come with the same.

import type { AttemptResult, Failure, Urgency } from "../outcome.ts";
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

/** Trouble that keeps attempts back until one of them shows that it is over. */
class Outage {
  /** How an attempt failed last; null: there is no trouble. */
  code: string | null = null;
  stage: Failure["stage"] | null = null;
  private until = 0;
  private pause = 0;

  mayBeTried(underWay: number, at: number): boolean {
    return this.code === null || (underWay === 0 && at >= this.until);
  }

  note(result: AttemptResult, { code, pauseMs }: Meaning, at: number): void {
    this.code = code;
    this.stage = result.kind === "failed" ? result.stage : null;
    this.pause = Math.min(Math.max(this.pause * 2, DOWN_PAUSE_MS), DOWN_PAUSE_MAX_MS);
    this.until = at + Math.max(this.pause, pauseMs);
  }

  end(): void {
    this.code = null;
    this.stage = null;
    this.pause = 0;
  }
}

/** A server, whoever comes to it: its limit, and whether it can be reached and answers. */
export class Server {
  /** Attempts of all lanes under way. */
  underWay = 0;
  readonly outage = new Outage();
  /** Who was served longest ago comes first. */
  private sharers: Sharer[] = [];

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
}

export class Destination {
  readonly server: Server;
  /** That the server does not take us as we come. */
  private readonly entry = new Outage();
  /** Attempts under way of lanes that come in the same way. */
  private underWay = 0;
  private lastGoodAt: number | null = null;

  constructor(server: Server) {
    this.server = server;
  }

  get isDown(): boolean {
    return this.server.outage.code !== null || this.entry.code !== null;
  }

  /** Whether there is room for another attempt: one at a time after the pause while it is down. */
  hasRoom(limit: number, at: number): boolean {
    return this.server.underWay < limit && this.mayBeTried(at);
  }

  /** Others may keep a server busy that does not take us: then only our own attempts count. */
  mayBeTried(at: number): boolean {
    return this.server.outage.mayBeTried(this.server.underWay, at) && this.entry.mayBeTried(this.underWay, at);
  }

  begin(sharer: Sharer): void {
    this.underWay += 1;
    this.server.begin(sharer);
  }

  end(): void {
    this.underWay -= 1;
    this.server.end();
  }

  /** Answers what changed by this attempt; "same" when it was down already, or is well as before. */
  note(result: AttemptResult, meaning: Meaning, at: number): "down" | "up" | "same" {
    const wasDown = this.isDown;
    const { outage } = this.server;
    if (result.kind === "delivered") this.lastGoodAt = at;
    if (!meaning.destinationDown) {
      outage.end();
      this.entry.end();
    } else if (isAboutEntry(result)) {
      this.entry.note(result, meaning, at);
      if (outage.stage === "connect") outage.end(); // it was reached
    } else outage.note(result, meaning, at);
    if (wasDown === this.isDown) return "same";
    return wasDown ? "up" : "down";
  }

  told(queue: string): Health {
    const { code, stage } = this.entry.code === null ? this.server.outage : this.entry;
    return { queue, code, isSignIn: stage === "auth", lastGoodAt: this.lastGoodAt };
  }
}

/** The server does not take this sign-in, or offers no encryption as this queue wants it: another's may do. */
function isAboutEntry(result: AttemptResult): boolean {
  return result.kind === "failed" && (result.stage === "auth" || result.code === "ETLS");
}
