// A decision in plain words: one sentence for the whole of it, and a line for each reason. The same for `explain`,
// which quotes the mail, and `show`, which has the phrases of the rules only.

import type { Evidence, Outcome, ReviewReason, Urgency, Without } from "../outcome.ts";

/** A piece of evidence that stands on words of the mail. */
export type Worded = Extract<Evidence, { readonly phrase: string }>;

/** The words themselves, as found or as the rule has them. */
export type Quote = (evidence: Worded) => string;

export const WHEN: Readonly<Record<Urgency, string>> = {
  P1: "at once",
  P2: "the same day",
  P3: "the next business day",
  P4: "standard",
};

/** The same within a sentence. */
const SOON: Readonly<Record<Urgency, string>> = { ...WHEN, P4: "in its turn" };

type Cancelled = Extract<Evidence, { readonly kind: "cancelled" }>;

/** Phrases quoted in one sentence. */
const QUOTED_MAX = 3;

/** The whole decision in a sentence, such as "Goes to Patient billing (queue billing-desk), the same day: …". */
export function sentence(outcome: Outcome, quote: Quote): string {
  const { decision, urgency } = outcome;
  const where =
    decision.kind === "route"
      ? `Goes to ${decision.department} (queue ${decision.queue})`
      : `People look at it first (queue ${decision.queue})`;
  const closed = outcome.evidence.find((each) => each.kind === "after-hours");
  const hours = closed === undefined ? "" : ` Queue ${closed.closed} is closed, so ${closed.queue} takes it.`;
  return `${where}, ${SOON[urgency]}: ${reason(outcome, quote)}; ${urgencyReason(outcome, quote)}.${hours}`;
}

function reason(outcome: Outcome, quote: Quote): string {
  const { decidedBy, requestType, evidence, alias } = outcome;
  switch (decidedBy) {
    case "thread": {
      const thread = evidence.find((each) => each.kind === "thread" && each.sure);
      return `it answers ${thread?.kind === "thread" ? thread.ref : "an earlier case"}, and the writer took part in it`;
    }
    case "override": {
      const note = evidence.find((each) => each.kind === "override");
      return `staff wrote ${note?.kind === "override" ? quoted(quote(note)) : "so"} on top`;
    }
    case "pin":
      return "staff has pinned such mail of this sender to that queue";
    case "field": {
      const field = evidence.find((each) => each.kind === "field");
      return field?.kind === "field" ? `the form says ${field.field}: "${field.value}"` : "the form says so";
    }
    case "sure-rule": {
      const sure = evidence.find((each) => each.kind === "rule" && each.sure);
      return sure?.kind === "rule" ? `${quoted(quote(sure))} is sure to mean ${sure.type}` : "a rule is sure";
    }
    case "safety":
      return `${listed(wordsFor(outcome, quote, requestType))} may be a matter of life, whatever else speaks against it`;
    case "scorecard":
      return speaking(outcome, quote);
    case "alias":
      return `it was sent to ${alias}@ and nothing speaks against that`;
    case "review":
      return reviewReason(outcome, quote);
  }
}

function reviewReason(outcome: Outcome, quote: Quote): string {
  const { decision, alias, requestType, scores } = outcome;
  const why: ReviewReason = decision.kind === "review" ? decision.reason : "nothing-matched";
  switch (why) {
    case "nothing-matched":
      return "no rule knows what it is about, and no alias says it";
    case "too-close": {
      const [best, second] = scores;
      if (second === undefined || best === undefined) return `${speaking(outcome, quote)}, but too little`;
      return `${speaking(outcome, quote)}, but not enough more than what speaks for ${second.type}`;
    }
    case "alias-contradicted":
      return `it was sent to ${alias}@, but ${speaking(outcome, quote)}, not clearly enough`;
    case "may-be-none":
      return "by its words it may be for none of the queues (such as advertising, or a matter of another house)";
    case "safety-doubted":
      return `${listed(wordsFor(outcome, quote, requestType))} may be a matter of life, but its words as a whole are of something else`;
    case "no-department":
      return `no department takes ${requestType ?? "it"}`;
    case "hard-to-read":
      return "it could not be read whole, and only the alias speaks";
    case "came-back":
      return "it came back for a mail that was forwarded";
  }
}

/** "the words »payment plan« and the alias billing@ speak for billing". */
function speaking(outcome: Outcome, quote: Quote): string {
  const { requestType, evidence } = outcome;
  const alias = evidence.find((each) => each.kind === "alias" && each.type === requestType && each.points > 0);
  const words = wordsFor(outcome, quote, requestType);
  const model = evidence.some((each) => each.kind === "model" && each.type === requestType);
  const parts = [
    ...namedOf(words),
    ...(alias?.kind === "alias" ? [`the alias ${alias.alias}@`] : []),
    ...(model ? ["its words as a whole"] : []),
  ];
  return `${enumerated(parts)} ${parts.length === 1 && !model ? "speaks" : "speak"} for ${requestType ?? "nothing"}`;
}

function wordsFor({ evidence }: Outcome, quote: Quote, type: string | null): readonly string[] {
  return evidence.flatMap((each) =>
    (each.kind === "rule" || each.kind === "override") && each.type === type ? [quote(each)] : [],
  );
}

function urgencyReason({ urgency, evidence }: Outcome, quote: Quote): string {
  const field = evidence.find((each) => each.kind === "field-urgency");
  const raised = evidence.find((each) => each.kind === "model-urgency");
  const found = evidence.flatMap((each) => (each.kind === "urgency" ? [quote(each)] : []));
  if (found.length > 0) return `${listed(found)} ${distinct(found).length === 1 ? "makes" : "make"} it ${urgency}`;
  if (field?.kind === "field-urgency") return `the form's ${field.field} makes it ${urgency}`;
  if (raised?.kind === "model-urgency") return `its words as a whole make it ${urgency} (${raisedWords(raised)})`;
  const cancelled = evidence.flatMap((each) =>
    each.kind === "cancelled" && each.urgency !== null ? [quote(each)] : [],
  );
  if (cancelled.length === 0) return "nothing urgent was said";
  return `${listed(cancelled)} ${distinct(cancelled).length === 1 ? "does" : "do"} not count`;
}

function listed(words: readonly string[]): string {
  return enumerated(namedOf(words));
}

/** The first few, and how many more. */
function namedOf(words: readonly string[]): readonly string[] {
  const all = distinct(words);
  const rest = all.length > QUOTED_MAX ? [`${all.length - QUOTED_MAX} more`] : [];
  return [...all.slice(0, QUOTED_MAX).map(quoted), ...rest];
}

function enumerated(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** Each once, and none that is a part of another. */
function distinct(words: readonly string[]): readonly string[] {
  const all = [...new Set(words.map((each) => each.toLowerCase()))];
  return all.filter((each) => !all.some((other) => other !== each && other.includes(each)));
}

function quoted(words: string): string {
  return `»${words}«`;
}

/** "the model is 91 % sure (starter, not yet taught here)". */
export function modelWords({ probability, stage }: Extract<Evidence, { readonly kind: "model" }>): string {
  const taught = stage === "starter" ? " (starter, not yet taught here)" : "";
  return `the model is ${Math.round(probability * 100)} % sure${taught}`;
}

/** "the model takes it for P1 with 62 %". */
export function raisedWords({ urgency, probability }: Extract<Evidence, { readonly kind: "model-urgency" }>): string {
  const what = urgency === "P1" ? "P1" : "P2 or P1";
  return `the model takes it for ${what} with ${Math.round(probability * 100)} %`;
}

/** "the model is 97 % sure of billing and takes it for P1 with 1 %". */
export function doubtWords({ type, probability, emergency }: Extract<Evidence, { readonly kind: "doubt" }>): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return `the model is ${percent(probability)} sure of ${type}, and takes it for P1 with ${percent(emergency)}`;
}

const CANCELLED: Readonly<Record<Exclude<Cancelled["why"], "part-of">, string>> = {
  negated: "it is denied",
  past: "it is past",
  "somebody-else": "it is somebody else's",
};

/** "does not count, because of »no« before it (it is denied)". `by` is the words that cancel it, where they are known. */
export function cancelledWords(evidence: Cancelled, by: string | null): string {
  if (evidence.why === "part-of")
    return `does not count, because it stands in ${by === null ? "other words" : quoted(by)}`;
  const side = evidence.by.start < evidence.span.start ? "before" : "after";
  const words = by === null ? `the words ${side} it` : `${quoted(by)} ${side} it`;
  return `does not count, because of ${words} (${CANCELLED[evidence.why]})`;
}

/** What would have changed the answer, a line each. */
export function withoutLines({ without, requestType, urgency }: Outcome): readonly string[] {
  return without.map((each) => {
    const type = each.requestType === requestType ? "" : `, as ${each.requestType ?? "of no known type"}`;
    const level = each.urgency === urgency ? "" : `, ${each.urgency}`;
    return `without ${pieceName(each)} it would go to ${each.queue}${type}${level}`;
  });
}

function pieceName({ evidence }: Without): string {
  switch (evidence) {
    case "thread":
      return "the earlier case";
    case "override":
      return "the note of staff";
    case "field":
    case "field-urgency":
      return "what the form says";
    case "alias":
      return "the alias";
    case "pin":
      return "the pin";
    case "model":
    case "model-urgency":
    case "doubt":
      return "what the model thinks";
    default:
      return `rule ${evidence}`;
  }
}
