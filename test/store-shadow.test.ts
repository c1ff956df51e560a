// What rules that are only tried out would have decided is kept beside the outcomes, for good, and counted.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import type { Outcome, Shadow, ShadowOutcome } from "../src/outcome.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { acceptedIn, decidedOf, NOW, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const HASH = "00112233445566aa";
const SAME: ShadowOutcome = {
  alias: "billing",
  requestType: "billing",
  urgency: "P3",
  queue: "desk",
  review: false,
  decidedBy: "scorecard",
  rules: ["payment-plan", "billing-desk"],
};

test("a decision with a shadow answer is found again with it; one without has none", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const tried = await decided(store, [SAME]);
  const plain = await decided(store, null);
  expect((await store.find(tried))?.shadows).toEqual([{ ...SAME, rulesHash: HASH }]);
  expect((await store.find(plain))?.shadows).toEqual([]);
  expect(await store.shadows(0)).toEqual({ asked: 1, first: NOW + 5, last: NOW + 5, groups: [] });
});

test("of a mail to two aliases each has its own answer", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const access: ShadowOutcome = { ...SAME, alias: "access", queue: "other", rules: ["payment-plan", "new"] };
  const ref = await decided(store, [SAME, access], { aliases: ["billing", "access"] });
  expect((await store.find(ref))?.shadows.map(({ alias, queue }) => [alias, queue])).toEqual([
    ["billing", "desk"],
    ["access", "other"],
  ]);
  expect((await store.shadows(0)).asked).toBe(2);
  expect((await store.shadows(0)).groups).toEqual([
    {
      live: { requestType: "billing", urgency: "P3", queue: "desk", review: false },
      shadow: { requestType: "billing", urgency: "P3", queue: "other", review: false },
      onlyRules: ["new"],
      count: 1,
      refs: [ref],
    },
  ]);
});

test("whatever differs is a group of its own: type, urgency, queue, review, and a rule that spoke only here", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const others: readonly Partial<ShadowOutcome>[] = [
    { requestType: "access" },
    { requestType: null },
    { urgency: "P1" },
    { queue: "elsewhere" },
    { review: true },
    { rules: [...SAME.rules, "tried"] },
  ];
  for (const other of others) await decided(store, [{ ...SAME, ...other }]);
  await decided(store, [{ ...SAME, rules: [] }]);
  const { asked, groups } = await store.shadows(0);
  expect([asked, groups.length]).toEqual([others.length + 1, others.length]);
  expect(groups.map(({ onlyRules }) => onlyRules)).toContainEqual(["tried"]);
});

test("the newest five are named, and what was decided before is not counted", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const refs: string[] = [];
  for (let hour = 0; hour < 8; hour++) {
    refs.push(await decided(store, [{ ...SAME, queue: "elsewhere" }], { at: NOW + hour * 3_600_000 }));
  }
  const { asked, first, last, groups } = await store.shadows(NOW + 3_600_000);
  expect({ asked, first, last }).toEqual({ asked: 7, first: NOW + 3_600_000, last: NOW + 7 * 3_600_000 });
  expect(groups).toMatchObject([{ count: 7, refs: refs.slice(3).reverse() }]);
});

test("deciding twice keeps the first shadow answer", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { messageId, ref, routings } = await acceptedIn(store, {});
  const routingId = routings[0]?.kind === "new" ? routings[0].routingId : 0;
  for (const queue of ["first", "second"]) {
    const outcomes = [{ routingId, outcome: outcomeOf("billing", "desk"), leaseTo: null }];
    const mail = decidedOf(messageId ?? 0, outcomes);
    const shadow: Shadow = { rulesHash: HASH, outcomes: [{ ...SAME, queue }] };
    await store.record({ ...mail, decided: { ...mail.decided, shadow } });
  }
  expect((await store.find(ref))?.shadows).toMatchObject([{ queue: "first" }]);
});

test("a shadow answer can be neither changed nor deleted, and must be a legal one", async () => {
  await using dir = await tempDir();
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    await decided(store, [SAME]);
  }
  const db = new Database(join(dir.path, "mailward.db"));
  expect(() => db.exec("update shadows set queue = 'x'")).toThrow("never changed");
  expect(() => db.exec("delete from shadows")).toThrow("never deleted");
  const copy = (column: string, value: string) => () =>
    db.exec(`insert into shadows select ${columnsBut(db, column, value)} from shadows`);
  expect(copy("routing_id", "99")).toThrow("FOREIGN KEY");
  expect(copy("urgency", "'P5'")).toThrow("CHECK");
  db.close();
});

function columnsBut(db: Database.Database, column: string, value: string): string {
  const names = db.prepare("select name from pragma_table_info('shadows')").pluck().all() as string[];
  return names.map((name) => (name === column ? value : name)).join(", ");
}

type Given = { readonly aliases?: readonly string[]; readonly at?: number; readonly live?: Partial<Outcome> };

/** Accepts a mail and decides it for the desk, with this answer of rules tried out; answers its reference. */
async function decided(store: Store, tried: readonly ShadowOutcome[] | null, given: Given = {}): Promise<string> {
  const { aliases = ["billing"], at = NOW + 5, live = {} } = given;
  const { messageId, ref, routings } = await acceptedIn(store, { aliases });
  const outcomes = routings.map((routing, place) => ({
    routingId: routing.kind === "new" ? routing.routingId : 0,
    outcome: { ...outcomeOf(aliases[place] ?? "", "desk"), ...live },
    leaseTo: null,
  }));
  const mail = decidedOf(messageId ?? 0, outcomes, at);
  const shadow: Shadow | null = tried === null ? null : { rulesHash: HASH, outcomes: tried };
  await store.record({ ...mail, decided: { ...mail.decided, shadow } });
  return ref;
}
