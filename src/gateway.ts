// The composition root: opens the store, starts the decider, delivery, the doors and the health page, and returns one
// disposable that stops them in the right order. Tests start the same thing on port 0.

import { randomUUID } from "node:crypto";
import type { Config } from "./config/config.ts";
import { unmetNeeds } from "./config/needs.ts";
import type { RuleSet } from "./config/rules.ts";
import { type Status, startHealthPage } from "./console/health.ts";
import { createMetrics, type Metrics } from "./console/metrics.ts";
import type { RulesStatus } from "./console/rules-status.ts";
import { type Decider, startDecider } from "./decider/decider.ts";
import { type Learn, learner } from "./decider/learn.ts";
import { type Deliverer, startDeliverer } from "./deliver/deliver.ts";
import type { Links } from "./deliver/links.ts";
import { mxLookup } from "./deliver/mx.ts";
import type { Srs } from "./deliver/srs.ts";
import { startTrials } from "./gateway/canary.ts";
import { destinations } from "./gateway/destinations.ts";
import { type MailboxStatus, openDoors } from "./gateway/doors.ts";
import { type FirstRules, rulesToStartWith } from "./gateway/first-rules.ts";
import { type FollowUpPace, startFollowUp } from "./gateway/follow-up.ts";
import { type LiveModel, startLiveModel } from "./gateway/live-model.ts";
import { type LiveRules, liveRules, type UsedAs } from "./gateway/live-rules.ts";
import { sealer } from "./gateway/sealer.ts";
import { settleQueues } from "./gateway/unknown-queues.ts";
import type { ImapPeriods } from "./intake/imap.ts";
import { errorFields, type Log } from "./log.ts";
import { type SignIns, signInsOf } from "./mailbox/session.ts";
import { tokensOf } from "./mailbox/tokens.ts";
import { startProver } from "./proof/proof.ts";
import { examineApart } from "./rulebook/apart.ts";
import { type RulesWatch, watchRules } from "./rulebook/watch.ts";
import { openSqliteStore } from "./store/sqlite/sqlite.ts";
import type { Store } from "./store/store.ts";

export type GatewayOptions = {
  readonly config: Config;
  /** Rules that never change, in tests; else those of the rules folder, which is watched. */
  readonly rules?: RuleSet;
  readonly log: Log;
  readonly now?: () => number;
  readonly chance?: () => number;
  /** Put around the store, as fault tests do. */
  readonly wrapStore?: (store: Store) => Store;
  /** Another program for the decide workers, in tests. */
  readonly workerUrl?: URL;
  /** Shorter times of watched mailboxes, in tests. */
  readonly imapPeriods?: ImapPeriods;
  /** Another pace of looking after what went wrong, in tests. */
  readonly followUpPace?: FollowUpPace;
  /** Trials oftener than the configuration may say, in tests; milliseconds. */
  readonly canaryEveryMs?: number;
};

export type Gateway = AsyncDisposable & {
  /** Settles when the store is gone for good; only a new start helps then. */
  readonly broken: Promise<unknown>;
  readonly listeners: readonly Listening[];
  readonly http: { readonly address: string; readonly port: number };
  readonly store: Store;
  /** The rules in use. */
  rules(): RuleSet;
  /** The rules in use, and what is wrong with those that are not. */
  rulesStatus(): RulesStatus;
  /** Look at the rules folders now. */
  lookAtRules(): void;
};

type Listening = { readonly protocol: string; readonly address: string; readonly port: number };

/** Start everything; rejects when a port or the data folder cannot be had, with nothing left running. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log } = options;
  const now = options.now ?? Date.now;
  const owner = randomUUID();
  await using started = new AsyncDisposableStack();
  const opened = await openSqliteStore({ folder: config.dataFolder, mode: "gateway" });
  const store = started.use(options.wrapStore?.(opened) ?? opened);
  const inDoubt = await store.recoverLeases(owner, now());
  if (inDoubt > 0)
    log.warn("recovered", { count: inDoubt, note: "deliveries a crash left in doubt; each is tried again" });
  const { first, seen } = await rulesToStartWith(options, store, today(now()), now());
  await settleQueues(store, first.rules, log, now());
  const srs = config.srsDomain === null ? null : { domain: config.srsDomain, key: await store.srsKey() };
  const links = config.links === null ? null : { ...config.links, key: await store.linkKey() };
  const signIns = signInsOf(config.imap, { log, now });
  const metrics = createMetrics({ store, inDoubt, tokens: () => tokensOf(signIns), now });
  const behind = await startWork(options, started, { store, metrics, owner, now, first, srs, links, signIns });
  const { decider, live } = behind;
  const listeners: Listening[] = [];
  const mailboxes: { status: MailboxStatus } = { status: () => [] };
  const gauges = { ...behind, listeners, mailboxes };
  const messages = links === null ? null : { store, key: links.key, now, log };
  const page = startHealthPage({ ...config.http, metrics, messages, status: () => status(gauges) });
  const [health] = await Promise.all([page.then((each) => started.use(each)), decider.ready]);
  const periods = options.imapPeriods ?? null;
  const chance = options.chance ?? Math.random;
  const { doors, watched } = await openDoors({ config, log, chance, periods, ...behind }, started);
  mailboxes.status = watched;
  listeners.push(...doors.map(({ port }, index) => ({ ...pick(config, index), port })));
  const everyMs = options.canaryEveryMs ?? null;
  await startTrials({ config, log, ...behind, listeners, everyMs, observe: metrics.trials }, started);
  const watches = options.rules === undefined ? watchFolders(options, started, live, seen, now) : [];
  log.info("ready", { rulesHash: first.rules.hash });
  const all = started.move();
  return {
    listeners,
    http: { address: config.http.address, port: health.port },
    store,
    broken: opened.gone,
    rules: () => live.rules(),
    rulesStatus: () => live.status(),
    lookAtRules() {
      for (const watch of watches) watch.look();
    },
    async [Symbol.asyncDispose]() {
      log.info("draining");
      await all.disposeAsync();
      log.info("stopped");
    },
  };
}

/** What decides and delivers, and the rules it does so by. */
async function startWork(
  options: GatewayOptions,
  started: AsyncDisposableStack,
  { store, metrics, owner, now, first, srs, links, signIns }: Ground,
): Promise<Behind> {
  const { config, log } = options;
  const chance = options.chance ?? Math.random;
  const mx = mxLookup({ servers: config.proof.dnsServers, hostname: config.hostname, now, chance });
  const departure = { srs, links, now, signIns, places: store, mx, seal: sealer(config, log, now) };
  const ways = destinations(config, departure);
  const deliverer = started.use(
    startDeliverer({
      store,
      log,
      owner,
      now,
      chance,
      adapters: ways.adapters(first.rules, false),
      observe: metrics.attempt,
    }),
  );
  const learn = await learningFrom(options, started, store, now);
  const decider = started.use(
    startDecider({
      store,
      learn,
      rules: { rules: first.rules, shadow: null },
      log,
      owner,
      workers: config.workers,
      limitMs: config.limits.decideMs,
      now,
      wanted: (queue, urgency) => deliverer.wants(queue, urgency),
      deliver: (jobs, raw) => deliverer.take(jobs, raw),
      observe: metrics.decided,
      bounced: metrics.bounced,
      ...(options.workerUrl === undefined ? {} : { workerUrl: options.workerUrl }),
    }),
  );
  const model = started.use(await startLiveModel({ store, decider, log }));
  const folders = { live: config.rulesFolder, shadow: config.shadowRulesFolder };
  const live = started.use(
    liveRules({ first, folders, store, decider, deliverer, destinations: ways, metrics, log, now }),
  );
  const pace = options.followUpPace ?? null;
  startFollowUp({ config, store, live, deliverer, departure, log, chance, pace }, started);
  return { store, metrics, now, deliverer, decider, live, model, srs, signIns };
}

/** What everything stands on. */
type Ground = {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly owner: string;
  readonly now: () => number;
  readonly first: FirstRules;
  readonly srs: Srs | null;
  readonly links: Links | null;
  readonly signIns: SignIns;
};

/** The shadow rules are not looked at before the gateway runs: whatever is wrong with them stops nothing. */
function watchFolders(
  { config, log }: GatewayOptions,
  started: AsyncDisposableStack,
  live: LiveRules,
  seen: string | null,
  now: () => number,
): readonly RulesWatch[] {
  const watch = (folder: string, usedAs: UsedAs, known: string | null) =>
    started.use(
      watchRules(folder, {
        read: ({ isAsked, ...taken }, stop) => {
          const watched = usedAs === "live" && !isAsked ? live.rules() : null;
          return examineApart({ ...taken, today: today(now()), live: watched }, stop);
        },
        seen: known,
        onRules: async (good) => {
          const unmet = unmetNeeds(good.rules, config, folder);
          if (usedAs === "shadow" || unmet.length === 0) return live.use(usedAs, good);
          live.refuse(usedAs, unmet);
          return true;
        },
        onProblems: (problems) => live.refuse(usedAs, problems),
        onTrouble: (error) => log.error("internal-error", errorFields(error)),
      }),
    );
  const { rulesFolder, shadowRulesFolder } = config;
  const shadow = shadowRulesFolder === null ? [] : [watch(shadowRulesFolder, "shadow", null)];
  return [watch(rulesFolder, "live", seen), ...shadow];
}

/** Rules that have run out are told by the day; one or the other side of midnight makes no odds. */
function today(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
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

/** What stands behind the doors. */
type Behind = {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly now: () => number;
  readonly deliverer: Deliverer;
  readonly decider: Decider;
  readonly live: LiveRules;
  readonly model: LiveModel;
  readonly srs: Srs | null;
  readonly signIns: SignIns;
};

type Gauges = Behind & {
  readonly listeners: readonly Listening[];
  readonly mailboxes: { readonly status: MailboxStatus };
};

async function status({
  store,
  decider,
  deliverer,
  live,
  model,
  signIns,
  listeners,
  mailboxes,
}: Gauges): Promise<Status> {
  const counts = await store.counts();
  const { inHand, replaced } = decider;
  const [rules, version] = [live.status(), model.version()];
  return {
    counts,
    inHand,
    replaced,
    down: deliverer.health().flatMap(({ queue, code }) => (code === null ? [] : [queue])),
    rules,
    model: version,
    doors: listeners,
    mailboxes: mailboxes.status(),
    tokens: tokensOf(signIns),
  };
}

function pick(config: Config, index: number): { protocol: string; address: string } {
  const listener = config.listeners[index];
  if (listener === undefined) throw new Error("a door without a listener");
  return { protocol: listener.protocol, address: listener.address };
}
