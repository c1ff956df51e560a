// The clock of the house as the decision uses it: its time zone, when it is open, and what happens when it is not.

import type { LocalTime } from "../message.ts";
import type { Urgency } from "../outcome.ts";
import type { CalendarFile, WeekHours } from "./calendar-schema.ts";

/** From and to as "08:00"; midnight at the end of a day is "24:00". */
type Span = { readonly from: string; readonly to: string };

/** Hours by weekday, its English name with a capital as in `LocalTime`; a day not named is closed. */
export type Hours = ReadonlyMap<string, readonly Span[]>;

export type Calendar = {
  /** IANA name; the machine's own unless the file says one. */
  readonly timeZone: string;
  /** When the house is open; null: always. */
  readonly open: Hours | null;
  /** Days, such as "2026-12-25", on which it is closed, and why. */
  readonly holidays: ReadonlyMap<string, string>;
  /** Mail of these levels for a queue that is closed goes there instead. */
  readonly afterHours: { readonly urgencies: readonly Urgency[]; readonly queue: string } | null;
};

/** `calendar:` as the decision uses it. */
export function calendarOf(file: CalendarFile): Calendar {
  return {
    timeZone: file.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    open: file.open === undefined ? null : hoursOf(file.open),
    holidays: new Map(Object.entries(file.holidays)),
    afterHours:
      file.after_hours === undefined
        ? null
        : { urgencies: [file.after_hours.urgency].flat(), queue: file.after_hours.queue },
  };
}

/** Hours by weekday of a file. */
export function hoursOf(week: WeekHours): Hours {
  const days = Object.entries(week).map(([day, spans]): [string, readonly Span[]] => [
    day[0]?.toUpperCase() + day.slice(1),
    (spans ?? []).map((span) => ({ from: span.slice(0, 5), to: span.slice(6) })),
  ]);
  return new Map(days);
}

/** Whether `hours` (null: always) hold at a time; holidays are closed. */
export function isOpen(hours: Hours | null, { holidays }: Calendar, { date, weekday, time }: LocalTime): boolean {
  if (hours === null) return true;
  if (holidays.has(date)) return false;
  return (hours.get(weekday) ?? []).some(({ from, to }) => from <= time && time < to);
}
