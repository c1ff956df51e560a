// What a form says, by the mapping in the rules: its fields, the request type and the urgency chosen in it, what is
// missing for a request type, and where the text speaks against the form. A person's letter is read the same way.

import type { RuleSet } from "../config/rules.ts";
import type { Message, Pair, Section } from "../message.ts";
import type { Evidence, FormField, Span, Verdict } from "../outcome.ts";
import { type CompiledForms, fieldOf, isBlankAnswer, meantBy } from "./form-names.ts";
import { type Answer, labelled, saysDate, spoken } from "./form-text.ts";
import type { Heard } from "./hear.ts";
import { closestRival, pointsNeeded } from "./scorecard.ts";

/** Characters of an answer that are kept beside the outcome. */
const VALUE_CHARS_MAX = 2_000;
/** Characters between a field's name and its value: a colon, a line end, some white space. */
const LABEL_GAP_CHARS = 40;
/** Characters of an answer in evidence: it names a choice. */
const CHOICE_CHARS_MAX = 200;

/** Below a line of dashes stands what the form says of itself: date, page, address of the sender. */
const AFTER_RULE = /\n[ \t]*(?:-{3,}|_{3,}|={3,})[ \t\r]*(?:\n[\s\S]*)?$/;

export type FormReading = {
  readonly isForm: boolean;
  /** Every field that is filled, once, in the order of the text. */
  readonly fields: readonly FormField[];
  /** Only a form decides by a field; null as well when the choices contradict each other. */
  readonly requestType: (Evidence & { readonly kind: "field" }) | null;
  readonly urgency: (Evidence & { readonly kind: "field-urgency" }) | null;
  /** Where the form's own words stand, the names of its fields, in order: nobody wrote them now. */
  readonly labels: readonly Stretch[];
};

/** Characters of the text from `start` up to, not including, `end`. */
type Stretch = { readonly start: number; readonly end: number };

/** An answer of the mail. `loose`: in the free text of a form, where it may inform but not decide. */
type Given = Answer & { readonly loose: boolean; readonly where: Span["field"] };

/** Read the fields of a mail. Linear in its length; the first filled answer of a field counts. */
export function readForm(message: Message, heard: Heard, forms: CompiledForms): FormReading {
  if (forms.set.fields.length === 0) return { isForm: false, fields: [], requestType: null, urgency: null, labels: [] };
  const answers = answersOf(message, forms);
  const filled = answers.filter((each) => !isBlankAnswer(each.value, forms));
  const isForm = fieldsIn(answers.filter((each) => !each.loose)) >= forms.set.formFrom;
  return {
    isForm,
    fields: firstOfEach([...filled, ...said(message, heard, forms)]).map((each) => ({
      field: each.rule.name,
      value: each.value.slice(0, VALUE_CHARS_MAX),
      span: spanOf(each),
    })),
    requestType: isForm ? requestTypeOf(filled, forms) : null,
    urgency: urgencyOf(filled, forms),
    labels: isForm ? labelsOf(message, forms) : [],
  };
}

/** "How urgent is this?" is the form's question and no sign of urgency. */
function labelsOf({ text, pairs }: Message, forms: CompiledForms): readonly Stretch[] {
  return pairs.flatMap(({ key, start }) => {
    const at = text.lastIndexOf(key, start);
    const isNear = at >= 0 && at + key.length <= start && start - at < key.length + LABEL_GAP_CHARS;
    return isNear && fieldOf(key, forms) !== null ? [{ start: at, end: at + key.length }] : [];
  });
}

/** Labels of the fields that a request type cannot do without and the mail does not give; a date must be readable as one. */
export function missingFields(
  requestType: string | null,
  fields: readonly FormField[],
  forms: CompiledForms,
): readonly string[] {
  const needed = forms.set.required.find(({ type }) => type === requestType)?.fields ?? [];
  return needed.flatMap((oneOf) => {
    const rules = oneOf.flatMap((name) => forms.set.fields.find((each) => each.name === name) ?? []);
    return rules.some((rule) => isGiven(rule, fields)) ? [] : rules.slice(0, 1).map((rule) => rule.label);
  });
}

function isGiven(rule: CompiledForms["set"]["fields"][number], fields: readonly FormField[]): boolean {
  const given = fields.find((each) => each.field === rule.name);
  return given !== undefined && (rule.kind.kind !== "date" || saysDate(given.value));
}

/**
 * Where the text speaks against the form: for another request type by as many points as would decide, or because it may be a
 * matter of life, or for a higher urgency of P1 or P2. `text` is what was made of the mail as a whole. Shown to people; it
 * decides nothing.
 */
export function contradictions(
  form: FormReading,
  text: Pick<Verdict, "requestType" | "decidedBy" | "scores" | "urgency" | "evidence">,
  decide: RuleSet["decide"],
): readonly (Evidence & { readonly kind: "contradiction" })[] {
  const { requestType, urgency } = form;
  const best = text.scores[0];
  const found: (Evidence & { readonly kind: "contradiction" })[] = [];
  if (requestType !== null && text.decidedBy === "safety" && text.requestType !== requestType.type) {
    found.push(contradiction(requestType, text.requestType ?? ""));
  } else if (requestType !== null && best !== undefined && best.type !== requestType.type) {
    const rival = closestRival(text.evidence, text.scores, [], decide);
    if (best.points >= pointsNeeded(text.evidence, best.type, [], decide) && rival.lead >= rival.needed) {
      found.push(contradiction(requestType, best.type));
    }
  }
  const isPressing = text.urgency === "P1" || text.urgency === "P2";
  // "P1" < "P2": the levels sort as they are urgent.
  if (urgency !== null && isPressing && text.urgency < urgency.urgency)
    found.push(contradiction(urgency, text.urgency));
  return found;
}

function contradiction(said: { readonly field: string; readonly value: string }, textSays: string) {
  return { kind: "contradiction", field: said.field, says: said.value, textSays } as const;
}

/** Something that may be an answer, in the order of the text; `rule` null when no field has its key. */
type Place = {
  readonly rule: Answer["rule"] | null;
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly layout: Pair["layout"] | "label";
};

function answersOf(message: Message, forms: CompiledForms): readonly Given[] {
  const pairs = message.pairs.map((pair) => placeOf(pair, forms));
  const labels = labelled(message.text, message.sections, forms);
  const isTable = pairs.some(({ rule, layout }) => rule !== null && layout === "row");
  // One label alone may be a heading, or a name under a letter; in a table it heads a cell of several lines.
  if (!isTable && fieldsIn(labels) < Math.max(2, forms.set.formFrom)) return given(message, pairs);
  const places = [...pairs, ...labels.map((label): Place => ({ ...label, layout: "label" }))];
  return given(
    message,
    places.sort((a, b) => a.start - b.start),
  );
}

function placeOf(pair: Pair, forms: CompiledForms): Place {
  const rule = fieldOf(pair.key, forms);
  const below = pair.layout === "below" ? fieldOf(pair.value, forms) : null;
  // Where an answer below its key was left blank, the label of another field stands in its place.
  return below === null || below === rule ? { ...pair, rule } : { ...pair, rule, value: "", end: pair.start };
}

/** How many different fields there are that a letter would not have under it. */
function fieldsIn(places: readonly Pick<Place, "rule">[]): number {
  return new Set(places.flatMap(({ rule }) => (rule === null || rule.kind.kind === "contact" ? [] : rule.name))).size;
}

/**
 * The places that are fields. Free text runs to the end of its section, whatever its lines look like: a letter pasted
 * into it must not choose the request type. Only what is marked by more than a line of text ends it: the next row of
 * a table, and all values of JSON and XML.
 */
function given(message: Message, places: readonly Place[]): readonly Given[] {
  const found: Given[] = [];
  let free: { readonly inTable: boolean; readonly until: number; readonly at: number } | null = null;
  for (const { rule, value, start, end, layout } of places) {
    if (free !== null && start >= free.until) free = null;
    if (free?.inTable && layout === "row") {
      lengthen(found, free.at, message.text, lineStart(message.text, start));
      free = null;
    }
    if (rule === null) continue;
    const loose: boolean = free !== null;
    found.push({ rule, value, start, end, loose, where: "text" });
    if (rule.kind.kind !== "free-text" || loose || layout === "tree") continue;
    const inTable = layout === "row" || (layout === "label" && places.some((place) => place.layout === "row"));
    free = { inTable, until: sectionEnd(message.sections, start), at: found.length - 1 };
    lengthen(found, free.at, message.text, free.until);
  }
  return found;
}

/** Let a free text run up to `until`. */
function lengthen(found: Given[], at: number, text: string, until: number): void {
  const answer = found[at];
  if (answer === undefined) return;
  const run = text.slice(answer.start, Math.min(until, answer.start + VALUE_CHARS_MAX)).replace(AFTER_RULE, "");
  const start = answer.start + (run.length - run.trimStart().length);
  const value = run.trim();
  found[at] = { ...answer, value, start, end: start + value.length };
}

/** Where the line of a value begins; a key before it is short. */
function lineStart(text: string, at: number): number {
  const near = text.slice(Math.max(0, at - CHOICE_CHARS_MAX), at);
  return at - (near.length - 1 - near.lastIndexOf("\n"));
}

function sectionEnd(sections: readonly Section[], at: number): number {
  return sections.find((section) => at >= section.start && at <= section.end)?.end ?? at;
}

/** What sentences say, subject first. */
function said({ subject, text }: Message, heard: Heard, forms: CompiledForms): readonly Given[] {
  return [
    ...spoken(subject, [heard.subject], forms).map((each) => ({ ...each, loose: true, where: "subject" as const })),
    ...spoken(text, heard.text, forms).map((each) => ({ ...each, loose: true, where: "text" as const })),
  ];
}

/** One answer a field: those of the form itself before those in its free text, before sentences. */
function firstOfEach(all: readonly Given[]): readonly Given[] {
  const first = new Map<string, Given>();
  for (const each of [...all.filter(({ loose }) => !loose), ...all.filter(({ loose }) => loose)]) {
    const chooses = each.rule.kind.kind === "request-type" || each.rule.kind.kind === "urgency";
    if (!first.has(each.rule.name) && !(chooses && each.loose)) first.set(each.rule.name, each);
  }
  const order = (each: Given) => (each.where === "subject" ? -1 : each.start);
  return [...first.values()].sort((a, b) => order(a) - order(b));
}

function requestTypeOf(filled: readonly Given[], forms: CompiledForms): FormReading["requestType"] {
  for (const each of firstOfEach(filled)) {
    if (each.rule.kind.kind !== "request-type") continue;
    const types = meantBy(each.value, each.rule, forms);
    const type = types[0];
    // Two boxes ticked for two types: the text has to tell.
    if (type === undefined || types.length > 1) continue;
    return { kind: "field", field: each.rule.name, value: choice(each), type, span: spanOf(each) };
  }
  return null;
}

/** The most urgent level chosen; a person may have ticked "emergency" in one field and left "routine" in another. */
function urgencyOf(filled: readonly Given[], forms: CompiledForms): FormReading["urgency"] {
  const chosen = firstOfEach(filled).flatMap((each) => {
    if (each.rule.kind.kind !== "urgency") return [];
    const [level] = meantBy(each.value, each.rule, forms);
    const urgency = each.rule.kind.values.find((value) => value.urgency === level)?.urgency;
    return urgency === undefined ? [] : [{ each, urgency }];
  });
  const most = chosen.reduce<(typeof chosen)[number] | null>(
    (top, one) => (top === null || one.urgency < top.urgency ? one : top),
    null,
  );
  if (most === null) return null;
  const { each, urgency } = most;
  return { kind: "field-urgency", field: each.rule.name, value: choice(each), urgency, span: spanOf(each) };
}

function choice(each: Given): string {
  return each.value.slice(0, CHOICE_CHARS_MAX);
}

function spanOf(each: Given): Span {
  return { field: each.where, start: each.start, end: each.end };
}
