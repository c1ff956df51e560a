// What the gateway writes into a Maildir is what mail programs expect to find there.

import { execFile } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { needs } from "../support/interop.ts";
import { balance, liveGateway } from "../support/live-gateway.ts";
import { startSender } from "../support/sender.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const run = promisify(execFile);
const MAILS = 3;

// On a busy machine mutt can lose keys that are pushed before it has drawn its screen.
test.skipIf(!needs("mutt"))("mutt reads a queue's Maildir", { retry: 2 }, async () => {
  await using dir = await tempDir();
  const maildir = await filledMaildir(dir.path);
  const copy = join(dir.path, "printed");
  // Every mail is tagged and saved as a plain mailbox, which mutt can do only after reading it.
  const push = `push "<tag-pattern>~A<enter><copy-message>${copy}<enter><exit>"`;
  await writeFile(
    join(dir.path, "muttrc"),
    "set auto_tag=yes\nset copy=yes\nset confirmcreate=no\nset confirmappend=no\nset mbox_type=mbox\n",
  );
  const mutt = ["mutt", "-n", "-R", "-F", join(dir.path, "muttrc"), "-e", push, "-f", maildir];
  // mutt wants a terminal; script(1) gives it one.
  await run("script", ["-qec", mutt.map((word) => `'${word}'`).join(" "), "/dev/null"], {
    env: { ...process.env, TERM: "xterm" },
    timeout: 30_000,
  });
  const { stdout } = await run("grep", ["-c", "^Subject: My statement", copy]);
  expect(Number(stdout)).toBe(MAILS);
});

test.skipIf(!needs("dovecot"))("Dovecot serves a queue's Maildir by IMAP", async () => {
  await using dir = await tempDir();
  const maildir = await filledMaildir(dir.path);
  await using dovecot = await startDovecot(dir.path);
  await cp(maildir, dovecot.maildir, { recursive: true });
  await dovecot.own();
  const said = await imap(dovecot, [
    "SELECT INBOX",
    "FETCH 1:* (RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT X-MAILWARD-QUEUE)])",
  ]);
  expect(said).toMatch(new RegExp(`\\* ${MAILS} EXISTS`));
  expect(said.match(/Subject: My statement/g)).toHaveLength(MAILS);
  expect(said.match(/X-Mailward-Queue: billing-desk/g)).toHaveLength(MAILS);
  const body = await imap(dovecot, ["SELECT INBOX", "FETCH 1 BODY.PEEK[TEXT]"]);
  expect(body).toContain("Could I have a payment plan?");
});

/** Sends a few mails through a real gateway and answers the Maildir they ended in. */
async function filledMaildir(folder: string): Promise<string> {
  await using gateway = await liveGateway({ folder, deliver: () => ({ kind: "maildir" }) });
  let made = 0;
  await using sender = startSender({
    port: () => gateway.port("smtp"),
    next() {
      made += 1;
      const raw = `From: <patient@example.org>\r\nSubject: My statement ${made}\r\n\r\nCould I have a payment plan?\r\n..\r\n`;
      return made > MAILS ? null : { token: String(made), to: "billing@clinic.example", raw: Buffer.from(raw) };
    },
  });
  await until("all are taken", () => sender.acknowledged.size === MAILS);
  await until("all are delivered", async () => {
    return (await balance(gateway)).every((row) => row.delivered === row.accepted);
  });
  return join(gateway.dataFolder, "mail", "billing-desk");
}

/** Signs in, says the commands one after the other and answers everything that came back. */
async function imap(dovecot: Dovecot, commands: readonly string[]): Promise<string> {
  const socket = connect(dovecot.port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const all = [`LOGIN ${dovecot.login.user} ${dovecot.login.password}`, ...commands];
  for (const [i, command] of all.entries()) {
    socket.write(`a${i} ${command}\r\n`);
    await until(`Dovecot answers ${command}`, () => new RegExp(`^a${i} (OK|NO|BAD)`, "m").test(said));
    expect(said, dovecot.output()).toMatch(new RegExp(`^a${i} OK`, "m"));
  }
  socket.destroy();
  return said;
}
