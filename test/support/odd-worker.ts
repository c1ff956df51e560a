// The decide worker itself, with a poison: reading the bytes of a marked mail kills it, hangs it or throws.

import { parentPort } from "node:worker_threads";
import type { Order } from "../../src/decider/worker.ts";

// Listens first, so that a marked question is poisoned before the worker sees it.
parentPort?.on("message", (order: Order) => {
  if ("kind" in order) return;
  for (const question of order) {
    const mark = /^X-Poison: (\w+)/m.exec(Buffer.from(question.raw).toString("latin1", 0, 2000))?.[1];
    if (mark !== undefined) Object.defineProperty(question, "raw", { get: () => act(mark) });
  }
});

function act(mark: string): Uint8Array {
  if (mark === "throws") throw new Error(`choked on a mail of ${mark}`);
  if (mark === "dies") process.exit(1);
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

await import("../../src/decider/worker.ts");
