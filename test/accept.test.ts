// Taking responsibility: bytes kept as they came, whatever their size and pieces; a retry known from a new mail.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Acceptance, type AcceptLimits, type Arrival, accept, INLINE_BYTES_MAX } from "../src/accept.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { NOW, recipientOf } from "./support/store-samples.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";

const LIMITS: AcceptLimits = { messageBytes: 8 * 1024 * 1024, hops: 50, strictLineEnds: true };

function arrivalFor(aliases: readonly string[] = ["billing"], mailFrom = "patient@home.example"): Arrival {
  return {
    door: "smtp",
    receivedAt: NOW,
    client: { address: "192.0.2.7", helo: "home.example", tls: false, user: null },
    envelope: { mailFrom, smtpUtf8: false, body8Bit: true, dsnReturn: null, dsnEnvelopeId: null },
    recipients: aliases.map(recipientOf),
    origin: null,
  };
}

async function* inPieces(bytes: Uint8Array, sizes: readonly number[] = [65_536]): AsyncGenerator<Uint8Array> {
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const take = (store: Store, text: string | Uint8Array, arrival = arrivalFor()): Promise<Acceptance> =>
  accept(store, arrival, inPieces(Buffer.from(text)), LIMITS);

function accepted(acceptance: Acceptance): Acceptance & { kind: "accepted" } {
  if (acceptance.kind !== "accepted") throw new Error(`refused: ${acceptance.reason}`);
  return acceptance;
}

async function readBack(store: Store, { accepted: { messageId } }: Acceptance & { kind: "accepted" }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readBody(messageId ?? -1)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const openStore = (dir: TempDir) => openSqliteStore({ folder: dir.path, mode: "gateway" });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const mail = (body: string, headers = "Message-ID: <1@home.example>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n") =>
  `From: pat@home.example\r\n${headers}\r\n${body}\r\n`;

/** Lines of all bytes but CR and LF, so that line ends are clean. */
function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8)) % 256;
  for (let i = 0; i < size; i++) if (bytes[i] === 10 || bytes[i] === 13) bytes[i] = 0;
  return Buffer.concat([Buffer.from("Message-ID: <noise@home.example>\r\n\r\n"), bytes, Buffer.from("\r\n")]);
}

test.each([0, 1, INLINE_BYTES_MAX - 100, INLINE_BYTES_MAX, INLINE_BYTES_MAX + 1, 3 * 1024 * 1024 + 17])(
  "a body of about %i bytes comes back byte for byte, with its hash and size",
  async (size) => {
    await using dir = await tempDir();
    await using store = await openStore(dir);
    const bytes = noise(size);
    const taken = accepted(await accept(store, arrivalFor(), inPieces(bytes, [1000, 70_000, 3]), LIMITS));
    expect(taken.mail.sha256).toBe(sha256(bytes));
    expect(taken.mail.sizeBytes).toBe(bytes.length);
    expect((await readBack(store, taken)).equals(bytes)).toBe(true);
    expect(taken.raw === null).toBe(bytes.length > INLINE_BYTES_MAX);
    if (taken.raw !== null) expect(Buffer.from(taken.raw).equals(bytes)).toBe(true);
  },
);

/** Counts bodies opened and given up. */
function counting(store: Store) {
  const count = { opened: 0, dropped: 0, accepts: 0 };
  const wrapped: Store = {
    ...store,
    openBody: () => (count.opened++, store.openBody()),
    dropBody: (id) => (count.dropped++, store.dropBody(id)),
    accept: (newMail) => (count.accepts++, store.accept(newMail)),
  };
  return { count, wrapped };
}

test.each([
  ["is too large", { messageBytes: 600_000 }, () => inPieces(noise(700_000)), "too-large"],
  [
    "hides a bare line end",
    {},
    () => inPieces(Buffer.concat([noise(700_000), Buffer.from("a\nb\r\n")])),
    "bare-line-end",
  ],
  ["ends in a bare CR", {}, () => inPieces(Buffer.concat([noise(700_000), Buffer.from("a\r")])), "bare-line-end"],
] as const)("a large mail that %s is refused and leaves no body", async (_what, limits, bytes, reason) => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  const { count, wrapped } = counting(store);
  expect(await accept(wrapped, arrivalFor(), bytes(), { ...LIMITS, ...limits })).toEqual({ kind: "refused", reason });
  expect(count).toEqual({ opened: 1, dropped: 1, accepts: 0 });
  expect(await store.balance()).toEqual([]);
});

test("a sender that hangs up leaves no body, and its error is passed on", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  const { count, wrapped } = counting(store);
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield* inPieces(noise(700_000));
    throw new Error("hung up");
  }
  await expect(accept(wrapped, arrivalFor(), cut(), LIMITS)).rejects.toThrow("hung up");
  expect(count).toEqual({ opened: 1, dropped: 1, accepts: 0 });
});

test("a store that cannot commit leaves no body, and says why", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  const { count, wrapped } = counting(store);
  const full: Store = { ...wrapped, accept: () => Promise.reject(new StoreTrouble("full", "planted")) };
  await expect(accept(full, arrivalFor(), inPieces(noise(700_000)), LIMITS)).rejects.toMatchObject({ reason: "full" });
  expect(count).toMatchObject({ opened: 1, dropped: 1 });
  expect(await store.balance()).toEqual([]);
});

const kinds = ({ accepted: { routings } }: Acceptance & { kind: "accepted" }) => routings.map(({ kind }) => kind);

test("a sender's retry is the same mail, small or large, also after it came with another HELO and later", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  for (const bytes of [Buffer.from(mail("hello")), noise(700_000)]) {
    const first = accepted(await take(store, bytes));
    const later = { ...arrivalFor(), receivedAt: NOW + 600_000 };
    const again = accepted(
      await take(store, bytes, { ...later, client: { ...later.client, helo: "mx2.home.example" } }),
    );
    expect(kinds(again)).toEqual(["duplicate"]);
    expect(again.accepted).toMatchObject({ messageId: null, ref: first.accepted.ref });
  }
  expect(await store.balance()).toMatchObject([{ alias: "billing", accepted: 2, missing: 0 }]);
});

test.each([
  ["other content under the same Message-ID", mail("another question"), arrivalFor()],
  ["the same content to another alias", mail("hello"), arrivalFor(["clinical"])],
  [
    "the same content under another Message-ID, as when a person sends it again,",
    mail("hello").replace("<1@", "<2@"),
    arrivalFor(),
  ],
  [
    "a mail that a person sends on as it was",
    `Resent-Date: Wed, 25 Nov 2026 08:00:00 +0000\r\nResent-From: desk@clinic.example\r\n${mail("hello")}`,
    arrivalFor(),
  ],
])("%s is another mail", async (_what, text, arrival) => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  await take(store, mail("hello"));
  expect(kinds(accepted(await take(store, text, arrival)))).toEqual(["new"]);
});

test("a retry to one old and one new alias is taken for the new one only", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  const first = accepted(await take(store, mail("hello")));
  const second = accepted(await take(store, mail("hello"), arrivalFor(["billing", "clinical"])));
  expect(second.accepted.routings).toMatchObject([{ kind: "duplicate", ref: first.accepted.ref }, { kind: "new" }]);
});

test("two mails without Message-ID and Date are two mails, however alike; one with a Date is known again", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  const form = mail("refill please", "Subject: form\r\n");
  expect(kinds(accepted(await take(store, form)))).toEqual(["new"]);
  expect(kinds(accepted(await take(store, form)))).toEqual(["new"]);
  const dated = mail("refill please", "date : Mon, 23 Nov 2026 08:00:00 +0000\r\n");
  expect(kinds(accepted(await take(store, dated)))).toEqual(["new"]);
  expect(kinds(accepted(await take(store, dated)))).toEqual(["duplicate"]);
  // Another writer of the same form in the same second.
  expect(kinds(accepted(await take(store, dated, arrivalFor(["billing"], "son@home.example"))))).toEqual(["new"]);
  const emptyId = mail("refill please", "Message-ID: <>\r\n");
  expect(kinds(accepted(await take(store, emptyId)))).toEqual(["new"]);
  expect(kinds(accepted(await take(store, emptyId)))).toEqual(["new"]);
});

test("more than 50 Received headers is a loop: held for a person with its bytes; 50 are not", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  const hops = (count: number) => mail("round and round", "Received: from a by b\r\n".repeat(count));
  expect(accepted(await take(store, hops(50))).hold).toBe(null);
  const held = accepted(await take(store, hops(51)));
  expect(held.hold).toBe("loop");
  expect(await store.heldMessages(10)).toMatchObject([{ ref: held.accepted.ref, reason: "loop" }]);
  expect((await readBack(store, held)).toString()).toBe(hops(51));
  expect(await store.balance()).toMatchObject([{ accepted: 2, waiting: 1, held: 1, missing: 0 }]);
});

test("Received lines in the body count for nothing", async () => {
  await using dir = await tempDir();
  await using store = await openStore(dir);
  expect(accepted(await take(store, mail("Received: from a by b\r\n".repeat(80)))).hold).toBe(null);
});

/** Remembers what would be kept; keeps nothing. */
function forgetful(): Pick<Store, "openBody" | "appendBody" | "dropBody" | "accept"> {
  const accepting = { messageId: 1, ref: "MW-1", routings: [{ kind: "new" as const, routingId: 1 }] };
  return {
    openBody: () => Promise.resolve(1),
    appendBody: () => Promise.resolve(),
    dropBody: () => Promise.resolve(),
    accept: () => Promise.resolve(accepting),
  };
}

test("any cutting of the same bytes into pieces gives the same Mail or the same refusal", async () => {
  const line = fc.constantFrom("Message-ID: <x@y>", "Date: now", "Received: a", "", " folded", "text", "\r", "\n", ".");
  const message = fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(`${lines.join("\r\n")}\r\n`));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(message, sizes, async (bytes, cut) => {
    const store = forgetful() as Store;
    const whole = await accept(store, arrivalFor(), inPieces(bytes, [1_000_000]), LIMITS);
    const pieces = await accept(store, arrivalFor(), inPieces(bytes, cut), LIMITS);
    expect(pieces).toEqual(whole);
  });
  await fc.assert(property, { numRuns: 300 });
});
