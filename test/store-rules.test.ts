// The rule files as they were are kept: what was live last, every set that was ever used, and the same hash again.

import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRules, relativeTo, rulesFromSources } from "../src/config/rules.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { RULES } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";

const A = {
  hash: "a".repeat(16),
  sources: [{ file: "x.yaml", text: "domains: [a]\n" }],
  usedAs: "live",
  at: 1,
} as const;
const B = { hash: "b".repeat(16), sources: [{ file: "y.yaml", text: "ñ \u0000 '" }], usedAs: "live", at: 2 } as const;

test("a new store knows no rules", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  expect(await store.lastRules()).toBeNull();
  expect(await store.rulesOf(A.hash)).toBeNull();
});

test("the set that went live last is known also after a restart, and every earlier one is kept", async () => {
  await using dir = await tempDir();
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    await store.keepRules(A);
    await store.keepRules(B);
    await store.keepRules({ ...B, at: 3 }); // as at a start without a change
    await store.keepRules({ ...A, at: 4 }); // back to the first
    await store.keepRules({ ...B, usedAs: "shadow", at: 5 });
  }
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  expect(await store.lastRules()).toEqual({ hash: A.hash, sources: A.sources, at: 4 });
  expect(await store.rulesOf(B.hash)).toEqual(B.sources);
  await store.keepRules({ ...A, at: 6 });
  expect(await store.lastRules()).toMatchObject({ at: 4 });
});

test("kept files make the same rule set again, with the same hash", () => {
  const loaded = loadRules(RULES);
  if (loaded.kind === "problems") throw new Error("the default rules do not load");
  const kept = relativeTo(RULES, loaded.sources);
  expect(kept.map(({ file }) => join(RULES, file))).toEqual(loaded.sources.map(({ file }) => file));
  const again = rulesFromSources(kept, "");
  if (again.kind === "problems") throw new Error("the kept rules do not load");
  expect(again.rules).toEqual(loaded.rules);
});
