// One event, one line. Events and field names are a closed set, and no field has room for a word of a patient:
// no subject, body, name or address can be logged, because there is no field to put it in.

import { pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Everything that can be logged beside the event's name. Numbers of milliseconds and bytes carry their unit. */
export type LogFields = {
  readonly ref?: string;
  readonly alias?: string;
  readonly queue?: string;
  /** A mailbox as the configuration names it. */
  readonly account?: string;
  readonly urgency?: string;
  readonly requestType?: string | null;
  readonly decidedBy?: string;
  readonly door?: string;
  /** The network a client is in, never its full address; see `networkOf`. */
  readonly network?: string;
  /** A watched folder, as the configuration names it. */
  readonly folder?: string;
  /** The number of a mail in a folder. */
  readonly uid?: number;
  readonly code?: string;
  readonly stage?: string;
  readonly reason?: string;
  readonly attempt?: number;
  readonly count?: number;
  readonly sizeBytes?: number;
  readonly micros?: number;
  readonly waitMs?: number;
  readonly protocol?: string;
  readonly listenAddress?: string;
  readonly port?: number;
  readonly rulesHash?: string;
  /** A rule file and a place in it. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly version?: string;
  readonly signal?: string;
  /** A sentence of ours out of the program text, never text from a mail, a peer or a library. */
  readonly note?: string;
  /** A bug's place, without its message: the message may quote what it choked on. */
  readonly at?: string;
};

export type EventName =
  | "accepted"
  | "acknowledged"
  | "attempt-failed"
  | "backup-in-use"
  | "body-unreadable"
  | "bounced"
  | "canary"
  | "canary-missing"
  | "decided"
  | "decider-replaced"
  | "delivered"
  | "desk-moved"
  | "destination-down"
  | "destination-up"
  | "dns-answering"
  | "dns-silent"
  | "draining"
  | "duplicate"
  | "held"
  | "imap-cannot-mark"
  | "imap-down"
  | "imap-left"
  | "imap-odd-address"
  | "imap-shared"
  | "imap-up"
  | "internal-error"
  | "link-opened"
  | "link-refused"
  | "listening"
  | "listener-error"
  | "loop-held"
  | "model-live"
  | "not-sealed"
  | "notice-sent"
  | "notice-unsent"
  | "prover-replaced"
  | "ready"
  | "recovered"
  | "refused"
  | "released"
  | "rules-live"
  | "rules-mistake"
  | "rules-not-used"
  | "rules-unchanged"
  | "signed-in"
  | "sign-in-failed"
  | "stand-in"
  | "stopped"
  | "store-trouble"
  | "token-not-kept"
  | "token-refused"
  | "token-renewed";

/** Writes one event. */
export type Log = Record<Exclude<LogLevel, "silent">, (event: EventName, fields?: LogFields) => void>;

/** Lines are written in blocks of this size, or when they are this old: one system call a line costs too much. */
const BLOCK_BYTES = 4096;
const AGE_MS_MAX = 200;

/**
 * Lines for machines (JSON, one event each) or for people on a terminal.
 * @param write where a finished line goes, at once; when left out, standard output, in blocks: `flush` before the end
 */
export function openLog(options: {
  readonly level: LogLevel;
  readonly style: "json" | "people";
  readonly write?: (line: string) => void;
}): Log & { flush(): void } {
  const blocks = { dest: 1, sync: false, minLength: BLOCK_BYTES, periodicFlush: AGE_MS_MAX };
  const out = options.write === undefined ? pino.destination(blocks) : null;
  const write = options.write ?? ((line: string) => void out?.write(line));
  const sink = options.style === "json" ? { write } : { write: (line: string) => write(forPeople(line)) };
  const logger = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  const at = (level: Exclude<LogLevel, "silent">) => (event: EventName, fields?: LogFields) =>
    logger[level]({ event, ...fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), flush: () => out?.flushSync() };
}

/** An unexpected error as fields: its kind, code and place, never its message. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { code: typeof error };
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  const place = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
  return place === undefined ? { code } : { code, at: place.trim() };
}

/** The network of a client's address (/24 or /48), enough to find an attacker, not a patient. */
export function networkOf(address: string): string {
  const v4 = /(\d+\.\d+\.\d+)\.\d+$/.exec(address);
  if (v4) return `${v4[1]}.0/24`;
  return `${groupsOf(address).slice(0, 3).join(":")}::/48`;
}

/** The eight groups of an IPv6 address, `::` written out. */
function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0"), ...after];
}

const LEVEL_MARK: Readonly<Record<number, string>> = { 20: "  ", 30: "  ", 40: "! ", 50: "!!" };

function forPeople(line: string): string {
  const { level, time, event, ...fields } = JSON.parse(line) as Record<string, unknown> & { level: number };
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`);
  return `${String(time).slice(11, 19)} ${LEVEL_MARK[level] ?? "  "} ${String(event).padEnd(14)} ${rest.join(" ")}\n`;
}
