// When the destination of a queue stays away, refuses a mail for good, or sends one back, the queue that stands in for it
// has the mail. New mail is tried at its own queue first, each time: so it returns by itself when the destination does.

import type { RuleSet } from "../config/rules.ts";
import type { Health } from "../deliver/destination.ts";
import { errorFields, type Log } from "../log.ts";
import type { StandInReason, StandInRequest } from "../store/follow-up.ts";
import type { Store } from "../store/store.ts";
import { every } from "./every.ts";

const POLL_MS = 5_000;
/** A refused sign-in does not mend itself, but a server that restarts may refuse one for a moment. */
const SIGN_IN_MS = 5 * 60_000;
/** While the destination is away a mail is left so long to be tried: it is how a destination that is back is noticed. */
const TRIED_MS = 60_000;
/** Steps of one look. */
const STEPS_MAX = 10;
/** Failures before this were looked at by a gateway that ran then. */
const FAILED_MS = 3 * 24 * 3600_000;

export type BackupOptions = {
  readonly store: Pick<Store, "noteOutages" | "outages" | "standIn">;
  readonly rules: () => RuleSet;
  readonly health: () => readonly Health[];
  readonly log: Log;
  readonly now: () => number;
  /** Another pace, in tests; milliseconds. */
  readonly pollMs?: number | undefined;
};

/** Looks after queues whose destinations fail, until disposed. */
export function startBackup(options: BackupOptions): AsyncDisposable {
  const told = new Set<string>();
  return every(
    options.pollMs ?? POLL_MS,
    () => lookOnce(options, told),
    (error) => options.log.error("store-trouble", errorFields(error)),
  );
}

async function lookOnce(options: BackupOptions, told: Set<string>): Promise<void> {
  const { store, rules, health, now } = options;
  const known = health();
  const away = known.flatMap(({ queue, code }) => (code === null ? [] : [{ queue, code }]));
  const well = known.flatMap(({ queue, code, lastGoodAt: at }) =>
    code !== null || at === null ? [] : [{ queue, at }],
  );
  const before = await store.outages();
  if (away.length > 0 || before.some(({ queue }) => well.some((each) => each.queue === queue)))
    await store.noteOutages(away, well, now());
  const outages = new Map((await store.outages()).map((outage) => [outage.queue, outage.since]));
  for (const queue of told) if (!outages.has(queue)) told.delete(queue);
  for (const { name: queue, backup, backupAfterMs } of rules().queues) {
    if (backup === null) continue;
    const at = now();
    const limitMs = known.some((each) => each.queue === queue && each.isSignIn)
      ? Math.min(SIGN_IN_MS, backupAfterMs)
      : backupAfterMs;
    const since = outages.get(queue);
    if (since !== undefined && at - since >= limitMs)
      await move(options, { queue, backup, at, why: "away", waitingSince: at - TRIED_MS }, told);
    for (const why of ["refused", "bounced"] as const)
      await move(options, { queue, backup, at, why, since: at - FAILED_MS }, told);
  }
}

/** Mails in thousands are moved in steps, so that no other queue's commit waits long; the rest with the next look. */
async function move({ store, log }: BackupOptions, request: StandInRequest, told: Set<string>): Promise<void> {
  const { queue, backup, why } = request;
  let count = 0;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const moved = await store.standIn(request);
    for (const { ref, urgency } of moved) log.warn("stand-in", { ref, urgency, queue, reason: why, code: backup });
    count += moved.length;
    if (moved.length === 0) break;
  }
  if (count === 0) return;
  if (why !== "away" || told.has(queue)) return;
  told.add(queue);
  log.error("backup-in-use", { queue, code: backup, note: NOTES[why] });
}

const NOTES: Readonly<Record<StandInReason, string>> = {
  away: "the destination has been away too long; the queue that stands in has its mail until it is back",
  refused: "the destination refused it for good; the queue that stands in has it",
  bounced: "the destination sent it back; the queue that stands in has it",
};
