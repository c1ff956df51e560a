// When deliveries are tried again, and what a failure means.

import { expect, test } from "vitest";
import { judge } from "../src/deliver/failure.ts";
import { GIVE_UP_MS, nextAttemptAt, RETRY_PAUSES_MS } from "../src/deliver/retry.ts";
import type { Failure } from "../src/outcome.ts";

const DAY_MS = 24 * 3_600_000;

test("the schedule is the one the README prints", () => {
  const minutes = RETRY_PAUSES_MS.map((pause) => pause / 60_000);
  expect(minutes).toEqual([0.5, 1, 2, 5, 10, 20, 30, 60]);
  expect(GIVE_UP_MS).toBe(5 * DAY_MS);
});

test("a day of failures is 31 attempts, each later than the one before, with one hour as the longest pause", () => {
  const times = [0];
  for (let attempt = 1; times.at(-1)! < DAY_MS; attempt++) times.push(nextAttemptAt(attempt, times.at(-1)!, 0.5));
  expect(times.length).toBe(31);
  const pauses = times.slice(1).map((time, index) => time - times[index]!);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(Math.max(...pauses)).toBe(3_600_000);
});

test("chance spreads a pause by a tenth to either side", () => {
  expect(nextAttemptAt(1, 1000, 0)).toBe(1000 + 27_000);
  expect(nextAttemptAt(1, 1000, 1)).toBe(1000 + 33_000);
});

const JOB = { attempt: 1, createdAt: 0 };
const failed = (failure: Partial<Failure>) => ({
  kind: "failed" as const,
  stage: "envelope" as const,
  reply: null,
  code: "x",
  ...failure,
});

test.each([
  ["a 5yz on the recipient is held at once", failed({ reply: 550 }), "hold", false],
  ["a 5yz on the content is held at once", failed({ stage: "content", reply: 554 }), "hold", false],
  ["a 4yz waits and is this message's trouble", failed({ reply: 451 }), "wait", false],
  ["421 waits and is the destination's trouble", failed({ reply: 421 }), "wait", true],
  ["a 5yz greeting waits: it is not about the message", failed({ stage: "connect", reply: 554 }), "wait", true],
  [
    "a refused sign-in waits: a wrong password must not shelve mail",
    failed({ stage: "auth", reply: 535 }),
    "wait",
    true,
  ],
  ["no connection waits", failed({ stage: "connect", code: "ECONNREFUSED" }), "wait", true],
  ["a lost connection after the last dot waits", failed({ stage: "content" }), "wait", true],
  ["a message we cannot read waits, and the destination is not to blame", failed({ stage: "ours" }), "wait", false],
  ["nonsense instead of a code waits", failed({ stage: "content", reply: 0 }), "wait", false],
])("%s", (_name, result, kind, destinationDown) => {
  const meaning = judge(result, JOB, 1000, 0.5);
  expect(meaning.next.kind).toBe(kind);
  expect(meaning.destinationDown).toBe(destinationDown);
  expect(meaning.text).not.toBe("");
});

test("after five days of 4yz a delivery is held for a person, never dropped", () => {
  expect(judge(failed({ reply: 451 }), { attempt: 130, createdAt: 0 }, GIVE_UP_MS - 1, 0.5).next.kind).toBe("wait");
  expect(judge(failed({ reply: 451 }), { attempt: 131, createdAt: 0 }, GIVE_UP_MS, 0.5).next).toEqual({
    kind: "hold",
    reason: "gave-up",
  });
});

test("a message we cannot read ourselves is held after three tries, not after five days", () => {
  expect(judge(failed({ stage: "ours" }), { attempt: 2, createdAt: 0 }, 1000, 0.5).next.kind).toBe("wait");
  expect(judge(failed({ stage: "ours" }), { attempt: 3, createdAt: 0 }, 1000, 0.5).next).toEqual({
    kind: "hold",
    reason: "unreadable",
  });
});
