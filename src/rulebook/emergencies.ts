// What new rules would no longer hear of what the rules in force call an emergency: a file cut off at the border of a
// rule is whole to YAML, and only what is missing tells.

import type { CompiledRules } from "../classify/compile.ts";
import type { RuleSet, UrgencyRule } from "../config/rules.ts";
import { nowhere, type Problem } from "../config/yaml.ts";
import { decideMessage } from "../pipeline.ts";
import { exampleFacts, exampleMessage } from "./example-mail.ts";

/** Rules named in the sentence. */
const NAMED_MAX = 5;

/** The P1 rules in force of which an example that they find is P1 no more by the next rules. */
export function lostEmergencies(live: RuleSet, next: CompiledRules): readonly string[] {
  const rules = live.urgencies.flatMap(({ urgency, rules: of }) => (urgency === "P1" ? of : []));
  return rules.filter((rule) => rule.mode === "live" && isLost(rule, next)).map(({ id }) => id);
}

function isLost({ examples, from, until }: UrgencyRule, next: CompiledRules): boolean {
  // The next rules hold at all times or not: the day of the earlier one says nothing of them.
  const at = from === null && until === null ? null : `${from ?? until} 12:00`;
  return examples.match.some((example) => {
    const decided = decideMessage(exampleMessage(example), exampleFacts(example, at), next);
    return decided.outcomes.some(({ urgency }) => urgency !== "P1");
  });
}

/** Why such rules are not used unless somebody says that it is meant. */
export function lostProblem(folder: string, lost: readonly string[]): Problem {
  const names = lost.slice(0, NAMED_MAX).map((id) => `\`${id}\``);
  const more = lost.length > names.length ? ` and ${lost.length - names.length} more` : "";
  const what = lost.length === 1 ? "an emergency is" : `${lost.length} sorts of emergencies are`;
  return nowhere(
    folder,
    `by these files ${what} P1 no more (the examples of ${names.join(", ")}${more}); is a part of a file missing? If it is meant, send the gateway SIGHUP or start it again`,
  );
}
