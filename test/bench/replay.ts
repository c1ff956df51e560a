// How fast stored mail is replayed: stores of 10 KB mails, of mails as they are and of long ones, filled from the
// fixtures, replayed by the command as an operator runs it, from its start to its end.

import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { compileRules } from "../../src/classify/compile.ts";
import { loadRules } from "../../src/config/rules.ts";
import { withHouse } from "../../src/decider/learn.ts";
import type { Decided } from "../../src/outcome.ts";
import { decide } from "../../src/pipeline.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { facts } from "../support/facts.ts";
import { MAIN } from "../support/operator.ts";
import { mailOf, recipientOf } from "../support/store-samples.ts";
import { tempDir } from "../support/temp-dir.ts";
import { median, printMachine, row, say } from "./machine.ts";

const ROOT = join(import.meta.dirname, "../..");
const RULES = join(ROOT, "rules");
const ROUNDS = 5;
const GOAL = 1_000;
const IN_FLIGHT = 64;
const STORES = [
  { name: "10 KB", mails: 10_000, bytes: 10_240 },
  { name: "as they are", mails: 6_000, bytes: 0 },
  { name: "100 KB", mails: 1_000, bytes: 102_400 },
] as const;
/** What people write around their request, to make a mail as long as need be. */
const PROSE =
  "I have been with the clinic for many years and everybody at the front desk has always been kind to me.\r\n" +
  "We moved house in the spring, so the letters you send may take a few days longer than they used to.\r\n" +
  "My daughter usually drives me, and the parking behind the main building works well for both of us.\r\n\r\n";

export async function replay(): Promise<void> {
  printMachine();
  for (const { name, mails, bytes } of STORES) {
    await using dir = await tempDir();
    const mean = await fill(dir.path, mails, bytes);
    const figures: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) figures.push(mails / seconds(dir.path, mails));
    say(`${row(name, figures, "mails/s")}   ${mails} mails of ${(mean / 1024).toFixed(1)} KB on average`);
    if (name !== "10 KB") continue;
    const reached = median(figures) >= GOAL ? "reached" : "MISSED";
    say(`goal at least ${GOAL} mails/s of 10 KB on two cores (here ${availableParallelism()}): ${reached}`);
  }
}

/** Seconds the whole command takes; it must have compared every mail. */
function seconds(folder: string, mails: number): number {
  const args = [MAIN, "replay", "--json", "--data", folder, "--rules", RULES];
  const started = performance.now();
  const out = execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  const taken = (performance.now() - started) / 1000;
  const { compared } = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as { compared: number };
  if (compared !== mails) throw new Error(`compared ${compared} of ${mails} mails`);
  return taken;
}

/** Fills a store with decided mails of about so many bytes (0: as they are); answers the mean of their bytes. */
async function fill(folder: string, mails: number, bytes: number): Promise<number> {
  const loaded = loadRules(RULES);
  if (loaded.kind === "problems") throw new Error("the rules do not load");
  const compiled = compileRules(loaded.rules);
  const found = globSync("fixtures/mail/*.eml", { cwd: ROOT }).sort();
  const raws = found.map((name) => grown(readFileSync(join(ROOT, name)), bytes));
  const at = Date.now();
  const known = withHouse(loaded.rules)(
    facts({ receivedAt: at, aliases: ["billing"], mailFrom: "patient@example.org" }),
  );
  const decided = await Promise.all(raws.map((raw) => decide(raw, known, compiled)));
  await using store = await openSqliteStore({ folder, mode: "gateway" });
  let next = 0;
  let sum = 0;
  const line = async (): Promise<void> => {
    for (let count = next++; count < mails; count = next++) {
      const place = count % raws.length;
      const [raw, answer] = [raws[place], decided[place]];
      if (raw === undefined || answer === undefined) throw new Error("there are no mails in fixtures/mail");
      sum += raw.byteLength;
      await put(store, raw, answer, at);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, line));
  return sum / mails;
}

/** Plain mails are made longer at their end, where prose is their writer's own; others stay as they are. */
function grown(raw: Buffer, bytes: number): Buffer {
  if (raw.length >= bytes || /^content-type:(?!\s*text\/plain)/im.test(raw.toString("latin1"))) return raw;
  const blank = Buffer.from("\r\n\r\n");
  return Buffer.concat([raw, blank, Buffer.from(PROSE.repeat(Math.ceil((bytes - raw.length) / PROSE.length)))]);
}

async function put(store: Store, raw: Buffer, decided: Decided, at: number): Promise<void> {
  const mail = mailOf(raw, { receivedAt: at, messageId: null });
  const routings = [{ recipient: recipientOf("billing"), dedupeKey: null }];
  const accepted = await store.accept({
    mail,
    body: { kind: "inline", bytes: raw },
    routings,
    hold: null,
    origin: null,
  });
  const [routing] = accepted.routings;
  const [outcome] = decided.outcomes;
  if (accepted.messageId === null || routing?.kind !== "new" || outcome === undefined) throw new Error("not taken");
  const { routingId } = routing;
  const { messageId } = accepted;
  const outcomes = [{ routingId, outcome, leaseTo: null }];
  await store.record({ messageId, decidedAt: at, durationMicros: 0, decided, outcomes, leaseUntil: at });
}
