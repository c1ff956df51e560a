// `mailward report --shadow` as a page: what rules tried out would do otherwise, the dangerous part first.

import { ALWAYS_WATCHED } from "../rulebook/guards.ts";
import { type Counted, type ShadowMove, type ShadowSums, type TriedRule } from "./shadow-sums.ts";
import { dateTime, paint, table } from "./terminal.ts";

const NOTHING_TRIED =
  "No rules were tried out in that time. Write `mode: shadow` in a rule, or start the gateway with --shadow-rules.";

export function shadowPage(sums: ShadowSums): string {
  if (sums.asked === 0) return NOTHING_TRIED;
  const parts = [
    headline(sums),
    dangers(sums),
    movesTable("queue", sums.queues),
    movesTable("urgency", sums.urgencies),
    movesTable("type", sums.types),
    rulesTable(sums.rules),
    sums.differ > 0 ? "`show` with one of these references tells both answers, `explain` tells why." : "",
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function headline({ asked, agree, differ, first, last }: ShadowSums): string {
  const share = ((agree / asked) * 100).toFixed(1);
  const from = first === null ? "" : dateTime(first).slice(0, 16);
  const to = last === null ? "" : dateTime(last).slice(0, 16);
  return [
    paint("bold", "live rules, and rules tried out"),
    `${asked.toLocaleString("en")} ${asked === 1 ? "decision" : "decisions"} from ${from} to ${to}`,
    `${agree.toLocaleString("en")} the same (${share} %), ${differ.toLocaleString("en")} otherwise`,
  ].join("\n");
}

function dangers({ leaving, lowered, raised }: ShadowSums): string {
  const rows = [
    dangerRow(`leave ${ALWAYS_WATCHED}`, leaving),
    dangerRow("lose urgency", lowered),
    ["gain urgency", raised.count, raised.refs.join(" ")],
  ];
  return table(["would", "mails", "newest"], rows);
}

function dangerRow(what: string, { count, refs }: Counted) {
  return [count === 0 ? what : paint(["bold", "red"], what), count, refs.join(" ")];
}

function movesTable(what: string, moves: readonly ShadowMove[]): string {
  if (moves.length === 0) return "";
  return table(
    [`${what} live`, "tried out", "mails", "newest"],
    moves.map(({ live, shadow, count, refs }) => [live, shadow, count, refs[0] ?? ""]),
  );
}

function rulesTable(rules: readonly TriedRule[]): string {
  if (rules.length === 0) return "";
  return table(
    ["rule that spoke only here", "mails", "other answer", "newest"],
    rules.map(({ rule, spoke, changed }) => [
      rule,
      spoke.count,
      changed.count,
      (changed.count === 0 ? spoke : changed).refs[0] ?? "",
    ]),
  );
}
