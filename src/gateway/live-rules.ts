// The rules in force and how others take their place: everything that depends on them changes in one turn of the event
// loop, after the new workers are ready and the new files are kept, and before the next message is looked at.

import { setTimeout as sleep } from "node:timers/promises";
import { type RuleSet, relativeTo } from "../config/rules.ts";
import { nowhere, type Problem } from "../config/yaml.ts";
import type { FolderStatus, ReloadResult, RulesMetrics, RulesStatus } from "../console/rules-status.ts";
import type { Decider } from "../decider/decider.ts";
import type { Deliverer } from "../deliver/deliver.ts";
import { type RecipientLookup, recipientLookup } from "../intake/recipients.ts";
import { errorFields, type Log } from "../log.ts";
import type { GoodRules } from "../rulebook/watch.ts";
import type { Store } from "../store/store.ts";
import type { Destinations } from "./destinations.ts";
import { settleQueues } from "./unknown-queues.ts";

/** Mistakes told in the log, one event each; the health page has them all. */
const LOGGED_MAX = 20;
/** Between two tries while the store is in trouble; the next start settles the rest. */
const SETTLE_PAUSE_MS = 1000;

export type UsedAs = "live" | "shadow";

export type LiveRulesOptions = {
  readonly first: { readonly rules: RuleSet; readonly problems: readonly Problem[] };
  readonly folders: { readonly live: string; readonly shadow: string | null };
  readonly store: Store;
  readonly decider: Decider;
  readonly deliverer: Deliverer;
  readonly destinations: Destinations;
  readonly metrics: RulesMetrics;
  readonly log: Log;
  readonly now: () => number;
};

export type LiveRules = AsyncDisposable & {
  rules(): RuleSet;
  readonly lookup: RecipientLookup;
  help(): string;
  status(): RulesStatus;
  /** Put good rules to work; false when that must be tried again. Never rejects. */
  use(usedAs: UsedAs, good: GoodRules): Promise<boolean>;
  /** Tell that what stands in a folder cannot be used. */
  refuse(usedAs: UsedAs, problems: readonly Problem[]): void;
};

type State = {
  rules: RuleSet;
  shadow: RuleSet | null;
  lookup: RecipientLookup;
  readonly status: { live: FolderStatus; shadow: FolderStatus | null };
  /** Rules change one after the other. */
  turn: Promise<unknown>;
  /** What is still to be settled of earlier rules. */
  readonly settling: Set<Promise<void>>;
  closed: boolean;
};

export function liveRules(options: LiveRulesOptions): LiveRules {
  const { first, folders, now } = options;
  const none = { hash: null, since: null, lookedAt: null, problems: [] };
  const state: State = {
    rules: first.rules,
    shadow: null,
    lookup: recipientLookup(first.rules),
    status: {
      live: { ...none, folder: folders.live, hash: first.rules.hash, since: now(), problems: first.problems },
      shadow: folders.shadow === null ? null : { ...none, folder: folders.shadow },
    },
    turn: Promise.resolve(),
    settling: new Set(),
    closed: false,
  };
  if (first.problems.length > 0) logProblems(options.log, "live", first.problems);
  options.metrics.rules(state.status);
  return {
    rules: () => state.rules,
    lookup: (address) => state.lookup(address),
    help: () => `Please write to ${state.rules.help.write} or call ${state.rules.help.call}.`,
    status: () => ({ ...state.status }),
    use(usedAs, good) {
      const used = state.turn.then(() => use(state, options, usedAs, good));
      state.turn = used;
      return used;
    },
    refuse(usedAs, problems) {
      tell(state, options, usedAs, "refused", problems);
      logProblems(options.log, usedAs, problems);
    },
    async [Symbol.asyncDispose]() {
      state.closed = true;
      await Promise.all(state.settling);
    },
  };
}

async function use(state: State, options: LiveRulesOptions, usedAs: UsedAs, good: GoodRules): Promise<boolean> {
  const { log } = options;
  const { hash } = good.rules;
  const inUse = usedAs === "live" ? state.rules : state.shadow;
  if (inUse?.hash === hash) {
    tell(state, options, usedAs, "unchanged", []);
    log.info("rules-unchanged", { rulesHash: hash, stage: usedAs });
    return true;
  }
  try {
    await takeTheirPlace(state, options, usedAs, good);
  } catch (error) {
    if (state.closed) return true;
    log.error("rules-not-used", { ...errorFields(error), rulesHash: hash, stage: usedAs });
    const why = "these rules are good but could not be put to work; the earlier ones stay, and it is tried again";
    tell(state, options, usedAs, "failed", [nowhere(folderOf(options, usedAs), why)]);
    return false;
  }
  tell(state, options, usedAs, "live", [], hash);
  log.info("rules-live", { rulesHash: hash, stage: usedAs, count: good.warnings.length });
  return true;
}

/** From `begin` on nothing waits, so that no message sees half of it. */
async function takeTheirPlace(
  state: State,
  options: LiveRulesOptions,
  usedAs: UsedAs,
  { rules, sources }: GoodRules,
): Promise<void> {
  const { store, decider, deliverer, destinations, now } = options;
  const next = usedAs === "live" ? { rules, shadow: state.shadow } : { rules: state.rules, shadow: rules };
  await using shift = await decider.prepare(next);
  const files = relativeTo(folderOf(options, usedAs), sources);
  await store.keepRules({ hash: rules.hash, sources: files, usedAs, at: now() });
  const left = shift.begin();
  state.rules = next.rules;
  state.shadow = next.shadow;
  state.lookup = recipientLookup(next.rules);
  const opened = deliverer.replace(destinations.adapters(next.rules, true));
  const settled = settle(state, options, Promise.all([left, opened])).finally(() => state.settling.delete(settled));
  state.settling.add(settled);
}

/** When nobody decides by the earlier rules any more: queues they alone had are closed, and what waits there is held. */
async function settle(state: State, options: LiveRulesOptions, left: Promise<unknown>): Promise<void> {
  const { store, deliverer, destinations, log, now } = options;
  await left;
  while (!state.closed) {
    try {
      await deliverer.replace(destinations.adapters(state.rules, false));
      return await settleQueues(store, state.rules, log, now());
    } catch (error) {
      log.error("store-trouble", errorFields(error));
      await sleep(SETTLE_PAUSE_MS);
    }
  }
}

function folderOf({ folders }: LiveRulesOptions, usedAs: UsedAs): string {
  return (usedAs === "live" ? folders.live : folders.shadow) ?? "";
}

function tell(
  state: State,
  { metrics, now }: LiveRulesOptions,
  usedAs: UsedAs,
  result: ReloadResult,
  problems: readonly Problem[],
  hash: string | null = null,
): void {
  const status = state.status[usedAs];
  if (status === null) return;
  const changed = hash === null ? {} : { hash, since: now() };
  state.status[usedAs] = { ...status, ...changed, lookedAt: now(), problems };
  metrics.reloaded(usedAs, result);
  metrics.rules(state.status);
}

/** Places and our own sentences, never the line itself: whoever reads the log need not see the rules. */
function logProblems(log: Log, usedAs: UsedAs, problems: readonly Problem[]): void {
  const level = usedAs === "live" ? "error" : "warn";
  log[level]("rules-not-used", { count: problems.length, stage: usedAs, note: "the earlier rules stay in use" });
  for (const { file, line, column, message } of problems.slice(0, LOGGED_MAX)) {
    log[level]("rules-mistake", { file, line, column, note: message, stage: usedAs });
  }
}
