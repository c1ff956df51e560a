// A decision as a page for people: the mail's head, the scorecard with the words that were found, what it led to.

import { stripVTControlCharacters } from "node:util";
import { closestRival, pointsNeeded } from "../classify/scorecard.ts";
import { isOpen } from "../config/calendar.ts";
import type { RuleSet } from "../config/rules.ts";
import type { Address, Defect, LocalTime, Message, SectionKind } from "../message.ts";
import type { Outcome, ReviewReason } from "../outcome.ts";
import { UNKNOWN_ALIAS } from "../pipeline.ts";
import { raisedWords, sentence, WHEN, withoutLines } from "./decision-words.ts";
import { evidenceRows, quoteFrom, scorecard } from "./explain-card.ts";
import { type Explained, nearness, nearnessWords, pathOf, stepWords, type TriedOut, triedOut } from "./explain-why.ts";
import { type Row, readingRows } from "./reading-rows.ts";
import { paint, safe } from "./terminal.ts";

/** Characters shown of a forwarder's note. */
const NOTE_CHARS = 100;
const TITLE_CHARS = 12;
const COLUMNS = 80;

const REASONS: Readonly<Record<ReviewReason, string>> = {
  "nothing-matched": "no rule matched and no alias speaks for a type",
  "too-close": "the points are too few or too close together",
  "alias-contradicted": "the rules speak against the alias, but not clearly enough",
  "may-be-none": "by its words it may be for none of the queues",
  "safety-doubted": "a phrase may be a matter of life, but its words as a whole are of something else",
  "no-department": "no department takes this type",
  "hard-to-read": "the mail could not be read whole, and only the alias speaks",
  "came-back": "it came back for a mail that was forwarded",
};

/** The page for one mail: its head once, then each alias it was sent to. */
export function page(explained: Explained): string {
  const outcomes = explained.decided.outcomes.map((outcome) => outcomeText(outcome, explained));
  return [paint("bold", safe(explained.name)), headText(explained), ...outcomes].join("\n\n");
}

function headText({ message, decided, facts, aliasBy, rules }: Explained): string {
  const { localTime, sizeBytes } = facts;
  const files = message.attachments.map((each) => `${each.name || "unnamed"} (${each.type}, ${each.sizeBytes} bytes)`);
  const rows: readonly Row[] = [
    ["From", message.from === null ? "nobody is named" : addressText(message.from)],
    ["To", [...message.to, ...message.cc].map(addressText).join(", ") || "nobody is named"],
    ...(aliasBy === null ? [] : [["Alias by", aliasBy] as const]),
    ...(localTime === null
      ? []
      : [
          [
            "Sent",
            `${localTime.weekday} ${localTime.date} ${localTime.time}, our time; ${openText(localTime, rules.set)}`,
          ] as const,
        ]),
    ["Subject", message.subject || "none"],
    ["Size", `${sizeBytes} bytes`],
    ["Text", heardText(message)],
    ...noteRow(message),
    ...(files.length === 0 ? [] : [["Attached", files.join(", ")] as const]),
    ...readingRows(decided),
    ["Rules", `rule set ${decided.rulesHash}${decided.modelVersion === null ? "" : `, model ${decided.modelVersion}`}`],
  ];
  return lines(rows.map(([title, text]) => [title, safe(text)]));
}

function openText(now: LocalTime, { calendar }: RuleSet): string {
  const holiday = calendar.holidays.get(now.date);
  if (holiday !== undefined) return `closed for ${holiday}`;
  return isOpen(calendar.open, calendar, now) ? "we are open" : "we are closed";
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

function outcomeText(outcome: Outcome, explained: Explained): string {
  const { message, decided, rules } = explained;
  const alias = outcome.alias === UNKNOWN_ALIAS ? "alias not known" : `sent to ${outcome.alias}@`;
  const parts = [
    paint("bold", alias),
    wrapped(safe(sentence(outcome, quoteFrom(message))), "  ", "  "),
    scorecard(outcome, message, explained.adviser),
    verdict(outcome, decided.defects, rules.set),
    listing("way to the department", pathOf(explained, outcome).map(stepWords)),
    listing("another answer", [...withoutLines(outcome), ...nearnessWords(nearness(outcome, decided, rules.set))]),
    triedText(triedOut(explained, outcome), message),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function verdict(outcome: Outcome, defects: readonly Defect[], rules: RuleSet): string {
  const { decision, urgency } = outcome;
  const owner =
    decision.kind === "route"
      ? `${safe(decision.department)}, queue ${paint("bold", decision.queue)}`
      : `people look first, queue ${paint("bold", decision.queue)}${guessText(decision.guess)}`;
  const closed = outcome.evidence.find((each) => each.kind === "after-hours");
  return lines([
    ["Type", outcome.requestType ?? "not known"],
    ["Urgency", `${urgency}, ${urgencyWhy(outcome)}`],
    ["Goes to", owner],
    ...(closed === undefined
      ? []
      : [["After hours", `${closed.closed} is closed, so it goes to ${closed.queue}`] as const]),
    ["Because", because(outcome, rules, defects)],
    ...(outcome.missing.length === 0 ? [] : [["Missing", outcome.missing.join(", ")] as const]),
  ]);
}

function guessText(guess: { readonly requestType: string; readonly queue: string } | null): string {
  return guess === null ? "" : `; best guess ${guess.requestType}, queue ${guess.queue}`;
}

function listing(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return "";
  return [`  ${paint("bold", title)}`, ...entries.map((entry) => wrapped(safe(entry), "  ", "    "))].join("\n");
}

/** Apart from what counts, so that nobody takes it for a reason. */
function triedText(tried: TriedOut | null, message: Message): string {
  if (tried === null) return "";
  const { requestType, urgency, queue, review } = tried.outcome;
  const answer = `With them it would go to ${queue}${review ? " for people to look at" : ""}, ${requestType ?? "of no known type"}, ${urgency}.`;
  const title = paint("bold", "rules tried out, which count for nothing");
  return [`  ${title}`, evidenceRows(tried.evidence, message), wrapped(safe(answer), "  ", "  ")].join("\n");
}

function urgencyWhy({ urgency, evidence }: Outcome): string {
  const rules = evidence.flatMap((each) => (each.kind === "urgency" ? [each.rule] : []));
  const fields = evidence.flatMap((each) => (each.kind === "field-urgency" ? [each.field] : []));
  const raised = evidence.flatMap((each) => (each.kind === "model-urgency" ? [raisedWords(each)] : []));
  const from =
    rules.length > 0
      ? `rule ${rules.join(", ")}`
      : fields.length > 0
        ? `the form's ${fields.join(", ")}`
        : raised.join(", ");
  return rules.length + fields.length + raised.length === 0
    ? `${WHEN[urgency]}: no urgency rule matched`
    : `${WHEN[urgency]}: ${from}`;
}

function because(
  { decidedBy, decision, scores, evidence }: Outcome,
  { decide }: RuleSet,
  defects: readonly Defect[],
): string {
  const [best] = scores;
  const rival = closestRival(evidence, scores, defects, decide);
  const over = rival.type === null ? "" : ` over ${rival.type}`;
  const needed = pointsNeeded(evidence, best?.type ?? "", defects, decide);
  const doubts = needed - pointsNeeded(evidence, best?.type ?? "", [], decide);
  const sums = `${(best?.points ?? 0).toFixed(1)} points (needed ${needed}${doubts === 0 ? "" : `, ${doubts} of it because the mail is hard to read`}), lead${over} ${rival.lead.toFixed(1)} (needed ${rival.needed})`;
  switch (decidedBy) {
    case "sure-rule": {
      const sure = evidence.find((each) => each.kind === "rule" && each.sure);
      return sure?.kind === "rule" ? `rule ${sure.rule} is sure` : "a rule is sure";
    }
    case "thread":
      return "it answers an earlier case, and the writer took part in it";
    case "override":
      return "staff said so on top of a forward";
    case "pin":
      return "staff has pinned such mail of this sender";
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
  return rows
    .map(([title, text]) => wrapped(text, `  ${title.padEnd(TITLE_CHARS)}`, " ".repeat(TITLE_CHARS + 2)))
    .join("\n");
}

/** Broken between words at 80 columns; `first` and `rest` are what the lines begin with. */
function wrapped(text: string, first: string, rest: string): string {
  const done: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && stripVTControlCharacters(line).length + 1 + stripVTControlCharacters(word).length > COLUMNS) {
      done.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...done, line].join("\n");
}
