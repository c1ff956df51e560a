// What is odd about rules that are each well-formed: seen only when they are laid beside each other.

import type { LoadedRules } from "../config/rules.ts";
import { inOrder } from "../config/yaml.ts";
import type { Finding } from "./finding.ts";
import { lintConditions } from "./lint-conditions.ts";
import { lintExamples } from "./lint-examples.ts";
import { lintPhrases } from "./lint-phrases.ts";
import { lintQueues } from "./lint-queues.ts";

export type GoodRules = LoadedRules & { readonly kind: "rules" };

/**
 * Every finding, errors and warnings, in the order of the files. `today`, such as "2026-11-23", is what days are compared
 * with; null: nothing is told of days. The cost grows with the number of phrases, not with its square.
 */
export function lint(loaded: GoodRules, today: string | null): readonly Finding[] {
  const found = [
    ...lintPhrases(loaded),
    ...lintConditions(loaded, today),
    ...lintQueues(loaded),
    ...lintExamples(loaded),
  ];
  return inOrder(found) as readonly Finding[];
}
