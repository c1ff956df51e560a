// Mailboxes watched by IMAP, against a real Dovecot: what is put into the folder becomes a case, once, whatever happens
// to the connection, the folder and the gateway; and the originals stay as they were but for our mark.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ImapFolderRow } from "../../src/store/imap.ts";
import { sendMail } from "../support/dialogue.ts";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { blackHole, mailProgram, mailSaying, watching } from "../support/imap-box.ts";
import { needs } from "../support/interop.ts";
import { balance, makeHome, startAgain } from "../support/live-gateway.ts";
import { runMailward } from "../support/operator.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const LIMIT_MS = 120_000;
/** `npm run crash` kills more often, by SMTP. */
const KILLS = 8;
const PERIODS = { pollMs: 1_000, silentMs: 4_000, superviseMs: 500 };

async function gatewayAt(folder: string, at: Pick<Dovecot, "port" | "login">, more = ""): Promise<TestGateway> {
  const file = join(folder, "password");
  writeFileSync(file, `${at.login.password}\n`);
  return testGateway(folder, { settings: watching(at, file, more), imapPeriods: PERIODS });
}

function connected(gateway: TestGateway, times = 1): Promise<unknown> {
  return until(
    "the mailbox is watched",
    () => gateway.log.filter((line) => line.includes('"imap-up"')).length >= times,
  );
}

/** References of what was decided, once there are so many. */
async function decided(gateway: TestGateway, count: number): Promise<readonly string[]> {
  return until(`${count} mails are decided`, async () => {
    const rows = await gateway.store.outcomes({ limit: 1000 });
    return rows.length >= count ? rows.map(({ ref }) => ref) : null;
  });
}

describe.skipIf(!needs("dovecot"))("a watched mailbox", () => {
  test("new mail becomes a case, the original is marked and nothing else of it changes", {
    timeout: LIMIT_MS,
  }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await program.put(mailSaying("Old one"));
    await using gateway = await gatewayAt(dir.path, dovecot);
    await connected(gateway);
    await program.put(mailSaying("New one", "About my bill.", "Delivered-To: clinical@clinic.example\n"));
    const [ref = ""] = await decided(gateway, 1);
    const found = await gateway.store.find(ref);
    expect(found?.mail).toMatchObject({ door: "imap", messageId: "<New-one@example.net>" });
    expect(found?.routings[0]?.recipient).toMatchObject({ alias: "clinical" });
    await until("the original is marked", async () => (await program.look())[1]?.flags.includes("$Mailward"));
    // What was there before is left alone, and nobody's mail is read for them.
    expect(await program.look()).toEqual([
      { subject: "Old one", flags: [] },
      { subject: "New one", flags: ["$Mailward"] },
    ]);
    expect(await gateway.store.imapFolders()).toMatchObject([
      { account: "desk", folder: "INBOX", mails: 1, unmarked: 0 },
    ]);
  });

  test("mail since a day is fetched at the first connection, large mail too", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await program.put(mailSaying("Too old"), "INBOX", new Date("2026-10-30T12:00:00Z"));
    const large = `${"The bill of the lazy dog. ".repeat(40)}\n`.repeat(400);
    await program.put(mailSaying("Large", large), "INBOX", new Date("2026-11-02T12:00:00Z"));
    for (let at = 0; at < 70; at++)
      await program.put(mailSaying(`Mail ${at}`), "INBOX", new Date("2026-11-03T12:00:00Z"));
    await using gateway = await gatewayAt(dir.path, dovecot, ", from: 2026-11-01, done: { copy_to: Done }");
    await decided(gateway, 71);
    expect(await gateway.store.balance()).toMatchObject([{ accepted: 71, missing: 0 }]);
    await until("all are copied", async () => (await program.look("Done").catch(() => [])).length === 71);
    expect((await program.look()).length).toBe(72);
  });

  test("the same mail by SMTP and by IMAP is one case", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await using gateway = await gatewayAt(dir.path, dovecot);
    await connected(gateway);
    const written = ["One", "Two", "Three"].map((subject) => mailSaying(`Both ways ${subject}`));
    for (const mail of written)
      await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mail.replaceAll("\n", "\r\n"));
    const refs = await decided(gateway, 3);
    // As servers put it there: noting the sender, a rewritten one, or none.
    const heads = [
      "Return-Path: <patient@home.example>\nDelivered-To: billing@clinic.example\nReceived: from a by b; Mon, 23 Nov 2026 10:00:01 +0000\n",
      "Return-Path: <SRS0=ab=cd=home.example=patient@relay.example>\nDelivered-To: billing+web@clinic.example\n",
      "",
    ];
    for (const [place, mail] of written.entries()) await program.put((heads[place] ?? "") + mail);
    await until("the originals are marked", async () => {
      const marked = (await program.look()).filter(({ flags }) => flags.includes("$Mailward"));
      return marked.length === 3;
    });
    expect(await decided(gateway, 3)).toHaveLength(3);
    for (const ref of refs) expect(await gateway.store.find(ref)).toMatchObject({ duplicates: [{ alias: "billing" }] });
  });

  test("a connection that is dead without a word is begun anew, and what came meanwhile is found", {
    timeout: LIMIT_MS,
  }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await using hole = await blackHole(dovecot.port);
    await using gateway = await gatewayAt(dir.path, { port: hole.port, login: dovecot.login });
    await connected(gateway);
    hole.fallSilent();
    await program.put(mailSaying("Into the silence"));
    await decided(gateway, 1);
    expect(gateway.log.some((line) => line.includes('"imap-down"') && line.includes('"code":"silent"'))).toBe(true);
  });

  test("a folder with new UIDs brings no case twice, and what came meanwhile is found", {
    timeout: LIMIT_MS,
  }, async () => {
    await using dir = await tempDir();
    let dovecot = await startDovecot(dir.path);
    const { port, login } = dovecot;
    await using gateway = await gatewayAt(dir.path, dovecot);
    await connected(gateway);
    {
      await using program = await mailProgram(dovecot);
      for (const subject of ["One", "Two", "Three"]) await program.put(mailSaying(subject));
      await decided(gateway, 3);
      await until("all are marked", async () =>
        (await program.look()).every(({ flags }) => flags.includes("$Mailward")),
      );
    }
    const before = (await gateway.store.imapFolders())[0]?.uidValidity;
    await dovecot[Symbol.asyncDispose]();
    for (const name of [
      "dovecot-uidlist",
      "dovecot-uidvalidity",
      "dovecot.index",
      "dovecot.index.log",
      "dovecot.index.cache",
    ])
      rmSync(join(dovecot.maildir, name), { force: true });
    // UIDVALIDITY is a time in seconds: the next one must be another.
    await sleep(1100);
    dovecot = await startDovecot(dir.path, { port });
    await using program = await mailProgram({ port, login });
    await program.put(mailSaying("Four"));
    await decided(gateway, 4);
    await until("the folder is known anew", async () => (await gateway.store.imapFolders())[0]?.uidValidity !== before);
    expect((await gateway.store.outcomes({ limit: 10 })).length).toBe(4);
    expect(await gateway.store.counts()).toMatchObject({ duplicates: 0 });
    await dovecot[Symbol.asyncDispose]();
  });

  test("what was missed is found when somebody asks", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await using gateway = await gatewayAt(dir.path, dovecot);
    await connected(gateway);
    await program.put(mailSaying("Seen"));
    await decided(gateway, 1);
    // As after a mistake of ours or of the server: the cursor is behind a mail that no row knows.
    const [{ uidValidity, uid, since }] = (await gateway.store.imapFolders()) as [ImapFolderRow];
    await gateway.store.moveImapCursor("desk", "INBOX", { uidValidity, uid: uid + 1, since });
    await program.put(mailSaying("Missed"));
    await program.put(mailSaying("After it"));
    await decided(gateway, 2);
    const asked = await runMailward(dir.path, ["imap", "reconcile", "--data", join(dir.path, "data")]);
    expect(asked.code, asked.told).toBe(0);
    await decided(gateway, 3);
    const listed = await runMailward(dir.path, ["imap", "list", "--data", join(dir.path, "data")]);
    expect(listed.out).toMatch(/desk +INBOX +3 +UID 3/);
  });

  test("killed at any moment while fetching and marking, no mail is lost and none is a case twice", {
    timeout: 4 * LIMIT_MS,
  }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    const file = join(dir.path, "password");
    writeFileSync(file, dovecot.login.password);
    const imap = parse(
      watching(dovecot, file, ", from: 2026-01-01, done: { keyword: $Taken, move_to: Done }"),
    ) as object;
    const home = await makeHome({
      folder: join(dir.path, "gateway"),
      deliver: () => ({ kind: "maildir" }),
      settings: imap,
    });
    let put = 0;
    for (let round = 0; round < KILLS; round++) {
      for (let count = 0; count < 25; count++) await program.put(mailSaying(`Mail ${put++}`));
      const gateway = await startAgain(home);
      await sleep(Math.random() * 600);
      await gateway.kill();
    }
    await using gateway = await startAgain(home);
    await until("all are moved", async () => (await program.look()).length === 0, LIMIT_MS);
    const rows = await until(
      "all are delivered",
      async () => {
        const found = await balance(gateway);
        return found.reduce((sum, { delivered }) => sum + delivered, 0) === put ? found : null;
      },
      LIMIT_MS,
    );
    expect(rows.reduce((sum, { accepted, missing }) => sum + accepted + missing, 0)).toBe(put);
    expect(new Set((await program.look("Done")).map(({ subject }) => subject)).size).toBe(put);
  });

  test("a server that cannot move mail copies it, and says so; nothing is deleted", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path, { settings: "imap_capability = IMAP4rev1 UIDPLUS IDLE\n" });
    await using program = await mailProgram(dovecot);
    await using gateway = await gatewayAt(dir.path, dovecot, ", done: { move_to: Done }");
    await connected(gateway);
    await program.put(mailSaying("To move"));
    await decided(gateway, 1);
    await until("it is copied", async () => (await program.look("Done").catch(() => [])).length === 1);
    expect((await program.look()).length).toBe(1);
    expect(gateway.log.some((line) => line.includes("imap-cannot-mark") && line.includes("cannot move"))).toBe(true);
  });

  test("one that can moves it", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    await using gateway = await gatewayAt(dir.path, dovecot, ", done: { move_to: Done }");
    await connected(gateway);
    await program.put(mailSaying("To move"));
    await until("it is moved", async () => (await program.look("Done").catch(() => [])).length === 1);
    expect(await program.look()).toEqual([]);
    expect((await decided(gateway, 1)).length).toBe(1);
  });

  test("a wrong password harms nothing else and is told without the password", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    const wrong = { port: dovecot.port, login: { user: "alice", password: "mistaken-secret" } };
    await using gateway = await gatewayAt(dir.path, wrong);
    await until("it is refused", () => gateway.log.some((line) => line.includes('"sign-in-refused"')));
    expect(gateway.log.join("\n")).not.toContain("mistaken-secret");
    const ready = await (await fetch(`http://127.0.0.1:${gateway.http.port}/readyz`)).json();
    expect(ready).toMatchObject({
      ready: true,
      degraded: true,
      mailboxes: [{ account: "desk", code: "sign-in-refused" }],
    });
    await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mailSaying("By SMTP").replaceAll("\n", "\r\n"));
    await decided(gateway, 1);
    const page = await (await fetch(`http://127.0.0.1:${gateway.http.port}/metrics`)).text();
    expect(page).toContain('mailward_imap_connected{account="desk",folder="INBOX"} 0');
  });
});
