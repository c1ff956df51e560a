// What is counted, for Prometheus. Labels are words of the configuration, never of a mail.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Acceptance, Arrival } from "../accept.ts";
import type { Meaning } from "../deliver/failure.ts";
import type { TrialResult } from "../follow-up/trials.ts";
import type { FolderStatus as WatchedFolder } from "../intake/imap-watch.ts";
import type { TokenStatus } from "../mailbox/tokens.ts";
import { CANARY_ALIAS, CANARY_QUEUE } from "../message.ts";
import type { Decided } from "../outcome.ts";
import type { Bounced } from "../store/bounces.ts";
import type { Store } from "../store/store.ts";
import { type RulesMetrics, rulesMetrics } from "./rules-status.ts";
import { storeAnswer } from "./store-answer.ts";

/** With a million mails a balance takes seconds of one thread, and a lost row is no emergency of seconds. */
const BALANCE_AGE_MS = 10 * 60 * 1000;

export type Metrics = RulesMetrics & {
  /** The page for Prometheus, text format 0.0.4. */
  page(): Promise<string>;
  readonly contentType: string;
  accepted(arrival: Arrival, acceptance: Acceptance & { kind: "accepted" }): void;
  refused(reason: string): void;
  decided(decided: Decided, micros: number): void;
  attempt(queue: string, meaning: Meaning): void;
  /** Watched folders are shown from now on, as this answers. */
  watch(status: () => readonly WatchedFolder[]): void;
  bounced(bounced: Bounced): void;
  /** What came of the gateway's own trials. */
  trials(results: readonly TrialResult[]): void;
};

export type MetricsOptions = {
  readonly store: Store;
  /** Deliveries a crash left in doubt, found at start: the only ones that can arrive twice. */
  readonly inDoubt: number;
  readonly tokens: () => readonly TokenStatus[];
  readonly now: () => number;
};

/** Counts from now on. */
export function createMetrics({ store, inDoubt, tokens, now }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const accepted = new Counter({
    name: "mailward_accepted_total",
    help: "Mails made durable, by door and alias",
    labelNames: ["door", "alias"],
    registers,
  });
  const duplicates = new Counter({ name: "mailward_duplicates_total", help: "Mails that came again", registers });
  const refused = new Counter({
    name: "mailward_refused_total",
    help: "Recipients, messages and connections refused",
    labelNames: ["reason"],
    registers,
  });
  const decided = new Counter({
    name: "mailward_decided_total",
    help: "Routing decisions by queue and urgency",
    labelNames: ["queue", "urgency", "decided_by"],
    registers,
  });
  const decideSeconds = new Histogram({
    name: "mailward_decide_seconds",
    help: "Time to read and decide one mail",
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.02, 0.1, 1],
    registers,
  });
  const attempts = new Counter({
    name: "mailward_attempts_total",
    help: "Delivery attempts by queue and result: delivered, wait, hold",
    labelNames: ["queue", "result"],
    registers,
  });
  new Counter({ name: "mailward_in_doubt_total", help: "Deliveries a crash left in doubt", registers }).inc(inDoubt);
  const lookIntoStore = storeGauges(store, registers);
  balanceGauges(store, registers, now);
  tokenGauge(registers, tokens);
  return {
    async page() {
      await lookIntoStore();
      return registry.metrics();
    },
    contentType: registry.contentType,
    accepted(arrival, acceptance) {
      for (const [index, routing] of acceptance.accepted.routings.entries()) {
        if (routing.kind === "duplicate") duplicates.inc();
        else if (arrival.recipients[index]?.alias !== CANARY_ALIAS)
          accepted.inc({ door: arrival.door, alias: arrival.recipients[index]?.alias ?? "" });
      }
    },
    refused: (reason) => refused.inc({ reason }),
    decided(result, micros) {
      decideSeconds.observe(micros / 1e6);
      for (const { decision, urgency, decidedBy } of result.outcomes) {
        if (decision.queue !== CANARY_QUEUE) decided.inc({ queue: decision.queue, urgency, decided_by: decidedBy });
      }
    },
    ...rulesMetrics(registers),
    bounced: bouncedCounter(registers),
    trials: trialGauges(registers),
    attempt(queue, { next }) {
      if (queue !== CANARY_QUEUE) attempts.inc({ queue, result: next.kind });
    },
    watch: (status) => mailboxGauges(registers, status),
  };
}

function trialGauges(registers: Registry[]): Metrics["trials"] {
  const missing = new Gauge({
    name: "mailward_canary_missing",
    help: "Trials of the last round that did not arrive, by door: each is an alarm",
    labelNames: ["door"],
    registers,
  });
  const seconds = new Gauge({
    name: "mailward_canary_seconds",
    help: "The longest a trial of the last round took, by door",
    labelNames: ["door"],
    registers,
  });
  return (results) => {
    for (const door of new Set(results.map((result) => result.door))) {
      const mine = results.filter((result) => result.door === door);
      missing.set({ door }, mine.filter(({ kind }) => kind !== "arrived").length);
      const times = mine.flatMap((result) => (result.kind === "arrived" ? [result.afterMs] : []));
      if (times.length > 0) seconds.set({ door }, Math.max(...times) / 1000);
    }
  };
}

function bouncedCounter(registers: Registry[]): Metrics["bounced"] {
  const bounced = new Counter({
    name: "mailward_bounced_total",
    help: "Forwards that came back after the destination had taken them: each is an alarm",
    labelNames: ["queue", "urgency"],
    registers,
  });
  return ({ queue, urgency }) => bounced.inc({ queue, urgency });
}

/**
 * What is in the store now; not a number when the store does not answer. Answers what to do before each page: the
 * library asks its gauges all at once, so one that asks the store for all would be late for the others.
 */
function storeGauges(store: Store, registers: Registry[]): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const answers = gauge("mailward_store_answers", "1 when the store answers, 0 when it does not");
  const undecided = gauge("mailward_undecided", "Messages waiting for their decision");
  const heldMessages = gauge("mailward_held_messages", "Messages held for a person before their decision");
  const waiting = gauge("mailward_waiting_deliveries", "Deliveries waiting or under way");
  const held = gauge("mailward_held_deliveries", "Deliveries held for a person");
  const oldest = gauge(
    "mailward_oldest_waiting_timestamp_seconds",
    "When the oldest waiting delivery was created; 0 when none waits",
  );
  return async () => {
    const counts = await storeAnswer(() => store.counts());
    answers.set(counts === null ? 0 : 1);
    undecided.set(counts?.undecided ?? Number.NaN);
    heldMessages.set(counts?.heldMessages ?? Number.NaN);
    waiting.set(counts === null ? Number.NaN : counts.waiting + counts.leased);
    held.set(counts?.held ?? Number.NaN);
    oldest.set(counts === null ? Number.NaN : (counts.oldestWaitingAt ?? 0) / 1000);
  };
}

function tokenGauge(registers: Registry[], tokens: () => readonly TokenStatus[]): void {
  const gauge: Gauge = new Gauge({
    name: "mailward_imap_token_failures",
    help: "Refreshes of an account's access token that failed since the last that did not: anything but 0 is an alarm",
    labelNames: ["account"],
    registers,
    collect() {
      for (const { account, failures } of tokens()) gauge.set({ account }, failures);
    },
  });
}

/** How each watched folder is, worked out when the page is asked for. */
function mailboxGauges(registers: Registry[], status: () => readonly WatchedFolder[]): void {
  const labelNames = ["account", "folder"];
  const gauge = (name: string, help: string, valueOf: (each: WatchedFolder) => number): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const each of status()) made.set({ account: each.account, folder: each.folder }, valueOf(each));
      },
    });
  };
  gauge(
    "mailward_imap_last_good_timestamp_seconds",
    "When the server of a watched folder last answered as it should; 0 when it never has",
    ({ lastGoodAt }) => (lastGoodAt ?? 0) / 1000,
  );
  gauge(
    "mailward_imap_token_expires_timestamp_seconds",
    "When the access token of a watched folder runs out; 0 when it signs in without one",
    ({ tokenExpiresAt }) => (tokenExpiresAt ?? 0) / 1000,
  );
  gauge("mailward_imap_connected", "1 while a watched folder is connected", ({ state }) =>
    Number(state === "connected"),
  );
  gauge(
    "mailward_imap_missing_done",
    "Mails done of those found missing in a watched folder; 0 when none is missing",
    ({ fetching }) => fetching?.done ?? 0,
  );
  gauge(
    "mailward_imap_missing_all",
    "Mails found missing in a watched folder; 0 when none is missing",
    ({ fetching }) => fetching?.all ?? 0,
  );
  gauge(
    "mailward_imap_unreadable",
    "Mails of a watched folder that cannot be fetched: each is an alarm",
    ({ unreadable }) => unreadable,
  );
  gauge("mailward_imap_marking_refused", "1 while the server refuses to mark originals", ({ marking }) =>
    Number(marking !== null),
  );
  gauge("mailward_imap_fetched", "Mails fetched from a watched folder since the start", ({ fetched }) => fetched);
}

/**
 * The balance looks at every mail ever accepted, so a page never waits for it: one that finds it older than
 * `BALANCE_AGE_MS` has it worked out for the next page. Until the first answer it is not a number.
 */
function balanceGauges(store: Store, registers: Registry[], now: () => number): void {
  let dueAt = 0;
  const at = new Gauge({
    name: "mailward_balance_timestamp_seconds",
    help: "When the balance was looked at",
    registers,
  });
  const missing = new Gauge({
    name: "mailward_balance_missing",
    help: "Accepted mails that are nowhere: anything but 0 is an alarm",
    registers,
    collect: () => {
      if (now() < dueAt) return;
      dueAt = now() + BALANCE_AGE_MS;
      void lookAgain();
    },
  });
  at.set(Number.NaN);
  missing.set(Number.NaN);
  async function lookAgain(): Promise<void> {
    try {
      const rows = await store.balance();
      missing.set(rows.reduce((sum, row) => sum + row.missing, 0));
      at.set(now() / 1000);
    } catch {
      dueAt = 0; // The store says elsewhere what ails it; the timestamp stays old.
    }
  }
}
