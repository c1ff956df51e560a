// Watched mailboxes against a real Dovecot: how fast a full one is taken in, how soon new mail is decided, and what many
// idle ones cost in memory.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { mailProgram, mailSaying, watching } from "../support/imap-box.ts";
import { imapWire } from "../support/imap-wire.ts";
import { liveGateway } from "../support/live-gateway.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";
import { printMachine, say } from "./machine.ts";

const MAILS = 50_000;
const MAIL_BYTES = 10_000;
const SECOND_GOAL = 300;
const NEWS = 30;
const NEWS_GOAL_MS = 1_000;
/** Rounds in which the server tells nothing by itself. */
const DEAD_ROUNDS = 3;
const DEAD_GOAL_MS = 65_000;
const MAILBOXES = 200;
const MEMORY_GOAL_MEGABYTES = 300;
const LIMIT_MS = 600_000;
/** Connections of one user and of all: more than a server usually allows. */
const ROOM =
  "mail_max_userip_connections = 1000\nservice imap {\n  process_limit = 1000\n}\nservice imap-login {\n  service_count = 0\n  process_min_avail = 1\n}\ndefault_client_limit = 4000\n";

export async function imap(): Promise<void> {
  await using dir = await tempDir();
  await using dovecot = await startDovecot(dir.path, { settings: ROOM });
  const text = "About the bill of my last visit.\n".repeat(MAIL_BYTES / 33);
  for (let at = 0; at < MAILS; at++)
    writeFileSync(join(dovecot.maildir, "cur", `${at}.bench:2,S`), mailSaying(`Mail ${at}`, text));
  await dovecot.own();
  const password = join(dir.path, "password");
  writeFileSync(password, dovecot.login.password);
  printMachine();
  {
    const settings = parse(watching(dovecot, password, ", from: 2020-01-01")) as object;
    await using gateway = await liveGateway({
      folder: join(dir.path, "full"),
      deliver: () => ({ kind: "maildir" }),
      settings,
    });
    const started = performance.now();
    const count = () => countAt(gateway.httpPort);
    await until("all are ours", async () => (await count()) >= MAILS, LIMIT_MS);
    const rate = MAILS / ((performance.now() - started) / 1000);
    say(
      `${MAILS} mails of 10 KB taken in at ${rate.toFixed(0)} a second; goal ${SECOND_GOAL}: ${rate >= SECOND_GOAL ? "reached" : "MISSED"}`,
    );
    await using program = await mailProgram(dovecot);
    const waits: number[] = [];
    for (let at = 0; at < NEWS; at++) {
      const before = performance.now();
      await program.put(mailSaying(`News ${at}`));
      await until("it is decided", async () => (await decidedAt(gateway.httpPort)) >= MAILS + at + 1, LIMIT_MS);
      waits.push(performance.now() - before);
    }
    const median = waits.sort((a, b) => a - b)[NEWS >> 1] ?? 0;
    say(
      `new mail decided after ${median.toFixed(0)} ms at the median; goal ${NEWS_GOAL_MS}: ${median < NEWS_GOAL_MS ? "reached" : "MISSED"}`,
    );
  }
  await withDeadIdle(dir.path, dovecot, password);
  const one = (parse(watching(dovecot, password)) as { imap: object[] }).imap[0];
  const many = Array.from({ length: MAILBOXES }, (_, at) => ({ ...one, name: `desk-${at}` }));
  await using gateway = await liveGateway({
    folder: join(dir.path, "many"),
    deliver: () => ({ kind: "maildir" }),
    settings: { imap: many },
  });
  const connected = () => sumAt(gateway.httpPort, "mailward_imap_connected");
  await until("all are watched", async () => (await connected()) === MAILBOXES, LIMIT_MS);
  const megabytes = (await sumAt(gateway.httpPort, "process_resident_memory_bytes")) / 1024 / 1024;
  say(
    `${MAILBOXES} idle mailboxes: ${megabytes.toFixed(0)} MB resident; goal ${MEMORY_GOAL_MEGABYTES}: ${megabytes < MEMORY_GOAL_MEGABYTES ? "reached" : "MISSED"}`,
  );
}

/** How long new mail takes when the server never tells of it: only asking it each minute finds it. */
async function withDeadIdle(folder: string, dovecot: Dovecot, password: string): Promise<void> {
  const silence = { on: false };
  await using wire = await imapWire(dovecot.port, {
    change: (said) => (silence.on ? said.replace(/^\* \d+ (?:EXISTS|RECENT)\r\n/gm, "") : said),
  });
  await using gateway = await liveGateway({
    folder: join(folder, "dead"),
    deliver: () => ({ kind: "maildir" }),
    settings: parse(watching({ ...dovecot, port: wire.port }, password)) as object,
  });
  await until("it is watched", async () => (await sumAt(gateway.httpPort, "mailward_imap_connected")) === 1, LIMIT_MS);
  silence.on = true;
  await using program = await mailProgram(dovecot);
  const waits: number[] = [];
  for (let at = 0; at < DEAD_ROUNDS; at++) {
    const before = performance.now();
    await program.put(mailSaying(`Silent ${at}`));
    await until("it is decided", async () => (await decidedAt(gateway.httpPort)) >= at + 1, LIMIT_MS);
    waits.push(performance.now() - before);
  }
  const longest = Math.max(...waits);
  say(
    `with IDLE dead, new mail decided after ${(longest / 1000).toFixed(1)} s at the longest of ${DEAD_ROUNDS}; goal ${DEAD_GOAL_MS / 1000}: ${longest < DEAD_GOAL_MS ? "reached" : "MISSED"}`,
  );
}

function countAt(port: number): Promise<number> {
  return sumAt(port, "mailward_accepted_total");
}

function decidedAt(port: number): Promise<number> {
  return sumAt(port, "mailward_decided_total");
}

async function sumAt(port: number, name: string): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return [...page.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, "gm"))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}
