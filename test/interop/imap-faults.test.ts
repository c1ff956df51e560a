// Watched mailboxes at a real Dovecot behind a wire that refuses, hangs up or dawdles: a single mail holds up no other, nothing
// is passed in silence, and what is mended is made good.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startDovecot } from "../support/dovecot.ts";
import { mailProgram, mailSaying } from "../support/imap-box.ts";
import {
  BACK_FILL,
  decided,
  gatewayAt,
  LIMIT_MS,
  lines,
  readiness,
  reconcile,
  taken,
  withHouse,
} from "../support/imap-house.ts";
import { type ImapWireOptions, imapWire, slowWire } from "../support/imap-wire.ts";
import { needs } from "../support/interop.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

describe.skipIf(!needs("dovecot"))("mail that cannot be fetched", () => {
  test("a mail at which the server hangs up is passed loudly, and taken once it can be had", {
    timeout: LIMIT_MS,
  }, async () => {
    const poison = { on: true };
    const onClient: ImapWireOptions["onClient"] = (said, wire) => {
      const range = /UID FETCH ([\d,:]+) .*BODY\.PEEK\[\]/.exec(said)?.[1] ?? "";
      const spans = range.split(",").map((part) => part.split(":").map(Number));
      if (poison.on && spans.some(([from = 0, to = from]) => from <= 2 && 2 <= to)) wire.drop();
    };
    await withHouse({ onClient }, async ({ program, start }) => {
      for (let n = 1; n <= 3; n++) await program.put(mailSaying(`Mail ${n}`));
      await using gateway = await start(BACK_FILL);
      await decided(gateway, 2);
      await until("it is told", () => lines(gateway, "imap-left").length === 1, 60_000);
      expect(lines(gateway, "imap-left")[0]).toMatch(/"level":50.*"uid":2,"reason":"unreadable"/);
      await until("it is watched", async () => (await readiness(gateway)).mailbox.state === "connected");
      expect(await readiness(gateway)).toMatchObject({ degraded: true, mailbox: { unreadable: 1, code: null } });
      await program.put(mailSaying("Mail 4"));
      await decided(gateway, 3);
      // Asked to look, it tries once; that it does not work again must not make it try for ever.
      await reconcile(gateway);
      await until("it is told again", () => lines(gateway, "imap-left").length === 2);
      await until("it is watched", async () => (await readiness(gateway)).mailbox.state === "connected");
      poison.on = false;
      await reconcile(gateway);
      await decided(gateway, 4);
      await until("all is well", async () => (await readiness(gateway)).mailbox.unreadable === 0);
      expect(lines(gateway, "imap-left")).toHaveLength(2);
    });
  });

  test("a mail the server answers nothing for is told, unless it is gone", { timeout: LIMIT_MS }, async () => {
    const gone = { on: false };
    const refuse = (said: string) => {
      if (/^UID FETCH [12] .*BODY\.PEEK\[\]/.test(said)) return "OK Fetch completed";
      return gone.on && /^UID SEARCH UID 2$/.test(said) ? "OK nothing there" : null;
    };
    await withHouse({ refuse }, async ({ program, start }) => {
      await using gateway = await start();
      await until("it is watched", () => lines(gateway, "imap-up").length === 1);
      await program.put(mailSaying("Mail 1"));
      await until("it is told", () => lines(gateway, "imap-left").length === 1);
      gone.on = true;
      await program.put(mailSaying("Mail 2"));
      await until("it is passed", async () => (await gateway.store.imapFolders())[0]?.uid === 2);
      await program.put(mailSaying("Mail 3"));
      await decided(gateway, 1);
      expect(lines(gateway, "imap-left")).toHaveLength(1);
      expect((await readiness(gateway)).mailbox.unreadable).toBe(1);
      expect(lines(gateway, "imap-down")).toEqual([]);
    });
  });

  test("a refused search is not taken for an empty folder", { timeout: LIMIT_MS }, async () => {
    const refusal = { left: 1 };
    const refuse = (said: string) => {
      if (!said.startsWith("UID SEARCH") || refusal.left === 0) return null;
      refusal.left -= 1;
      return "NO [UNAVAILABLE] later";
    };
    await withHouse({ refuse }, async ({ program, start }) => {
      for (let n = 1; n <= 5; n++) await program.put(mailSaying(`Mail ${n}`));
      await using gateway = await start(BACK_FILL);
      await decided(gateway, 5);
      expect(lines(gateway, "imap-down")).toHaveLength(1);
      refusal.left = 1;
      await program.put(mailSaying("Mail 6"));
      await decided(gateway, 6);
    });
  });

  test("a folder with new UIDs brings no case twice, although the connection is lost while it is known again", {
    timeout: LIMIT_MS,
  }, async () => {
    await using dir = await tempDir();
    let dovecot = await startDovecot(dir.path);
    const { port, login } = dovecot;
    const seen = { drops: 0, fetches: 0, on: false };
    await using wire = await imapWire(port, {
      onClient: (said, each) => {
        if (!seen.on || !/UID FETCH .*BODY\.PEEK\[\]/.test(said)) return;
        seen.fetches += 1;
        if (seen.fetches !== 3) return;
        seen.drops += 1;
        each.drop();
      },
    });
    await using gateway = await gatewayAt(dir.path, { port: wire.port, login }, "");
    await until("it is watched", () => lines(gateway, "imap-up").length === 1);
    {
      await using program = await mailProgram(dovecot);
      // As scanners and web forms send it: no Message-ID and no Date, so only the place tells that it is ours.
      for (let n = 1; n <= 5; n++)
        await program.put(
          `From: form@clinic.example\nTo: billing@clinic.example\nSubject: Form ${n}\n\nMy bill ${n}.\n`,
        );
      await decided(gateway, 5);
    }
    const before = (await gateway.store.imapFolders())[0]?.uidValidity;
    wire.drop(); // Dovecot waits half a minute for its clients
    await dovecot[Symbol.asyncDispose]();
    for (const name of [
      "dovecot-uidlist",
      "dovecot-uidvalidity",
      "dovecot.index",
      "dovecot.index.log",
      "dovecot.index.cache",
    ])
      rmSync(join(dovecot.maildir, name), { force: true });
    await sleep(1100); // UIDVALIDITY is a time in seconds: the next one must be another
    seen.on = true;
    dovecot = await startDovecot(dir.path, { port });
    await using program = await mailProgram({ port, login });
    await until("the folder is known anew", async () => (await gateway.store.imapFolders())[0]?.uidValidity !== before);
    await program.put(mailSaying("Six"));
    await decided(gateway, 6);
    expect(seen.drops).toBe(1);
    // Two before the loss, the third again, two more, and the new one: those known again are not fetched once more.
    expect(seen.fetches).toBe(7);
    expect(await taken(gateway)).toBe(6);
    wire.drop();
    await dovecot[Symbol.asyncDispose]();
  });

  test("a slow server that goes on sending is not begun anew", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    const text = "The bill of my last visit, scanned.\n";
    for (let n = 0; n < 30; n++) await program.put(mailSaying(`Mail ${n}`, text.repeat(1400)));
    await program.put(mailSaying("Large", text.repeat(44_000)));
    await using slow = await slowWire(dovecot.port, 400 * 1024);
    const periods = { pollMs: 500, silentMs: 2_000, superviseMs: 100 };
    await using gateway = await gatewayAt(dir.path, { port: slow.port, login: dovecot.login }, BACK_FILL, periods);
    await decided(gateway, 31);
    expect(lines(gateway, "imap-down")).toEqual([]);
  });
});
