// Trials of the running gateway, by its own doors as they are open.

import type { Config } from "../config/config.ts";
import { startCanary } from "../follow-up/canary.ts";
import { listenerDoors, mailboxDoors, type TrialListener } from "../follow-up/trial-doors.ts";
import type { TrialResult } from "../follow-up/trials.ts";
import type { Log } from "../log.ts";
import type { SignIns } from "../mailbox/session.ts";
import type { Store } from "../store/store.ts";
import type { LiveRules } from "./live-rules.ts";

export type CanaryWiring = {
  readonly config: Config;
  readonly store: Store;
  readonly live: LiveRules;
  readonly signIns: SignIns;
  readonly listeners: readonly TrialListener[];
  readonly log: Log;
  readonly now: () => number;
  /** null: as the configuration says. */
  readonly everyMs: number | null;
  readonly observe: (results: readonly TrialResult[]) => void;
};

/** Nothing when the configuration does not ask for it. */
export async function startTrials(
  { config, store, live, signIns, listeners, log, now, everyMs, observe }: CanaryWiring,
  started: AsyncDisposableStack,
): Promise<void> {
  const { canary, hostname, imap } = config;
  if (canary === null) return;
  const doors = [...listenerDoors(listeners, hostname), ...(canary.imap ? mailboxDoors(imap, signIns) : [])];
  const [domain = hostname] = live.rules().domains;
  const aliases = () => live.rules().aliases.map(({ name }) => name);
  const waitMs = canary.missingAfterMs;
  const key = await store.canaryKey();
  started.use(
    startCanary({
      doors,
      domain,
      hostname,
      key,
      store,
      now,
      waitMs,
      everyMs: everyMs ?? canary.everyMs,
      aliases,
      log,
      observe,
    }),
  );
}
