// The rules to start with: those of the folder, or, when they have mistakes, the set that was live last.

import { compileRules } from "../classify/compile.ts";
import type { Config } from "../config/config.ts";
import { unmetNeeds } from "../config/needs.ts";
import { loadRules, type RuleSet, relativeTo } from "../config/rules.ts";
import { type Problem, printProblems, type Source } from "../config/yaml.ts";
import type { Log } from "../log.ts";
import { examineApart } from "../rulebook/apart.ts";
import { lostEmergencies, lostProblem } from "../rulebook/emergencies.ts";
import { formerRules } from "../rulebook/rulebook.ts";
import { snapshot } from "../rulebook/snapshot.ts";
import type { KeptRules } from "../store/kept.ts";
import type { Store } from "../store/store.ts";

/** The rules have mistakes and there is no earlier set: the message names every one. */
export class NoRules extends Error {
  constructor(problems: readonly Problem[]) {
    super(printProblems(problems));
    this.name = "NoRules";
  }
}

export type FirstRules = {
  readonly rules: RuleSet;
  /** With names relative to their folder. */
  readonly sources: readonly Source[];
  /** What is wrong with the folder when these are not its rules. */
  readonly problems: readonly Problem[];
};

/** What the gateway is started with: these rules, or those of its folder. */
type Wanted = { readonly config: Config; readonly rules?: RuleSet; readonly log: Log };

/**
 * The rules to begin with, kept before anything is decided by them, and what their folder was when they were read.
 * Throws `NoRules` when there are none to start with.
 */
export async function rulesToStartWith(
  { config, rules, log }: Wanted,
  store: Store,
  day: string,
  at: number,
): Promise<{ readonly first: FirstRules; readonly seen: string | null }> {
  const refuseUnmet = (set: RuleSet) => {
    const unmet = unmetNeeds(set, config, config.rulesFolder);
    if (unmet.length > 0) throw new NoRules(unmet);
  };
  if (rules !== undefined) refuseUnmet(rules);
  if (rules !== undefined) return { first: { rules, sources: [], problems: [] }, seen: null };
  const { print: seen } = await snapshot(config.rulesFolder);
  const first = await firstRules(config.rulesFolder, store, day, log);
  refuseUnmet(first.rules);
  const { hash } = first.rules;
  await store.keepRules({ hash, sources: first.sources, usedAs: "live", at });
  return { first, seen };
}

async function firstRules(folder: string, store: Store, today: string, log: Log): Promise<FirstRules> {
  const last = await store.lastRules();
  // What went live once has been looked at then; examples and lint would only make the start slower.
  const loaded = last === null ? null : loadRules(folder);
  if (last !== null && loaded?.kind === "rules" && loaded.rules.hash === last.hash) {
    return { rules: loaded.rules, sources: last.sources, problems: [] };
  }
  // In a thread of its own, whose memory is given back: some hundred megabytes for a thousand rules.
  const book = await examineApart({ folder, sources: null, today, live: null }, new AbortController().signal);
  if (book.kind === "good") {
    tellLost(folder, last, book.rules, log);
    return { rules: book.rules, sources: relativeTo(folder, book.sources), problems: [] };
  }
  const earlier = last === null ? null : earlierRules(last, book.problems);
  if (earlier === null) throw new NoRules(book.problems);
  return earlier;
}

/** A start means what stands in the folder; whoever reads the log is told what is no emergency any more. */
function tellLost(folder: string, last: KeptRules | null, next: RuleSet, log: Log): void {
  const former = last === null ? null : formerRules(last.sources);
  const lost = former === null ? [] : lostEmergencies(former.set, compileRules(next));
  if (lost.length === 0) return;
  log.error("rules-mistake", { file: folder, note: lostProblem(folder, lost).message, stage: "live" });
}

function earlierRules(last: KeptRules, problems: readonly Problem[]): FirstRules | null {
  const former = formerRules(last.sources);
  return former === null ? null : { rules: former.set, sources: last.sources, problems };
}
