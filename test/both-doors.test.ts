// One mail that comes by several doors, ways and addresses is one case for each alias, whatever was put on it on the way.

import { expect, test } from "vitest";
import { type Arrival, accept } from "../src/accept.ts";
import { CANARY_ALIAS, RETURN_ALIAS, type Recipient } from "../src/message.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { NOW, recipientOf } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";

const LIMITS = { messageBytes: 1024 * 1024, hops: 50, strictLineEnds: true };
const DAY_MS = 24 * 3600_000;
const WRITTEN =
  "From: Pat <pat@home.example>\r\nTo: billing@clinic.example\r\nSubject: My bill\r\n" +
  "Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@home.example>\r\n\r\nWhat do I owe?\r\n";

/** A way a mail comes: by whom the envelope says it was sent, and what stands on top of what was written. */
type Way = {
  readonly mailFrom: string;
  readonly onTop: string;
  readonly to?: readonly Recipient[];
  readonly at?: number;
};

const BY_SMTP: Way = { mailFrom: "pat@home.example", onTop: "Received: from home.example by relay.example\r\n" };
const to = (alias: string, address: string, tag = ""): Recipient => ({ ...recipientOf(alias), address, tag });

let uid = 0;

async function comes(store: Store, door: "smtp" | "imap", way: Way, written = WRITTEN) {
  const arrival: Arrival = {
    door,
    receivedAt: NOW + (way.at ?? 0),
    client: { address: "192.0.2.7", helo: "relay.example", tls: false, user: null },
    envelope: { mailFrom: way.mailFrom, smtpUtf8: false, body8Bit: true, dsnReturn: null, dsnEnvelopeId: null },
    recipients: way.to ?? [to("billing", "billing@clinic.example")],
    origin: door === "smtp" ? null : { account: "desk", folder: "INBOX", uidValidity: "1", uid: ++uid },
  };
  async function* bytes() {
    yield Buffer.from(way.onTop + written);
  }
  const acceptance = await accept(store, arrival, bytes(), LIMITS);
  if (acceptance.kind !== "accepted") throw new Error(`refused: ${acceptance.reason}`);
  return acceptance.accepted;
}

const SRS = "SRS0=ab=cd=home.example=pat@relay.example";
/** As a mailbox may hold what also came by SMTP. */
const WAYS: readonly (readonly [string, Way])[] = [
  ["with the same Return-Path", { ...BY_SMTP, onTop: "Return-Path: <pat@home.example>\r\n" }],
  ["without a Return-Path", { mailFrom: "Pat@Home.example", onTop: "Delivered-To: billing@clinic.example\r\n" }],
  ["with a Return-Path that a relay has rewritten", { mailFrom: SRS, onTop: `Return-Path: <${SRS}>\r\n` }],
  ["with an empty Return-Path", { mailFrom: "", onTop: "Return-Path: <>\r\n" }],
  ["for another name of the alias", { ...BY_SMTP, to: [to("billing", "accounts@clinic.example")] }],
  ["for the alias with a tag", { ...BY_SMTP, to: [to("billing", "billing+web@clinic.example", "web")] }],
  [
    "sent on by a server's own rule, which adds Resent-From alone",
    { mailFrom: "desk@clinic.example", onTop: "Resent-From: <desk@clinic.example>\r\n" },
  ],
  ["weeks later", { ...BY_SMTP, at: 30 * DAY_MS }],
];

test.each(WAYS)("a mail by SMTP and from a mailbox, there %s, is one case in either order", async (_what, way) => {
  for (const [first, then] of [
    ["smtp", "imap"],
    ["imap", "smtp"],
  ] as const) {
    await using dir = await tempDir();
    await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
    const { ref } = await comes(store, first, first === "smtp" ? BY_SMTP : { ...way, at: 0 });
    const again = await comes(store, then, then === "imap" ? way : { ...BY_SMTP, at: way.at ?? 0 });
    expect(again).toEqual({ messageId: null, ref, routings: [{ kind: "duplicate", ref }] });
    expect(await store.balance()).toMatchObject([{ alias: "billing", accepted: 1, missing: 0 }]);
    // The copy in the mailbox belongs to that case, and is marked like any other.
    expect(await store.imapUnmarked("desk", "INBOX", "1", 10)).toEqual([{ uid, messageId: 1 }]);
  }
});

test("copies that a list sends to two aliases are a case each, by whichever doors they come", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const copy = (alias: string): Way => ({
    mailFrom: `list-bounces+${alias}@lists.example`,
    onTop: "List-Id: <patients.lists.example>\r\n",
    to: [to(alias, `${alias}@clinic.example`)],
  });
  const billing = await comes(store, "smtp", copy("billing"));
  const clinical = await comes(store, "imap", copy("clinical"));
  expect([billing.messageId, clinical.messageId]).toEqual([1, 2]);
  expect(await comes(store, "imap", copy("billing"))).toMatchObject({ messageId: null, ref: billing.ref });
  expect(await comes(store, "smtp", copy("clinical"))).toMatchObject({ messageId: null, ref: clinical.ref });
});

test("two addresses of one alias in one mail are one routing, that of the tag, which may name an earlier case", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const bare = to("billing", "billing@clinic.example");
  const [tagged, other] = ["a", "b"].map((tag) => to("billing", `billing+${tag}@clinic.example`, tag)) as [
    Recipient,
    Recipient,
  ];
  const clinical = to("clinical", "clinical@clinic.example");
  const { ref, routings } = await comes(store, "smtp", { ...BY_SMTP, to: [bare, tagged, clinical, other] });
  const repeated = { kind: "duplicate", ref };
  expect(routings).toMatchObject([repeated, { kind: "new" }, { kind: "new" }, repeated]);
  const [mail] = await store.undecided(0, 10);
  expect(mail?.routings.map(({ recipient }) => recipient.address)).toEqual([tagged.address, clinical.address]);
  expect(await store.balance()).toMatchObject([{ accepted: 1 }, { accepted: 1 }]);
  const again = await comes(store, "smtp", { ...BY_SMTP, to: [other, bare] });
  expect(again).toEqual({ messageId: null, ref, routings: [repeated, repeated] });
});

test.each([RETURN_ALIAS, CANARY_ALIAS])("what is for %s is told apart by its tag", async (alias) => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const way = (tag: string): Way => ({ ...BY_SMTP, to: [to(alias, `x+${tag}@bounces.example`, tag)] });
  expect((await comes(store, "smtp", way("1"))).messageId).toBe(1);
  expect((await comes(store, "smtp", way("2"))).messageId).toBe(2);
  expect((await comes(store, "smtp", way("1"))).messageId).toBe(null);
});

test("a mail with a Date and no Message-ID is known again only from the same envelope sender", async () => {
  await using dir = await tempDir();
  await using store = await openSqliteStore({ folder: dir.path, mode: "gateway" });
  const written = WRITTEN.replace(/Message-ID.*\r\n/, "");
  await comes(store, "smtp", BY_SMTP, written);
  expect((await comes(store, "imap", BY_SMTP, written)).messageId).toBe(null);
  expect((await comes(store, "imap", { ...BY_SMTP, mailFrom: SRS }, written)).messageId).toBe(2);
});
