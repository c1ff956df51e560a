// What is missing of a watched folder at a real Dovecot: how far a long fetch is, and the look for holes.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ImapFolderRow } from "../../src/store/imap.ts";
import { startDovecot } from "../support/dovecot.ts";
import type { TestGateway } from "../support/gateway.ts";
import { mailProgram, mailSaying } from "../support/imap-box.ts";
import {
  BACK_FILL,
  decided,
  gatewayAt,
  LIMIT_MS,
  lines,
  readiness,
  reconcile,
  withHouse,
} from "../support/imap-house.ts";
import { slowWire } from "../support/imap-wire.ts";
import { needs } from "../support/interop.ts";
import { runMailward } from "../support/operator.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

/** As after a mistake of ours or of the server: the cursor is behind the next mail, and no row will know that. */
async function skipNext(gateway: TestGateway): Promise<void> {
  const [{ uidValidity, uid, since }] = (await gateway.store.imapFolders()) as [ImapFolderRow];
  await gateway.store.moveImapCursor("desk", "INBOX", { uidValidity, uid: uid + 1, since });
}

const watched = (gateway: TestGateway) => until("it is watched", () => lines(gateway, "imap-up").length > 0);

describe.skipIf(!needs("dovecot"))("what is missing of a watched folder", () => {
  test("a long fetch shows how far it is, and new mail does not wait for its end", { timeout: LIMIT_MS }, async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    for (let n = 0; n < 200; n++) await program.put(mailSaying(`Mail ${n}`, "A payment plan, please.\n".repeat(600)));
    await using slow = await slowWire(dovecot.port, 200 * 1024);
    await using gateway = await gatewayAt(dir.path, { port: slow.port, login: dovecot.login }, BACK_FILL);
    await decided(gateway, 64);
    await program.put(mailSaying("News"));
    const { mailbox } = await readiness(gateway);
    expect(mailbox).toMatchObject({ state: "connected", fetching: { all: 200 } });
    const listed = await runMailward(gateway.folder, ["imap", "list", "--data", join(gateway.folder, "data")]);
    expect(listed.out).toMatch(/desk +INBOX .* (?:64|128|192) of 200/);
    const page = await (await fetch(`http://127.0.0.1:${gateway.http.port}/metrics`)).text();
    expect(page).toContain('mailward_imap_missing_all{account="desk",folder="INBOX"} 200');
    await decided(gateway, 201);
    await until("nothing is missing", async () => (await readiness(gateway)).mailbox.fetching === null);
    const folder = await until("all of it is behind the cursor", async () => {
      const [row] = await gateway.store.imapFolders();
      return row?.uid === 201 ? row : null;
    });
    expect(folder).toMatchObject({ mails: 201, fetching: null });
    const rows = await gateway.store.outcomes({ limit: 1000 });
    const cases = await Promise.all(rows.map(({ ref }) => gateway.store.find(ref)));
    const news = cases.find((found) => found?.mail.messageId === "<News@example.net>");
    expect(news?.messageId).toBeLessThan(201);
    expect(rows).toHaveLength(201);
  });

  test("the look for holes comes by itself when the last one is a day old, and only then", {
    timeout: LIMIT_MS,
  }, async () => {
    await withHouse({}, async ({ program, start }) => {
      {
        await using gateway = await start();
        await watched(gateway);
        await skipNext(gateway);
        await program.put(mailSaying("Missed"));
        await program.put(mailSaying("After it"));
        await decided(gateway, 1);
        // The gateway is started anew each day and runs for less than one.
        await gateway.store.imapReconciled("desk", "INBOX", Date.now() - 25 * 3600_000);
      }
      await using gateway = await start();
      await decided(gateway, 2);
      await until("that is written down", async () => {
        const [row] = await gateway.store.imapFolders();
        return Date.now() - (row?.reconciledAt ?? 0) < 60_000;
      });
    });
  });

  test("a look for holes that loses its connection is not forgotten", { timeout: LIMIT_MS }, async () => {
    const cut = { on: false };
    await withHouse(
      {
        onClient: (said, wire) => {
          if (!cut.on || !/UID SEARCH .*(?:SINCE|YOUNGER)/.test(said)) return;
          cut.on = false;
          wire.drop();
        },
      },
      async ({ program, start }) => {
        await using gateway = await start();
        await watched(gateway);
        await skipNext(gateway);
        await program.put(mailSaying("Missed"));
        await program.put(mailSaying("After it"));
        await decided(gateway, 1);
        cut.on = true;
        await reconcile(gateway);
        await decided(gateway, 2);
        expect(lines(gateway, "imap-down")).toHaveLength(1);
      },
    );
  });

  test("a mail that is known to be too large is not fetched again only to be refused", {
    timeout: LIMIT_MS,
  }, async () => {
    const fetches: string[] = [];
    const onClient = (said: string) => {
      if (/UID FETCH 1 .*BODY\.PEEK\[\]/.test(said)) fetches.push(said);
    };
    await withHouse({ onClient }, async ({ program, start }) => {
      const more = `${BACK_FILL} }]\nlimits: { message_megabytes: 1 }\n# [{`;
      await program.put(mailSaying("Large", "The bill of my last visit, scanned.\n".repeat(40_000)));
      {
        await using gateway = await start(more);
        await until("it is refused", () => lines(gateway, "imap-left").length === 1);
        await until("all of it was read", async () => (await gateway.store.imapFolders())[0]?.uid === 1);
        expect(fetches.length).toBeGreaterThan(1);
      }
      fetches.length = 0;
      await using gateway = await start(more);
      await watched(gateway);
      for (let round = 0; round < 2; round++) {
        await gateway.store.imapReconciled("desk", "INBOX", 0);
        await until("it was looked at", async () => ((await gateway.store.imapFolders())[0]?.reconciledAt ?? 0) > 0);
      }
      expect(fetches).toEqual([]);
      expect(lines(gateway, "imap-left")).toHaveLength(1);
      expect(lines(gateway, "imap-left")[0]).toContain('"reason":"too-large"');
      expect((await readiness(gateway)).degraded).toBe(false);
    });
  });

  test("who asks for a look while no gateway runs is told so", { timeout: LIMIT_MS }, async () => {
    await withHouse({}, async ({ start }) => {
      const ask = (folder: string) => runMailward(folder, ["imap", "reconcile", "--data", join(folder, "data")]);
      const gateway = await start();
      await watched(gateway);
      expect((await ask(gateway.folder)).code).toBe(0);
      await gateway[Symbol.asyncDispose]();
      const { code, told } = await ask(gateway.folder);
      expect([code, told]).toEqual([2, expect.stringMatching(/^No gateway runs on the folder .*Start it/)]);
    });
  });
});
