// The sentence: decide = parse → match → classify → route. Pure: what it needs is handed in, and the same bytes, facts
// and rules give the same answer. Runs in the decider's threads; explain, check and the tests call the same.

import { type Advice, type Adviser, NONE } from "./classify/adviser.ts";
import { classify, type Ground, type Said } from "./classify/classify.ts";
import type { CompiledRules } from "./classify/compile.ts";
import { contradictions, type FormReading, missingFields, readForm } from "./classify/form.ts";
import { type Heard, hear } from "./classify/hear.ts";
import { knownOf } from "./classify/known.ts";
import { type Matches, match } from "./classify/match.ts";
import { readOverride } from "./classify/override.ts";
import { staffProof } from "./classify/staff.ts";
import { threadOf } from "./classify/thread.ts";
import { type Known, withKnown } from "./config/conditions.ts";
import {
  CANARY_ALIAS,
  CANARY_QUEUE,
  type Facts,
  type LocalTime,
  type Message,
  RETURN_ALIAS,
  type StaffProof,
} from "./message.ts";
import type { Decided, Evidence, Outcome, Reading, Shadow, ShadowOutcome, Verdict, Without } from "./outcome.ts";
import { kindWithFacts } from "./parse/kind.ts";
import { parse } from "./parse/parse.ts";
import { type Routed, route } from "./route/route.ts";

/** Stands in `Facts.aliases` for a mail whose alias nobody knows, as for a file given to `explain`: no alias speaks then. */
export const UNKNOWN_ALIAS = "";

/** What stands beside the rules: the model, and a rule set that is tried out. */
export type Beside = { readonly adviser?: Adviser | null; readonly shadow?: CompiledRules | null };

/**
 * Decide one mail: one outcome for each of `facts.aliases`, in their order. Never throws because of the mail's shape.
 * An alias that is none of ours (any more) speaks for nothing.
 */
export async function decide(
  raw: Uint8Array,
  facts: Facts,
  rules: CompiledRules,
  beside: Beside = {},
): Promise<Decided> {
  return decideMessage(await parse(raw), facts, rules, beside);
}

/** The part of `decide` after parsing, for those who show the message beside the decision. */
export function decideMessage(
  message: Message,
  facts: Facts,
  rules: CompiledRules,
  { adviser = null, shadow = null }: Beside = {},
): Decided {
  const heard = hear(message);
  const staff = staffProof(message, facts);
  const mail = { message, facts, heard, staff, advice: adviceOn(message, heard, rules, adviser), adviser };
  const found = findings(mail, rules);
  return {
    ...found.reading,
    outcomes: facts.aliases.map((alias) => outcome(found, alias, rules)),
    rulesHash: rules.set.hash,
    modelVersion: adviser?.version ?? null,
    shadow: shadowOf(mail, found, rules, shadow),
  };
}

/** A model that does not know all types of the rules would take one for another, so of types it says nothing. */
function adviceOn(message: Message, heard: Heard, rules: CompiledRules, adviser: Adviser | null): Advice | null {
  const advice = adviser?.advise(heard, message.language) ?? null;
  const knowsAll = rules.set.types.every(({ name }) => adviser?.types.includes(name) === true);
  return advice === null || knowsAll ? advice : { ...advice, type: NONE, probability: 0, all: [] };
}

type ReadMail = {
  readonly adviser: Adviser | null;
  readonly message: Message;
  readonly facts: Facts;
  readonly heard: Heard;
  readonly staff: StaffProof | null;
  readonly advice: Advice | null;
};

/** What a rule set finds in a mail, before it is known for which alias. */
type Findings = {
  readonly reading: Reading;
  readonly form: FormReading;
  readonly matches: Matches;
  readonly said: Said;
  readonly known: Known;
  readonly localTime: LocalTime | null;
  readonly advice: Advice | null;
};

function findings({ message, facts, heard, staff, advice, adviser }: ReadMail, rules: CompiledRules): Findings {
  const form = readForm(message, heard, rules.forms);
  const matches = match(message, heard, form, rules, facts.localTime?.date ?? null);
  const read = reading(message, facts, form, staff);
  return {
    reading: read,
    form,
    matches,
    said: saidBesideRules(message, facts, form, staff, rules, adviser),
    known: knownOf(message, facts, read.kind, staff, matches.facts, rules.set),
    localTime: facts.localTime,
    advice,
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

/** The sender as far as it is proven: of a forward by a stranger that is the stranger. */
export function provenSender({ from, forward }: Message, staff: StaffProof | null): string {
  return (forward === null || staff === null ? from : forward.mails[0].from)?.address ?? "";
}

function pinOf(message: Message, staff: StaffProof | null, adviser: Adviser | null): Evidence | null {
  const pin = adviser?.pinned(provenSender(message, staff), message.subject) ?? null;
  return pin && { kind: "pin", type: pin.type, queue: pin.queue };
}

/** Thread, override, pin and field, in order of precedence. */
function saidBesideRules(
  message: Message,
  facts: Facts,
  form: FormReading,
  staff: StaffProof | null,
  rules: CompiledRules,
  adviser: Adviser | null,
): Said {
  const thread = threadOf(message, facts);
  const evidence: (Evidence | null)[] = [
    thread && { kind: "thread", ref: thread.ref, by: thread.by, type: thread.requestType, sure: thread.sure },
    readOverride(message, staff !== null, rules.set),
    pinOf(message, staff, adviser),
    form.requestType,
  ];
  return {
    evidence: evidence.filter((each) => each !== null),
    urgency: form.urgency,
    defects: message.defects,
  };
}

function outcome(found: Findings, alias: string, rules: CompiledRules): Outcome {
  const { form } = found;
  const asked = answersFor(found, alias, rules);
  const { verdict, routed } = asked();
  return {
    alias,
    requestType: verdict.requestType,
    urgency: verdict.urgency,
    decidedBy: decidedBy(verdict, routed),
    scores: verdict.scores,
    evidence: [...verdict.evidence, ...contradictions(form, verdict, rules.set.decide), ...routed.evidence],
    decision: routed.decision,
    missing: missingFields(verdict.requestType, form.fields, rules.forms),
    without: withoutEach(asked, found, rules),
  };
}

function decidedBy(verdict: Verdict, { decision }: Routed): Outcome["decidedBy"] {
  return decision.kind === "review" ? "review" : verdict.decidedBy;
}

type Answer = { readonly verdict: Verdict; readonly routed: Routed };

/** Answers for one alias: as it is, or as it would be if something were otherwise. */
function answersFor(found: Findings, alias: string, rules: CompiledRules) {
  const known = withKnown(found.known, { alias: alias === UNKNOWN_ALIAS ? null : alias });
  const today = found.localTime?.date ?? null;
  const { advice } = found;
  const ground: Ground = { alias: rules.aliases.get(alias) ?? null, known, today, advice, withShadow: false };
  return (other: Partial<Ground & Pick<Findings, "matches" | "said">> = {}): Answer => {
    const judged = classify(other.matches ?? found.matches, other.said ?? found.said, { ...ground, ...other }, rules);
    if (alias === CANARY_ALIAS) return trial(judged);
    const verdict = alias === RETURN_ALIAS ? cameBack(judged) : judged;
    return { verdict, routed: route(verdict, known, found.localTime, rules.set) };
  };
}

/** What comes back for a forward is for people, whatever its words say: they are those of the mail that came back. */
function cameBack(verdict: Verdict): Verdict {
  return { ...verdict, reviewReason: "came-back", decidedBy: "review" };
}

/** A trial of ours has taken the whole way of a mail but for its end: no people are to see it. */
function trial(verdict: Verdict): Answer {
  const decision = { kind: "route", queue: CANARY_QUEUE, department: CANARY_QUEUE } as const;
  return { verdict: { ...verdict, reviewReason: null }, routed: { decision, evidence: [] } };
}

/** Pieces of evidence that are left out one by one; a mail with more has so many reasons that none alone decides. */
const WITHOUT_MAX = 20;

/** The answer without each single piece of evidence, where it is another. */
function withoutEach(
  asked: ReturnType<typeof answersFor>,
  { matches, said }: Findings,
  rules: CompiledRules,
): readonly Without[] {
  const whole = asked();
  const ids = [...matches.hits.keys()].map((index) => [rules.rules[index]?.id ?? "", index] as const);
  const spoke = new Set(whole.verdict.evidence.map((each) => ("rule" in each ? each.rule : each.kind)));
  const others: (readonly [string, () => Answer])[] = [
    ...said.evidence.map(
      (each) =>
        [each.kind, () => asked({ said: { ...said, evidence: said.evidence.filter((one) => one !== each) } })] as const,
    ),
    ...(said.urgency === null ? [] : [[said.urgency.kind, () => asked({ said: { ...said, urgency: null } })] as const]),
    ...ids.map(
      ([id, index]) => [id, () => asked({ matches: { ...matches, hits: less(matches.hits, index) } })] as const,
    ),
    ["alias", () => asked({ alias: null })],
    [spoke.has("model") ? "model" : "model-urgency", () => asked({ advice: null })],
  ];
  return others
    .filter(([evidence]) => spoke.has(evidence))
    .slice(0, WITHOUT_MAX)
    .flatMap(([evidence, answer]) => {
      const { verdict, routed } = answer();
      const other = { requestType: verdict.requestType, urgency: verdict.urgency, queue: routed.decision.queue };
      const isSame =
        other.requestType === whole.verdict.requestType &&
        other.urgency === whole.verdict.urgency &&
        other.queue === whole.routed.decision.queue;
      return isSame ? [] : [{ evidence, ...other }];
    });
}

function less<H>(hits: ReadonlyMap<number, H>, index: number): ReadonlyMap<number, H> {
  const rest = new Map(hits);
  rest.delete(index);
  return rest;
}

/** What a whole rule set that is tried out would decide, or the live one with its rules that are tried out. */
function shadowOf(mail: ReadMail, live: Findings, rules: CompiledRules, shadow: CompiledRules | null): Shadow | null {
  const tried = shadow ?? (rules.hasShadow ? rules : null);
  if (tried === null) return null;
  const found = shadow === null ? live : findings(mail, shadow);
  return {
    rulesHash: tried.set.hash,
    outcomes: mail.facts.aliases.map((alias) => shadowOutcome(found, alias, tried)),
  };
}

function shadowOutcome(found: Findings, alias: string, rules: CompiledRules): ShadowOutcome {
  const { verdict, routed } = answersFor(found, alias, rules)({ withShadow: true });
  const spoke = [...verdict.evidence, ...routed.evidence].flatMap((each) =>
    each.kind === "rule" || each.kind === "urgency" || each.kind === "department" ? [each.rule] : [],
  );
  return {
    alias,
    requestType: verdict.requestType,
    urgency: verdict.urgency,
    queue: routed.decision.queue,
    review: routed.decision.kind === "review",
    decidedBy: decidedBy(verdict, routed),
    rules: [...new Set(spoke)],
  };
}
