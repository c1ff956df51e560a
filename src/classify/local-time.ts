// The time of the house: what the clock on its wall showed when a mail came, for rules on business hours and for people.

import type { LocalTime } from "../message.ts";

/** Tells the local time at a moment, in milliseconds since 1970; `zone` is an IANA name such as "America/Chicago". */
export function wallClock(zone: string): (at: number) => LocalTime {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    weekday: "long",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? "";
    return {
      date: `${part("year")}-${part("month")}-${part("day")}`,
      weekday: part("weekday"),
      time: `${part("hour")}:${part("minute")}`,
    };
  };
}
