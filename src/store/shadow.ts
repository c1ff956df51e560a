// What rules that are only tried out would have decided, as the store gives it back: of one case, and counted.

import type { Outcome, ShadowOutcome } from "../outcome.ts";

/** The answer of rules tried out for one alias of a case. */
export type PastShadow = ShadowOutcome & {
  /** Of the shadow rule set; that of the live set when single rules of it were tried out. */
  readonly rulesHash: string;
};

/** An answer as far as live and shadow are compared. */
export type ComparedAnswer = Pick<Outcome, "requestType" | "urgency"> & {
  readonly queue: string;
  readonly review: boolean;
};

/** Outcomes for which live rules and rules tried out answered the same pair of answers. */
export type ShadowGroup = {
  readonly live: ComparedAnswer;
  readonly shadow: ComparedAnswer;
  /** Rules that spoke only in the shadow. */
  readonly onlyRules: readonly string[];
  readonly count: number;
  /** The newest of them, at most 5. */
  readonly refs: readonly string[];
};

/** `groups` has all that differ in the answer or in rules that spoke only in the shadow. */
export type ShadowCounts = {
  /** Outcomes that rules were tried out for, and when the first and the last of them was decided. */
  readonly asked: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly groups: readonly ShadowGroup[];
};
