// The store's verbs on the way of a mail: accept, decide, record, and what people may ask.

import { expect, test } from "vitest";
import { NO_PROOF } from "../src/message.ts";
import { openSqliteStore, type SqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Accepted, Store } from "../src/store/store.ts";
import { decidedOf, finishOf, mailOf, NOW, newMail, outcomeOf, recipientOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

type Opened = AsyncDisposable & { readonly store: SqliteStore; readonly folder: string };

async function openStore(): Promise<Opened> {
  const dir = await tempDir();
  const store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  return {
    store,
    folder: dir.path,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function bodyOf(store: Store, messageId: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBody(messageId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function routingIds(accepted: Accepted): number[] {
  return accepted.routings.map((routing) => (routing.kind === "new" ? routing.routingId : -1));
}

test("an accepted mail is there to be decided, with every word of its envelope and every byte", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const mail = newMail("Subject: hello\r\n\r\nbody\r\n", ["billing", "clinical"]);
  const accepted = await store.accept(mail);
  const [first, ...others] = await store.undecided(0, 10);
  expect(others).toEqual([]);
  expect(first).toEqual({
    messageId: accepted.messageId,
    ref: accepted.ref,
    mail: mail.mail,
    routings: routingIds(accepted).map((routingId, place) => ({
      routingId,
      recipient: mail.routings[place]?.recipient,
    })),
  });
  expect(String(await bodyOf(store, first?.messageId ?? 0))).toBe("Subject: hello\r\n\r\nbody\r\n");
});

test("every field of a mail survives, the empty and the missing ones too", async () => {
  await using opened = await openStore();
  const bytes = Buffer.alloc(0);
  const mail = mailOf(bytes, {
    door: "imap",
    client: { address: "", helo: "", tls: false, user: "desk" },
    envelope: { mailFrom: "", smtpUtf8: true, body8Bit: false, dsnReturn: null, dsnEnvelopeId: null },
    messageId: null,
  });
  const recipient = { ...recipientOf("access"), tag: "pär", dsnNotify: [], dsnOriginal: "rfc822;x@y.z" };
  const routings = [{ recipient, dedupeKey: null }];
  const { messageId } = await opened.store.accept({
    mail,
    body: { kind: "inline", bytes },
    routings,
    hold: null,
    origin: null,
  });
  const [undecided] = await opened.store.undecided(0, 1);
  expect(undecided?.mail).toEqual(mail);
  expect(undecided?.routings[0]?.recipient).toEqual(recipient);
  expect(await bodyOf(opened.store, messageId ?? 0)).toEqual(bytes);
});

test("a body in chunks comes back whole and in order, beside another one coming in", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const [one, two] = await Promise.all([store.openBody(), store.openBody()]);
  const chunks = Array.from({ length: 40 }, (_, n) => Buffer.alloc(20_000, n));
  for (const chunk of chunks) {
    await Promise.all([store.appendBody(one, chunk), store.appendBody(two, Buffer.from("other"))]);
  }
  const accepted = await store.accept({ ...newMail(""), body: { kind: "stored", bodyId: one } });
  expect((await bodyOf(store, accepted.messageId ?? 0)).equals(Buffer.concat(chunks))).toBe(true);
  await store.dropBody(two);
  await expect(store.appendBody(two, Buffer.from("x"))).rejects.toThrow(/not open/);
  await expect(store.appendBody(one, Buffer.from("x"))).rejects.toThrow(/not open/);
});

test("a chunk may be a part of a larger buffer, which stays the caller's", async () => {
  await using opened = await openStore();
  const large = Buffer.from("....inside....");
  const mail = newMail("");
  const accept = opened.store.accept({ ...mail, body: { kind: "inline", bytes: large.subarray(4, 10) } });
  const { messageId } = await accept;
  expect(String(await bodyOf(opened.store, messageId ?? 0))).toBe("inside");
  expect(String(large)).toBe("....inside....");
});

test("accepting is all or nothing: a mail whose body is unknown leaves no trace", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const bad = store.accept({ ...newMail("x"), body: { kind: "stored", bodyId: 77 } });
  const none = store.accept({ ...newMail("x"), routings: [] });
  await expect(bad).rejects.toThrow(/not open/);
  await expect(none).rejects.toThrow(/routings/);
  expect(await store.undecided(0, 10)).toEqual([]);
  expect(await store.balance()).toEqual([]);
});

test("one bad call among many at once fails alone", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const calls = Array.from({ length: 50 }, (_, n) =>
    n === 20 ? store.accept({ ...newMail("x"), body: { kind: "stored", bodyId: 99 } }) : store.accept(newMail(`${n}`)),
  );
  const settled = await Promise.allSettled(calls);
  expect(settled.flatMap(({ status }, n) => (status === "rejected" ? [n] : []))).toEqual([20]);
  expect(await store.undecided(0, 100)).toHaveLength(49);
});

test("many mails at once share a few transactions", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const before = store.batches();
  await Promise.all(Array.from({ length: 400 }, (_, n) => store.accept(newMail(`mail ${n}`))));
  expect(store.batches() - before).toBeLessThanOrEqual(3);
  expect(await store.undecided(0, 1000)).toHaveLength(400);
});

test("undecided mails are read in pages, oldest first", async () => {
  await using opened = await openStore();
  const { store } = opened;
  for (let n = 0; n < 5; n++) await store.accept(newMail(`${n}`, ["billing", "clinical"]));
  const page = await store.undecided(0, 2);
  expect(page.map(({ messageId }) => messageId)).toEqual([1, 2]);
  const rest = await store.undecided(2, 10);
  expect(rest.map(({ messageId }) => messageId)).toEqual([3, 4, 5]);
});

test("recording answers the leased jobs in order; recording again changes nothing", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const accepted = await store.accept(newMail("x", ["billing", "clinical", "access"]));
  const [a = 0, b = 0, c = 0] = routingIds(accepted);
  const decided = decidedOf(accepted.messageId ?? 0, [
    { routingId: a, outcome: outcomeOf("billing", "billing-desk"), leaseTo: "me" },
    { routingId: b, outcome: outcomeOf("clinical", "nurses", "P1"), leaseTo: null },
    { routingId: c, outcome: outcomeOf("access", "access-desk"), leaseTo: "me" },
  ]);
  const jobs = await store.record(decided);
  expect(jobs.map(({ queue }) => queue)).toEqual(["billing-desk", "access-desk"]);
  expect(jobs[0]).toMatchObject({ attempt: 1, inDoubt: false, createdAt: NOW + 5, messageId: accepted.messageId });
  expect(jobs[0]?.label).toEqual({
    ref: accepted.ref,
    queue: "billing-desk",
    requestType: "billing",
    urgency: "P3",
    department: "patient-accounts",
    decidedBy: "scorecard",
    rules: ["payment-plan", "billing-desk"],
    proof: NO_PROOF,
    standsInFor: null,
  });
  expect(jobs[0]?.recipients).toEqual([recipientOf("billing")]);
  expect(await store.record(decided)).toEqual([]);
  expect(await store.outcomes({ limit: 10 })).toHaveLength(3);
  expect(await store.undecided(0, 10)).toEqual([]);
  expect(await store.counts()).toMatchObject({ undecided: 0, waiting: 1, leased: 2 });
});

test("two routings of a mail to one queue share a delivery, which has the more urgent label", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const accepted = await store.accept(newMail("x", ["billing", "clinical"]));
  const [a = 0, b = 0] = routingIds(accepted);
  const jobs = await store.record(
    decidedOf(accepted.messageId ?? 0, [
      { routingId: a, outcome: outcomeOf("billing", "desk", "P3"), leaseTo: "me" },
      { routingId: b, outcome: outcomeOf("clinical", "desk", "P1"), leaseTo: "me" },
    ]),
  );
  expect(jobs).toHaveLength(1);
  expect(jobs[0]?.label.urgency).toBe("P1");
  expect(jobs[0]?.recipients.map(({ alias }) => alias)).toEqual(["billing", "clinical"]);
  await store.finish(finishOf(jobs[0]?.id ?? 0, 1));
  const outcomes = await store.outcomes({ limit: 10 });
  expect(outcomes.map(({ alias, deliveryState }) => [alias, deliveryState])).toEqual([
    ["clinical", "delivered"],
    ["billing", "delivered"],
  ]);
  expect(await store.balance()).toMatchObject([
    { alias: "billing", accepted: 1, delivered: 1, missing: 0 },
    { alias: "clinical", accepted: 1, delivered: 1, missing: 0 },
  ]);
});

test("a held mail is not decided until it is released", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const looping = await store.accept({ ...newMail("loop"), hold: "loop" });
  const crashing = await store.accept(newMail("crash"));
  await store.holdMessage(crashing.messageId ?? 0, "decide-crashed", NOW + 1);
  expect(await store.undecided(0, 10)).toEqual([]);
  expect(await store.heldMessages(10)).toEqual([
    { ref: looping.ref, reason: "loop", at: NOW },
    { ref: crashing.ref, reason: "decide-crashed", at: NOW + 1 },
  ]);
  const [routingId = 0] = routingIds(crashing);
  const outcome = { routingId, outcome: outcomeOf("billing", "desk"), leaseTo: "me" };
  expect(await store.record(decidedOf(crashing.messageId ?? 0, [outcome]))).toEqual([]);
  expect(await store.balance()).toMatchObject([{ accepted: 2, held: 2, waiting: 0, missing: 0 }]);
  expect(await store.releaseMessages({ ref: crashing.ref.toLowerCase() }, NOW + 2)).toBe(1);
  expect(await store.releaseMessages({ ref: "MW-nonsense" }, NOW + 2)).toBe(0);
  expect(await store.record(decidedOf(crashing.messageId ?? 0, [outcome]))).toHaveLength(1);
  expect(await store.releaseMessages({}, NOW + 3)).toBe(1);
  expect((await store.undecided(0, 10)).map(({ ref }) => ref)).toEqual([looping.ref]);
});

test("a decided mail cannot be held any more", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const accepted = await store.accept(newMail("x"));
  const [routingId = 0] = routingIds(accepted);
  const outcome = { routingId, outcome: outcomeOf("billing", "desk"), leaseTo: null };
  await store.record(decidedOf(accepted.messageId ?? 0, [outcome]));
  await store.holdMessage(accepted.messageId ?? 0, "operator", NOW);
  expect(await store.heldMessages(10)).toEqual([]);
});
