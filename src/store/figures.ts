// Figures the store answers: the balance of what was accepted, and counts for reports.

/** What a balance is drawn up by. `mailbox`: account, folder and UIDVALIDITY, with the lowest and highest UID. */
export type BalanceBy = "alias" | "day" | "door" | "mailbox";

/** Accepted routings of one alias, day, door or mailbox by where they are now. `missing` is what is nowhere: an alarm when not 0. */
export type BalanceRow = {
  /** The alias, or the day, door or mailbox. */
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
