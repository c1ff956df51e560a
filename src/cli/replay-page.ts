// What a replay found, for people as tables and lists that end in one sentence, for programs as lines.

import type { JudgedGuard } from "../rulebook/guards.ts";
import type { Answer, Change, Comparison, Move } from "../rulebook/replay.ts";
import { print, printJson } from "./operator.ts";
import type { Found, Listed, Trial } from "./replay-run.ts";
import { paint, safe, table } from "./terminal.ts";

/** Mails that could not be decided, and labels without a mail, that are named. */
const NAMED_MAX = 20;
/** Rules named as the reason of one change. */
const REASONS_MAX = 6;

/** `stopped`: it was ended early, and only a part is told. */
export function printReplay(trial: Trial, found: Found, guards: readonly JudgedGuard[], stopped: boolean): void {
  if (trial.json) return printLines(trial, found, guards, stopped);
  const { comparison, changes, failed } = found;
  const parts = [
    headline(trial, found, stopped),
    totals(comparison),
    comparison.compared === 0
      ? countsTable(comparison)
      : [movesTable("queue", comparison.queues), movesTable("urgency", comparison.urgencies)],
    listOf(`Leave ${[...comparison.leaving.keys()].join(" or ")}`, changes.leaving),
    listOf("Lose urgency", changes.losing),
    listOf("Change otherwise", changes.others),
    namesOf(
      "Could not be decided",
      failed.map(({ ref, why }) => `${safe(ref)}  ${safe(why)}`),
    ),
    namesOf("Labels for mails that were not replayed", found.unused.map(safe)),
    guardsTable(guards),
    sentence(comparison),
  ];
  print(
    parts
      .flat()
      .filter((part) => part !== "")
      .join("\n\n"),
  );
}

function printLines(trial: Trial, found: Found, guards: readonly JudgedGuard[], stopped: boolean): void {
  const { comparison, failed } = found;
  for (const each of failed) printJson({ kind: "failed", ...each });
  for (const { guard, state, value, says } of guards)
    printJson({ kind: "guard", guard: guard.text, state, value, says });
  const { leaving, afterByQueue, judgement, ...counts } = comparison;
  printJson({
    kind: "summary",
    rules: trial.rules.hash,
    against: trial.against?.hash ?? null,
    stopped,
    total: found.total,
    failed: failed.length,
    ...counts,
    leaving: Object.fromEntries(leaving),
    afterByQueue: Object.fromEntries(afterByQueue),
    labelled: judgement.labelled,
    unusedLabels: found.unused.length,
  });
}

function headline({ rules, against }: Trial, { comparison, total }: Found, stopped: boolean): string {
  const { mails, decisions, compared } = comparison;
  const each = decisions === mails ? "" : ` to ${count(decisions, "alias", "aliases")} in all`;
  const with_ = against === null ? "what was decided" : `rule set ${against.hash}`;
  const early = stopped ? `${paint("bold", `Stopped early, before all ${count(total, "mail")} were replayed.`)} ` : "";
  return `${early}${count(mails, "mail")}${each} by rule set ${rules.hash}${compared === 0 ? "" : `, compared with ${with_}`}.`;
}

function totals({ compared, decisions, same, sameByOtherRules, review }: Comparison): string {
  const after = share(review.after, decisions);
  if (compared === 0)
    return table(["", "", ""], [["to review", review.after, after]])
      .split("\n")
      .slice(1)
      .join("\n");
  const rows = [
    ["same", same, share(same, compared)],
    ["  of these by other rules", sameByOtherRules, share(sameByOtherRules, compared)],
    ["another answer", compared - same, share(compared - same, compared)],
    ["to review before", review.before, share(review.before, compared)],
    ["to review after", review.after, after],
  ];
  return table(["", "", ""], rows).split("\n").slice(1).join("\n");
}

function movesTable(what: string, moves: readonly Move[]): string {
  if (moves.length === 0) return "";
  return table(
    [`${what} before`, "after", "mails"],
    moves.map(({ before, after, count: sum }) => [before, after, sum]),
  );
}

function countsTable({ afterByQueue }: Comparison): string {
  const rows = [...afterByQueue].sort(([, a], [, b]) => b - a);
  return table(["queue", "mails"], rows);
}

function listOf(title: string, { count: all, shown }: Listed): string {
  if (all === 0) return "";
  const more = all > shown.length ? `, the first ${shown.length}; --all lists every one` : "";
  const rows = shown.map((change) => [
    safe(change.ref),
    change.before.alias === "" ? "-" : `${change.before.alias}@`,
    ...answerTexts(change),
    reasonText(change),
  ]);
  const head = ["mail", "sent to", "before", "", "after", "why"];
  return `${paint("bold", `${title} (${all}${more})`)}\n${table(head, rows)}`;
}

/** Queue and urgency; the department, or the type, where only that is another. */
function answerTexts({ before, after }: Change): readonly string[] {
  const sameQueue = before.queue === after.queue && before.urgency === after.urgency;
  const sameDepartment = before.department === after.department;
  const text = ({ queue, urgency, review, requestType, department }: Answer) => {
    if (review) return `${queue} ${urgency} (guess: ${requestType ?? "none"})`;
    return `${queue} ${urgency}${sameQueue ? ` (${sameDepartment ? requestType : department})` : ""}`;
  };
  return [text(before), "→", text(after)];
}

/** The rules that came and went, or what decides now where the same rules spoke. */
function reasonText({ before, after, appeared, disappeared }: Change): string {
  const rules = [...appeared.map((rule) => `+${rule}`), ...disappeared.map((rule) => `-${rule}`)];
  if (rules.length > 0) {
    const more = rules.length > REASONS_MAX ? ` and ${rules.length - REASONS_MAX} more` : "";
    return rules.slice(0, REASONS_MAX).join(" ") + more;
  }
  if (before.decidedBy !== after.decidedBy) return `decided by ${after.decidedBy}, was ${before.decidedBy}`;
  return "the same rules with other points or another way";
}

function namesOf(title: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > NAMED_MAX ? `, the first ${NAMED_MAX}` : "";
  const lines = names.slice(0, NAMED_MAX).map((name) => `  ${name}`);
  return [paint("bold", `${title} (${names.length}${more})`), ...lines].join("\n");
}

const STATE_TEXT: Readonly<Record<JudgedGuard["state"], string>> = {
  kept: "kept",
  broken: "BROKEN",
  "not-judged": "not judged",
};

function guardsTable(guards: readonly JudgedGuard[]): string {
  if (guards.length === 0) return "";
  const rows = guards.map(({ guard, state, says }) => [stateText(state), guard.text, says]);
  return table(["guard", "never", "figures"], rows);
}

function stateText(state: JudgedGuard["state"]): string {
  return state === "broken" ? paint(["bold", "red"], STATE_TEXT[state]) : STATE_TEXT[state];
}

function sentence({ compared, changeQueue, leaving, lowered }: Comparison): string {
  if (compared === 0) return "";
  const leave = [...leaving].map(([type, sum]) => {
    const toReview = sum.toReview === 0 ? "" : ` (${sum.toReview} of them to review)`;
    return `${sum.count} ${sum.count === 1 ? "leaves" : "leave"} ${type}${toReview}`;
  });
  const parts = [
    `${changeQueue} ${changeQueue === 1 ? "changes" : "change"} queue`,
    ...leave,
    `${lowered} ${lowered === 1 ? "loses" : "lose"} urgency`,
  ];
  return paint("bold", `${parts.join(", ")}.`);
}

function count(sum: number, one: string, many = `${one}s`): string {
  return `${sum.toLocaleString("en")} ${sum === 1 ? one : many}`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? "" : `${((part / whole) * 100).toFixed(1)} %`;
}
