// What a look at a rule set can find beside mistakes in its files: a closed set of codes, each an error, which keeps the
// rules from being used, or a warning, which does not.

import type { Problem } from "../config/yaml.ts";

type Severity = "error" | "warning";

/** Every code, whether it is an error, and what it means. A missing owner is a warning: mail must flow all the same. */
export const FINDINGS = {
  "example-fails": ["error", "An example does not do what it says."],
  "example-cut": ["warning", "An example looks like the rest of the one before: in [ ] a comma ends an entry."],
  "never-fires": ["error", "A rule can never fire: its own `none` or `when` forbids whatever it looks for."],
  "never-wins": ["error", "A rule can never win: rules before it, or above it, take everything it looks for."],
  "department-never-reached": ["error", "A department is never reached: an earlier one takes all its mail."],
  "delivery-loops": ["error", "A queue delivers to one of our own aliases, so its mail would come back."],
  "delivery-to-own-domain": ["warning", "A queue delivers to an address of our own domains that is no alias."],
  "delivery-not-verified": [
    "warning",
    "A queue delivers to a host outside the house without asking for its certificate.",
  ],
  "rule-past": ["warning", "The last day of a rule is over, so it does nothing any more."],
  "holidays-past": ["warning", "All holidays are over; write those of the next year."],
  "phrase-never-counts": ["warning", "A phrase holds a phrase of the rule's own `none`, so it never counts."],
  "phrase-covered": ["warning", "A phrase is found by a rule with another answer as well, which is stronger."],
  "phrase-twice": ["warning", "The same phrase stands twice in one rule."],
  "everyday-word": ["warning", "A P1 rule looks for one everyday word, which would make much mail urgent."],
  "emergency-on-trial": ["warning", "A P1 rule is only tried out, or its days have not begun, so it decides nothing."],
  "emergency-with-none": [
    "warning",
    "`none` in a P1 rule sets an emergency aside for a word anywhere else in the mail; write `except`.",
  ],
  "pattern-without-word": ["warning", "A pattern holds no fixed word, so it is tried on every mail, which costs time."],
  "queue-without-owner": ["warning", "Nobody is named who looks after a queue."],
  "queue-without-backup": ["warning", "No queue stands in for one that is not always there."],
  "queue-without-escalation": ["warning", "Nobody is named who is told when a queue does not answer."],
  "queue-never-reached": ["warning", "No department, backup or after-hours rule leads to a queue."],
  "backup-ring": ["warning", "Queues stand in for each other in a ring, and none of them is always there."],
  "after-hours-never": [
    "warning",
    "`after_hours` does nothing, because no queue it could stand in for is ever closed.",
  ],
  "fact-never-asked": ["warning", "No `when` asks for a fact."],
  "words-never-used": ["warning", "No phrase names a word list."],
  "person-never-named": ["warning", "No queue's escalation names a person."],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>;

export type FindingCode = keyof typeof FINDINGS;

/** A problem with its code; codes stay the same when sentences change. */
export type Finding = Problem & { readonly severity: Severity; readonly code: FindingCode };

/** A problem under a code. */
export function finding(code: FindingCode, problem: Problem): Finding {
  return { ...problem, severity: FINDINGS[code][0], code };
}
