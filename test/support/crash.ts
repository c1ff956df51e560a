// Kills the real gateway at random moments while mail flows through it, starts it again, and at the end accounts for
// every mail: none whose sender read a 250 may be missing, and a second copy needs the one excuse there is.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "./chance.ts";
import {
  type BalanceRow,
  balance,
  type Home,
  type LiveGateway,
  makeHome,
  startAgain,
  startAndKill,
} from "./live-gateway.ts";
import { type Outgoing, startSender } from "./sender.ts";
import { type SmtpSink, smtpSink } from "./smtp-sink.ts";
import { until } from "./wait.ts";

export type CrashOptions = {
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
  /** How long the far end takes for every answer; 0 answers at once. */
  readonly slowMs: number;
};

export type CrashReport = {
  readonly kills: number;
  /** Kills before the gateway had opened its doors. */
  readonly killsAtStart: number;
  readonly acknowledged: number;
  /** Acknowledged to the sender and nowhere at the far end. */
  readonly lost: readonly string[];
  /** A second copy although no crash fell between the first one's 250 and its being written down. */
  readonly unexcused: readonly string[];
  /** Second copies in the window that cannot be closed: the far end had said 250, and the crash came before it was noted. */
  readonly excused: number;
  /** The longest time from a far end's 250 to the crash that excused the second copy. */
  readonly windowMs: number;
  /** Copies at the far end that are not byte for byte what was sent. */
  readonly changed: readonly string[];
  readonly balance: readonly BalanceRow[];
};

type Copy = { readonly at: number; readonly raw: Buffer };

/** From the far end's 250 to its being on disk here: one group commit, on a machine that does much else meanwhile. */
const WINDOW_MS_MAX = 2_000;
const SENDERS = 12;
/** The gateway runs at most this long before it is killed, counted from its doors being open. */
const LIFE_MS_MAX = 800;
/** One kill in so many falls while the gateway is still starting and recovering. */
const AT_START_EVERY = 8;
const START_MS_MAX = 400;
const DRAIN_MS_MAX = 60_000;
/** Now and then a mail too large for one chunk. */
const LARGE_EVERY = 40;
const LARGE_BYTES = 400_000;

/** Billing goes to the far end by SMTP, everything else into Maildirs. */
export async function crashAndRecover(options: CrashOptions): Promise<CrashReport> {
  const random = seeded(options.seed);
  await using sink = await smtpSink({ behaviour: { kind: "slow", ms: options.slowMs } });
  const home = await makeHome({
    folder: options.folder,
    deliver: (queue) =>
      queue.startsWith("bill")
        ? { kind: "smtp", host: "127.0.0.1", port: sink.port, to: "desk@clinic.example", tls: "none" }
        : { kind: "maildir" },
    settings: { workers: 1 },
  });
  const sent = new Map<string, Outgoing>();
  const door: Door = { port: null, open: true };
  const senders = Array.from({ length: SENDERS }, (_, i) =>
    startSender({ port: () => door.port, next: () => (door.open ? nextMail(sent, options.seed, i, random) : null) }),
  );
  const killedAt: Kill[] = [];
  let killsAtStart = 0;
  while (killedAt.length < options.kills) {
    const early = random() < 1 / AT_START_EVERY;
    const life = random() * (early ? START_MS_MAX : LIFE_MS_MAX);
    if (early) killsAtStart += 1;
    killedAt.push(await liveAndDie(home, door, life, early));
  }
  await using gateway = await startAgain(home);
  door.port = gateway.port("smtp");
  door.open = false;
  // Each sender gets rid of the mail it still holds, as a mail server would.
  const acknowledged = () => new Set(senders.flatMap((sender) => [...sender.acknowledged]));
  await until("every sender reads its last 250", () => acknowledged().size === sent.size, DRAIN_MS_MAX);
  for (const sender of senders) await sender[Symbol.asyncDispose]();
  const rows = await drained(gateway);
  await gateway.stop();
  const copies = await collect(sink, home);
  return account(sent, copies, killedAt, { killsAtStart, balance: rows });
}

/** One line of figures. */
export function summary({ kills, killsAtStart, acknowledged, excused, windowMs }: CrashReport): string {
  const second = `${excused} second copies in a window of at most ${windowMs} ms`;
  return `${kills} kills, ${killsAtStart} of them while starting; ${acknowledged} mails; ${second}`;
}

/** What the report shows to be wrong; nothing when every promise was kept. */
export function brokenPromises(report: CrashReport): string[] {
  const sum = (key: Exclude<keyof BalanceRow, "alias">): number =>
    report.balance.reduce((total, row) => total + row[key], 0);
  const figures = (["accepted", "delivered", "waiting", "held", "missing"] as const).map((key) => `${key} ${sum(key)}`);
  const all = report.acknowledged;
  const exact = sum("accepted") === all && sum("delivered") === all && sum("held") === 0 && sum("missing") === 0;
  return [
    ...report.lost.map((token) => `lost: ${token}`),
    ...report.unexcused.map((token) => `delivered twice without excuse: ${token}`),
    ...report.changed.map((token) => `not as it was sent: ${token}`),
    ...(exact ? [] : [`${all} mails were acknowledged, but the balance says ${figures.join(", ")}`]),
    ...(report.windowMs > WINDOW_MS_MAX ? [`a window of ${report.windowMs} ms`] : []),
  ];
}

type Door = { port: number | null; open: boolean };

/** When the kill was sent and when the process was gone; in between it may still have worked. */
type Kill = { readonly from: number; readonly to: number };

/** One life of the gateway; answers when it was killed. */
async function liveAndDie(home: Home, door: Door, lifeMs: number, early: boolean): Promise<Kill> {
  if (early) {
    const from = Date.now();
    await startAndKill(home, lifeMs);
    return { from, to: Date.now() };
  }
  const gateway = await startAgain(home);
  door.port = gateway.port("smtp");
  await sleep(lifeMs);
  const from = Date.now();
  await gateway.kill();
  door.port = null;
  return { from, to: Date.now() };
}

function nextMail(sent: Map<string, Outgoing>, seed: number, sender: number, random: () => number): Outgoing {
  const token = `crash-${seed}-${sender}-${sent.size}`;
  const billing = random() < 0.6;
  const large = random() < 1 / LARGE_EVERY;
  const filler = "The quick brown fox pays the bill of the lazy dog.\r\n".repeat(
    large ? LARGE_BYTES / 52 : 5 + random() * 40,
  );
  const subject = billing ? "My statement" : "A refill, please";
  const text = `Message-ID: <${token}@example.org>\r\nFrom: <patient@example.org>\r\nSubject: ${subject}\r\n\r\n${token}\r\n${filler}end`;
  const mail = { token, to: billing ? "billing@clinic.example" : "clinical@clinic.example", raw: Buffer.from(text) };
  sent.set(token, mail);
  return mail;
}

/** Waits until nothing waits any more; answers the final balance. */
async function drained(gateway: LiveGateway): Promise<readonly BalanceRow[]> {
  return until(
    "everything accepted is delivered",
    async () => {
      if (gateway.ended() !== null) throw new Error(`the gateway ended:\n${gateway.output().slice(-2_000)}`);
      const rows = await balance(gateway);
      return rows.every((row) => row.waiting === 0) ? rows : null;
    },
    DRAIN_MS_MAX,
  );
}

/** Every copy at the far ends, by token, in the order of arrival. */
async function collect(sink: SmtpSink, home: Home): Promise<Map<string, Copy[]>> {
  const copies = new Map<string, Copy[]>();
  const add = (copy: Copy): void => {
    const token = /^Message-ID: <([^@]+)@/m.exec(copy.raw.toString("latin1"))?.[1] ?? "unknown";
    copies.set(token, [...(copies.get(token) ?? []), copy]);
  };
  for (const taken of sink.taken) if (taken.acknowledged) add(taken);
  const mail = join(home.dataFolder, "mail");
  for (const queue of await readdir(mail).catch(() => [])) {
    for (const name of await readdir(join(mail, queue, "new"))) {
      add({ at: Number.NaN, raw: await readFile(join(mail, queue, "new", name)) });
    }
  }
  return copies;
}

function account(
  sent: ReadonlyMap<string, Outgoing>,
  copies: ReadonlyMap<string, readonly Copy[]>,
  killedAt: readonly Kill[],
  rest: Pick<CrashReport, "killsAtStart" | "balance">,
): CrashReport {
  const windows: number[] = [];
  const unexcused: string[] = [];
  const changed: string[] = [];
  for (const [token, arrived] of copies) {
    const original = sent.get(token)?.raw;
    if (!arrived.every(({ raw }) => original !== undefined && endsWith(raw, original))) changed.push(token);
    for (const [i, copy] of arrived.slice(1).entries()) {
      const before = arrived[i]?.at ?? Number.NaN;
      const kill = killedAt.find(({ from, to }) => to >= before && from <= copy.at);
      if (kill === undefined) unexcused.push(token);
      else windows.push(Math.max(0, kill.from - before));
    }
  }
  return {
    kills: killedAt.length,
    acknowledged: sent.size,
    lost: [...sent.keys()].filter((token) => !copies.has(token)),
    unexcused,
    excused: windows.length,
    windowMs: Math.max(0, ...windows),
    changed,
    ...rest,
  };
}

/** The gateway puts its headers on top and leaves the rest as it came; a Maildir keeps it with the same line ends or LF. */
function endsWith(raw: Buffer, original: Buffer): boolean {
  const whole = Buffer.concat([original, Buffer.from("\r\n")]);
  const tail = raw.subarray(Math.max(0, raw.length - whole.length));
  return hash(tail) === hash(whole);
}

function hash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
