// What people teach, in the store: a correction is a delivery, a record and a lesson at once, can be taken back exactly,
// and the model that has learnt something goes live only when it loses nothing.

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { numbersOf } from "../src/classify/bayes.ts";
import { TaughtModel } from "../src/decider/taught.ts";
import { readStarter } from "../src/rulebook/starter.ts";
import { openSqliteStore, type SqliteStore } from "../src/store/sqlite/sqlite.ts";
import { finishOf, NOW } from "./support/store-samples.ts";
import { caseOf, claim, correction, decidedMail } from "./support/taught-mail.ts";
import { tempDir } from "./support/temp-dir.ts";

function open(folder: string): Promise<SqliteStore> {
  return openSqliteStore({ folder, mode: "gateway" });
}

test("a correction sends the mail elsewhere, marks the old delivery, and says who and why", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  const done = await store.correct(correction(id, { urgency: "P1" }));
  expect(done).toEqual({ kind: "corrected", from: ["billing-desk"], labelId: 1 });
  expect(await claim(store, "billing-desk")).toEqual([]);
  const [job] = await claim(store, "clinical-triage");
  expect(job?.label).toMatchObject({
    queue: "clinical-triage",
    requestType: "clinical",
    urgency: "P1",
    decidedBy: "override",
  });
  expect(job?.recipients).toMatchObject([{ alias: "billing" }]);
  const found = await caseOf(store, id);
  expect(found.overrides).toMatchObject([
    { by: "maria", reason: "a rash is no bill", queue: "clinical-triage", undone: false },
  ]);
  expect(found.deliveries.map(({ queue, leftAt }) => [queue, leftAt])).toEqual([
    ["billing-desk", NOW + 100],
    ["clinical-triage", null],
  ]);
  expect(found.outcomes[0]).toMatchObject({ queue: "billing-desk", deliveryState: "leased" });
  expect(await store.balance()).toMatchObject([{ accepted: 1, waiting: 1, held: 0, missing: 0 }]);
  expect(await store.counts()).toMatchObject({ waiting: 0, leased: 1, held: 0 });
});

test("the same correction again changes nothing", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  await store.correct(correction(id));
  const before = await caseOf(store, id);
  expect(await store.correct(correction(id, { at: NOW + 200 }))).toEqual({ kind: "same" });
  expect(await caseOf(store, id)).toEqual(before);
  expect(await store.taught()).toMatchObject({ last: 1 });
});

test("a confirmation of what was decided is on record, teaches, moves nothing, and can be taken back", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  const confirming = correction(id, { queue: "billing-desk", type: "billing", reason: "right" });
  expect(await store.correct(confirming)).toEqual({ kind: "corrected", from: [], labelId: 1 });
  expect(await store.correct(confirming)).toEqual({ kind: "same" });
  const found = await caseOf(store, id);
  expect(found.overrides).toMatchObject([{ queue: "billing-desk", reason: "right" }]);
  expect(found.deliveries).toMatchObject([{ queue: "billing-desk", leftAt: null, state: "waiting" }]);
  await store.undoCorrection({ messageId: id, alias: null, at: NOW + 300, by: "maria", reason: "no" });
  expect(await store.lessons(0, 9)).toMatchObject([{ by: 1 }, { by: -1, undoes: 1 }]);
  expect(await claim(store, "billing-desk")).toHaveLength(1);
});

test("another correction untrains exactly what the first taught; taking all back leaves the starter, bit for bit", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const starter = readStarter().model(await store.modelKey());
  const id = await decidedMail(store);
  await store.correct(correction(id));
  await store.correct(correction(id, { queue: "access-desk", type: "access" }));
  const undo = { messageId: id, alias: null, at: NOW + 300, by: "maria", reason: "no" };
  expect((await TaughtModel.open(store, 3)).model.mails).toEqual(
    starter.mails.map((mails, at) => mails + Number(starter.classes[at] === "access")),
  );
  // Back to what the first correction said, and what it taught.
  expect(await store.undoCorrection(undo)).toMatchObject({ kind: "corrected", from: ["access-desk"] });
  const { last } = await store.taught();
  expect((await TaughtModel.open(store, last)).model.mails).toEqual(
    starter.mails.map((mails, at) => mails + Number(starter.classes[at] === "clinical")),
  );
  expect(await claim(store, "access-desk")).toEqual([]);
  expect(await claim(store, "clinical-triage")).toHaveLength(1);
  expect(await store.undoCorrection(undo)).toMatchObject({ kind: "corrected", from: ["clinical-triage"] });
  const end = await TaughtModel.open(store, (await store.taught()).last);
  expect(numbersOf(end.model)).toEqual(numbersOf(starter));
  expect(await claim(store, "billing-desk")).toHaveLength(1);
  expect(await store.undoCorrection(undo)).toEqual({ kind: "nothing-to-undo" });
});

test("an attempt under way is finished, and what it could not deliver is not tried again", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store);
  const [job] = await claim(store, "billing-desk");
  await store.correct(correction(id));
  await store.finish(finishOf(job?.id ?? 0, 1, { kind: "wait", until: NOW + 500 }));
  expect(await claim(store, "billing-desk")).toEqual([]);
  expect(await store.operate({ verb: "retry", filter: { queue: "billing-desk" }, at: NOW, by: "x", reason: "" })).toBe(
    0,
  );
  expect(await store.releaseDeliveries({}, NOW)).toBe(0);
  expect(await store.deliveries({ limit: 10 })).toMatchObject([{ queue: "clinical-triage" }]);
});

test("only the alias that is named moves; the delivery that others share stays", async () => {
  await using dir = await tempDir();
  await using store = await open(dir.path);
  const id = await decidedMail(store, ["billing", "access"]);
  expect(await store.correct(correction(id, { alias: "access" }))).toMatchObject({ from: ["billing-desk"] });
  const [stays] = await claim(store, "billing-desk");
  expect(stays?.recipients).toMatchObject([{ alias: "billing" }]);
  const [moved] = await claim(store, "clinical-triage");
  expect(moved?.recipients).toMatchObject([{ alias: "access" }]);
  expect(await store.correct(correction(id, { alias: "nobody" }))).toEqual({ kind: "unknown-alias" });
  expect(await store.correct(correction(id + 1))).toEqual({ kind: "undecided" });
});

test("after a crash a correction is there whole or not at all, and said again it is done", async () => {
  await using dir = await tempDir();
  for (let round = 0; round < 6; round++) {
    const store = await open(dir.path);
    const id = await decidedMail(store, ["billing"], `Subject: ${round}\r\n\r\nb`);
    const cut = store.correct(correction(id, { pin: Buffer.alloc(16, round) })).catch(() => null);
    await sleep(round);
    await store.crash();
    await cut;
    await store[Symbol.asyncDispose]();
    await using again = await open(dir.path);
    const { overrides } = await caseOf(again, id);
    const lessons = (await again.lessons(0, 100)).filter(({ messageId }) => messageId === id);
    const pins = (await again.pins()).filter(({ print }) => print[0] === round);
    expect([lessons.length, pins.length]).toEqual([overrides.length, overrides.length]);
    await again.correct(correction(id, { pin: Buffer.alloc(16, round) }));
    expect((await caseOf(again, id)).overrides).toHaveLength(1);
  }
});
