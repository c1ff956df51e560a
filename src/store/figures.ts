// Figures the store answers: the balance of what was accepted, and counts for reports.

/** Accepted routings of one alias by where they are now. `missing` is what is nowhere: an alarm when not 0. */
export type BalanceRow = {
  readonly alias: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly waiting: number;
  readonly held: number;
  readonly missing: number;
};

/** Counts for `report`: one row for each bucket of time and value. */
export type ReportRow = {
  readonly bucket: number;
  readonly by: string;
  readonly count: number;
};
export type ReportBy = "queue" | "urgency" | "rule" | "type" | "alias";
