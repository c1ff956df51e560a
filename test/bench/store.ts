// How fast the store takes mails through accept, record and finish, empty and with many old outcomes, and how long the
// questions of people take then. Run with the pinned Node:
//   node test/bench/store.ts [--mails 20000] [--old 1000000] [--rounds 3] [--in-flight 128] [--folder DIR]

import { randomBytes } from "node:crypto";
import { closeSync, cpSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { openSqliteStore, type SqliteStore } from "../../src/store/sqlite/sqlite.ts";
import { decidedOf, finishOf, mailOf, outcomeOf, recipientOf } from "../support/store-samples.ts";
import { fillStore, messageIdOf } from "./store-fill.ts";

const MAIL_BYTES = 10 * 1024;
/** Taken before the clock starts: code is compiled, caches and filters are read. */
const WARM_UP_MAILS = 2_000;

const { values } = parseArgs({
  options: {
    mails: { type: "string", default: "20000" },
    old: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
    "in-flight": { type: "string", default: "128" },
    folder: { type: "string", default: join(tmpdir(), "mailward-bench-store") },
  },
});
const mails = Number(values.mails);
const old = Number(values.old);
const inFlight = Number(values["in-flight"]);
const source = randomBytes(1 << 20);
const recipient = recipientOf("billing");
const outcome = outcomeOf("billing", "billing-desk");
const sample = mailOf(source.subarray(0, MAIL_BYTES));

await main();

async function main(): Promise<void> {
  printMachine();
  mkdirSync(values.folder, { recursive: true });
  const filled = join(values.folder, `old-${old}`);
  if (old > 0 && !existsSync(filled)) await timed(`filling in ${old} old outcomes`, () => fillStore(filled, old));
  const figures: { empty: number[]; filled: number[] } = { empty: [], filled: [] };
  for (let round = 1; round <= Number(values.rounds); round++) {
    const empty = join(values.folder, "empty");
    rmSync(empty, { recursive: true, force: true });
    figures.empty.push(await passes(`empty ${round}`, empty));
    if (old > 0) figures.filled.push(await passes(`${old} old ${round}`, freshCopy(filled)));
  }
  console.log(`median: empty ${median(figures.empty)}/s`);
  if (old === 0) return;
  console.log(`median: with ${old} old outcomes ${median(figures.filled)}/s`);
  const ratios = figures.filled.map((rate, round) => rate / (figures.empty[round] ?? rate));
  console.log(`ratio with to without, round by round, median: ${median(ratios).toFixed(3)}`);
  await questions(filled);
}

function printMachine(): void {
  const [cpu] = cpus();
  console.log(`machine: ${cpus().length} x ${cpu?.model}, ${process.platform} ${process.arch}`);
  const db = new Database(":memory:");
  console.log(
    `versions: node ${process.version}, sqlite ${String(db.prepare("select sqlite_version()").pluck().get())}`,
  );
  db.close();
  console.log(`load: ${mails} mails of ${MAIL_BYTES} bytes, ${inFlight} in flight, three passages each`);
}

/** A copy on disk, so that every round begins with the same store. */
function freshCopy(filled: string): string {
  const copy = `${filled}-copy`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(filled, copy, { recursive: true });
  const file = openSync(join(copy, "mailward.db"), "r+");
  fsyncSync(file);
  closeSync(file);
  return copy;
}

/** Takes all mails through the three passages; answers mails a second. */
async function passes(name: string, folder: string): Promise<number> {
  await using store = await openSqliteStore({ folder, mode: "gateway" });
  await take(store, WARM_UP_MAILS);
  const cpu = process.cpuUsage();
  const batches = store.batches();
  const from = performance.now();
  await take(store, mails);
  const seconds = (performance.now() - from) / 1000;
  const used = process.cpuUsage(cpu);
  const micros = Math.round((used.user + used.system) / mails);
  const rate = Math.round(mails / seconds);
  const perBatch = ((mails * 3) / (store.batches() - batches)).toFixed(1);
  console.log(`${name}: ${rate} mails/s, ${micros} us CPU a mail, ${perBatch} calls a transaction`);
  return rate;
}

async function take(store: SqliteStore, count: number): Promise<void> {
  let left = count;
  const line = async (): Promise<void> => {
    while (left-- > 0) await oneMail(store);
  };
  await Promise.all(Array.from({ length: inFlight }, line));
}

async function oneMail(store: SqliteStore): Promise<void> {
  const bytes = randomMail();
  const key = randomBytes(32);
  const accepted = await store.accept({
    mail: { ...sample, receivedAt: Date.now(), messageId: `<${key.toString("hex")}@example.org>` },
    body: { kind: "inline", bytes },
    routings: [{ recipient, dedupeKey: key }],
    hold: null,
    origin: null,
  });
  const [routing] = accepted.routings;
  if (accepted.messageId === null || routing?.kind !== "new")
    throw new Error("a new mail was taken for a repeated one");
  const { routingId } = routing;
  const jobs = await store.record(
    decidedOf(accepted.messageId, [{ routingId, outcome, leaseTo: "bench" }], Date.now()),
  );
  for (const job of jobs) await store.finish(finishOf(job.id, job.attempt));
}

function randomMail(): Uint8Array {
  const from = Math.floor(Math.random() * (source.byteLength - MAIL_BYTES));
  return source.subarray(from, from + MAIL_BYTES);
}

async function questions(folder: string): Promise<void> {
  await using store = await openSqliteStore({ folder, mode: "gateway" });
  await store.counts();
  const since = Date.now() - 365 * 24 * 3600_000;
  for (const by of ["queue", "urgency", "type", "alias", "rule"] as const) {
    await timed(`report by ${by}, days of a year`, () => store.report({ by, since, bucketMs: 24 * 3600_000 }));
  }
  await timed("balance", () => store.balance());
  await timed("counts", () => store.counts());
  await timed("outcomes, newest 50", () => store.outcomes({ limit: 50 }));
  await timed("outcomes of a queue nobody has", () => store.outcomes({ limit: 50, queue: "none" }));
  await timed("deliveries, newest 50", () => store.deliveries({ limit: 50 }));
  await timed("recover leases", () => store.recoverLeases("bench", Date.now()));
  await timed("claim of nothing", () =>
    store.claim({ queue: "billing-desk", owner: "bench", now: Date.now(), leaseUntil: Date.now() + 1, limit: 10 }),
  );
  await timed("undecided", () => store.undecided(0, 100));
  await timed("earlier, the first", () => store.earlier([messageIdOf(1)]));
  await threads(store);
  console.log(`file: ${Math.round(statSync(join(folder, "mailward.db")).size / 2 ** 20)} MiB`);
}

/** What a reply costs: 20 ids that nobody has but one, of mails of any age. */
async function threads(store: SqliteStore): Promise<void> {
  const rounds = 1_000;
  const from = performance.now();
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    const strange = Array.from({ length: 19 }, () => `<${randomBytes(8).toString("hex")}@example.net>`);
    const known = messageIdOf(1 + Math.floor(Math.random() * old));
    found += (await store.earlier([...strange, known])).length;
  }
  const millis = (performance.now() - from) / rounds;
  console.log(`earlier of 20 ids, one known: ${millis.toFixed(3)} ms, found ${found} of ${rounds}`);
}

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  await work();
  console.log(`${name}: ${(performance.now() - from).toFixed(1)} ms`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
