// Time for tests of retries: the clock stands still until it is moved, and the loops' timers tick when a test says so.

import { vi } from "vitest";
import { until } from "./wait.ts";

export type DrivenClock = {
  readonly now: () => number;
  advance(ms: number): void;
};

/** A clock that begins at the present and only moves when told. */
export function drivenClock(): DrivenClock {
  let at = Date.now();
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}

/** From here on the periodic looks of every loop started later happen only in `soon`. Undone by `vi.useRealTimers()`. */
export function driveLoops(): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
}

/** Waits for a condition while the loops tick as fast as they can. */
export function soon<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  return until(what, () => {
    vi.advanceTimersByTime(1000);
    return condition();
  });
}
