// The shape of `forms:` in the rule files, as an admin writes it. What each key means stands in rules/README.md.

import { z } from "zod";

/** Different fields after which more would not make it more of a form. */
const FORM_FROM_MAX = 20;

/** Words to compare with, with an example for mistakes to quote. */
function phrase(example: string) {
  return z
    .string()
    .refine((text) => /[\p{L}\p{N}]/u.test(text), {
      error: "this has no letter or digit in it, so it can never match; write words",
    })
    .meta({ example: `"${example}"` });
}

const field = z.strictObject({
  label: z.string().min(1).optional().describe("How people call it; its name unless said."),
  names: z
    .array(phrase("date of birth"))
    .min(1)
    .meta({ description: "How forms call it.", example: 'names: ["date of birth"]' }),
  kind: z
    .enum(["text", "contact", "name", "date", "free_text", "request_type", "urgency"])
    .default("text")
    .describe("What its answer is good for."),
  values: z
    .record(z.string(), z.array(phrase("billing question")).min(1).meta({ example: '["billing question"]' }))
    .optional()
    .describe("What an answer means: request types or levels with the answers that stand for them."),
});

/** `forms:` of the rule files; `name` is the schema of names in them. */
export function formsSchema(name: z.ZodType<string, string>) {
  return z.strictObject({
    form_from: z.int().min(1).max(FORM_FROM_MAX).default(2).meta({
      description: "So many different fields make a mail a form.",
      example: "form_from: 2",
    }),
    blank: z.array(phrase("not provided")).default([]).describe("Answers that mean: no answer."),
    fields: z.record(name, field).meta({
      description: "The answers worth knowing.",
      example: 'fields: { date-of-birth: { names: ["date of birth"], kind: date } }',
    }),
    required: z
      .record(
        name,
        z
          .array(z.union([name, z.array(name).min(1)]))
          .min(1)
          .meta({ example: "access: [name, date-of-birth]" }),
      )
      .default({})
      .meta({
        description: "What a type cannot do without; of a list within the list one is enough.",
        example: "required: { access: [name, date-of-birth] }",
      }),
  });
}

export type FormsFile = z.output<ReturnType<typeof formsSchema>>;
