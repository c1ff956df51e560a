// Where a corrected mail goes, and that taking a correction back restores exactly what was: deliveries, urgency, labels
// and pins, also when a mail was sent to several aliases.

import { expect, test } from "vitest";
import { modelInUse } from "../src/decider/model-in-use.ts";
import { openSqliteStore, type SqliteStore } from "../src/store/sqlite/sqlite.ts";
import { finishOf } from "./support/store-samples.ts";
import { caseOf, claim, correction, decidedMail, undo } from "./support/taught-mail.ts";
import { tempDir } from "./support/temp-dir.ts";

function open(folder: string): Promise<SqliteStore> {
  return openSqliteStore({ folder, mode: "gateway" });
}

/** Delivers what waits for the queue; answers how many. */
async function deliverAll(store: SqliteStore, queue: string): Promise<number> {
  const jobs = await claim(store, queue);
  for (const { id, attempt } of jobs) await store.finish(finishOf(id, attempt));
  return jobs.length;
}

const BACK = { queue: "billing-desk", department: "Billing", type: "billing" } as const;

test("a mail delivered to the wrong queue is delivered elsewhere, and what is on record stays", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  expect(await deliverAll(store, "billing-desk")).toBe(1);
  await store.correct(correction(id));
  expect(await deliverAll(store, "clinical-triage")).toBe(1);
  // Taken back: the first queue has it already, and nobody has said anything new of it.
  await undo(store, id);
  expect(await claim(store, "billing-desk")).toEqual([]);
  expect(await store.balance()).toMatchObject([{ delivered: 1, waiting: 0, held: 0, missing: 0 }]);
});

test("a mail that people send back to a queue it was taken from is delivered there anew", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  await deliverAll(store, "billing-desk");
  await store.correct(correction(id));
  await deliverAll(store, "clinical-triage");
  await store.correct(correction(id, BACK));
  expect(await deliverAll(store, "billing-desk")).toBe(1);
  expect((await caseOf(store, id)).deliveries.map(({ queue, leftAt }) => [queue, leftAt === null])).toEqual([
    ["billing-desk", false],
    ["clinical-triage", false],
    ["billing-desk", true],
  ]);
});

test("a higher urgency of a mail that its queue has already is delivered anew; a lower one is not", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store, ["billing", "access"]);
  await deliverAll(store, "billing-desk");
  await store.correct(correction(id, { ...BACK, urgency: "P1" }));
  const [job, ...others] = await claim(store, "billing-desk");
  expect(others).toEqual([]);
  expect(job?.label).toMatchObject({ urgency: "P1", decidedBy: "override" });
  expect(job?.recipients).toHaveLength(2);
  await store.finish(finishOf(job?.id ?? 0, job?.attempt ?? 0));
  await store.correct(correction(id, { ...BACK, urgency: "P4" }));
  expect(await claim(store, "billing-desk")).toEqual([]);
});

test("an urgency that is taken back holds no longer for what waits", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  const { urgency } = (await caseOf(store, id)).deliveries[0] ?? {};
  await store.correct(correction(id, { ...BACK, urgency: "P1" }));
  expect((await caseOf(store, id)).deliveries).toMatchObject([{ urgency: "P1" }]);
  await undo(store, id);
  expect((await caseOf(store, id)).deliveries).toMatchObject([{ urgency }]);
});

test("what a person has said of the urgency is told from what the gateway found", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const [quiet, told] = [await decidedMail(store), await decidedMail(store, ["billing"], "Subject: c\r\n\r\nd")];
  await store.correct(correction(quiet));
  await store.correct(correction(told, { urgency: "P2" }));
  await store.correct(correction(told, { queue: "access-desk", type: "access" }));
  const rows = await store.overrides(0);
  expect(rows.map(({ saidUrgency }) => saidUrgency)).toEqual([null, "P2", "P2"]);
});

test("the delivery that aliases share is labelled by those that still go there", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store, ["billing", "access"]);
  await store.correct(correction(id, { alias: "billing", urgency: "P1" }));
  const [stays] = await claim(store, "billing-desk");
  expect(stays?.label).toMatchObject({ decidedBy: "scorecard", requestType: "billing" });
  expect(stays?.label.urgency).not.toBe("P1");
  // Before it is carried out a correction in the same queue is the label of both.
  const both = await decidedMail(store, ["billing", "access"], "Subject: e\r\n\r\nf");
  await store.correct(correction(both, { ...BACK, alias: "access", urgency: "P1" }));
  await store.correct(correction(both, { alias: "access" }));
  const [left] = await claim(store, "billing-desk");
  expect(left?.label.decidedBy).not.toBe("override");
  expect(left?.recipients).toMatchObject([{ alias: "billing" }]);
});

test("taking back one alias's correction leaves the other's standing, with what it taught", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store, ["billing", "access"]);
  await store.correct(correction(id, { alias: "billing" }));
  await store.correct(correction(id, { alias: "access", queue: "access-desk", type: "access" }));
  const standing = async () => {
    const lessons = await store.lessons(0, 99);
    const undone = new Set(lessons.map(({ undoes }) => undoes));
    return lessons.filter((lesson) => lesson.by === 1 && !undone.has(lesson.id)).map(({ type }) => type);
  };
  expect(await standing()).toEqual(["access"]);
  // Without an alias only the last act is taken back.
  expect(await undo(store, id)).toMatchObject({ from: ["access-desk"] });
  expect(await standing()).toEqual(["clinical"]);
  expect(await undo(store, id)).toMatchObject({ from: ["clinical-triage"] });
  expect(await standing()).toEqual([]);
});

test("what an operator held stays held when a correction is taken back", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  await store.holdDeliveries({ queue: "billing-desk" }, "by-operator");
  await store.correct(correction(id));
  await undo(store, id);
  expect((await caseOf(store, id)).deliveries[0]).toMatchObject({ state: "held", leftAt: null });
  expect(await claim(store, "billing-desk")).toEqual([]);
});

test("a pin counts until the correction that made it is taken back, and gives way to the one before", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const pin = Buffer.alloc(16, 7);
  const [first, second] = [await decidedMail(store), await decidedMail(store, ["billing"], "Subject: c\r\n\r\nd")];
  await store.correct(correction(first, { pin }));
  const pins = [{ print: "07".repeat(16), type: "clinical", queue: "clinical-triage" }];
  expect((await modelInUse(store)).pins).toEqual(pins);
  await store.correct(correction(second, { pin, queue: "access-desk", type: "access" }));
  expect(await store.pins()).toMatchObject([{ type: "access", queue: "access-desk" }]);
  await undo(store, second);
  expect((await modelInUse(store)).pins).toEqual(pins);
  await undo(store, first);
  expect(await store.pins()).toEqual([]);
  expect(await store.taught()).toMatchObject({ pins: 4 });
});
