// When a delivery is tried again. Time and chance are arguments.

const MINUTE_MS = 60_000;

/**
 * The pauses after the first, second, … failed attempt; the last one repeats. Short at first, because most trouble is a
 * restart of the far end and a clinical mail should not wait for it.
 */
export const RETRY_PAUSES_MS: readonly number[] = [
  0.5 * MINUTE_MS,
  1 * MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  20 * MINUTE_MS,
  30 * MINUTE_MS,
  60 * MINUTE_MS,
];

/** After this long a delivery is held for a person (RFC 5321 4.5.4.1 asks for four to five days). It is never dropped. */
export const GIVE_UP_MS = 5 * 24 * 60 * MINUTE_MS;

/**
 * When the next attempt is due.
 * @param attempt the number of the attempt that failed, 1 for the first
 * @param now milliseconds
 * @param chance 0 up to 1: spreads attempts over 20 % of the pause, so that a far end coming back is not met by all at once
 */
export function nextAttemptAt(attempt: number, now: number, chance: number): number {
  const pause = RETRY_PAUSES_MS[Math.min(attempt, RETRY_PAUSES_MS.length) - 1] ?? MINUTE_MS;
  return now + Math.round(pause * (0.9 + 0.2 * chance));
}
