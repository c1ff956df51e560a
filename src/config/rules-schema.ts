// The shape of the rule files as an admin writes them, with an example for every key that mistakes can quote.
// What each key means stands in rules/README.md.

import { z } from "zod";
import { calendarSchema, weekHours } from "./calendar-schema.ts";
import { formsSchema } from "./forms-schema.ts";
import {
  examples,
  factName,
  name,
  POINTS_MAX,
  phraseList,
  points,
  text,
  typeRule,
  urgencyRule,
  when,
} from "./rule-schema.ts";

const LOCAL_PART = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const departmentRule = z.strictObject({
  id: name,
  note: text.optional(),
  when,
  queue: name,
  department: text.meta({ example: "department: Patient billing" }),
  examples,
});

const deliver = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("maildir") }),
  z.strictObject({
    kind: z.literal("smtp"),
    host: text.meta({ example: "host: mail.clinic.example" }),
    port: z.int().min(1).max(65535).default(25).meta({ example: "port: 25" }),
    to: z
      .string()
      .regex(/^[^\s<>@]+@[^\s<>@]+$/, "`to` must be one address; write, for example, `to: billing-team@clinic.example`")
      .meta({ example: "to: billing-team@clinic.example" }),
    tls: z.enum(["none", "opportunistic", "required"]).default("opportunistic"),
    user: text.optional(),
    password_env: text.optional().meta({ example: "password_env: MAILWARD_BILLING_PASSWORD" }),
  }),
]);

const queue = z.strictObject({
  owner: text.optional(),
  backup: name.optional(),
  escalation: z.array(name).default([]).meta({ example: "escalation: [charge-nurse, medical-director]" }),
  hours: z
    .union([z.enum(["business", "always"]), weekHours])
    .default("business")
    .meta({ example: "hours: always" }),
  deliver: deliver.default({ kind: "maildir" }),
});

const alias = z.strictObject({
  type: name.nullable().meta({ example: "type: billing" }),
  points: points.default(1.5),
  also: z
    .array(z.string().regex(LOCAL_PART, "write only the part before the @, in lower case, for example `invoices`"))
    .default([]),
});

/** Somebody whom escalation names. */
const person = z.strictObject({
  name: text.meta({ example: "name: Charge nurse" }),
  mail: z
    .string()
    .regex(/^[^\s<>@]+@[^\s<>@]+$/, "`mail` must be one address; write, for example, `mail: nurse@clinic.example`")
    .optional(),
  phone: text.optional().meta({ example: 'phone: "555-0101"' }),
});

/** All rule files together. */
export const rulesSchema = z.strictObject({
  domains: z
    .array(z.string().regex(DOMAIN, "write a domain in lower case, for example `clinic.example`"))
    .min(1)
    .meta({ example: "domains: [clinic.example]" }),
  help: z
    .strictObject({
      write: text.meta({ example: "write: help@clinic.example" }),
      call: text.meta({ example: 'call: "555-0100"' }),
    })
    .meta({ example: 'help: { write: help@clinic.example, call: "555-0100" }' }),
  aliases: z.record(name, alias).meta({ example: "aliases: { billing: { type: billing } }" }),
  queues: z.record(name, queue).meta({ example: "queues: { billing-desk: { deliver: { kind: maildir } } }" }),
  review_queue: name.meta({ example: "review_queue: review" }),
  decide: z
    .strictObject({
      at_least: z.number().gt(0).max(POINTS_MAX).meta({ example: "at_least: 3" }),
      margin: z.number().min(0).max(POINTS_MAX).meta({ example: "margin: 1.5" }),
    })
    .default({ at_least: 3, margin: 1.5 }),
  words: z.record(name, phraseList).default({}).meta({ example: "words: { insulin: [insulin, humalog] }" }),
  facts: z
    .record(factName, z.record(name, phraseList).meta({ example: "location: { east: [east clinic] }" }))
    .default({})
    .meta({ example: "facts: { location: { surgery-center: [surgery center, day surgery] } }" }),
  staff: z.record(name, person).default({}).meta({ example: "staff: { charge-nurse: { name: Charge nurse } }" }),
  calendar: calendarSchema.prefault({}),
  never: z.array(text).default([]).meta({ example: "never: [clinical recall below 0.99]" }),
  request_types: z.record(name, z.array(typeRule)).meta({ example: "request_types: { billing: [...] }" }),
  urgency: z
    .strictObject({
      P1: z.array(urgencyRule).default([]),
      P2: z.array(urgencyRule).default([]),
      P3: z.array(urgencyRule).default([]),
      P4: z.array(urgencyRule).default([]),
    })
    .prefault({}),
  departments: z.array(departmentRule).min(1).meta({ example: "departments: [...]" }),
  forms: formsSchema(name).optional(),
});

export type RuleFiles = z.output<typeof rulesSchema>;
