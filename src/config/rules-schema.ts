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
import { webhookSchema } from "./webhook.ts";

const LOCAL_PART = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** An atom of IMAP (RFC 9051 9) without signs that only some servers take. */
const KEYWORD = /^\$?[A-Za-z0-9_-]{1,60}$/;

const departmentRule = z.strictObject({
  id: name.describe("The department rule's name, shown as the reason. Every rule has its own."),
  note: text.optional().describe("For people: why the rule is as it is."),
  when,
  queue: name.describe("The queue its mail goes to."),
  department: text.meta({
    description: "The department as people call it.",
    example: "department: Patient billing",
  }),
  examples,
});

const deliver = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("maildir").describe("A Maildir under the data folder.") }),
  z.strictObject({
    kind: z.literal("smtp").describe("Forwarded by SMTP, bytes unchanged, labels on top."),
    host: text.optional().meta({
      description: "The mail server that takes it; left out, those that take mail for the domain of `to` (MX).",
      example: "host: mail.clinic.example",
    }),
    port: z.int().min(1).max(65535).default(25).meta({ description: "Its port.", example: "port: 25" }),
    to: z
      .string()
      .regex(/^[^\s<>@]+@[^\s<>@]+$/, "`to` must be one address; write, for example, `to: billing-team@clinic.example`")
      .meta({ description: "The address of the people's mailbox.", example: "to: billing-team@clinic.example" }),
    connections: z
      .int()
      .min(1)
      .max(50)
      .default(10)
      .describe("Connections at once to that host and port, of all queues that lead there."),
    tls: z
      .enum(["none", "opportunistic", "required", "verified"])
      .optional()
      .describe(
        "Whether the way there is encrypted: never, where the far end can, not without, or not without a certificate for its name. Unless said `verified` for hosts outside the house, else `opportunistic`.",
      ),
    envelope: z
      .enum(["srs", "sender", "nobody"])
      .default("srs")
      .describe(
        "Whom the far end is told as sender: an address of ours where `srs` stands in the configuration, the sender, or nobody.",
      ),
    user: text.optional().describe("The name to sign in with."),
    password_env: text.optional().meta({
      description: "The environment variable that holds the password.",
      example: "password_env: MAILWARD_BILLING_PASSWORD",
    }),
  }),
  z.strictObject({
    kind: z.literal("imap").describe("Put into a folder of a mail account by IMAP, labels on top."),
    account: text.meta({
      description: "The account, by its name under `imap:` in the configuration.",
      example: "account: desk-mail",
    }),
    folder: text.meta({
      description: "The folder, made when it is missing; levels are parted by /.",
      example: "folder: Queues/Billing",
    }),
    keyword: z
      .string()
      .regex(KEYWORD, "write one word of letters, digits, $, _ and -, for example `$Billing`")
      .optional()
      .meta({ description: "An IMAP keyword each mail gets, by which clients sort.", example: "keyword: $Billing" }),
    original: z
      .enum(["keep", "copy", "move", "tag"])
      .default("keep")
      .describe(
        "What is done with mail that lies in this account already, because it was fetched there: it is kept as it is and a labelled copy put into the folder (`keep`), copied or moved to the folder by the server, or only given the keywords where it lies (`tag`). All other mail is put into the folder.",
      ),
    urgency_keyword: z
      .boolean()
      .default(false)
      .describe("Whether each mail also gets its urgency as a keyword, P1 to P4."),
  }),
  webhookSchema,
]);

const sureness = z.number().gt(0).max(1).optional();

const queue = z.strictObject({
  owner: text.optional().describe("Who looks after it."),
  backup: name.optional().describe("The queue that stands in for it."),
  backup_after_minutes: z
    .number()
    .min(1)
    .max(7200)
    .default(60)
    .describe("How long its destination may be away before `backup` gets its mail; 5 when our sign-in is refused."),
  escalation: z.array(name).default([]).meta({
    description: "People under `staff` who are told when it does not answer, who is told first first.",
    example: "escalation: [charge-nurse, medical-director]",
  }),
  hours: z
    .union([z.enum(["business", "always"]), weekHours])
    .default("business")
    .meta({
      description: "When somebody looks at it: as the house, always, or hours of its own.",
      example: "hours: always",
    }),
  deliver: deliver.default({ kind: "maildir" }).describe("How it gets its mail."),
});

const alias = z.strictObject({
  type: name.nullable().meta({
    description: "The request type it speaks for; null for none.",
    example: "type: billing",
  }),
  points: points.default(1.5).describe("How strongly it speaks for its type."),
  also: z
    .array(z.string().regex(LOCAL_PART, "write only the part before the @, in lower case, for example `invoices`"))
    .default([])
    .describe("Other names of the same mailbox: the part before the @."),
});

/** Somebody whom escalation names. */
const person = z.strictObject({
  name: text.meta({ description: "What people call them.", example: "name: Charge nurse" }),
  mail: z
    .string()
    .regex(/^[^\s<>@]+@[^\s<>@]+$/, "`mail` must be one address; write, for example, `mail: nurse@clinic.example`")
    .optional()
    .describe("Their mail address."),
  phone: text.optional().meta({ description: "Their telephone number.", example: 'phone: "555-0101"' }),
});

/** What stands at the top of the files. */
const topLevel = {
  domains: z.array(z.string().regex(DOMAIN, "write a domain in lower case, for example `clinic.example`")).min(1).meta({
    description: "Our domains; mail for others is refused.",
    example: "domains: [clinic.example]",
  }),
  help: z
    .strictObject({
      write: text.meta({ description: "Where to write.", example: "write: help@clinic.example" }),
      call: text.meta({ description: "Where to call.", example: 'call: "555-0100"' }),
    })
    .meta({
      description: "What people are told whose address does not exist here.",
      example: 'help: { write: help@clinic.example, call: "555-0100" }',
    }),
  aliases: z.record(name, alias).meta({
    description: "The mailboxes people write to, by the part before the @.",
    example: "aliases: { billing: { type: billing } }",
  }),
  queues: z.record(name, queue).meta({
    description: "Where mail goes to be worked on.",
    example: "queues: { billing-desk: { deliver: { kind: maildir } } }",
  }),
  review_queue: name.meta({
    description: "The queue for mail that people look at first.",
    example: "review_queue: review",
  }),
  decide: z
    .strictObject({
      at_least: z.number().gt(0).max(POINTS_MAX).meta({ description: "Points a type needs.", example: "at_least: 3" }),
      margin: z
        .number()
        .min(0)
        .max(POINTS_MAX)
        .meta({ description: "Lead it needs over the second.", example: "margin: 1.5" }),
      model_points_max: z.number().min(0).max(POINTS_MAX).default(15).meta({
        description:
          "The most points the model may give a type; 0 leaves it out. Below `at_least` and 9 it never decides alone.",
        example: "model_points_max: 15",
      }),
      model_margin: z.number().min(0).max(POINTS_MAX).default(3).meta({
        description: "Lead a type needs where the model speaks, too.",
        example: "model_margin: 3",
      }),
      model_margin_over: z.record(name, z.number().min(0).max(POINTS_MAX)).default({}).meta({
        description:
          "The lead that others need instead over a type whose mail must not be lost (greater), or over `none` (smaller), where the model speaks.",
        example: "model_margin_over: { clinical: 9, none: 1.5 }",
      }),
      model_urgency: z
        .strictObject({
          P1: sureness.meta({
            description: "How sure it must be that a mail is P1.",
            example: "model_urgency: { P1: 0.3 }",
          }),
          P2: sureness.meta({ description: "How sure it must be of P2 or P1.", example: "model_urgency: { P2: 0.5 }" }),
        })
        .default({})
        .meta({
          description:
            "How sure the model must be, 0 to 1, to make a mail more urgent. It never makes one less urgent; a level that is not named it never raises to.",
          example: "model_urgency: { P1: 0.3, P2: 0.5 }",
        }),
      margin_for: z.record(name, z.number().min(0).max(POINTS_MAX)).default({}).meta({
        description:
          "The lead that single types need, also where the alias alone decides; `mailward evaluate --error` works them out.",
        example: "margin_for: { billing: 2 }",
      }),
    })
    .default({
      at_least: 3,
      margin: 1.5,
      model_points_max: 15,
      model_margin: 3,
      model_margin_over: {},
      model_urgency: {},
      margin_for: {},
    })
    .describe("When points are enough to decide without people."),
  words: z.record(name, phraseList).default({}).meta({
    description: "Word lists: `<name>` in a phrase stands for each of their entries.",
    example: "words: { insulin: [insulin, humalog] }",
  }),
  facts: z
    .record(factName, z.record(name, phraseList).meta({ example: "location: { east: [east clinic] }" }))
    .default({})
    .meta({
      description: "Facts that words in subject or text tell, such as the location, with the phrases of each value.",
      example: "facts: { location: { surgery-center: [surgery center, day surgery] } }",
    }),
  staff: z.record(name, person).default({}).meta({
    description: "People whom escalation names.",
    example: "staff: { charge-nurse: { name: Charge nurse } }",
  }),
  calendar: calendarSchema.prefault({}).describe("The clock of the house: when it is open, and what then happens."),
  costs: z
    .record(name, z.record(name, z.number().min(0)).meta({ example: "clinical: { billing: 100, people: 1 }" }))
    .default({})
    .meta({
      description:
        "What a mail of a type costs that goes to another type, or to `people`; `mailward evaluate` adds it up.",
      example: "costs: { clinical: { billing: 100, people: 1 } }",
    }),
  never: z.array(text).default([]).meta({
    description: "What a change of the rules must never bring about; `mailward replay` judges it.",
    example: "never: [clinical recall below 0.99]",
  }),
  request_types: z.record(name, z.array(typeRule)).meta({
    description: "What is asked: for each request type its rules.",
    example: "request_types: { billing: [...] }",
  }),
  urgency: z
    .strictObject({
      P1: z.array(urgencyRule).default([]).describe("At once."),
      P2: z.array(urgencyRule).default([]).describe("The same day."),
      P3: z.array(urgencyRule).default([]).describe("The next business day."),
      P4: z.array(urgencyRule).default([]).describe("Standard; what nothing makes more urgent is P4 anyway."),
    })
    .prefault({})
    .describe("How urgent: for each level its rules, read from P1 down."),
  departments: z.array(departmentRule).min(1).meta({
    description: "Who owns it, from top to bottom; the first that fits.",
    example: "departments: [...]",
  }),
  forms: formsSchema(name).optional().describe("What web forms ask."),
} as const;

/** All rule files together. */
export const rulesSchema = z.strictObject(topLevel);

/** One of the rule files: each holds some of the keys. */
export const ruleFileSchema = rulesSchema.partial();

export type RuleFiles = z.output<typeof rulesSchema>;
