// A queue's folder at a real Dovecot: what the people of the queue find there, and that no mail comes twice or gets lost.

import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { ImapAccount } from "../../src/config/imap.ts";
import { deliveryName } from "../../src/deliver/delivery-name.ts";
import { type ImapDestination, imapAdapter } from "../../src/deliver/imap.ts";
import { NO_PROOF } from "../../src/message.ts";
import type { Job } from "../../src/outcome.ts";
import { type Store, StoreTrouble } from "../../src/store/store.ts";
import { mailText, sendMail } from "../support/dialogue.ts";
import { startDovecot } from "../support/dovecot.ts";
import { defaultRules, type TestGateway, testGateway } from "../support/gateway.ts";
import { mailProgram } from "../support/imap-box.ts";
import { lookInto } from "../support/imap-user.ts";
import { imapWire } from "../support/imap-wire.ts";
import { needs } from "../support/interop.ts";
import { mailOf, recipientOf } from "../support/store-samples.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const here = needs("dovecot");
const FOLDER = "Queues/Billing";
const PASSWORD_ENV = "MAILWARD_TEST_DESK_PASSWORD";
const RAW = Buffer.from("Subject: a bill\r\nX-Mailward-Delivery: forged\r\n\r\nA payment plan, please.\r\n");

beforeAll(() => {
  process.env[PASSWORD_ENV] = "secret";
});

function destination(port: number, over: Partial<ImapDestination> = {}): ImapDestination {
  const account: ImapAccount = {
    name: "desk",
    host: "127.0.0.1",
    port,
    tls: "none",
    ca: null,
    user: "alice",
    signIn: { kind: "password", password: { kind: "environment", name: PASSWORD_ENV } },
    folders: [],
    alias: null,
    done: { keyword: null, place: null },
    from: { kind: "now" },
  };
  return {
    account,
    signIn: { tokens: null },
    folder: FOLDER,
    original: "keep",
    keyword: "$Billing",
    urgencyKeyword: true,
    otherKeywords: [],
    places,
    now: () => 0,
    ...over,
  };
}

const places = {
  imapSources: () => Promise.resolve([]),
  keepImapPlace: () => Promise.resolve(),
  imapPlacesGone: () => Promise.resolve(),
};

function jobOf(id: number, over: Partial<Job> = {}): Job {
  const label = {
    ref: "MW-000012",
    queue: "billing-desk",
    requestType: "billing",
    urgency: "P2",
    department: "Billing",
  };
  return {
    id,
    messageId: 12,
    queue: "billing-desk",
    attempt: 1,
    createdAt: 0,
    inDoubt: false,
    mail: mailOf(RAW),
    recipients: [recipientOf("billing")],
    label: { ...label, urgency: "P2", decidedBy: "scorecard", rules: ["bill"], proof: NO_PROOF, standsInFor: null },
    ...over,
  };
}

const never = (): AsyncIterable<Uint8Array> => {
  throw new Error("the bytes are at hand");
};

async function gatewayTo(port: number, folder: string, wrapStore?: (store: Store) => Store): Promise<TestGateway> {
  const rules = defaultRules();
  const place = { kind: "imap", account: "desk", folder: FOLDER } as const;
  const deliver = { ...place, original: "keep", keyword: "$Billing", urgencyKeyword: true } as const;
  const queues = rules.queues.map((queue) => ({ ...queue, deliver }));
  const settings = `imap: [{name: desk, host: 127.0.0.1, port: ${port}, tls: none, user: alice, password_env: ${PASSWORD_ENV}, folders: []}]`;
  const over = wrapStore === undefined ? {} : { wrapStore };
  return await testGateway(join(folder, "gateway"), { settings, rules: { ...rules, queues }, ...over });
}

async function send(gateway: TestGateway, id: string): Promise<void> {
  const text = mailText("a question", "I want to set up a payment plan for my bill.", id);
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], text)).toMatch(/^250 /);
}

test.skipIf(!here)(
  "mail of a queue lies in its folder, labelled, with keywords, after the folder was made",
  async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using gateway = await gatewayTo(dovecot.port, dir.path);
    for (const id of ["1@m", "2@m", "3@m"]) await send(gateway, id);
    await until("all are delivered", async () => {
      const rows = await gateway.store.deliveries({ limit: 10 });
      return rows.length === 3 && rows.every(({ state }) => state === "delivered");
    });
    const seen = await lookInto(dovecot, FOLDER);
    expect(seen).toHaveLength(3);
    for (const { flags, text } of seen) {
      expect(flags).toEqual(["$Billing", expect.stringMatching(/^P[1-4]$/)]);
      expect(text).toMatch(/^X-Mailward-Delivery: D\d+-[0-9a-f]{32}\r\nX-Mailward-Ref: MW-\d{6}\r\n/);
      expect(text).toContain("payment plan");
    }
    expect(new Set(seen.map(({ text }) => /<(\d@m)>/.exec(text)?.[1])).size).toBe(3);
  },
);

test.skipIf(!here)("a mail that was put there before a crash is found and not put there again", async () => {
  await using dir = await tempDir();
  await using dovecot = await startDovecot(dir.path);
  {
    const finish = () => Promise.reject(new StoreTrouble("broken", "planted"));
    await using gateway = await gatewayTo(dovecot.port, dir.path, (store) => ({ ...store, finish }));
    await send(gateway, "1@m");
    await until("it lies there", async () => (await lookInto(dovecot, FOLDER)).length === 1);
  }
  await using gateway = await gatewayTo(dovecot.port, dir.path);
  await until("it is known to be there", async () => {
    const [row] = await gateway.store.deliveries({ limit: 10 });
    return row?.state === "delivered";
  });
  const found = await gateway.store.find((await gateway.store.deliveries({ limit: 1 }))[0]?.ref ?? "");
  expect(found?.attempts.at(-1)?.code).toBe("already-there");
  expect(await lookInto(dovecot, FOLDER)).toHaveLength(1);
});

test.skipIf(!here)(
  "another delivery of the same mail, and a header forged in our name, are not taken for it",
  async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using adapter = imapAdapter(destination(dovecot.port), "mx.clinic.example");
    expect(await adapter.deliver(jobOf(12), never, RAW)).toEqual({ kind: "delivered", code: "append" });
    // D1-… is no part of D12-…, but D2-… would be found within D12-… by SEARCH if digits stood alone.
    for (const id of [1, 2]) {
      const code = { kind: "delivered", code: "append" };
      expect(await adapter.deliver(jobOf(id, { inDoubt: true }), never, RAW)).toEqual(code);
    }
    const again = await adapter.deliver(jobOf(12, { attempt: 2 }), never, RAW);
    expect(again).toEqual({ kind: "delivered", code: "already-there" });
    const seen = await lookInto(dovecot, FOLDER);
    expect(seen.map(({ text }) => /^X-Mailward-Delivery: (.*)\r/m.exec(text)?.[1])).toEqual(
      [12, 1, 2].map((id) => deliveryName(jobOf(id))),
    );
  },
);

test.skipIf(!here)(
  "a server that falls silent during APPEND is given up, and the mail does not come twice",
  async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    const hole = { at: /APPEND/ };
    await using wire = await imapWire(dovecot.port, {
      onClient: (said, each) => {
        // From the message's own bytes on: the server takes it all, and its OK is lost.
        if (hole.at.test(said)) each.mute = true;
      },
    });
    hole.at = /payment plan/;
    await using adapter = imapAdapter(destination(wire.port), "mx.clinic.example", 8000);
    const failed = await adapter.deliver(jobOf(1), never, RAW);
    expect(failed).toEqual({ kind: "failed", stage: "content", reply: null, code: "ETIMEDOUT" });
    await until("the server has it", async () => (await lookInto(dovecot, FOLDER)).length === 1);
    hole.at = /never said/;
    wire.mute = false;
    const again = await adapter.deliver(jobOf(1, { attempt: 2 }), never, RAW);
    expect(again).toEqual({ kind: "delivered", code: "already-there" });
    expect(await lookInto(dovecot, FOLDER)).toHaveLength(1);
  },
);

test.skipIf(!here)("a folder that takes no keywords gets the mail without them, and the attempt says so", async () => {
  await using dir = await tempDir();
  await using dovecot = await startDovecot(dir.path);
  await using wire = await imapWire(dovecot.port, {
    change: (said) => said.replace(/(PERMANENTFLAGS \([^)]*) \\\*\)/g, "$1)"),
  });
  await using adapter = imapAdapter(destination(wire.port), "mx.clinic.example");
  const done = await adapter.deliver(jobOf(1), never, RAW);
  expect(done).toEqual({ kind: "delivered", code: "append-without-keyword" });
  expect((await lookInto(dovecot, FOLDER)).map(({ flags }) => flags)).toEqual([[]]);
});

test.skipIf(!here)(
  "where the search for what lies in the account is refused, nothing is taken for gone and nothing is put there anew",
  async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await program.put(RAW.toString());
    const box = await program.client.mailboxOpen("INBOX");
    const refusal = { on: true };
    await using wire = await imapWire(dovecot.port, {
      refuse: (command) => (refusal.on && command.startsWith("UID SEARCH") ? "NO [UNAVAILABLE] later" : null),
    });
    const original = {
      account: "desk",
      deliveryId: null,
      kind: "original",
      folder: "INBOX",
      uidValidity: String(box.uidValidity),
      uid: 1,
    } as const;
    const known = { ...places, imapSources: () => Promise.resolve([original]) };
    const over = { original: "copy", keyword: null, urgencyKeyword: false, places: known } as const;
    await using adapter = imapAdapter(destination(wire.port, over), "mx.clinic.example");
    const failed = { kind: "failed", stage: "content", reply: null, code: "SEARCH" };
    expect(await adapter.deliver(jobOf(1), never, RAW)).toEqual(failed);
    refusal.on = false;
    expect(await adapter.deliver(jobOf(1), never, RAW)).toEqual({ kind: "delivered", code: "copy" });
    // In doubt, the folder itself is searched first.
    refusal.on = true;
    const withId = Buffer.concat([Buffer.from("Message-ID: <1@m>\r\n"), RAW]);
    expect(await adapter.deliver(jobOf(1, { inDoubt: true }), never, withId)).toEqual(failed);
    expect(await lookInto(dovecot, FOLDER)).toHaveLength(1);
  },
);

test.skipIf(!here)("a wrong password and a server that is away are told apart, and both are tried again", async () => {
  await using dir = await tempDir();
  const away = await startDovecot(dir.path);
  process.env[PASSWORD_ENV] = "wrong";
  const target = destination(away.port);
  await using adapter = imapAdapter(target, "mx.clinic.example");
  expect(await adapter.deliver(jobOf(1), never, RAW)).toMatchObject({ kind: "failed", stage: "auth", reply: null });
  process.env[PASSWORD_ENV] = "secret";
  expect(await adapter.deliver(jobOf(1), never, RAW)).toMatchObject({ kind: "delivered" });
  await away[Symbol.asyncDispose]();
  const failed = await adapter.deliver(jobOf(2), never, RAW);
  expect(failed).toMatchObject({ kind: "failed", reply: null });
  const later = await adapter.deliver(jobOf(2), never, RAW);
  expect(later).toMatchObject({ kind: "failed", stage: "connect", code: "ECONNREFUSED" });
});

test("rules that name an account the configuration does not have are not started with", async () => {
  await using dir = await tempDir();
  const rules = defaultRules();
  const place = { kind: "imap", account: "front", folder: "A" } as const;
  const deliver = { ...place, original: "keep", keyword: null, urgencyKeyword: false } as const;
  const [first, ...others] = rules.queues;
  if (first === undefined) throw new Error("no queue");
  const start = testGateway(dir.path, { rules: { ...rules, queues: [{ ...first, deliver }, ...others] } });
  await expect(start).rejects.toThrow(/the IMAP account `front`, which is not under `imap:`.*it lists none/);
});
