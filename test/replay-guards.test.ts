// Guards under `never:` as they are read and judged: what breaks them, what keeps them, what cannot be said.

import { describe, expect, test } from "vitest";
import { readGuard } from "../src/config/guards.ts";
import { judgeGuards, watchedTypes } from "../src/rulebook/guards.ts";
import { type Answer, startTally } from "../src/rulebook/replay.ts";
import type { Label } from "../src/rulebook/replay-labels.ts";

const TYPES = ["clinical", "billing"];

/** `clinical P2`, `billing`, or `?clinical` for one that goes to review with clinical as the guess. */
function answer(said: string): Answer {
  const [, guess, type = "", urgency = "P4"] = /^(\?)?(\w+)(?: (P\d))?$/.exec(said) ?? [];
  const review = guess === "?";
  return {
    alias: "billing",
    requestType: type,
    urgency: urgency as Answer["urgency"],
    queue: review ? "review" : type,
    department: review ? null : type,
    review,
    decidedBy: "scorecard",
    rules: [],
  };
}

type Case = { readonly before?: string; readonly after: string; readonly label?: Partial<Label> };

function judged(text: string, cases: readonly Case[]) {
  const read = readGuard(text, TYPES);
  if (read.kind === "mistake") throw new Error(read.message);
  const tally = startTally(["clinical"]);
  for (const { before, after, label } of cases) {
    tally.add({
      ref: "mail",
      before: before === undefined ? null : [answer(before)],
      after: [answer(after)],
      label: label === undefined ? null : { type: null, urgency: null, ...label },
    });
  }
  return judgeGuards([read.guard], tally.result(), true)[0];
}

const clinical = { type: "clinical" };
const billing = { type: "billing" };

describe("recall of a type", () => {
  const found: Case[] = [
    { after: "clinical", label: clinical },
    { after: "?billing", label: clinical },
    { after: "billing", label: billing },
  ];

  test("counts what is routed right, and what goes to review whatever the guess", () => {
    expect(judged("clinical recall below 1", found)).toMatchObject({ state: "kept", value: 1 });
    expect(judged("clinical recall below 1", [...found, { after: "billing", label: clinical }])).toMatchObject({
      state: "broken",
      says: "0.666: of 3 labelled clinical, 2 are routed as clinical or go to review (1 to review)",
    });
  });

  test("is kept at the very value", () => {
    const half: Case[] = [
      { after: "clinical", label: clinical },
      { after: "billing", label: clinical },
    ];
    expect(judged("clinical recall below 0.5", half)?.state).toBe("kept");
    expect(judged("clinical recall below 0.51", half)?.state).toBe("broken");
  });

  test("is not judged where no label says the type", () => {
    expect(judged("clinical recall below 0.9", [{ after: "clinical", label: billing }])?.state).toBe("not-judged");
    expect(judged("clinical recall below 0.9", [{ after: "clinical" }])?.state).toBe("not-judged");
  });
});

test("precision of a type counts the labelled mails routed as it, not those in review", () => {
  const cases: Case[] = [
    { after: "billing", label: billing },
    { after: "billing", label: clinical },
    { after: "?billing", label: clinical },
    { after: "billing" },
  ];
  expect(judged("billing precision below 0.6", cases)).toMatchObject({ state: "broken", value: 0.5 });
  expect(judged("billing precision below 0.5", cases)?.state).toBe("kept");
  expect(judged("billing precision below 0.5", [{ after: "billing" }])?.state).toBe("not-judged");
});

test("recall of an urgency counts what is at least as urgent, precision what is exactly so", () => {
  const cases: Case[] = [
    { after: "clinical P1", label: { urgency: "P2" } },
    { after: "clinical P2", label: { urgency: "P2" } },
    { after: "clinical P3", label: { urgency: "P2" } },
    { after: "clinical P1", label: { urgency: "P1" } },
  ];
  expect(judged("P2 recall below 0.7", cases)).toMatchObject({ state: "broken", value: 2 / 3 });
  expect(judged("P1 precision below 0.6", cases)).toMatchObject({ state: "broken", value: 0.5 });
  expect(judged("P2 precision below 1", cases)).toMatchObject({ state: "kept", value: 1 });
});

test("the review share is of all decisions", () => {
  const cases: Case[] = [{ after: "?clinical" }, { after: "clinical" }, { after: "billing" }, { after: "billing" }];
  expect(judged("review share above 0.2", cases)).toMatchObject({ state: "broken", value: 0.25 });
  expect(judged("review share above 0.25", cases)?.state).toBe("kept");
});

test.each([
  ["clinical", "billing", 1],
  ["clinical", "?clinical", 1],
  ["clinical", "?billing", 1],
  ["?clinical", "billing", 1],
  ["?clinical", "?billing", 0],
  ["?clinical", "clinical", 0],
  ["clinical", "clinical", 0],
  ["billing", "clinical", 0],
])("from %s to %s, %d leaves clinical", (before, after, count) => {
  const found = judged("mails leave clinical above 0", [{ before, after }]);
  expect([found?.value, found?.state]).toEqual([count, count > 0 ? "broken" : "kept"]);
});

test("losing urgency is counted, raising it is not", () => {
  const cases: Case[] = [
    { before: "clinical P1", after: "clinical P2" },
    { before: "clinical P4", after: "clinical P1" },
  ];
  expect(judged("mails lose urgency above 0", cases)).toMatchObject({ state: "broken", value: 1 });
  expect(judged("mails lose urgency above 1", cases)?.state).toBe("kept");
  expect(judged("mails lose urgency above 0", [{ after: "clinical" }])?.state).toBe("not-judged");
});

test("watched are clinical, and the types a guard speaks up for", () => {
  const types = TYPES.map((name) => ({ name, rules: [] }));
  const never = ["billing recall below 0.9", "P1 recall below 0.9"].flatMap((text) => {
    const read = readGuard(text, TYPES);
    return read.kind === "guard" ? [read.guard] : [];
  });
  expect(watchedTypes({ types, never })).toEqual(["clinical", "billing"]);
  expect(watchedTypes({ types, never: [] })).toEqual(["clinical"]);
  expect(watchedTypes({ types: types.slice(1), never: [] })).toEqual([]);
});
