// What people mean by where a mail lies in the folders of queues.

import { expect, test } from "vitest";
import { type Lying, movesOf } from "../src/follow-up/desk-moves.ts";

const QUEUES: Readonly<Record<string, string>> = { A: "billing-desk", B: "clinical-triage", C: "access-desk" };
const queueOf = (folder: string): string | null => QUEUES[folder] ?? null;

function lying(folder: string, seenAt: number, over: Partial<Lying> = {}): Lying {
  const origin = { account: "desk", folder, uidValidity: "1", uid: seenAt };
  return { ...origin, deliveryId: null, seenAt, goneAt: null, ...over };
}

const billing = { alias: "billing", queue: "billing-desk", deliveryId: 1 };
const own = (over: Partial<Lying> = {}) => lying("A", 1, { deliveryId: 1, ...over });
const moves = (places: readonly Lying[], routings = [billing]) => movesOf({ places, routings }, queueOf);

const NOTHING: Readonly<Record<string, readonly Lying[]>> = {
  "it lies where it should": [own()],
  "it has not arrived there yet": [lying("B", 5)],
  "it was thrown away": [own({ goneAt: 9 })],
  "it was copied": [own(), lying("B", 5)],
  "it was archived, and another copy had been left in a folder before": [lying("B", 1), own({ seenAt: 3, goneAt: 9 })],
  "it was moved on to a folder of no queue": [own({ goneAt: 9 }), lying("Archive", 5)],
  "it was moved and thrown away": [own({ goneAt: 9 }), lying("B", 5, { goneAt: 12 })],
  "its folder has new UIDs": [own({ goneAt: 9 }), lying("A", 5)],
};

test.each(Object.entries(NOTHING))("nothing is meant when %s", (_, places) => {
  expect(moves(places)).toEqual([]);
});

test("gone from its folder and come into another queue's, it was moved", () => {
  const [move] = moves([own({ goneAt: 9 }), lying("B", 5)]);
  expect(move).toEqual({
    aliases: ["billing"],
    queue: "clinical-triage",
    lies: { account: "desk", folder: "B", uidValidity: "1", uid: 5 },
  });
});

test("moved on, it is where it came last", () => {
  expect(moves([own({ goneAt: 9 }), lying("B", 5), lying("C", 6)])[0]?.queue).toBe("access-desk");
});

test("a mail for two queues moves for that one whose folder it has left", () => {
  const routings = [billing, { alias: "access", queue: "access-desk", deliveryId: 2 }];
  const other = lying("C", 1, { deliveryId: 2, uid: 7 });
  const [move, ...more] = moves([own({ goneAt: 9 }), other, lying("B", 5)], routings);
  expect(move).toMatchObject({ aliases: ["billing"], queue: "clinical-triage" });
  expect(more).toEqual([]);
  // Into the folder of the other queue that has it: nothing new.
  expect(moves([own({ goneAt: 9 }), other, lying("C", 5)], routings)).toEqual([]);
});
