// Volumes over time, counted from the narrow index on outcomes.

import { CANARY_ALIAS } from "../../../message.ts";
import type { ReportBy, ReportRow } from "../../figures.ts";
import type { Connection } from "../open.ts";

const COLUMN_OF: Readonly<Record<ReportBy, string>> = {
  queue: "queue",
  urgency: "urgency",
  rule: "rules",
  type: "request_type",
  alias: "alias",
};
/** What a request type that nothing spoke for is called. */
const NO_VALUE = "none";

type Row = { readonly bucket: number; readonly by: string | null; readonly count: number };

export function reportQuestion(db: Connection) {
  const counting = (by: ReportBy) =>
    db.prepare<unknown[], Row>(`
      select decided_at / cast(:bucketMs as integer) * cast(:bucketMs as integer) as bucket,
        ${COLUMN_OF[by]} as "by", count(*) as count
      from outcomes indexed by outcomes_by_time where decided_at >= :since and alias <> '${CANARY_ALIAS}' group by 1, 2 order by 1, 2`);
  return (by: ReportBy, since: number, bucketMs: number): readonly ReportRow[] => {
    const rows = counting(by).all({ since, bucketMs });
    return by === "rule" ? byRule(rows) : rows.map((row) => ({ ...row, by: row.by ?? NO_VALUE }));
  };
}

/** Splits counts of rule lists into counts of rules. */
function byRule(rows: readonly Row[]): readonly ReportRow[] {
  const counts = new Map<string, ReportRow>();
  for (const { bucket, by, count } of rows) {
    for (const rule of JSON.parse(by ?? "[]") as string[]) {
      const key = `${bucket} ${rule}`;
      counts.set(key, { bucket, by: rule, count: (counts.get(key)?.count ?? 0) + count });
    }
  }
  return [...counts.values()];
}
