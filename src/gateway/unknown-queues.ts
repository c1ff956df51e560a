// Deliveries for a queue that the rules no longer name have no lane: they are held, to be seen, instead of waiting for
// ever, and go on by themselves when the rules name the queue again.

import type { RuleSet } from "../config/rules.ts";
import type { Log } from "../log.ts";
import { CANARY_QUEUE } from "../message.ts";
import type { Store } from "../store/store.ts";

const REASON = "no-such-queue";

/** Holds what waits for queues these rules do not name, and lets go on what was held so and is for one they do. */
export async function settleQueues(store: Store, rules: RuleSet, log: Log, now: number): Promise<void> {
  const known = new Set([CANARY_QUEUE, ...rules.queues.map(({ name }) => name)]);
  for (const queue of await store.waitingQueues()) {
    if (known.has(queue)) continue;
    const count = await store.holdDeliveries({ queue }, REASON);
    log.error("held", { queue, count, reason: REASON });
  }
  for (const queue of await store.heldQueues(REASON)) {
    if (!known.has(queue)) continue;
    const count = await store.releaseDeliveries({ queue, reason: REASON }, now);
    log.warn("released", { queue, count, note: "the rules name this queue again" });
  }
}
