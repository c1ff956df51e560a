// Waiting for a condition with a limit, instead of sleeping and hoping.

import { setTimeout as sleep } from "node:timers/promises";

/** Long enough for a loaded two-core machine; a test that waits this long has failed. */
const LIMIT_MS = 20_000;
const POLL_MS = 10;

/** Resolves with the first truthy answer of `condition`; throws, naming `what`, when none comes within `limitMs`. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = LIMIT_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await sleep(POLL_MS);
  }
}
