// The shape of the rule files as an admin writes them, with an example for every key that mistakes can quote.
// What each key means stands in rules/README.md.

import { z } from "zod";
import { formsSchema } from "./forms-schema.ts";

/** Names of types, queues, aliases and departments rules: short, lower case, safe as directory and header words. */
const NAME = /^[a-z][a-z0-9-]{0,40}$/;
/** Objects already have a member of this name, so it cannot name anything of ours. */
const TAKEN = "constructor";
const LOCAL_PART = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** More points than this for one piece of evidence is a slip of the finger. */
const POINTS_MAX = 100;

const name = z
  .string()
  .refine((text) => NAME.test(text) && text !== TAKEN, {
    error: (issue) =>
      `the name \`${String(issue.input).slice(0, 60)}\` cannot be used; write lower-case letters, digits and hyphens, a letter first, at most 41`,
  })
  .meta({ example: "billing-desk" });

const points = z.number().gt(0).max(POINTS_MAX).meta({ example: "points: 3" });
const phrases = z
  .array(z.string().meta({ example: '"payment plan"' }))
  .min(1)
  .meta({ example: 'any: ["payment plan"]' });
const text = z.string().min(1);
const levels = z.enum(["P1", "P2", "P3", "P4"]);
const fields = z
  .array(z.enum(["subject", "text", "sender"]))
  .min(1)
  .meta({ example: "in: [subject, text]" });

const typeRule = z
  .strictObject({
    id: name,
    any: phrases,
    in: fields.default(["subject", "text"]),
    points: points.optional(),
    sure: z.boolean().optional(),
  })
  .refine((rule) => (rule.points === undefined) !== (rule.sure !== true), {
    error: "a rule has either `points: 3` (a hint) or `sure: true` (decides alone), one of the two",
  });

const urgencyRule = z
  .strictObject({
    id: name,
    any: phrases,
    in: fields.default(["subject", "text"]),
    type: name.optional(),
    points: points.optional(),
  })
  .refine((rule) => (rule.type === undefined) === (rule.points === undefined), {
    error: "`type` and `points` go together: which type this also speaks for, and how strongly",
  });

const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);

const departmentRule = z.strictObject({
  id: name,
  when: z
    .strictObject({ type: oneOrMore(name), alias: oneOrMore(name), urgency: oneOrMore(levels) })
    .partial()
    .default({}),
  queue: name,
  department: text.meta({ example: "department: Patient billing" }),
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
  deliver: deliver.default({ kind: "maildir" }),
});

const alias = z.strictObject({
  type: name.nullable().meta({ example: "type: billing" }),
  points: points.default(1.5),
  also: z
    .array(z.string().regex(LOCAL_PART, "write only the part before the @, in lower case, for example `invoices`"))
    .default([]),
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
