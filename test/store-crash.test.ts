// SIGKILL at random moments, the store in the middle of work: whatever was acknowledged is there afterwards.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { tempDir } from "./support/temp-dir.ts";

const ROUNDS = 24;
/** After its first acknowledgement a writer lives up to this long, in milliseconds. */
const LIFE_MS_MAX = 250;
const WRITER = fileURLToPath(new URL("./support/store-writer.ts", import.meta.url));

type Acknowledged = {
  readonly accepted: Map<number, string>;
  readonly recorded: Set<number>;
  readonly delivered: Set<number>;
};

test("nothing acknowledged is lost by a SIGKILL, round after round on one store", { timeout: 180_000 }, async () => {
  await using dir = await tempDir();
  const all: Acknowledged = { accepted: new Map(), recorded: new Set(), delivered: new Set() };
  for (let round = 1; round <= ROUNDS; round++) {
    read(await killedWriter(dir.path), all);
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    await verify(store, all);
    await store.recoverLeases("after", 0);
  }
  process.stdout.write(`${ROUNDS} kills: ${all.accepted.size} mails, ${all.delivered.size} deliveries, all there\n`);
  expect(all.accepted.size).toBeGreaterThan(ROUNDS);
});

/** Runs a writer, kills it at a random moment; answers what it said. */
async function killedWriter(folder: string): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [WRITER, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const closed = once(child, "close");
  await Promise.race([once(child.stdout as NodeJS.EventEmitter, "data"), closed]);
  await sleep(Math.random() * LIFE_MS_MAX);
  if (child.exitCode !== null) throw new Error("the writer ended by itself");
  child.kill("SIGKILL");
  await closed;
  return said;
}

function read(said: string, all: Acknowledged): void {
  const lines = said.split("\n").slice(0, -1);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    const [word, messageId, rest = ""] = line.split(" ");
    if (word === "accepted") all.accepted.set(Number(messageId), rest);
    else if (word === "recorded") all.recorded.add(Number(rest));
    else if (word === "delivered") all.delivered.add(Number(rest));
    else throw new Error(`the writer said ${line}`);
  }
}

async function verify(store: Store, all: Acknowledged): Promise<void> {
  for (const [messageId, sha256] of all.accepted) {
    const hash = createHash("sha256");
    for await (const chunk of store.readBody(messageId)) hash.update(chunk);
    expect([messageId, hash.digest("hex")]).toEqual([messageId, sha256]);
  }
  const rows = await store.deliveries({ limit: 1_000_000 });
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  expect([...all.recorded].filter((id) => !states.has(id))).toEqual([]);
  expect([...all.delivered].filter((id) => states.get(id) !== "delivered")).toEqual([]);
  const balance = await store.balance();
  expect(balance.map(({ missing }) => missing)).toEqual([0, 0]);
  expect(balance[0]?.accepted).toBeGreaterThanOrEqual(all.accepted.size);
}
