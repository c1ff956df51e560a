// Originals at a real Dovecot that refuses to have them marked: mail comes in all the same, it is told, and made good later.

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { mailSaying } from "../support/imap-box.ts";
import { BACK_FILL, decided, LIMIT_MS, lines, PERIODS, readiness, unmarked, withHouse } from "../support/imap-house.ts";
import { needs } from "../support/interop.ts";
import { until } from "../support/wait.ts";

describe.skipIf(!needs("dovecot"))("marking originals", () => {
  test("a folder that is there already is no trouble, however the server says so", { timeout: LIMIT_MS }, async () => {
    const refuse = (command: string) => (command.startsWith("CREATE") ? "NO Mailbox exists" : null);
    await withHouse({ refuse }, async ({ program, start }) => {
      await program.client.mailboxCreate("Done");
      await using gateway = await start(", done: { move_to: Done }");
      await until("it is watched", () => lines(gateway, "imap-up").length === 1);
      for (let n = 0; n < 3; n++) await program.put(mailSaying(`Mail ${n}`));
      await until("all are moved", async () => (await program.look("Done")).length === 3);
      await until("that is written down", async () => (await unmarked(gateway)) === 0);
      expect(lines(gateway, "imap-down")).toEqual([]);
      expect(lines(gateway, "imap-cannot-mark")).toEqual([]);
    });
  });

  test.each([
    ["move-refused", ", done: { move_to: Done }", /^UID MOVE/],
    ["copy-refused", ", done: { copy_to: Done }", /^UID COPY/],
    ["keyword-refused", "", /^UID STORE/],
  ])(
    "%s: mail comes in all the same, it is told and shown, and made good later",
    { timeout: LIMIT_MS },
    async (trouble, more, command) => {
      const refusal = { on: true, count: 0 };
      const refuse = (said: string) => {
        if (!refusal.on || !command.test(said)) return null;
        refusal.count += 1;
        return "NO [NOPERM] no";
      };
      await withHouse({ refuse }, async ({ program, start }) => {
        await using gateway = await start(more);
        await until("it is watched", () => lines(gateway, "imap-up").length === 1);
        for (let n = 0; n < 5; n++) await program.put(mailSaying(`Mail ${n}`));
        await decided(gateway, 5);
        await until("it is shown", async () => (await readiness(gateway)).mailbox.marking === trouble);
        expect((await readiness(gateway)).degraded).toBe(true);
        expect(await unmarked(gateway)).toBe(5);
        await program.put(mailSaying("Mail 5"));
        await decided(gateway, 6);
        await until("it is told", () => lines(gateway, "imap-cannot-mark").length > 0);
        // Tried again at each look, and no oftener: a look costs at most the batch twice and three mails twice.
        const before = refusal.count;
        await sleep(5 * PERIODS.pollMs);
        expect(refusal.count - before).toBeGreaterThan(0);
        expect(refusal.count - before).toBeLessThanOrEqual(7 * 8);
        refusal.on = false;
        await until("all are marked", async () => (await unmarked(gateway)) === 0);
        await until("nothing is shown", async () => !(await readiness(gateway)).degraded);
        expect(lines(gateway, "imap-cannot-mark")).toHaveLength(1);
        expect(lines(gateway, "imap-down")).toEqual([]);
      });
    },
  );

  test("one mail that its target does not take holds up no other", { timeout: LIMIT_MS }, async () => {
    const refuse = (said: string) =>
      /^UID COPY \S*\b2\b/.test(said.replace("1:3", "1,2,3")) ? "NO [OVERQUOTA] no" : null;
    await withHouse({ refuse }, async ({ program, start }) => {
      for (let n = 1; n <= 3; n++) await program.put(mailSaying(`Mail ${n}`));
      await using gateway = await start(`${BACK_FILL}, done: { copy_to: Done }`);
      await until("all others are copied", async () => (await unmarked(gateway)) === 1);
      expect((await program.look("Done")).map(({ subject }) => subject)).toEqual(["Mail 1", "Mail 3"]);
    });
  });
});
