// An explanation as data: one value for a mail, with everything the page says and more.

import type { Outcome } from "../outcome.ts";
import { UNKNOWN_ALIAS } from "../pipeline.ts";
import { sentence } from "./decision-words.ts";
import { quoteFrom } from "./explain-card.ts";
import { type Explained, knownFor, nearness, pathOf, triedOut } from "./explain-why.ts";

/** The value for programs: the first alias's answer, and those of the others under `others`. */
export function explanation(explained: Explained): Record<string, unknown> {
  const { message, facts, aliasBy, decided } = explained;
  const { outcomes, shadow, ...reading } = decided;
  const [first, ...others] = outcomes.map((outcome) => answer(outcome, explained));
  return {
    file: explained.name,
    ...first,
    ...reading,
    forward: message.forward,
    sections: message.sections,
    aliasBy,
    localTime: facts.localTime,
    sizeBytes: facts.sizeBytes,
    shadow,
    others,
  };
}

function answer(outcome: Outcome, explained: Explained): Record<string, unknown> {
  const { decision } = outcome;
  return {
    alias: outcome.alias === UNKNOWN_ALIAS ? null : outcome.alias,
    sentence: sentence(outcome, quoteFrom(explained.message)),
    requestType: outcome.requestType,
    urgency: outcome.urgency,
    department: decision.kind === "route" ? decision.department : null,
    queue: decision.queue,
    review: decision.kind === "review",
    reason: decision.kind === "review" ? decision.reason : null,
    decidedBy: outcome.decidedBy,
    score: outcome.scores.find((score) => score.type === outcome.requestType)?.points ?? 0,
    scores: outcome.scores,
    evidence: outcome.evidence,
    missing: outcome.missing,
    known: Object.fromEntries(knownFor(explained, outcome)),
    path: pathOf(explained, outcome),
    without: outcome.without,
    near: nearness(outcome, explained.decided, explained.rules.set),
    triedOut: triedOut(explained, outcome),
  };
}
