// `mailward outcomes`: what was decided, newest first.

import { Command, Option } from "commander";
import type { Urgency } from "../outcome.ts";
import type { OutcomeFilter, OutcomeRow } from "../store/store.ts";
import { type OperatorFlags, parseCount, parseSince, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { dateTime, paint, table } from "./terminal.ts";

type OutcomesFlags = OperatorFlags & {
  readonly queue?: string;
  readonly alias?: string;
  readonly urgency?: Urgency;
  readonly since?: number;
  readonly limit: number;
};

export function outcomesCommand(): Command {
  return withStoreFlags(new Command("outcomes"))
    .description("list routing decisions, newest first")
    .option("--queue <name>", "only this queue")
    .option("--alias <name>", "only mail to this alias")
    .addOption(new Option("--urgency <level>", "only this urgency").choices(["P1", "P2", "P3", "P4"]))
    .option("--since <when>", "only after a date, or within 15m, 12h, 30d", parseSince)
    .option("--limit <count>", "at most this many", parseCount, 20)
    .action((flags: OutcomesFlags) =>
      withStore(flags, (store) => store.outcomes(filterFrom(flags)).then((rows) => show(rows, flags))),
    );
}

function filterFrom({ queue, alias, urgency, since, limit }: OutcomesFlags): OutcomeFilter {
  return {
    limit,
    ...(queue === undefined ? {} : { queue }),
    ...(alias === undefined ? {} : { alias }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(since === undefined ? {} : { since }),
  };
}

function show(rows: readonly OutcomeRow[], { json }: OutcomesFlags): void {
  if (json) {
    for (const row of rows) printJson(row);
    return;
  }
  if (rows.length === 0) return print("Nothing was decided yet that fits. `npm run demo` sends example mails.");
  print(
    table(
      ["reference", "decided", "alias", "type", "urgency", "queue", "delivery", "rule set", "because"],
      rows.map((row) => [
        row.ref,
        dateTime(row.decidedAt),
        row.alias,
        row.requestType,
        urgencyPaint(row.urgency),
        row.queue + (row.review ? " (review)" : ""),
        row.deliveryState === "leased" ? "under way" : row.deliveryState,
        row.rulesHash,
        because(row),
      ]),
    ),
  );
}

export function urgencyPaint(urgency: Urgency): string {
  switch (urgency) {
    case "P1":
      return paint(["bold", "red"], urgency);
    case "P2":
      return paint("yellow", urgency);
    case "P3":
    case "P4":
      return urgency;
  }
}

/** The reason in a few words: the rules that spoke for it, else the kind of reason. */
export function because({ decidedBy, rules }: Pick<OutcomeRow, "decidedBy" | "rules">): string {
  return rules.length === 0
    ? decidedBy
    : `${decidedBy}: ${rules.slice(0, 3).join(", ")}${rules.length > 3 ? ", …" : ""}`;
}
