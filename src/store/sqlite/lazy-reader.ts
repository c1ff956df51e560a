// The threads that answer questions: started with the first question, replaced when they die.

import { StoreTrouble } from "../store.ts";
import { startThread, type ThreadClient } from "./client.ts";
import type { ThreadTask } from "./thread-words.ts";

export type LazyReader = { readonly get: () => Promise<ThreadClient>; readonly close: () => Promise<void> };

/** The reading thread starts with the first question, so that a gateway nobody asks starts sooner. */
export function lazyReader(task: ThreadTask): LazyReader {
  let reader: Promise<ThreadClient> | null = null;
  let closed = false;
  return {
    async get() {
      if (closed) throw new StoreTrouble("closed", "The store is closed.");
      const started = (reader ??= startThread(task));
      // One that dies is replaced at the next question.
      void started
        .then((client) => client.gone.then(() => (reader = reader === started ? null : reader)))
        .catch(() => null);
      try {
        return await started;
      } catch (error) {
        if (reader === started) reader = null;
        throw error;
      }
    },
    async close() {
      closed = true;
      await (await reader?.catch(() => undefined))?.close();
    },
  };
}
