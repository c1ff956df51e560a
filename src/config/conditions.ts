// Facts about a mail and the conditions that rules and departments put on them.

import type { Conditions } from "./rule.ts";

/** What is known of a mail: for each fact its values, of which there may be several. */
export type Known = ReadonlyMap<string, readonly string[]>;

/** Whether all conditions hold; what is not known holds for none. */
export function holds(when: Conditions, known: Known): boolean {
  return when.every(({ fact, values }) => (known.get(fact) ?? []).some((value) => values.includes(value)));
}

/** The same with more facts; null is not known. */
export function withKnown(known: Known, more: Readonly<Record<string, string | null>>): Known {
  const all = new Map(known);
  for (const [fact, value] of Object.entries(more)) all.set(fact, value === null ? [] : [value]);
  return all;
}
