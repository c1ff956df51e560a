// The composition root: opens the store, starts the decider, delivery, the doors and the health page, and returns one
// disposable that stops them in the right order. Tests start the same thing on port 0.

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Acceptance, Arrival } from "./accept.ts";
import type { Config } from "./config/config.ts";
import { secretFromEnvironment } from "./config/env.ts";
import type { RuleSet } from "./config/rules.ts";
import { startHealthPage } from "./console/health.ts";
import { createMetrics, type Metrics } from "./console/metrics.ts";
import { type Decider, startDecider } from "./decider/decider.ts";
import { type Learn, learner } from "./decider/learn.ts";
import { type Adapter, type Deliverer, startDeliverer } from "./deliver/deliver.ts";
import { maildirAdapter } from "./deliver/maildir.ts";
import { smtpAdapter } from "./deliver/smtp.ts";
import { recipientLookup } from "./intake/recipients.ts";
import { type SmtpIntake, startSmtpIntake } from "./intake/smtp.ts";
import { type Log, networkOf } from "./log.ts";
import { startProver } from "./proof/proof.ts";
import { openSqliteStore } from "./store/sqlite/sqlite.ts";
import type { Store } from "./store/store.ts";

export type GatewayOptions = {
  readonly config: Config;
  readonly rules: RuleSet;
  readonly log: Log;
  readonly now?: () => number;
  readonly chance?: () => number;
  /** Put around the store, as fault tests do. */
  readonly wrapStore?: (store: Store) => Store;
  /** Another program for the decide workers, in tests. */
  readonly workerUrl?: URL;
};

export type Gateway = AsyncDisposable & {
  /** Settles when the store is gone for good; only a new start helps then. */
  readonly broken: Promise<unknown>;
  readonly listeners: readonly { readonly protocol: string; readonly address: string; readonly port: number }[];
  readonly http: { readonly address: string; readonly port: number };
  readonly store: Store;
};

/** Start everything; rejects when a port or the data folder cannot be had, with nothing left running. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, rules, log } = options;
  const now = options.now ?? Date.now;
  const owner = randomUUID();
  await using started = new AsyncDisposableStack();
  const opened = await openSqliteStore({ folder: config.dataFolder, mode: "gateway" });
  const store = started.use(options.wrapStore?.(opened) ?? opened);
  const inDoubt = await store.recoverLeases(owner, now());
  if (inDoubt > 0)
    log.warn("recovered", { count: inDoubt, note: "deliveries a crash left in doubt; each is tried again" });
  await holdForUnknownQueues(store, rules, log);
  const metrics = createMetrics({ store, inDoubt, now });
  const deliverer = started.use(
    startDeliverer({
      store,
      log,
      owner,
      now,
      chance: options.chance ?? Math.random,
      adapters: adaptersFor(rules, config),
      observe: metrics.attempt,
    }),
  );
  const learn = await learningFrom(options, started, store, now);
  const decider = started.use(
    startDecider({
      store,
      learn,
      rules: { rules, shadow: null },
      log,
      owner,
      workers: config.workers,
      limitMs: config.limits.decideMs,
      now,
      wanted: (queue, urgency) => deliverer.wants(queue, urgency),
      deliver: (jobs, raw) => deliverer.take(jobs, raw),
      observe: metrics.decided,
      ...(options.workerUrl === undefined ? {} : { workerUrl: options.workerUrl }),
    }),
  );
  const page = startHealthPage({ ...config.http, metrics, status: () => status(store, decider, deliverer) });
  const [health] = await Promise.all([page.then((each) => started.use(each)), decider.ready]);
  const doors = await openDoors(options, started, store, decider, metrics, now);
  log.info("ready", { rulesHash: rules.hash });
  const all = started.move();
  return {
    listeners: doors.map(({ port }, index) => ({ ...pick(config, index), port })),
    http: { address: config.http.address, port: health.port },
    store,
    broken: opened.gone,
    async [Symbol.asyncDispose]() {
      log.info("draining");
      await all.disposeAsync();
      log.info("stopped");
    },
  };
}

/** What is found out before deciding: who sent it, by a prover that is stopped after the decider, and what it answers. */
async function learningFrom(
  { config, log }: GatewayOptions,
  started: AsyncDisposableStack,
  store: Store,
  now: () => number,
): Promise<Learn> {
  const { check, dnsServers, limitMs, believe } = config.proof;
  const resolver =
    dnsServers.length === 0 ? ({ kind: "system" } as const) : ({ kind: "servers", servers: dnsServers } as const);
  const prover = started.use(startProver({ check, resolver, limitMs, believe, now, log }));
  const { staffNetworks, staffDomains } = config;
  const threadKey = await store.threadKey();
  return learner({ store, prover, staffNetworks, staffDomains, threadKey, log });
}

/** Doors are opened last and, being last on the stack, are closed first. */
async function openDoors(
  { config, rules, log }: GatewayOptions,
  started: AsyncDisposableStack,
  store: Store,
  decider: Decider,
  metrics: Metrics,
  now: () => number,
): Promise<readonly SmtpIntake[]> {
  const lookup = recipientLookup(rules);
  const onAccepted = (arrival: Arrival, acceptance: Acceptance & { kind: "accepted" }) => {
    report(log, arrival, acceptance);
    metrics.accepted(arrival, acceptance);
    passOn(decider, arrival, acceptance);
  };
  const doors: SmtpIntake[] = [];
  for (const listener of config.listeners) {
    const door = await startSmtpIntake({
      ...config,
      listener,
      lookup,
      help: `Please write to ${rules.help.write} or call ${rules.help.call}.`,
      store,
      log,
      now,
      onAccepted,
      onRefused: (reason) => {
        metrics.refused(reason);
        log.info("refused", { reason, door: listener.protocol });
      },
    });
    doors.push(door);
    if (doors.length === 1)
      started.defer(async () => void (await Promise.all(doors.map((each) => each[Symbol.asyncDispose]()))));
    log.info("listening", { protocol: listener.protocol, listenAddress: listener.address, port: door.port });
  }
  return doors;
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

function adaptersFor(rules: RuleSet, config: Config): ReadonlyMap<string, Adapter> {
  return new Map(rules.queues.map((queue) => [queue.name, adapterFor(queue, config)]));
}

function adapterFor({ name, deliver }: RuleSet["queues"][number], config: Config): Adapter {
  switch (deliver.kind) {
    case "maildir":
      return maildirAdapter(join(config.dataFolder, "mail", name), config.hostname);
    case "smtp": {
      const password = deliver.passwordEnv === null ? null : secretFromEnvironment(deliver.passwordEnv);
      const auth = deliver.user === null ? null : { user: deliver.user, password: password ?? "" };
      return smtpAdapter({ ...deliver, auth }, config.hostname);
    }
  }
}

/** Deliveries to a queue that the rules no longer name have no lane: they are held, to be seen, instead of waiting for ever. */
async function holdForUnknownQueues(store: Store, rules: RuleSet, log: Log): Promise<void> {
  const known = new Set(rules.queues.map(({ name }) => name));
  for (const queue of await store.waitingQueues()) {
    if (known.has(queue)) continue;
    const count = await store.holdDeliveries({ queue }, "no-such-queue");
    log.error("held", { queue, count, reason: "no-such-queue" });
  }
}

async function status(store: Store, decider: Decider, deliverer: Deliverer) {
  return { counts: await store.counts(), inHand: decider.inHand, replaced: decider.replaced, down: deliverer.down() };
}

function pick(config: Config, index: number): { protocol: string; address: string } {
  const listener = config.listeners[index];
  if (listener === undefined) throw new Error("a door without a listener");
  return { protocol: listener.protocol, address: listener.address };
}
