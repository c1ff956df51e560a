// The shape of one rule as an admin writes it: which words it looks for, where, under which conditions, and the examples
// it is tried on. What each key means stands in rules/README.md.

import { z } from "zod";
import { oneOf } from "./yaml-mistakes.ts";

/** Names of types, queues, aliases and rules: short, lower case, safe as directory and header words. */
const NAME = /^[a-z][a-z0-9-]{0,40}$/;
/** Facts are keys beside ours, such as `sender_domain`, so they may be written alike. */
const FACT = /^[a-z][a-z0-9_-]{0,40}$/;
/** Objects already have a member of this name, so it cannot name anything of ours. */
const TAKEN = "constructor";
const MOMENT = /^\d{4}-\d{2}-\d{2} (?:[01]\d|2[0-3]):[0-5]\d$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Where a phrase may be looked for; beside them `header:<name>` and `field:<form field>`. */
export const PLACES = ["subject", "text", "own", "forwarded", "sender", "sender_domain", "attachment"] as const;
const PLACE = new RegExp(`^(?:${PLACES.join("|")}|header:[A-Za-z0-9-]+|field:[a-z][a-z0-9-]*)$`);
/** More points than this for one piece of evidence is a slip of the finger. */
export const POINTS_MAX = 100;
/** Words between the first and the last of `near`: a sentence or two. */
const NEAR_MAX = 50;

export const name = z
  .string()
  .refine((text) => NAME.test(text) && text !== TAKEN, {
    error: (issue) =>
      `the name \`${String(issue.input).slice(0, 60)}\` cannot be used; write lower-case letters, digits and hyphens, a letter first, at most 41`,
  })
  .meta({ example: "billing-desk", pattern: NAME.source });

export const factName = z.string().refine((text) => FACT.test(text) && text !== TAKEN, {
  error: (issue) =>
    `the name \`${String(issue.input).slice(0, 60)}\` cannot be used; write lower-case letters, digits, hyphens and low lines, a letter first, at most 41`,
});

export const points = z.number().gt(0).max(POINTS_MAX).meta({ example: "points: 3" });
export const text = z.string().min(1);
export const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)]);
export const levels = z.enum(["P1", "P2", "P3", "P4"]);

const phrase = z.string().meta({ example: '"payment plan"' });
export const phraseList = z.array(phrase).min(1).meta({ example: '["payment plan"]' });
const byLanguage = z.record(
  z.string().regex(/^[a-z]{2}$/, "write a language by its two letters, such as `en` or `es`"),
  phraseList,
);
const phrases = z.union([phraseList, byLanguage]).meta({ example: 'any: ["payment plan"]' });
const alternatives = oneOrMore(phrase);

export const date = z
  .string()
  .refine((day) => DATE.test(day) && isDay(day), {
    error: "write a day as year, month and day, such as 2026-12-31",
  })
  .meta({ example: "until: 2026-12-31", pattern: DATE.source });

/** 2026-02-31 reads as a day of March. */
function isDay(day: string): boolean {
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}

const place = z
  .string()
  .refine((where) => PLACE.test(where), {
    error: (issue) => {
      const where = String(issue.input).slice(0, 60);
      return `there is no place \`${where}\` to look in${oneOf(where, [...PLACES, "header:list-id", "field:reason"])}`;
    },
  })
  .meta({ pattern: PLACE.source });

/** Facts that must hold: each key with one value or several of which one is enough. */
export const when = z.record(factName, oneOrMore(z.string())).default({}).meta({
  description: "Facts that must all hold: of each one value, or a list of which one is enough.",
  example: "when: { language: es }",
});

const wholeExample = z.strictObject({
  subject: z.string().default("").describe("The subject of the mail."),
  text: z.string().default("").describe("What the writer wrote."),
  forwarded: z.string().default("").describe("What is forwarded below it."),
  from: text.optional().describe("Who sent it: `Name <address>` or an address. A stranger unless said."),
  alias: name.optional().describe("The alias it was sent to. None of ours unless said."),
  at: z
    .string()
    .refine((at) => MOMENT.test(at) && isDay(at.slice(0, 10)), {
      error: "write day and time such as 2026-11-23 14:30, by the clock of the house",
    })
    .optional()
    .describe("When it came, by the clock of the house, such as 2026-11-23 14:30."),
  attachment: text.optional().describe("The name of an attached file."),
  headers: z.record(z.string(), z.string()).default({}).describe("Header fields of the mail by their names."),
  staff: z.boolean().default(false).describe("As if proven staff had sent it."),
});
const SAYS_NOTHING = {
  error: "an example is a mail in short; write what it says, for example `May I pay in installments?`",
};
const example = z.union([
  z.string().refine((words) => words.trim() !== "", SAYS_NOTHING),
  wholeExample.refine(({ subject, text, forwarded, from, attachment, headers }) => {
    const written = [subject, text, forwarded, from ?? "", attachment ?? "", ...Object.keys(headers)];
    return written.some((each) => each.trim() !== "");
  }, SAYS_NOTHING),
]);

/** Mails a rule must fire on, and mails it must leave alone. */
export const examples = z
  .strictObject({
    match: z.array(example).default([]).describe("Mails on which the rule must fire."),
    not: z.array(example).default([]).describe("Mails on which it must not."),
  })
  .prefault({})
  .meta({
    description:
      "Mails in short that are tried whenever the file is read. A failing one keeps the rules from being used.",
    example: 'examples: { match: ["May I pay in installments?"], not: ["My care plan"] }',
  });

/** The keys that rules of request types and of urgency have in common. */
const common = {
  id: name.describe("The rule's name, shown as the reason. Every rule has its own."),
  note: text.optional().describe("For people: why the rule is as it is."),
  mode: z.enum(["live", "shadow"]).default("live").describe("`shadow`: looked at and recorded, and decides nothing."),
  from: date.optional().describe("The first day it holds."),
  until: date.optional().describe("The last day it holds."),
  any: phrases.optional().describe("One of these phrases: a list, or lists by language."),
  all: z.array(alternatives).min(1).optional().meta({
    description: "Each of these phrases, wherever they stand. An entry may be a list of alternatives.",
    example: "all: [lost, [card, badge]]",
  }),
  none: phrases.optional().describe("None of these phrases may stand there."),
  except: phrases
    .optional()
    .describe("A hit that shares words with one of these phrases does not count; others still do."),
  near: z
    .strictObject({
      of: z.array(alternatives).min(2).meta({
        description: "Each of these phrases. An entry may be a list of alternatives.",
        example: "of: [refill, [insulin, inhaler]]",
      }),
      within: z.int().min(0).max(NEAR_MAX).meta({
        description: "At most so many other words between the first and the last.",
        example: "within: 6",
      }),
    })
    .meta({
      description: "Phrases that stand close together, in any order.",
      example: "near: { of: [refill, [insulin, inhaler]], within: 6 }",
    })
    .optional(),
  patterns: z
    .array(text.meta({ example: "'claim #?[0-9]{6,}'" }))
    .min(1)
    .optional()
    .meta({
      description: "One of these patterns (RE2 syntax) on the text as it stands; case makes no difference.",
      example: "patterns: ['claim #?[0-9]{6,}']",
    }),
  in: z.array(place).min(1).default(["subject", "text"]).meta({
    description: "Where it looks. `text` is what the writer wrote and what is forwarded.",
    example: "in: [subject, text]",
  }),
  inflect: z.boolean().default(false).describe("Other forms of the words count, too: refill, refills, refilled."),
  heed: z
    .array(z.enum(["negation", "history"]))
    .optional()
    .meta({
      description:
        "What cancels a phrase: `negation` (no chest pain), `history` (last year). Urgency rules heed both unless said, others none.",
      example: "heed: [negation, history]",
    }),
  when,
  examples,
} as const;

const LOOKS_FOR = {
  error: "a rule must look for something; give it `any`, `all`, `near` or `patterns`",
};

function looksForSomething(rule: { any?: unknown; all?: unknown; near?: unknown; patterns?: unknown }): boolean {
  return [rule.any, rule.all, rule.near, rule.patterns].some((each) => each !== undefined);
}

/** The same for editors, which know nothing of the checks below. */
const requiring = (...keys: readonly string[]) => keys.map((key) => ({ required: [key] }));
const SOMETHING = { anyOf: requiring("any", "all", "near", "patterns") };

export const typeRule = z
  .strictObject({
    ...common,
    points: points
      .optional()
      .describe("How strongly it speaks for its type: 2 a hint, 3 a clear sign, 4 near certain."),
    sure: z.boolean().optional().describe("Instead of points: decides alone; the first in file order wins."),
  })
  .refine((rule) => (rule.points === undefined) !== (rule.sure !== true), {
    error: "a rule has either `points: 3` (a hint) or `sure: true` (decides alone), one of the two",
  })
  .refine(looksForSomething, LOOKS_FOR)
  .meta({ allOf: [SOMETHING, { anyOf: requiring("points", "sure") }] });

export const urgencyRule = z
  .strictObject({
    ...common,
    type: name.optional().describe("The request type it also speaks for."),
    points: points.optional().describe("How strongly it speaks for that type."),
  })
  .refine((rule) => (rule.type === undefined) === (rule.points === undefined), {
    error: "`type` and `points` go together: which type this also speaks for, and how strongly",
  })
  .refine(looksForSomething, LOOKS_FOR)
  .meta({ allOf: [SOMETHING] });

export type RuleFile = Omit<z.output<typeof typeRule>, "points" | "sure">;
export type ExampleFile = z.output<typeof example>;
