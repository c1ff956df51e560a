// What comes after delivery, put together: the queues that stand in, and those who are told.

import type { Config } from "../config/config.ts";
import { secretFromEnvironment } from "../config/env.ts";
import type { Adapter } from "../deliver/adapter.ts";
import type { Deliverer } from "../deliver/deliver.ts";
import { smtpAdapter } from "../deliver/smtp.ts";
import { startBackup } from "../follow-up/backup.ts";
import { startNotices } from "../follow-up/notices.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { type Departure, destinations } from "./destinations.ts";
import type { LiveRules } from "./live-rules.ts";

/** Another pace of looking, in tests; milliseconds. */
export type FollowUpPace = { readonly pollMs: number; readonly gatherMs: number };

export type FollowUpOptions = {
  readonly config: Config;
  readonly store: Store;
  readonly live: LiveRules;
  readonly deliverer: Deliverer;
  readonly departure: Departure;
  readonly log: Log;
  readonly chance: () => number;
  readonly pace: FollowUpPace | null;
};

/** Begins to look after what goes wrong; ends with the stack. */
export function startFollowUp(options: FollowUpOptions, started: AsyncDisposableStack): void {
  const { config, store, live, deliverer, departure, log, chance, pace } = options;
  const { now } = departure;
  const rules = () => live.rules();
  const { hostname } = config;
  // Ways of their own: a connection of a queue's lane is never shared.
  const ways = destinations(config, departure);
  started.defer(async () => {
    for (const adapter of ways.adapters(rules(), false).values()) await adapter[Symbol.asyncDispose]();
  });
  const from = config.notices?.from ?? `mailward@${hostname}`;
  const queue = (name: string) => ways.adapters(rules(), false).get(name);
  const person = personWay(config, departure);
  started.use(startNotices({ store, rules, hostname, from, person, queue, log, now, chance, ...pace }));
  started.use(startBackup({ store, rules, health: () => deliverer.health(), log, now, pollMs: pace?.pollMs }));
}

function personWay({ notices, hostname }: Config, { now }: Departure): ((address: string) => Adapter) | null {
  if (notices === null) return null;
  const { host, port, tls, user, passwordEnv } = notices;
  const password = passwordEnv === null ? null : secretFromEnvironment(passwordEnv);
  const auth = user === null ? null : { user, password: password ?? "" };
  return (to) =>
    smtpAdapter(
      { host, port, tls, to, connections: 1, envelope: "nobody", auth },
      { hostname, srs: null, now, mx: null, seal: null },
    );
}
