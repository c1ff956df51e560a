// A store whose n-th call fails, for fault loops: n = 1, 2, 3 … until a run goes through without the fault.

import { type Store, StoreTrouble } from "../../src/store/store.ts";

export type FailingStore = {
  readonly store: Store;
  /** Calls made so far, the failed one included. */
  calls(): number;
  /** Whether the fault has happened. */
  failed(): boolean;
};

export type Fault = {
  /** `before`: nothing was done. `after`: it was done, and only the answer is lost. */
  readonly when: "before" | "after";
  readonly reason: StoreTrouble["reason"];
};

/**
 * Wraps a store so that its n-th call, counted from 1, of any verb rejects with `StoreTrouble`; all others pass through.
 * Each piece of `readBody` counts as a call. Disposing is never counted and never fails.
 */
export function failingStore(store: Store, n: number, fault: Fault = { when: "before", reason: "full" }): FailingStore {
  let calls = 0;
  const trouble = () => new StoreTrouble(fault.reason, `planted: call ${n} fails`);
  const counted = async (work: () => Promise<unknown>): Promise<unknown> => {
    const mine = ++calls === n;
    if (mine && fault.when === "before") throw trouble();
    const answer = await work();
    if (mine) throw trouble();
    return answer;
  };
  const wrapped = new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function" || typeof name === "symbol") return verb;
      if (name === "readBody") return (messageId: number) => pieces(target.readBody(messageId), counted);
      return (...args: unknown[]) => counted(() => verb.apply(target, args) as Promise<unknown>);
    },
  });
  return { store: wrapped, calls: () => calls, failed: () => calls >= n };
}

async function* pieces(
  body: AsyncIterable<Uint8Array>,
  counted: (work: () => Promise<unknown>) => Promise<unknown>,
): AsyncGenerator<Uint8Array, void, void> {
  const iterator = body[Symbol.asyncIterator]();
  for (;;) {
    const step = (await counted(() => iterator.next())) as IteratorResult<Uint8Array>;
    if (step.done === true) return;
    yield step.value;
  }
}
