// The way to the department, for those who ask why: which rules were looked at in order, and what each of the others
// asked for that was not so.

import { holds, type Known } from "../config/conditions.ts";
import type { RuleSet } from "../config/rules.ts";

/** A condition that does not hold: what it asks for, and what is known; nothing is known where that is empty. */
export type Unmet = { readonly fact: string; readonly needs: readonly string[]; readonly is: readonly string[] };

/** One department rule looked at; it fits when nothing is unmet. */
export type PathStep = { readonly rule: string; readonly unmet: readonly Unmet[] };

/** The department rules from the first to the one that fits, or all of them. `known` has type and urgency. */
export function departmentPath(known: Known, { departments }: Pick<RuleSet, "departments">): readonly PathStep[] {
  const steps = departments.map(({ id, when }) => ({
    rule: id,
    unmet: when
      .filter((condition) => !holds([condition], known))
      .map(({ fact, values }) => ({ fact, needs: values, is: known.get(fact) ?? [] })),
  }));
  const fits = steps.findIndex(({ unmet }) => unmet.length === 0);
  return fits < 0 ? steps : steps.slice(0, fits + 1);
}
