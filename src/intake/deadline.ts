// How long a sender waits for the store: it would give up after ten minutes and come again, so it is told before.

import type { Readable } from "node:stream";

/** The client may wait ten minutes for our answer and would then retry anyway; a store that hangs must not hold it. */
export async function withDeadline<T>(work: Promise<T>, limitMs: number, stream: Readable): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    stream.once("end", () => {
      timer = setTimeout(() => reject(new Error("the store did not answer in time")), limitMs);
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
