// The rule files as the gateway lives with them: read, compiled, their examples tried and looked through, or every
// reason why they cannot be used. Serving, checking, reloading and replaying all come in here.

import { type CompiledRules, compileRules } from "../classify/compile.ts";
import { type LoadedRules, loadRules, type RuleSet, rulesFromSources } from "../config/rules.ts";
import type { Problem, Source } from "../config/yaml.ts";
import { runExamples } from "./examples.ts";
import type { Finding } from "./finding.ts";
import { lint } from "./lint.ts";

/** A rule set that may be used. */
export type GoodRulebook = {
  readonly kind: "good";
  readonly rules: RuleSet;
  readonly compiled: CompiledRules;
  /** The files as read, to be kept. */
  readonly sources: readonly Source[];
  readonly warnings: readonly Finding[];
};

export type Rulebook = GoodRulebook | { readonly kind: "bad"; readonly problems: readonly (Problem | Finding)[] };

/**
 * Read a folder of rule files and look at everything: the files, the examples, the rules beside each other. Any error
 * makes it bad. `today`, such as "2026-11-23", is what `until` is compared with; null: nothing is told of days.
 */
export function readRulebook(folder: string, today: string | null): Rulebook {
  return examine(loadRules(folder), today);
}

/** The same from texts at hand; `folder` is what their names begin with. */
export function rulebookFromSources(sources: readonly Source[], folder: string, today: string | null): Rulebook {
  return examine(rulesFromSources(sources, folder), today);
}

/**
 * A rule set that was once in force, from its files as kept: neither examples nor lint are looked at, since they were
 * then and what is asked of rules may have changed.
 */
export function formerRules(sources: readonly Source[]): CompiledRules | null {
  const loaded = rulesFromSources(sources, "");
  return loaded.kind === "rules" ? compileRules(loaded.rules) : null;
}

/** What there is to say of rules that load. */
export function examine(loaded: LoadedRules, today: string | null): Rulebook {
  if (loaded.kind === "problems") return { kind: "bad", problems: loaded.problems };
  const { rules, sources } = loaded;
  const compiled = compileRules(rules);
  const found = [...runExamples(loaded, compiled).map((failed) => failed.finding), ...lint(loaded, today)];
  const errors = found.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return { kind: "bad", problems: found };
  return { kind: "good", rules, compiled, sources, warnings: found };
}
