// How long one side waits for another: a sender for the store (it would give up after ten minutes and come again, so it is
// told before), and we for a far end that may never answer.

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

/** The far end has not answered in time. */
export class Silent extends Error {
  readonly code = "silent";
}

/** The same promise, or `Silent` when it takes longer; what it was waiting for must then be closed by the caller. */
export async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Silent("no answer in time")), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
