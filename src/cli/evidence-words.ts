// A piece of evidence in one line, without the mail at hand: the phrase of the rule and where it stands.

import type { Evidence, Span } from "../outcome.ts";
import { cancelledWords, doubtWords, modelWords, raisedWords, type Worded } from "./decision-words.ts";
import { safe } from "./terminal.ts";

/** What it says, how strongly, and on what ground. */
export function evidenceWords(evidence: Evidence): string {
  switch (evidence.kind) {
    case "rule": {
      const weight = evidence.sure ? "sure" : `+${evidence.points.toFixed(1)}`;
      return `${evidence.type} ${weight}: rule ${evidence.rule} ${foundWords(evidence)}`;
    }
    case "alias":
      return `${evidence.type} +${evidence.points.toFixed(1)}: sent to ${evidence.alias}@`;
    case "pin":
      return `${evidence.type} sure: pinned to queue ${evidence.queue}`;
    case "model":
      return `${evidence.type} +${evidence.points.toFixed(1)}: ${modelWords(evidence)}`;
    case "doubt":
      return `people first: ${doubtWords(evidence)}`;
    case "model-urgency":
      return `${evidence.urgency}: ${raisedWords(evidence)}`;
    case "urgency":
      return `${evidence.urgency}: rule ${evidence.rule} ${foundWords(evidence)}`;
    case "field":
      return `${evidence.type} sure: the form says ${evidence.field}: "${safe(evidence.value)}"`;
    case "field-urgency":
      return `${evidence.urgency}: the form says ${evidence.field}: "${safe(evidence.value)}"`;
    case "override": {
      const weight = evidence.sure ? "sure" : `+${evidence.points.toFixed(1)}`;
      return `${evidence.type} ${weight}: note of staff ("${safe(evidence.phrase)}")`;
    }
    case "thread":
      return `${evidence.type ?? "no type"}${evidence.sure ? " sure" : ""}: answers ${evidence.ref} by ${evidence.by}`;
    case "contradiction":
      return `the form says ${evidence.field}: "${safe(evidence.says)}", the text "${safe(evidence.textSays)}"`;
    case "cancelled": {
      const { rule, urgency, by } = evidence;
      const what = urgency === null ? `rule ${rule}` : `${urgency} rule ${rule}`;
      return `${what} ${foundWords(evidence)} ${cancelledWords(evidence, null)}, ${place(by)}`;
    }
    case "fact":
      return `fact ${evidence.fact}: ${evidence.value} ${foundWords(evidence)}`;
    case "after-hours":
      return `after hours: queue ${evidence.closed} is closed, so it goes to ${evidence.queue}`;
    case "department":
      return `department ${evidence.department}: rule ${evidence.rule}`;
  }
}

/** The phrase and where it stands; of a rule that asks for several, where each of them does. */
function foundWords(evidence: Worded): string {
  const others = "others" in evidence ? evidence.others : [];
  return `("${safe(evidence.phrase)}", ${[evidence.span, ...others].map(place).join(" and ")})`;
}

function place({ field, start, end }: Span): string {
  return `${field} ${start}-${end}`;
}
