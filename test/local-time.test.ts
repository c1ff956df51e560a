// The clock of the house: in its time zone, through the changes of summer time.

import { expect, test } from "vitest";
import { wallClock } from "../src/classify/local-time.ts";

test.each([
  ["America/Chicago", "2026-11-24T00:05:00Z", { date: "2026-11-23", weekday: "Monday", time: "18:05" }],
  ["Europe/Madrid", "2026-11-23T23:30:00Z", { date: "2026-11-24", weekday: "Tuesday", time: "00:30" }],
  ["UTC", "2026-11-23T00:00:00Z", { date: "2026-11-23", weekday: "Monday", time: "00:00" }],
  ["America/New_York", "2026-11-01T05:59:00Z", { date: "2026-11-01", weekday: "Sunday", time: "01:59" }],
  ["America/New_York", "2026-11-01T06:01:00Z", { date: "2026-11-01", weekday: "Sunday", time: "01:01" }],
])("in %s at %s", (zone, at, shown) => {
  expect(wallClock(zone)(Date.parse(at))).toEqual(shown);
});
