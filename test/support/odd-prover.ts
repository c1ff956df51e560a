// The prover's thread itself, with a poison: a marked mail kills it, hangs it or is never answered.

import { parentPort } from "node:worker_threads";
import type { Question } from "../../src/proof/worker.ts";

// Listens first, so that a marked question is poisoned before the thread sees it.
parentPort?.on("message", (question: Question) => {
  const mark = /^X-Poison: (\w+)/m.exec(Buffer.from(question.raw).toString("latin1", 0, 2000))?.[1];
  if (mark === "dies") process.exit(1);
  if (mark === "throws") throw new Error("choked on a mail");
  if (mark === "hangs") for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});

await import("../../src/proof/worker.ts");
