// Folders of queues at a real Dovecot, and people who work in them with a mail program.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import {
  BILL,
  DESK,
  delivered,
  gatewayAt,
  moveAll,
  NURSES,
  type Original,
  onlyCase,
  rulesWith,
} from "../support/desk-house.ts";
import { sendMail } from "../support/dialogue.ts";
import { startDovecot } from "../support/dovecot.ts";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { mailProgram, mailSaying, watching } from "../support/imap-box.ts";
import { needs } from "../support/interop.ts";
import { balance, makeHome, startAgain } from "../support/live-gateway.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const here = needs("dovecot");
/** Times the gateway is killed in one test. */
const KILLS = 5;

async function withOneDelivered(use: (gateway: TestGateway, program: Program) => Promise<void>): Promise<void> {
  await using dir = await tempDir();
  await using dovecot = await startDovecot(dir.path);
  await using gateway = await gatewayAt(dovecot, dir.path, "keep", "");
  await using program = await mailProgram(dovecot);
  await program.client.mailboxCreate(NURSES);
  await program.client.mailboxCreate("Trash");
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], BILL)).toMatch(/^250 /);
  await delivered(gateway, 1);
  expect(await program.look(DESK)).toHaveLength(1);
  await use(gateway, program);
}

type Program = Awaited<ReturnType<typeof mailProgram>>;

test.skipIf(!here)(
  "a mail that people move to another queue's folder is a correction, and comes there once",
  async () => {
    await withOneDelivered(async (gateway, program) => {
      await moveAll(program, DESK, NURSES);
      await until("it is a correction", async () => (await onlyCase(gateway)).overrides.length === 1);
      const [override] = (await onlyCase(gateway)).overrides;
      expect(override).toMatchObject({ by: "imap:desk", queue: "clinical-triage", type: "clinical", isUndo: false });
      const { deliveries } = await onlyCase(gateway);
      expect(deliveries.map(({ queue, state, attempts, leftAt }) => [queue, state, attempts, leftAt !== null])).toEqual(
        [
          ["billing-desk", "delivered", 1, true],
          ["clinical-triage", "delivered", 0, false],
        ],
      );
      expect((await gateway.store.lessons(0, 10)).map(({ type }) => type)).toEqual(["clinical"]);
      // And back again, which is another one.
      await moveAll(program, NURSES, DESK);
      await until("it is back", async () => (await onlyCase(gateway)).overrides.length === 2);
      expect((await onlyCase(gateway)).overrides.at(-1)).toMatchObject({ queue: "billing-desk", type: "billing" });
      expect([(await program.look(DESK)).length, (await program.look(NURSES)).length]).toEqual([1, 0]);
    });
  },
);

test.skipIf(!here)("a copy means nothing while the first is there, and its deletion makes it a move", async () => {
  await withOneDelivered(async (gateway, program) => {
    const lock = await program.client.getMailboxLock(DESK);
    try {
      await program.client.messageCopy("1:*", NURSES);
      await program.client.messageFlagsAdd("1:*", ["\\Flagged"]);
      // The flag is seen behind the copy: both have been looked at by then.
      await until("the flag is seen", async () => (await onlyCase(gateway)).acknowledgements.length === 1);
      expect((await onlyCase(gateway)).overrides).toEqual([]);
      await program.client.messageFlagsAdd("1:*", ["\\Deleted"]);
    } finally {
      lock.release();
    }
    await until("it is a correction", async () => (await onlyCase(gateway)).overrides.length === 1);
    expect((await onlyCase(gateway)).overrides[0]).toMatchObject({ queue: "clinical-triage" });
  });
});

test.skipIf(!here)("flags and answers say that it was seen, once each; the trash says nothing", async () => {
  await withOneDelivered(async (gateway, program) => {
    const lock = await program.client.getMailboxLock(DESK);
    try {
      await program.client.messageFlagsAdd("1:*", ["\\Answered", "\\Flagged"]);
      await until("both are seen", async () => (await onlyCase(gateway)).acknowledgements.length === 2);
      await program.client.messageMove("1:*", "Trash");
    } finally {
      lock.release();
    }
    const [place] = (await gateway.store.deskCase((await onlyCase(gateway)).messageId, "desk")).places;
    expect(place).toMatchObject({ folder: DESK, account: "desk" });
    await until("it is known to be gone", async () => {
      const { places } = await gateway.store.deskCase((await onlyCase(gateway)).messageId, "desk");
      return places.every(({ goneAt }) => goneAt !== null);
    });
    const { overrides, acknowledgements } = await onlyCase(gateway);
    expect(overrides).toEqual([]);
    expect(acknowledgements.map(({ queue, how, by }) => `${queue} ${how} ${by}`).toSorted()).toEqual([
      "billing-desk answered imap:desk",
      "billing-desk flagged imap:desk",
    ]);
  });
});

test.each(["copy", "move", "tag"] as const)(
  "mail fetched from the account goes to its queue by %s, its bytes unchanged, and people's moves are understood",
  { skip: !here },
  async (original) => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using gateway = await gatewayAt(dovecot, dir.path, original, "INBOX");
    await using program = await mailProgram(dovecot);
    await program.client.mailboxCreate(NURSES);
    await program.put(mailSaying("my bill", "I want to set up a payment plan for my bill."));
    await delivered(gateway, 1);
    const [attempt] = (await onlyCase(gateway)).attempts;
    expect(attempt?.code).toBe(original);
    await until("the original is marked", async () =>
      (await gateway.store.imapFolders()).every(({ unmarked }) => unmarked === 0),
    );
    const inbox = await program.look("INBOX");
    expect(inbox).toHaveLength(original === "move" ? 0 : 1);
    const folder = original === "tag" ? "INBOX" : DESK;
    const [mail] = await program.look(folder);
    expect(mail?.subject).toBe("my bill");
    expect(mail?.flags).toEqual(expect.arrayContaining(["$billing-desk", expect.stringMatching(/^P[1-4]$/)]));
    await moveAll(program, folder, NURSES);
    await until("it is a correction", async () => (await onlyCase(gateway)).overrides.length === 1);
    expect((await onlyCase(gateway)).overrides[0]).toMatchObject({ by: "imap:desk", queue: "clinical-triage" });
    expect(await gateway.store.outcomes({ limit: 10 })).toHaveLength(1);
  },
);

test("queues are not delivered into watched folders, nor to originals that the account moves away itself", async () => {
  await using dir = await tempDir();
  const start = (more: string, folder: string, original: Original) => {
    const rules = rulesWith(original);
    const queues = rules.queues.map((queue) => ({ ...queue, deliver: { ...queue.deliver, folder } as const }));
    const settings = `imap: [{ name: desk, host: 127.0.0.1, port: 1, tls: none, user: a, password_file: x, alias: billing@clinic.example${more} }]`;
    return testGateway(dir.path, { settings, rules: { ...rules, queues } });
  };
  await expect(start("", "INBOX", "keep")).rejects.toThrow(
    /the folder INBOX of `desk`, which is watched.*another folder/,
  );
  const moved = start(", done: { move_to: Done }", "Queues", "move");
  await expect(moved).rejects.toThrow(/`original: move`, but the account `desk` moves all originals to Done itself/);
});

test.each(["move", "copy", "keep"] as const)(
  "killed at any moment while fetching and bringing mail to its queue by %s, none is lost and none lies there twice",
  { skip: !here, timeout: 480_000 },
  async (original) => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    const file = join(dir.path, "password");
    await writeFile(file, dovecot.login.password);
    const home = await makeHome({
      folder: join(dir.path, "gateway"),
      deliver: (queue) => ({
        kind: "imap",
        account: "desk",
        folder: `Queues/${queue}`,
        keyword: `$${queue}`,
        original,
      }),
      settings: parse(watching(dovecot, file, ", from: 2026-01-01")) as object,
    });
    let put = 0;
    for (let round = 0; round < KILLS; round++) {
      for (let count = 0; count < 15; count++)
        await program.put(mailSaying(`Mail ${put++}`, "A payment plan, please."));
      const gateway = await startAgain(home);
      await sleep(Math.random() * 800);
      await gateway.kill();
    }
    await using gateway = await startAgain(home);
    await until(
      "all are delivered",
      async () => (await balance(gateway)).reduce((sum, { delivered }) => sum + delivered, 0) === put,
      240_000,
    );
    for (const row of await balance(gateway)) expect(row).toMatchObject({ missing: 0, waiting: 0, held: 0 });
    const subjects = (await program.look(DESK)).map(({ subject }) => subject);
    expect([new Set(subjects).size, subjects.length]).toEqual([put, put]);
    expect(await program.look("INBOX")).toHaveLength(original === "move" ? 0 : put);
  },
);
