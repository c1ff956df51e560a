// Queues' folders at a server that falls silent or hangs up.

import { expect, test } from "vitest";
import { BILL, DESK, delivered, gatewayAt, moveAll, NURSES, onlyCase, PERIODS } from "../support/desk-house.ts";
import { sendMail } from "../support/dialogue.ts";
import { startDovecot } from "../support/dovecot.ts";
import { mailProgram, mailSaying } from "../support/imap-box.ts";
import { imapWire } from "../support/imap-wire.ts";
import { needs } from "../support/interop.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const here = needs("dovecot");

test.skipIf(!here)(
  "a server that falls silent is noticed and tried again, later each time, and what was moved meanwhile is seen",
  { timeout: 120_000 },
  async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using wire = await imapWire(dovecot.port);
    const at = { port: wire.port, login: dovecot.login };
    await using gateway = await gatewayAt(at, dir.path, "keep", "", { ...PERIODS, silentMs: 1500 });
    await using program = await mailProgram(dovecot);
    await program.client.mailboxCreate(NURSES);
    expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], BILL)).toMatch(/^250 /);
    await delivered(gateway, 1);
    const told = (event: string) =>
      gateway.log
        .map((line) => JSON.parse(line) as { event: string; folder?: string; code?: string })
        .filter((line) => line.event === event && line.folder === "(folders of queues)");
    await until("the folders are looked at", () => told("imap-up").length === 1);
    wire.mute = true;
    await until("it is noticed", () => told("imap-down").length === 1);
    expect(told("imap-down")[0]?.code).toBe("silent");
    await until("it is tried again", () => told("imap-down").length === 2, 60_000);
    await moveAll(program, DESK, NURSES);
    wire.mute = false;
    await until("it is looked at again", () => told("imap-up").length === 2, 60_000);
    await until("the move is seen", async () => (await onlyCase(gateway)).overrides.length === 1);
  },
);

test.skipIf(!here)(
  "the first look at a full folder goes on where it was when the connection was lost",
  { timeout: 120_000 },
  async () => {
    await using dir = await tempDir();
    await using dovecot = await startDovecot(dir.path);
    await using program = await mailProgram(dovecot);
    const mails = 250;
    await program.client.mailboxCreate(DESK);
    for (let n = 0; n < mails; n += 1) await program.put(mailSaying(`Old ${n}`), DESK);
    const asked: string[] = [];
    await using wire = await imapWire(dovecot.port, {
      onClient(said, { drop }) {
        for (const [, uid = ""] of said.matchAll(/UID FETCH (\d+) [^\r]*BODY\.PEEK\[\]/g)) {
          asked.push(uid);
          if (asked.length === 220) drop();
        }
      },
    });
    const at = { port: wire.port, login: dovecot.login };
    await using gateway = await gatewayAt(at, dir.path, "keep", "");
    const known = async () => {
      const uids = await program.client.status(DESK, { uidValidity: true });
      const uidValidity = String(uids === false ? "" : uids.uidValidity);
      return (await gateway.store.imapPlaces("desk", DESK, uidValidity, 0)).length;
    };
    await until("all are known", async () => (await known()) === mails, 60_000);
    expect(gateway.log.some((line) => line.includes('"imap-down"'))).toBe(true);
    expect(new Set(asked).size).toBe(mails);
    // Twenty of the part that was lost are asked for twice, and the one that was under way.
    expect(asked.length).toBeLessThan(mails + 30);
  },
);
