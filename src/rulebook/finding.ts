// What a look at a rule set can find beside mistakes in its files: a closed set of codes, each an error, which keeps the
// rules from being used, or a warning, which does not.

import type { Problem } from "../config/yaml.ts";

type Severity = "error" | "warning";

/** Every code, whether it is an error, and what it means, for documents and programs. */
export const FINDINGS = {
  "example-fails": ["error", "An example does not do what the rule says it does."],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>;

export type FindingCode = keyof typeof FINDINGS;

/** A problem with its code; codes stay the same when sentences change. */
export type Finding = Problem & { readonly severity: Severity; readonly code: FindingCode };

/** A problem under a code. */
export function finding(code: FindingCode, problem: Problem): Finding {
  return { ...problem, severity: FINDINGS[code][0], code };
}
