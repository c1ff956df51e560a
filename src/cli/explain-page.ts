// A decision as a page for people: the mail's head, the scorecard with the words that were found, what it led to.

import { fieldText } from "../classify/hear.ts";
import { doubt } from "../classify/scorecard.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Address, Defect, Facts, Message, SectionKind } from "../message.ts";
import type { Decided, Evidence, Outcome, ReviewReason, Span } from "../outcome.ts";
import { UNKNOWN_ALIAS } from "../pipeline.ts";
import { type Row, readingRows } from "./reading-rows.ts";
import { type Cell, paint, safe, table } from "./terminal.ts";

/** Characters of text shown on either side of the words that matched. */
const CONTEXT_CHARS = 30;
/** Characters shown of a forwarder's note. */
const NOTE_CHARS = 100;

const REASONS: Readonly<Record<ReviewReason, string>> = {
  "nothing-matched": "no rule matched and no alias speaks for a type",
  "too-close": "the points are too few or too close together",
  "alias-contradicted": "the rules speak against the alias, but not clearly enough",
  "no-department": "no department takes this type",
  "hard-to-read": "the mail could not be read whole, and only the alias speaks",
};

/** What is known beside the bytes. `aliasBy` is the header, or the option, that told the alias. */
type Given = Pick<Facts, "localTime" | "sizeBytes"> & { readonly aliasBy: string | null };

/** The page for one mail: its head once, then each alias it was sent to. */
export function page(file: string, message: Message, decided: Decided, given: Given, rules: RuleSet): string {
  const outcomes = decided.outcomes.map((outcome) => outcomeText(outcome, message, decided.defects, rules));
  return [paint("bold", safe(file)), headText(message, decided, given), ...outcomes].join("\n\n");
}

function headText(message: Message, decided: Decided, given: Given): string {
  const { localTime, sizeBytes } = given;
  const files = message.attachments.map((each) => `${each.name || "unnamed"} (${each.type}, ${each.sizeBytes} bytes)`);
  const rows: readonly Row[] = [
    ["From", message.from === null ? "nobody is named" : addressText(message.from)],
    ["To", [...message.to, ...message.cc].map(addressText).join(", ") || "nobody is named"],
    ...(given.aliasBy === null ? [] : [["Alias by", given.aliasBy] as const]),
    ...(localTime === null
      ? []
      : [["Sent", `${localTime.weekday} ${localTime.date} ${localTime.time}, our time`] as const]),
    ["Subject", message.subject || "none"],
    ["Size", `${sizeBytes} bytes`],
    ["Text", heardText(message)],
    ...noteRow(message),
    ...(files.length === 0 ? [] : [["Attached", files.join(", ")] as const]),
    ...readingRows(decided),
  ];
  return lines(rows.map(([title, text]) => [title, safe(text)]));
}

const SECTION_TEXT: Readonly<Record<SectionKind, string>> = {
  own: "written now",
  forwarded: "forwarded",
  "forward-header": "head of the forward",
  quoted: "earlier mails",
  signature: "signature",
  disclaimer: "legal notice",
  "tag-line": "phone's tag line",
};

/** How much of the text is heard, and what the rest is. */
function heardText({ sections, text }: Message): string {
  if (text === "") return "none";
  const lengths = new Map<SectionKind, number>();
  for (const { kind, start, end } of sections) lengths.set(kind, (lengths.get(kind) ?? 0) + end - start);
  const parts = (Object.keys(SECTION_TEXT) as SectionKind[]).flatMap((kind) => {
    const length = lengths.get(kind);
    return length === undefined ? [] : [`${length} ${SECTION_TEXT[kind]}`];
  });
  return `${text.length} characters: ${parts.join(", ")}`;
}

/** What the forwarder wrote above, its first line. */
function noteRow({ forward }: Message): readonly Row[] {
  const line = forward?.note.split("\n", 1)[0] ?? "";
  return line === "" ? [] : [["Their note", line.length > NOTE_CHARS ? `${line.slice(0, NOTE_CHARS)}…` : line]];
}

function addressText({ name, address }: Address): string {
  return name === "" ? address : `${name} <${address}>`;
}

function outcomeText(outcome: Outcome, message: Message, defects: readonly Defect[], rules: RuleSet): string {
  const { decision, urgency } = outcome;
  const alias = outcome.alias === UNKNOWN_ALIAS ? "alias not known" : `sent to ${outcome.alias}@`;
  const owner =
    decision.kind === "route"
      ? `${safe(decision.department)}, queue ${paint("bold", decision.queue)}`
      : `people look first, queue ${paint("bold", decision.queue)}${guessText(decision.guess)}`;
  const verdict = lines([
    ["Type", outcome.requestType ?? "not known"],
    ["Urgency", `${urgency}, ${urgencyWhy(outcome)}`],
    ["Goes to", owner],
    ["Because", because(outcome, rules, doubt(defects))],
    ...(outcome.missing.length === 0 ? [] : [["Missing", outcome.missing.join(", ")] as const]),
  ]);
  return `${paint("bold", alias)}\n\n${scorecard(outcome, message)}\n\n${verdict}`;
}

function guessText(guess: { readonly requestType: string; readonly queue: string } | null): string {
  return guess === null ? "" : `; best guess ${guess.requestType}, queue ${guess.queue}`;
}

/** The evidence as a table, the points under it. */
function scorecard(outcome: Outcome, message: Message): string {
  const rows = outcome.evidence.flatMap((each) => row(each, message));
  const sums = outcome.scores.map(({ type, points }): Cell[] => ["sum", type, points.toFixed(1), ""]);
  if (rows.length === 0) return "  No rule matched.";
  const shown = table(["evidence", "for", "points", "found"], [...rows, ...sums]);
  return shown.replace(/^/gm, "  ");
}

function row(evidence: Evidence, message: Message): readonly Cell[][] {
  switch (evidence.kind) {
    case "rule": {
      const points = evidence.sure ? "sure" : signed(evidence.points);
      return [[`rule ${evidence.rule}`, evidence.type, points, inContext(evidence.span, message)]];
    }
    case "alias":
      return [[`alias ${evidence.alias}@`, evidence.type, signed(evidence.points), ""]];
    case "urgency":
      return [[`urgency ${evidence.rule}`, evidence.urgency, "", inContext(evidence.span, message)]];
    case "field":
      return [[`form ${evidence.field}`, evidence.type, "sure", inContext(evidence.span, message)]];
    case "field-urgency":
      return [[`form ${evidence.field}`, evidence.urgency, "", inContext(evidence.span, message)]];
    case "override":
      return [
        [
          "note of staff",
          evidence.type,
          evidence.sure ? "sure" : signed(evidence.points),
          inContext(evidence.span, message),
        ],
      ];
    case "thread":
      return [[`thread ${evidence.ref}`, evidence.type ?? "", evidence.sure ? "sure" : "", `by ${evidence.by}`]];
    case "contradiction":
      return [
        [`form ${evidence.field}`, "", "", `says ${safe(evidence.says)}, the text says ${safe(evidence.textSays)}`],
      ];
    case "cancelled":
    case "fact":
    case "after-hours":
    case "department":
      return [];
  }
}

function signed(points: number): string {
  return `+${points.toFixed(1)}`;
}

/** The found words with what stands around them: coloured on a terminal, between » and « elsewhere. */
function inContext({ field, start, end }: Span, message: Message): string {
  const text = fieldText(message, field);
  const before = safe(text.slice(Math.max(0, start - CONTEXT_CHARS), start).toWellFormed()).trimStart();
  const words = safe(text.slice(start, end));
  const after = safe(text.slice(end, end + CONTEXT_CHARS).toWellFormed()).trimEnd();
  const painted = paint(["bold", "yellow"], words);
  return `${field}: ${before}${painted === words ? `»${words}«` : painted}${after}`;
}

function urgencyWhy({ urgency, evidence }: Outcome): string {
  const rules = evidence.flatMap((each) => (each.kind === "urgency" ? [each.rule] : []));
  const level = { P1: "at once", P2: "the same day", P3: "the next business day", P4: "standard" }[urgency];
  return rules.length === 0 ? `${level}: no urgency rule matched` : `${level}: rule ${rules.join(", ")}`;
}

function because({ decidedBy, decision, scores, evidence }: Outcome, { decide }: RuleSet, doubts: number): string {
  const [best, second] = scores;
  const lead = (best?.points ?? 0) - (second?.points ?? 0);
  const sums = `${(best?.points ?? 0).toFixed(1)} points (needed ${decide.atLeast + doubts}${doubts === 0 ? "" : `, ${doubts} of it because the mail is hard to read`}), lead ${lead.toFixed(1)} (needed ${decide.margin})`;
  switch (decidedBy) {
    case "sure-rule": {
      const sure = evidence.find((each) => each.kind === "rule" && each.sure);
      return sure?.kind === "rule" ? `rule ${sure.rule} is sure` : "a rule is sure";
    }
    case "thread":
      return "it answers an earlier case, and the writer took part in it";
    case "override":
      return "staff said so on top of a forward";
    case "field":
      return "the form says so";
    case "safety":
      return "what it says may be a matter of life, whatever else speaks against it";
    case "scorecard":
      return sums;
    case "alias":
      return "no rule speaks against the alias";
    case "review": {
      const reason = decision.kind === "review" ? REASONS[decision.reason] : "";
      return best === undefined ? reason : `${reason}: ${sums}`;
    }
  }
}

function lines(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([title, text]) => `  ${title.padEnd(11)}${text}`).join("\n");
}
