// What was read of a mail is kept, answers find the mail they answer, and a store of version 1 keeps what it holds.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { mintToken } from "../src/classify/thread.ts";
import { NO_PROOF, type Proof } from "../src/message.ts";
import type { Outcome, Reading } from "../src/outcome.ts";
import { migrate, readMigrations } from "../src/store/sqlite/migrate.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { threadStatements } from "../src/store/sqlite/tables/threads.ts";
import type { Store } from "../src/store/store.ts";
import { decidedOf, NOW, newMail, outcomeOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

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

type Sent = { readonly messageId?: string | null; readonly mailFrom?: string; readonly aliases?: readonly string[] };

async function accepted(store: Store, sent: Sent) {
  const { messageId = "<a@example.org>", mailFrom = "ana@example.org", aliases = ["billing"] } = sent;
  const mail = newMail("x", aliases);
  const envelope = { ...mail.mail.envelope, mailFrom };
  return store.accept({ ...mail, mail: { ...mail.mail, messageId, envelope } });
}

/** Accepts and decides a mail; answers its reference. */
async function decided(store: Store, sent: Sent = {}, reading: Partial<Reading> = {}, over: Partial<Outcome> = {}) {
  const { messageId, ref, routings } = await accepted(store, sent);
  const outcomes = routings.map((routing, place) => ({
    routingId: routing.kind === "new" ? routing.routingId : 0,
    outcome: { ...outcomeOf("billing", "desk"), ...(place === 0 ? over : { requestType: "access" }) },
    leaseTo: null,
  }));
  const mail = decidedOf(messageId ?? 0, outcomes);
  await store.record({ ...mail, decided: { ...mail.decided, ...reading } });
  return ref;
}

test("what was read comes back as it was, with its outcome's missing fields, and labels the jobs", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const ref = await decided(store, {}, READING, { missing: ["date of service", "facility"] });
  const found = await store.find(ref);
  expect(found?.reading).toEqual(READING);
  expect(found?.outcomes[0]?.outcome.missing).toEqual(["date of service", "facility"]);
  const [job] = await store.claim({ queue: "desk", owner: "me", now: NOW + 9, leaseUntil: NOW + 99, limit: 1 });
  expect(job?.label.proof).toEqual(PROOF);
});

test("a mail of which nothing was proven says so", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const found = await store.find(await decided(store));
  expect(found?.reading?.proof).toEqual(NO_PROOF);
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
  await decided(store, {}, {}, { evidence });
  const [row] = await store.outcomes({ limit: 1 });
  expect(row?.rules).toEqual(["billing-desk"]);
  expect(row?.outcome.evidence).toEqual(evidence);
});

test("the first reading of a mail stays, whatever is decided later for what was held", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const { messageId, ref, routings } = await accepted(store, { aliases: ["billing", "access"] });
  for (const [place, language] of ["es", "en"].entries()) {
    const routing = routings[place];
    const routingId = routing?.kind === "new" ? routing.routingId : 0;
    const mail = decidedOf(messageId ?? 0, [{ routingId, outcome: outcomeOf("billing", "desk"), leaseTo: null }]);
    await store.record({ ...mail, decided: { ...mail.decided, language } });
  }
  expect((await store.find(ref))?.reading?.language).toBe("es");
  expect(await store.earlier(["<a@example.org>"])).toHaveLength(1);
});

test("an answer finds the mail by its Message-ID once it is decided, and not before", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await accepted(store, {});
  expect(await store.earlier(["<a@example.org>"])).toEqual([]);
  const mailFrom = "Bounces@example.org";
  const ref = await decided(store, { mailFrom }, READING);
  const participants = ["ana.ruiz@example.org", "desk@hospital.example", "bounces@example.org"];
  expect(await store.earlier(["<no@example.org>", "<a@example.org>"])).toEqual([
    { ref, id: "<a@example.org>", participants, requestType: "billing" },
  ]);
  expect(await store.earlier(["a@example.org"])).toMatchObject([{ ref }]);
  expect(await store.earlier(["<A@example.org>"])).toEqual([]);
  expect(await store.earlier([])).toEqual([]);
});

test("a mail is found by our token and by its case number, with what its first outcome says", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const ref = await decided(store, { aliases: ["billing", "access"], mailFrom: "", messageId: null });
  const token = mintToken(await store.threadKey(), ref, "patient@example.org");
  for (const id of [token, `<${token}@hospital.example>`, ref, ref.toLowerCase()]) {
    expect(await store.earlier([id])).toEqual([
      { ref, id, participants: ["patient@example.org"], requestType: "billing" },
    ]);
  }
  expect(await store.earlier(["MW-999999", "mw-00zzzz.aaaaaaaaaaaaaaaaaaaaaaaaaa", "", "<>", "'"])).toEqual([]);
});

test("a guess that went to review is no request type; a sure type without a department is", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const guess = await decided(store, {}, {}, { decidedBy: "review" });
  const sure = await decided(store, {}, {}, { decidedBy: "field" });
  expect(await store.earlier([guess])).toMatchObject([{ requestType: null }]);
  expect(await store.earlier([sure])).toMatchObject([{ requestType: "billing" }]);
});

test("the newest come first, at most five, and who is named by number is not pushed out", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const refs: string[] = [];
  for (let n = 0; n < 8; n++) refs.push(await decided(store, { messageId: `<${n % 2}@example.org>` }));
  const found = async (ids: readonly string[]) => (await store.earlier(ids)).map(({ ref }) => ref);
  expect(await found(["<0@example.org>"])).toEqual([refs[6], refs[4], refs[2], refs[0]]);
  expect(await found(["<0@example.org>", "<1@example.org>"])).toEqual([7, 6, 5, 4, 3].map((n) => refs[n]));
  const number = refs[0] ?? "";
  expect(await found(["<1@example.org>", "<0@example.org>", number])).toEqual([7, 6, 5, 4, 0].map((n) => refs[n]));
});

test("twenty ids are looked up and no more", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await decided(store);
  const strange = (count: number) => Array.from({ length: count }, (_, n) => `<${n}@example.net>`);
  expect(await store.earlier([...strange(19), "<a@example.org>"])).toHaveLength(1);
  expect(await store.earlier([...strange(20), "<a@example.org>"])).toEqual([]);
});

test("answers find their mail over full buckets, a crash, and buckets lost", async () => {
  await using dir = await tempDir();
  const total = 2 * 8_192 + 1_100;
  const asked = [0, 8_190, 8_191, 16_382, 16_383, total - 1];
  const find = async (store: Store) =>
    Promise.all(asked.map(async (n) => (await store.earlier([`<${n}@example.org>`])).length));
  const beside = <T>(work: (db: Database.Database) => T): T => {
    const db = new Database(join(dir.path, "mailward.db"));
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  const sealed = () => beside((db) => db.prepare("select bucket from thread_buckets order by bucket").pluck().all());
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    for (let n = 0; n < total; n += 500) {
      const some = Array.from({ length: Math.min(500, total - n) }, (_, place) => `<${n + place}@example.org>`);
      await Promise.all(some.map((messageId) => decided(store, { messageId })));
    }
    expect(sealed()).toEqual([0, 1]);
    expect(await find(store)).toEqual(asked.map(() => 1));
    beside((db) => db.exec("delete from thread_buckets"));
    expect(await find(store)).toEqual(asked.map(() => 1));
    await store.crash();
  }
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  await until("the lost bucket is sealed again", () => sealed().length === 1);
  expect(await find(store)).toEqual(asked.map(() => 1));
  expect(await store.earlier(["<none@example.org>"])).toEqual([]);
});

test("a step undone leaves nothing that misleads", () => {
  const db = new Database(":memory:");
  migrate(db, "f");
  const insert = db.prepare(`insert into messages values (?, 1, 1, 'smtp', 1, '', '', 0, null, '', 0, 0, null, null, 1,
    '', ?)`);
  const threads = threadStatements(db);
  const add = (from: number, to: number, sort: string) =>
    db.transaction(() => {
      for (let id = from; id < to; id++) {
        insert.run(id, `<${sort}${id}@x>`);
        threads.add(`<${sort}${id}@x>`, id);
      }
      if (sort === "undone") throw new Error("planted");
    });
  add(1, 9_000, "a")();
  expect(add(9_000, 9_400, "undone")).toThrow("planted");
  add(9_000, 9_400, "b")();
  const found = (...headers: readonly string[]) => headers.map((header) => threads.mailsOf(`<${header}@x>`));
  expect(found("a1", "a8191", "a8192", "a8999")).toEqual([[1], [8_191], [8_192], [8_999]]);
  expect(found("undone9000", "undone9399", "b9000", "b9399")).toEqual([[], [], [9_000], [9_399]]);
  expect(threadStatements(db).mailsOf("<a1@x>")).toEqual([1]);
  db.close();
});

test("of mails that share a Message-ID the newest are found, in open and in full buckets", () => {
  const db = new Database(":memory:");
  migrate(db, "f");
  const insert = db.prepare(`insert into messages values (?, 1, 1, 'smtp', 1, '', '', 0, null, '', 0, 0, null, null, 1,
    '', '<same@x>')`);
  db.transaction(() => {
    for (let id = 1; id <= 20_000; id++) insert.run(id);
  })();
  const threads = threadStatements(db);
  while (threads.sealOne());
  expect(threads.mailsOf("<same@x>")).toEqual(Array.from({ length: 16 }, (_, n) => 20_000 - n));
  expect(db.prepare("select sum(length(hashes)) from thread_buckets").pluck().get()).toBe(16 * 8);
  db.close();
});

test("the key of the tokens is 32 bytes, the same for every opening, and another in another store", async () => {
  await using dir = await tempDir();
  await using other = await tempDir();
  const keyOf = async (folder: string, mode: "gateway" | "operator") => {
    await using store = await openSqliteStore({ folder, mode });
    const [key, again] = await Promise.all([store.threadKey(), store.threadKey()]);
    expect(again).toBe(key);
    return key;
  };
  const key = await keyOf(dir.path, "gateway");
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await keyOf(dir.path, "gateway")).toBe(key);
  expect(await keyOf(dir.path, "operator")).toBe(key);
  expect(await keyOf(other.path, "gateway")).not.toBe(key);
});

test("readings and secrets can be neither changed nor deleted", async () => {
  await using dir = await tempDir();
  {
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    await decided(store);
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
