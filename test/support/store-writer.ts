// A process that works on a store until it is killed, and says on its standard output what was acknowledged:
// `accepted ID SHA256`, `recorded ID DELIVERY`, `delivered ID DELIVERY`. Run: node store-writer.ts FOLDER

import { createHash, randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { openSqliteStore } from "../../src/store/sqlite/sqlite.ts";
import type { Body, Store } from "../../src/store/store.ts";
import { decidedOf, finishOf, mailOf, newMail, outcomeOf } from "./store-samples.ts";

const LINES_OF_WORK = 24;
/** Every so many mails come in chunks. */
const CHUNKED_EVERY = 5;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("say which folder");
const store = await openSqliteStore({ folder, mode: "gateway" });
await Promise.all(Array.from({ length: LINES_OF_WORK }, () => work(store)));

async function work(to: Store): Promise<never> {
  for (let n = 1; ; n++) {
    const bytes = randomBytes(100 + Math.floor(Math.random() * 20_000));
    const body = n % CHUNKED_EVERY === 0 ? await chunked(to, bytes) : ({ kind: "inline", bytes } as const);
    const key = createHash("sha256").update(bytes).digest();
    const { routings, ...rest } = newMail("", ["billing", "clinical"]);
    const keyed = routings.map((routing, place) => ({ ...routing, dedupeKey: Buffer.from(key).fill(place, 0, 1) }));
    const accepted = await to.accept({ ...rest, mail: mailOf(bytes), body, routings: keyed });
    const messageId = accepted.messageId ?? 0;
    say(`accepted ${messageId} ${mailOf(bytes).sha256}`);
    const outcomes = accepted.routings.map((routing, place) => {
      if (routing.kind !== "new") throw new Error("a new mail was taken for a repeated one");
      const alias = place === 0 ? "billing" : "clinical";
      return { routingId: routing.routingId, outcome: outcomeOf(alias, `${alias}-desk`), leaseTo: "writer" };
    });
    const jobs = await to.record(decidedOf(messageId, outcomes));
    for (const job of jobs) say(`recorded ${messageId} ${job.id}`);
    for (const job of jobs) {
      await to.finish(finishOf(job.id, job.attempt));
      say(`delivered ${messageId} ${job.id}`);
    }
  }
}

async function chunked(to: Store, bytes: Uint8Array): Promise<Body> {
  const bodyId = await to.openBody();
  for (let from = 0; from < bytes.byteLength; from += 4_000) {
    await to.appendBody(bodyId, bytes.subarray(from, from + 4_000));
  }
  return { kind: "stored", bodyId };
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
