// Fills a store with old, delivered mails by plain bulk inserts, past the verbs: a million in seconds.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSqliteStore } from "../../src/store/sqlite/sqlite.ts";
import { dedupeStatements } from "../../src/store/sqlite/tables/dedupe.ts";
import { threadStatements } from "../../src/store/sqlite/tables/threads.ts";

const QUEUES = ["billing-desk", "clinical-inbox", "admissions-desk", "access-desk"] as const;
const ALIASES = ["billing", "clinical", "admissions", "access"] as const;
const RULES = [["payment-plan"], ["refill", "clinic-hours"], ["bed-request"], ["password", "locked-out"]] as const;
const URGENCIES = ["P4", "P3", "P3", "P4", "P3", "P2", "P1"] as const;
/** Short enough for every key to be still known to the duplicate check: its worst case. */
const SPAN_MS = 30 * 24 * 3600_000;

/** Makes a store of `count` mails, delivered or waiting, spread evenly over `spanMs` up to now. */
export async function fillStore(
  folder: string,
  count: number,
  state: "delivered" | "waiting" = "delivered",
  spanMs = SPAN_MS,
): Promise<void> {
  await (await openSqliteStore({ folder, mode: "gateway" }))[Symbol.asyncDispose]();
  const db = new Database(join(folder, "mailward.db"));
  db.pragma("synchronous = off");
  db.pragma("cache_size = -262144");
  db.transaction(() => fill(db, count, state, spanMs))();
  db.pragma("wal_checkpoint(truncate)");
  db.close();
}

function fill(db: Database.Database, count: number, state: string, spanMs: number): void {
  const put = statements(db);
  const dedupe = dedupeStatements(db);
  const start = Date.now() - spanMs;
  const body = randomBytes(200);
  const accepted = new Map<string, number>();
  for (let id = 1; id <= count; id++) {
    const at = start + Math.floor((spanMs * id) / count);
    const place = (id * 7) % 4;
    const alias = ALIASES[place] as string;
    put.chunk.run(id * 2 ** 20, body);
    put.message.run(id, id, at, messageIdOf(id));
    put.routing.run(id * 1024, id, alias, at);
    dedupe.insert(randomBytes(16), id * 1024, at);
    put.delivery.run(
      id,
      id,
      id * 1024,
      state === "waiting" ? "admissions-desk" : QUEUES[place],
      URGENCIES[id % 7],
      state,
      at,
      at,
    );
    put.outcome.run(id * 1024, id, at, alias, alias, URGENCIES[id % 7], QUEUES[place], JSON.stringify(RULES[place]));
    put.reading.run(id);
    put.attempt.run(id, at, at + 9);
    accepted.set(alias, (accepted.get(alias) ?? 0) + 1);
  }
  for (const [alias, sum] of accepted) put.account.run(alias, sum);
  const threads = threadStatements(db);
  while (threads.sealOne());
}

/** The Message-ID of the mail `id` of a filled store. */
export function messageIdOf(id: number): string {
  return `<${id}@example.org>`;
}

function statements(db: Database.Database) {
  const why = JSON.stringify({
    v: 1,
    scores: [{ type: "billing", points: 5 }],
    evidence: [],
    decision: {},
    fill: "x".repeat(300),
  });
  return {
    chunk: db.prepare("insert into body_chunks values (?, ?)"),
    message: db.prepare(`insert into messages values (?, ?, 200, 'smtp', ?, '192.0.2.7', 'mail.example.org', 1, null,
      'patient@example.org', 0, 1, null, null, 200, hex(zeroblob(32)), ?)`),
    routing: db.prepare(
      `insert into routings (id, message_id, alias, address, tag, dsn_notify, dsn_original, state, held_reason, changed_at)
        values (?, ?, ?, 'x@hospital.example', '', 'FAILURE', null, 'decided', null, ?)`,
    ),
    delivery: db.prepare(`insert into deliveries values (?, ?, ?, ?, ?, ?, 1, ?, ?, null, null, 0, null, null)`),
    outcome:
      db.prepare(`insert into outcomes (routing_id, delivery_id, decided_at, alias, request_type, urgency, department, queue, review,
      decided_by, rules, rules_hash, duration_micros, kind, original_sender, defects, why)
      values (?, ?, ?, ?, ?, ?, 'patient-accounts', ?, 0, 'scorecard', ?, '5f2a77c01b9e4d10', 730, '', null, '[]', '${why}')`),
    reading:
      db.prepare(`insert into readings values (?, 'person', 'patient@example.org', null, 'none', null, null, 'en', null,
      null)`),
    attempt: db.prepare("insert into attempts values (?, 1, ?, ?, '250', 'taken by the maildir')"),
    account: db.prepare("insert into accounts values (?, ?)"),
  };
}
