// The sentence: decide = parse → match → classify → route. Pure: what it needs is handed in, and the same bytes, facts
// and rules give the same answer. Runs in the decider's threads; explain, check and the tests call the same.

import { classify, type Said } from "./classify/classify.ts";
import type { CompiledRules } from "./classify/compile.ts";
import { contradictions, type FormReading, missingFields, readForm } from "./classify/form.ts";
import { type Hits, hear, match } from "./classify/match.ts";
import { readOverride } from "./classify/override.ts";
import { staffProof } from "./classify/staff.ts";
import { threadOf } from "./classify/thread.ts";
import type { Facts, Message, StaffProof } from "./message.ts";
import type { Decided, Evidence, Outcome, Reading } from "./outcome.ts";
import { kindWithFacts } from "./parse/kind.ts";
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
  const heard = hear(message);
  const staff = staffProof(message, facts);
  const form = readForm(message, heard, rules.forms);
  const hits = match(message, heard, form.labels, rules);
  const said = saidBesideRules(message, facts, form, staff, rules);
  return {
    ...reading(message, facts, form, staff),
    outcomes: facts.aliases.map((alias) => outcome(hits, said, form, alias, rules)),
    rulesHash: rules.set.hash,
    shadow: null,
  };
}

function reading(message: Message, facts: Facts, form: FormReading, staff: StaffProof | null): Reading {
  const { from, forward, language, failures, defects } = message;
  const { kind, refusals } = kindWithFacts(message, from, facts);
  const sender = from?.address || null;
  return {
    // Web sites send forms as their own automatic mail.
    kind: form.isForm && (kind === "person" || kind === "auto-reply") ? "form" : kind,
    originalSender: forward === null ? sender : forward.mails[0].from?.address || null,
    forwarder: forward === null ? null : sender,
    forwardTier: forward?.tier ?? "none",
    confidence: forward?.confidence ?? null,
    staff,
    language,
    fields: form.fields,
    refusals,
    failures,
    proof: facts.proof,
    defects,
  };
}

/** Thread, override and field, in order of precedence. */
function saidBesideRules(
  message: Message,
  facts: Facts,
  form: FormReading,
  staff: StaffProof | null,
  rules: CompiledRules,
): Said {
  const thread = threadOf(message, facts);
  const evidence: (Evidence | null)[] = [
    thread && { kind: "thread", ref: thread.ref, by: thread.by, type: thread.requestType, sure: thread.sure },
    readOverride(message, staff !== null, rules.set),
    form.requestType,
  ];
  return {
    evidence: evidence.filter((each) => each !== null),
    urgency: form.urgency,
    defects: message.defects,
  };
}

function outcome(hits: Hits, said: Said, form: FormReading, alias: string, rules: CompiledRules): Outcome {
  const verdict = classify(hits, said, rules.aliases.get(alias) ?? null, rules);
  const routed = route(verdict, alias, rules.set);
  return {
    alias,
    requestType: verdict.requestType,
    urgency: verdict.urgency,
    decidedBy: routed.decision.kind === "review" ? "review" : verdict.decidedBy,
    scores: verdict.scores,
    evidence: [...verdict.evidence, ...contradictions(form, verdict, rules.set.decide), ...routed.evidence],
    decision: routed.decision,
    missing: missingFields(verdict.requestType, form.fields, rules.forms),
    without: [],
  };
}
