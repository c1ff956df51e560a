// The watch over one folder, by sessions made up here: how soon it connects again, and that no look for holes is forgotten. And
// what is remembered of mail that could not be fetched.

import { expect, test } from "vitest";
import { batchAt, groupsOf } from "../src/intake/imap-fetch.ts";
import type { ImapSession } from "../src/intake/imap-session.ts";
import { type SessionHooks, watchFolder } from "../src/intake/imap-watch.ts";
import { Unfetched } from "../src/intake/unfetched.ts";
import { until } from "./support/wait.ts";

const HOUR = 3600_000;

function watching(sessions: (hooks: SessionHooks, nth: number) => Partial<ImapSession>) {
  const waits: number[] = [];
  let opened = 0;
  const watch = watchFolder({
    account: "desk",
    folder: "INBOX",
    pollMs: 20,
    tokenExpiresAt: () => null,
    unreadable: () => 0,
    now: Date.now,
    chance: () => 0,
    onUp: () => undefined,
    onDown: (_code, retryMs) => waits.push(retryMs),
    open: (hooks) =>
      Promise.resolve({
        sync: () => Promise.resolve(0),
        reconcile: () => Promise.resolve(0),
        isReconcileDue: () => Promise.resolve(false),
        hasNews: () => Promise.resolve(false),
        idle: () => undefined,
        closed: new Promise<void>(() => undefined),
        [Symbol.asyncDispose]: () => Promise.resolve(),
        ...sessions(hooks, opened++),
      }),
  });
  return { watch, waits };
}

test("a long fetch that is cut off again and again goes on soon, one that gets nowhere waits longer and longer", async () => {
  const cut = (progress: boolean) => (hooks: SessionHooks, nth: number) => ({
    async sync() {
      if (progress) hooks.onProgress(64 * (nth + 1), 1000);
      throw new Error("cut off");
    },
  });
  for (const [progress, expected] of [
    [true, [500, 500, 500]],
    [false, [500, 1000, 2000]],
  ] as const) {
    const { watch, waits } = watching(cut(progress));
    await using _ = watch;
    await until("it was cut off three times", () => waits.length >= 3);
    expect(waits.slice(0, 3)).toEqual(expected);
    expect(watch.status().fetching === null).toBe(!progress);
  }
});

test("a look for holes that is lost in the middle is done on the next connection, and then not again", async () => {
  let looks = 0;
  const { watch } = watching(() => ({
    async reconcile() {
      looks += 1;
      if (looks === 1) throw new Error("lost");
      return 1;
    },
  }));
  await using _ = watch;
  watch.reconcile();
  await until("it is done", () => looks === 2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([looks, watch.status().fetched]).toEqual([2, 1]);
});

test("a mail that fails with others twice comes alone, and is left after three times alone", () => {
  const unfetched = new Unfetched();
  unfetched.begin("1");
  const batch = (at: number) => batchAt([1, 2, 3, 4], at, (uid) => unfetched.isSuspect(uid));
  expect(unfetched.failed([1, 2, 3], 0)).toBe(false);
  expect(batch(0)).toEqual([1, 2, 3, 4]);
  unfetched.failed([1, 2, 3], 0);
  expect([batch(0), batch(1), batch(3)]).toEqual([[1], [2], [4]]);
  unfetched.settled([1, 3]);
  expect([batch(0), batch(2)]).toEqual([[1], [3, 4]]);
  expect([1, 2, 3].map(() => unfetched.failed([2], 0))).toEqual([false, false, true]);
  expect([unfetched.isLeft(2), unfetched.unreadable]).toEqual([true, 1]);
});

test("what is fetched together is no more than 4 MB", () => {
  const mails = Array.from({ length: 64 }, (_, uid) => ({ uid, size: 128 * 1024 }));
  expect(groupsOf(mails).map((group) => group.length)).toEqual([32, 32]);
  expect(groupsOf(mails).flat()).toEqual(mails.map(({ uid }) => uid));
  expect(groupsOf([])).toEqual([]);
});

test("a mail that was left is tried once more after an hour or when somebody asks; what we refuse is not", () => {
  const unfetched = new Unfetched();
  unfetched.begin("1");
  unfetched.leave(1, "unreadable", 0);
  unfetched.leave(2, "refused", 0);
  const toTry = (now: number) => [1, 2, 3].filter((uid) => unfetched.isToTry(uid, now));
  expect([toTry(HOUR - 1), toTry(HOUR)]).toEqual([[3], [1, 3]]);
  unfetched.forgive();
  expect(toTry(1)).toEqual([1, 3]);
  expect(unfetched.failed([1], 1)).toBe(true);
  expect(toTry(HOUR)).toEqual([3]);
  unfetched.keepOnly([2]);
  expect([unfetched.unreadable, unfetched.isLeft(2)]).toEqual([0, true]);
  unfetched.begin("2");
  expect(unfetched.isLeft(2)).toBe(false);
});
