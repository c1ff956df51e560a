// The shape of `calendar:` and of a queue's `hours:` as an admin writes them.

import { z } from "zod";
import { date, levels, name, oneOrMore, text } from "./rule-schema.ts";
import { didYouMean } from "./yaml-mistakes.ts";

const TIMES = /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;

const times = z
  .string()
  .refine((span) => TIMES.test(span) && span.slice(0, 5) < span.slice(6), {
    error: (issue) =>
      `the hours \`${String(issue.input).slice(0, 40)}\` cannot be read; write from and to such as 08:00-17:00, the later one last, midnight as 24:00`,
  })
  .meta({ example: "08:00-17:00", pattern: TIMES.source });
const day = z.array(times).optional().describe("From and to, such as 08:00-17:00; several where there is a pause.");

/** Hours by weekday; a day that is not named is closed. */
export const weekHours = z
  .strictObject({ monday: day, tuesday: day, wednesday: day, thursday: day, friday: day, saturday: day, sunday: day })
  .meta({ example: "{ monday: [08:00-17:00] }" });

const timeZone = z.string().refine(isTimeZone, {
  error: (issue) => `there is no time zone \`${String(issue.input).slice(0, 40)}\`${likeZone(String(issue.input))}`,
});

/** The house's clock: when it is open, and what happens when it is not. */
export const calendarSchema = z.strictObject({
  time_zone: timeZone
    .optional()
    .describe("Where the house stands, such as America/Chicago; the machine's own unless said."),
  open: weekHours.optional().describe("When the house is open; always unless said."),
  holidays: z.record(date, text).default({}).meta({
    description: "Days on which it is closed, and why.",
    example: "holidays: { 2026-12-25: Christmas Day }",
  }),
  after_hours: z
    .strictObject({
      urgency: oneOrMore(levels).describe("The levels that cannot wait."),
      queue: name.describe("The queue that is always there."),
    })
    .optional()
    .meta({
      description: "Where urgent mail goes whose queue is closed.",
      example: "after_hours: { urgency: [P1, P2], queue: on-call }",
    }),
});

export type CalendarFile = z.output<typeof calendarSchema>;
export type WeekHours = z.output<typeof weekHours>;

function likeZone(zone: string): string {
  const near = didYouMean(zone.slice(0, 40), Intl.supportedValuesOf("timeZone"));
  return near === "" ? "; write one such as America/Chicago or Europe/Madrid" : near;
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
