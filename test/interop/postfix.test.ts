// Postfix in front, as in most hospitals: it takes mail from anywhere and hands it over by LMTP or SMTP.

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { freePort } from "../support/daemon.ts";
import { needsRoot } from "../support/interop.ts";
import { balance, type LiveGateway, liveGateway } from "../support/live-gateway.ts";
import { startPostfix } from "../support/postfix.ts";
import { smtpSink } from "../support/smtp-sink.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

/** Postfix waits between its attempts, longer on a loaded machine than it is told. */
const HANDED_OVER_MS_MAX = 50_000;
const run = promisify(execFile);
const maildirs = { deliver: () => ({ kind: "maildir" }) as const };

describe.skipIf(!needsRoot("postfix", "swaks"))("Postfix hands mail over", () => {
  test.each([
    ["LMTP", "lmtp" as const, (port: number) => `lmtp:inet:127.0.0.1:${port}`],
    ["SMTP", "smtp" as const, (port: number) => `smtp:[127.0.0.1]:${port}`],
  ])("by %s, and it is in its queue's Maildir as it was sent", async (_, protocol, next) => {
    await using dir = await tempDir();
    await using gateway = await liveGateway({ folder: dir.path, ...maildirs });
    await using postfix = await startPostfix({ folder: dir.path, next: next(gateway.port(protocol)) });
    await swaks(
      postfix.port,
      "billing@clinic.example",
      "My statement",
      "Could I have a payment plan? Ärger mit Umlauten.",
    );
    const [mail] = await mails(gateway, "billing-desk", 1);
    expect(mail).toMatch(/^X-Mailward-Queue: billing-desk\r?$/m);
    expect(mail).toMatch(/^Subject: My statement\r?$/m);
    expect(mail).toContain("Could I have a payment plan? Ärger mit Umlauten.");
    expect(mail).toMatch(/^Delivered-To: billing@clinic\.example\r?$/m);
  });

  test("to two aliases at once, by LMTP, a case for each", async () => {
    await using dir = await tempDir();
    await using gateway = await liveGateway({ folder: dir.path, ...maildirs });
    const next = `lmtp:inet:127.0.0.1:${gateway.port("lmtp")}`;
    await using postfix = await startPostfix({ folder: dir.path, next });
    await swaks(postfix.port, "billing@clinic.example,clinical@clinic.example", "My bill", "A payment plan?");
    await mails(gateway, "billing-desk", 1);
    const rows = await until("both are delivered", async () => {
      const found = await balance(gateway);
      return found.filter(({ delivered }) => delivered === 1).length === 2 ? found : null;
    });
    expect(rows.map(({ alias }) => alias).toSorted()).toEqual(["billing", "clinical"]);
  });

  test("and keeps it while the gateway is down, then hands it over", async () => {
    await using dir = await tempDir();
    const gateway = await liveGateway({ folder: dir.path, ...maildirs });
    const port = gateway.port("smtp");
    await gateway.kill();
    const settings = ["minimal_backoff_time = 1s", "maximal_backoff_time = 2s", "queue_run_delay = 1s"];
    await using postfix = await startPostfix({ folder: dir.path, next: `smtp:[127.0.0.1]:${port}`, settings });
    await swaks(
      postfix.port,
      "billing@clinic.example",
      "Later",
      "Sent while nobody was there. Could I have a payment plan?",
    );
    await until("Postfix has tried and put it off", async () => (await postfix.log()).includes("status=deferred"));
    const listen = [{ protocol: "smtp", address: "127.0.0.1", port }];
    await using back = await liveGateway({ folder: dir.path, ...maildirs, settings: { listen } });
    expect((await mails(back, "billing-desk", 1)).join()).toContain("Sent while nobody was there.");
  });

  test("an unknown alias comes back to Postfix with words that help", async () => {
    await using dir = await tempDir();
    await using gateway = await liveGateway({ folder: dir.path, ...maildirs });
    const next = `smtp:[127.0.0.1]:${gateway.port("smtp")}`;
    await using postfix = await startPostfix({ folder: dir.path, next });
    await swaks(postfix.port, "nobody-here@clinic.example", "Wrong address", "Hello.");
    await until("Postfix has been refused", async () => (await postfix.log()).includes("status=bounced"));
    expect(await postfix.log()).toMatch(/550 5\.1\.1 .*(write|call)/i);
  });
});

describe.skipIf(!needsRoot("postfix", "swaks"))("Postfix takes mail from us", () => {
  test("as the next hop of a queue, headers on top and the rest unchanged", async () => {
    await using dir = await tempDir();
    await using inbox = await smtpSink();
    await using postfix = await startPostfix({ folder: dir.path, next: `smtp:[127.0.0.1]:${inbox.port}` });
    await using gateway = await liveGateway({
      folder: dir.path,
      deliver: () => ({ kind: "smtp", host: "127.0.0.1", port: postfix.port, to: "desk@clinic.example", tls: "none" }),
    });
    await swaks(gateway.port("smtp"), "billing@clinic.example", "My statement", "Where is it?\n.\n..dots");
    const mail = await until("it comes through Postfix", () => inbox.taken[0]);
    expect(mail.rcptTo).toEqual(["desk@clinic.example"]);
    expect(mail.raw.toString()).toMatch(/X-Mailward-Ref: .*Subject: My statement.*Where is it\?\r\n\.\r\n\.\.dots/s);
  });
});

describe.skipIf(!needsRoot("postfix", "swaks"))("Postfix sends a forward back", () => {
  test("and the bounce is tied to the forward and lies in the review queue", async () => {
    await using dir = await tempDir();
    const port = await freePort();
    const refusal = { kind: "answer", at: "rcpt", line: "550 5.1.1 There is no such mailbox" } as const;
    await using far = await smtpSink({ behaviour: refusal, pipelining: false });
    const settings = [`transport_maps = inline:{ {far.example = smtp:[127.0.0.1]:${far.port}} }`];
    await using postfix = await startPostfix({ folder: dir.path, next: `smtp:[127.0.0.1]:${port}`, settings });
    const forward = { kind: "smtp", host: "127.0.0.1", port: postfix.port, to: "desk@far.example" } as const;
    await using gateway = await liveGateway({
      folder: dir.path,
      deliver: (queue) => (queue === "billing-desk" ? { ...forward, tls: "none" } : { kind: "maildir" }),
      settings: {
        srs: { domain: "bounces.clinic.example" },
        listen: [{ protocol: "smtp", address: "127.0.0.1", port }],
      },
    });
    await swaks(port, "billing@clinic.example", "My statement", "Could I have a payment plan?");
    const [bounce] = await mails(gateway, "review", 1);
    expect(bounce).toMatch(/^Diagnostic-Code: .*no such mailbox/im);
    await until("the log has told it", () =>
      /"event":"bounced".*"queue":"billing-desk".*"code":"5\.1\.1"/.test(gateway.output()),
    );
    expect(await postfix.log()).toMatch(/from=<SRS0=\w+=\w+=example\.org=patient=\w+@bounces\.clinic\.example>/);
  });
});

async function swaks(port: number, to: string, subject: string, body: string): Promise<void> {
  await run("swaks", [
    ...["--server", `127.0.0.1:${port}`, "--from", "patient@example.org", "--to", to],
    ...["--header", `Subject: ${subject}`, "--body", body, "--helo", "patient.example.org"],
  ]);
}

/** The mails of a queue once there are so many. */
async function mails(gateway: LiveGateway, queue: string, count: number): Promise<string[]> {
  const folder = join(gateway.dataFolder, "mail", queue, "new");
  const names = await until(
    `${count} mails are in ${queue}`,
    async () => {
      const found = await readdir(folder).catch(() => []);
      return found.length >= count ? found : null;
    },
    HANDED_OVER_MS_MAX,
  );
  return Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}
