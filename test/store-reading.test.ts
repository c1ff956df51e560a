// What was read of a mail is kept for good, and a store of version 1 keeps what it holds.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { NO_PROOF, type Proof } from "../src/message.ts";
import type { Outcome, Reading } from "../src/outcome.ts";
import { readMigrations } from "../src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { acceptedIn, decidedIn, decidedOf, NOW, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const PROOF: Proof = {
  source: "checked",
  spf: { result: "pass", domain: "example.org" },
  dkim: [{ result: "fail", domain: "example.org", selector: "s1" }],
  dmarc: { result: "pass", domain: "example.org", policy: "reject" },
  arc: { result: "none", domain: "" },
};

const READING: Reading = {
  kind: "form",
  originalSender: "Ana.Ruiz@example.org",
  forwarder: "desk@hospital.example",
  forwardTier: "inline",
  confidence: 0.75,
  staff: "dmarc",
  language: "es",
  fields: [{ field: "facility", value: "Norte «2»", span: { field: "text", start: 3, end: 12 } }],
  refusals: [{ sign: "list", where: "list-id" }],
  failures: [{ recipient: "x@example.net", status: "5.1.1", action: null }],
  proof: PROOF,
  defects: ["html-cut"],
};

test("what was read comes back as it was, with its outcome's missing fields, and labels the jobs", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const ref = await decidedIn(store, {}, READING, { missing: ["date of service", "facility"] });
  const found = await store.find(ref);
  expect(found?.reading).toEqual(READING);
  expect(found?.outcomes[0]?.outcome.missing).toEqual(["date of service", "facility"]);
  const [job] = await store.claim({ queue: "desk", owner: "me", now: NOW + 9, leaseUntil: NOW + 99, limit: 1 });
  expect(job?.label.proof).toEqual(PROOF);
});

test("a mail of which nothing was found or proven says so", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const found = await store.find(await decidedIn(store));
  const nothing = { fields: [], refusals: [], failures: [], defects: [] };
  expect(found?.reading).toMatchObject({ proof: NO_PROOF, ...nothing });
});

test("evidence that is no rule names no rule", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const evidence: Outcome["evidence"] = [
    { kind: "thread", ref: "MW-000012", by: "token", type: "billing", sure: true },
    {
      kind: "field",
      field: "type",
      value: "Bill",
      type: "billing",
      span: { field: "text", start: 0, end: 4 },
    },
    { kind: "contradiction", field: "type", says: "billing", textSays: "clinical" },
    { kind: "department", rule: "billing-desk", department: "accounts" },
  ];
  await decidedIn(store, {}, {}, { evidence });
  const [row] = await store.outcomes({ limit: 1 });
  expect(row?.rules).toEqual(["billing-desk"]);
  expect(row?.outcome.evidence).toEqual(evidence);
});

test("the first reading of a mail stays, whatever is decided later for what was held", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { messageId, ref, routings } = await acceptedIn(store, { aliases: ["billing", "access"] });
  for (const [place, language] of ["es", "en"].entries()) {
    const routing = routings[place];
    const routingId = routing?.kind === "new" ? routing.routingId : 0;
    const mail = decidedOf(messageId ?? 0, [{ routingId, outcome: outcomeOf("billing", "desk"), leaseTo: null }]);
    await store.record({ ...mail, decided: { ...mail.decided, language } });
  }
  expect((await store.find(ref))?.reading?.language).toBe("es");
  expect(await store.earlier(["<a@example.org>"])).toHaveLength(1);
});

test("readings and secrets can be neither changed nor deleted", async () => {
  await using dir = await tempDir();
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    await decidedIn(store);
    await store.threadKey();
  }
  const db = new Database(join(dir.path, "mailward.db"));
  const refused = (sql: string) => expect(() => db.exec(sql)).toThrow(/never (changed|deleted)/);
  refused("update readings set language = 'fr'");
  refused("delete from readings");
  refused("update secrets set value = zeroblob(32)");
  refused("delete from secrets");
  db.close();
});

/** A store as version 1 left it: a mail decided for two aliases, delivered to one, and a mail still to be decided. */
function versionOneStore(folder: string): void {
  const db = new Database(join(folder, "mailward.db"));
  db.exec(readMigrations()[0]?.sql ?? "");
  const why = { v: 1, scores: [], evidence: [], decision: { kind: "route", queue: "desk", department: "accounts" } };
  db.exec(`
    insert into body_chunks values (1048576, x'78'), (2097152, x'78');
    insert into messages select value, value, 1, 'smtp', ${NOW}, '192.0.2.7', 'mx', 1, null, 'Ana@example.org', 0, 1,
      null, null, 1, 'abc', '<old@example.org>' from json_each('[1, 2]');
    insert into routings values
      (1024, 1, 'billing', 'b@x', '', '', null, 'decided', null, 1), (1025, 1, 'access', 'a@x', '', '', null, 'decided',
      null, 1), (2048, 2, 'billing', 'b@x', '', '', null, 'deciding', null, 1);
    insert into accounts values ('billing', 2), ('access', 1);
    insert into deliveries values
      (1, 1, 1024, 'desk', 'P3', 'delivered', 1, 1, 1, null, null, 0, null),
      (2, 1, 1025, 'help', 'P3', 'waiting', 0, 1, 1, null, null, 0, null);
    insert into outcomes select 1023 + value, value, ${NOW}, 'billing', 'billing', 'P3', 'accounts', 'desk', 0, 'alias',
      '[]', 'hash', 7, 'auto-reply', 'ana.ruiz@example.org', '["no-sender"]', '${JSON.stringify(why)}'
      from json_each('[1, 2]');`);
  db.pragma("user_version = 1");
  db.close();
}

test("a store of version 1 keeps all it holds, and its mails have a reading", async () => {
  await using dir = await tempDir();
  versionOneStore(dir.path);
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const [first] = await store.outcomes({ limit: 1 });
  const found = await store.find(first?.ref ?? "");
  expect(found?.reading).toEqual({
    kind: "auto-reply",
    originalSender: "ana.ruiz@example.org",
    forwarder: null,
    forwardTier: "none",
    confidence: null,
    staff: null,
    language: null,
    fields: [],
    refusals: [],
    failures: [],
    proof: NO_PROOF,
    defects: ["no-sender"],
  });
  expect(found?.outcomes.map(({ outcome }) => outcome.missing)).toEqual([[], []]);
  const participants = ["ana.ruiz@example.org", "ana@example.org"];
  expect(await store.earlier(["<old@example.org>"])).toMatchObject([{ participants, requestType: "billing" }]);
  expect((await store.balance()).map(({ missing }) => missing)).toEqual([0, 0]);
  const claim = { queue: "help", owner: "me", now: NOW, leaseUntil: NOW + 9, limit: 1 };
  expect(await store.claim(claim)).toMatchObject([{ label: { proof: NO_PROOF } }]);
  const [open] = await store.undecided(0, 10);
  const outcome = {
    routingId: open?.routings[0]?.routingId ?? 0,
    outcome: outcomeOf("billing", "desk"),
    leaseTo: "me",
  };
  await store.record(decidedOf(open?.messageId ?? 0, [outcome]));
  expect(await store.earlier(["<old@example.org>"])).toMatchObject([{ ref: open?.ref }, { ref: first?.ref }]);
});
