// The doors of the gateway: SMTP and LMTP, and the mailboxes watched by IMAP. What comes in by any of them is counted,
// logged and handed to the decider in the same way.

import type { Acceptance, Arrival } from "../accept.ts";
import type { Config } from "../config/config.ts";
import type { Metrics } from "../console/metrics.ts";
import type { Decider } from "../decider/decider.ts";
import { readSrs, type Srs } from "../deliver/srs.ts";
import { startDesk } from "../follow-up/desk.ts";
import { withCanaries } from "../intake/canary.ts";
import { type ImapPeriods, startImapIntake } from "../intake/imap.ts";
import type { FolderStatus } from "../intake/imap-watch.ts";
import { type SmtpIntake, startSmtpIntake } from "../intake/smtp.ts";
import { type Log, networkOf } from "../log.ts";
import type { SignIns } from "../mailbox/session.ts";
import type { Store } from "../store/store.ts";
import type { LiveRules } from "./live-rules.ts";

export type DoorsOptions = {
  readonly config: Config;
  readonly log: Log;
  readonly store: Store;
  readonly decider: Decider;
  readonly metrics: Metrics;
  readonly live: LiveRules;
  readonly srs: Srs | null;
  readonly signIns: SignIns;
  readonly now: () => number;
  readonly chance: () => number;
  /** Shorter times of watched mailboxes, in tests; null: the usual ones. */
  readonly periods: ImapPeriods | null;
};

/** How the folders are that are watched: those mail comes from, and those of queues. */
export type MailboxStatus = () => readonly FolderStatus[];

export type Doors = { readonly doors: readonly SmtpIntake[]; readonly watched: MailboxStatus };

/** Doors are opened last and, being last on the stack, are closed first. */
export async function openDoors(
  { config, log, store, decider, metrics, live, srs, signIns, now, chance, periods }: DoorsOptions,
  started: AsyncDisposableStack,
): Promise<Doors> {
  const onAccepted = (arrival: Arrival, acceptance: Acceptance & { kind: "accepted" }) => {
    report(log, arrival, acceptance);
    metrics.accepted(arrival, acceptance);
    passOn(decider, arrival, acceptance);
  };
  const refusedAt = (door: string) => (reason: string) => {
    metrics.refused(reason);
    log.info("refused", { reason, door });
  };
  const lookup = withCanaries(live.lookup, await store.canaryKey());
  const doors: SmtpIntake[] = [];
  for (const listener of config.listeners) {
    const door = await startSmtpIntake({
      ...config,
      listener,
      lookup,
      returned: (address) => (srs === null ? null : readSrs(srs, address, now())),
      help: live.help,
      store,
      log,
      now,
      onAccepted,
      onRefused: refusedAt(listener.protocol),
    });
    doors.push(door);
    if (doors.length === 1)
      started.defer(async () => void (await Promise.all(doors.map((each) => each[Symbol.asyncDispose]()))));
    log.info("listening", { protocol: listener.protocol, listenAddress: listener.address, port: door.port });
  }
  const shared = { store, lookup, limits: config.limits, log, now, chance, onAccepted };
  const times = periods === null ? {} : { periods };
  const watched = started.use(
    startImapIntake({ ...shared, ...times, accounts: config.imap, signIns, onRefused: refusedAt("imap") }),
  );
  const pace = periods === null ? {} : { pollMs: periods.pollMs, commandMs: periods.silentMs };
  const desk = started.use(
    startDesk({ accounts: config.imap, signIns, rules: () => live.rules(), store, log, now, chance, ...pace }),
  );
  const status = () => [...watched.status(), ...desk.status()];
  metrics.watch(status);
  return { doors, watched: status };
}

/** Hand a fresh message to the decider with its bytes, so that neither is read back from the store. */
function passOn(
  decider: Decider,
  arrival: Arrival,
  { accepted, mail, hold, raw }: Acceptance & { kind: "accepted" },
): void {
  if (accepted.messageId === null || hold !== null) return;
  const routings = accepted.routings.flatMap((routing, index) => {
    const recipient = arrival.recipients[index];
    return routing.kind === "new" && recipient !== undefined ? [{ routingId: routing.routingId, recipient }] : [];
  });
  decider.offer({ messageId: accepted.messageId, ref: accepted.ref, mail, routings }, raw);
}

function report(log: Log, arrival: Arrival, { accepted, mail, hold }: Acceptance & { kind: "accepted" }): void {
  const { ref } = accepted;
  const network = networkOf(arrival.client.address);
  for (const routing of accepted.routings) {
    if (routing.kind === "duplicate") log.info("duplicate", { ref: routing.ref, door: arrival.door, network });
  }
  if (accepted.messageId === null) return;
  if (hold === "loop") log.error("loop-held", { ref, door: arrival.door });
  log.info("accepted", {
    ref,
    door: arrival.door,
    sizeBytes: mail.sizeBytes,
    count: arrival.recipients.length,
    network,
  });
}
