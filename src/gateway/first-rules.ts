// The rules to start with: those of the folder, or, when they have mistakes, the set that was live last.

import type { CompiledRules } from "../classify/compile.ts";
import { loadRules, type RuleSet, relativeTo } from "../config/rules.ts";
import { type Problem, printProblems, type Source } from "../config/yaml.ts";
import type { Log } from "../log.ts";
import { lostEmergencies, lostProblem } from "../rulebook/emergencies.ts";
import { formerRules, readRulebook } from "../rulebook/rulebook.ts";
import type { KeptRules, Store } from "../store/store.ts";

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

/** Throws `NoRules` when there are none to start with. */
export async function firstRules(folder: string, store: Store, today: string, log: Log): Promise<FirstRules> {
  const last = await store.lastRules();
  const loaded = loadRules(folder);
  // What went live once has been looked at then; examples and lint would only make the start slower.
  if (loaded.kind === "rules" && loaded.rules.hash === last?.hash) {
    return { rules: loaded.rules, sources: last.sources, problems: [] };
  }
  const book = readRulebook(folder, today);
  if (book.kind === "good") {
    tellLost(folder, last, book.compiled, log);
    return { rules: book.rules, sources: relativeTo(folder, book.sources), problems: [] };
  }
  const earlier = last === null ? null : earlierRules(last, book.problems);
  if (earlier === null) throw new NoRules(book.problems);
  return earlier;
}

/** A start means what stands in the folder; whoever reads the log is told what is no emergency any more. */
function tellLost(folder: string, last: KeptRules | null, next: CompiledRules, log: Log): void {
  const former = last === null ? null : formerRules(last.sources);
  const lost = former === null ? [] : lostEmergencies(former.set, next);
  if (lost.length === 0) return;
  log.error("rules-mistake", { file: folder, note: lostProblem(folder, lost).message, stage: "live" });
}

function earlierRules(last: KeptRules, problems: readonly Problem[]): FirstRules | null {
  const former = formerRules(last.sources);
  return former === null ? null : { rules: former.set, sources: last.sources, problems };
}
