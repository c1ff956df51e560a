// `mailward report`: volumes over time, drawn as bars, and what rules tried out would have done otherwise.

import { Command, Option } from "commander";
import type { ReportBy, ReportRow } from "../store/figures.ts";
import { type OperatorFlags, parseSince, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { shadowPage } from "./shadow-page.ts";
import { shadowSums } from "./shadow-sums.ts";
import { bar, dateTime, paint, table } from "./terminal.ts";

type ReportFlags = OperatorFlags & {
  readonly by: ReportBy;
  readonly since?: number;
  readonly per: "hour" | "day" | "week";
  readonly shadow?: boolean;
};

const HOUR_MS = 3_600_000;
const BUCKET_MS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS } as const;
const BAR_WIDTH = 40;

export function reportCommand(): Command {
  return withStoreFlags(new Command("report"))
    .description("how much mail went where, over time")
    .addOption(
      new Option("--by <what>", "what to count")
        .choices(["queue", "urgency", "rule", "type", "alias"])
        .default("queue"),
    )
    .addOption(new Option("--per <span>", "the time of one bar").choices(["hour", "day", "week"]).default("day"))
    .option("--since <when>", "from a date, or within 15m, 12h, 30d (default 7d)", parseSince)
    .addOption(
      new Option("--shadow", "instead: what rules tried out would have decided otherwise").conflicts(["by", "per"]),
    )
    .action((flags: ReportFlags) =>
      withStore(flags, async (store) => {
        const since = flags.since ?? parseSince("7d");
        if (flags.shadow === true) {
          const sums = shadowSums(await store.shadows(since));
          return flags.json ? printJson({ since, ...sums }) : print(shadowPage(sums));
        }
        const rows = await store.report({ by: flags.by, since, bucketMs: BUCKET_MS[flags.per] });
        if (flags.json) for (const row of rows) printJson({ ...row, bucket: new Date(row.bucket).toISOString() });
        else print(rows.length === 0 ? "Nothing was decided in that time." : drawing(rows, flags));
      }),
    );
}

function drawing(rows: readonly ReportRow[], { by, per }: ReportFlags): string {
  const totals = sums(rows, (row) => row.by).sort((a, b) => b.count - a.count);
  const times = sums(rows, (row) => row.bucket).sort((a, b) => a.key - b.key);
  return [
    paint("bold", `by ${by}`),
    bars(totals, by, (key) => key),
    "",
    paint("bold", `by ${per}`),
    bars(times, per, (key) => dateTime(key).slice(0, per === "hour" ? 16 : 10)),
  ].join("\n");
}

function bars<K>(
  rows: readonly { readonly key: K; readonly count: number }[],
  head: string,
  name: (key: K) => string,
): string {
  const most = Math.max(...rows.map(({ count }) => count));
  return table(
    [head, "mails", ""],
    rows.map(({ key, count }) => [name(key), count, bar(count, most, BAR_WIDTH)]),
  );
}

function sums<K>(rows: readonly ReportRow[], keyOf: (row: ReportRow) => K): { key: K; count: number }[] {
  const counts = new Map<K, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + row.count);
  return [...counts].map(([key, count]) => ({ key, count }));
}
