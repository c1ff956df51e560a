// Where our own trials end: their lane does with them what it does with any mail, and they go nowhere.

import type { Adapter } from "./adapter.ts";

export function canaryAdapter(): Adapter {
  return {
    concurrency: 1,
    destination: null,
    deliver: () => Promise.resolve({ kind: "delivered", code: "canary" }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
