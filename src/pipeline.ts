// The sentence: decide = parse → match → classify → route. Pure: what it needs is handed in, and the same bytes, facts
// and rules give the same answer. Runs in the decider's threads; explain, check and the tests call the same.

import { classify } from "./classify/classify.ts";
import type { CompiledRules } from "./classify/compile.ts";
import { type Hits, match } from "./classify/match.ts";
import type { Facts, Message } from "./message.ts";
import type { Decided, Outcome } from "./outcome.ts";
import { kindWithEnvelope } from "./parse/kind.ts";
import { parse } from "./parse/parse.ts";
import { route } from "./route/route.ts";

/** Stands in `Facts.aliases` for a mail whose alias nobody knows, as for a file given to `explain`: no alias speaks then. */
export const UNKNOWN_ALIAS = "";

/**
 * Decide one mail: one outcome for each of `facts.aliases`, in their order. Never throws because of the mail's shape.
 * An alias that is none of ours (any more) speaks for nothing.
 */
export async function decide(raw: Uint8Array, facts: Facts, rules: CompiledRules): Promise<Decided> {
  return decideMessage(await parse(raw), facts, rules);
}

/** The part of `decide` after parsing, for those who show the message beside the decision. */
export function decideMessage(message: Message, facts: Facts, rules: CompiledRules): Decided {
  const hits = match(message, rules);
  return {
    kind: kindWithEnvelope(message.kind, facts),
    originalSender: message.from?.address || null,
    forwarder: null,
    forwardTier: "none",
    confidence: null,
    staff: null,
    language: message.language,
    fields: [],
    refusals: message.refusals,
    failures: message.failures,
    proof: facts.proof,
    defects: message.defects,
    outcomes: facts.aliases.map((alias) => outcome(message, hits, alias, rules)),
    rulesHash: rules.set.hash,
  };
}

function outcome(message: Message, hits: Hits, alias: string, rules: CompiledRules): Outcome {
  const verdict = classify(
    hits,
    { evidence: [], urgency: null, defects: message.defects },
    rules.aliases.get(alias) ?? null,
    rules,
  );
  const routed = route(verdict, alias, rules.set);
  return {
    alias,
    requestType: verdict.requestType,
    urgency: verdict.urgency,
    decidedBy: routed.decision.kind === "review" ? "review" : verdict.decidedBy,
    scores: verdict.scores,
    evidence: [...verdict.evidence, ...routed.evidence],
    decision: routed.decision,
    missing: [],
  };
}
