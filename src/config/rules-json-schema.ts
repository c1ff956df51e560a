// The JSON Schema of a rule file, made of the same schema as the loader's, so that editors complete and check as it does.

import { z } from "zod";
import { ruleFileSchema } from "./rules-schema.ts";

/** The schema of one rule file as JSON text: no key has to stand in it, as each file holds some of them. */
export function rulesJsonSchema(): string {
  const schema = z.toJSONSchema(ruleFileSchema, {
    io: "input",
    // What YAML editors know best; there, words beside a reference would not be shown, so all is written out.
    target: "draft-7",
    reused: "inline",
    override({ jsonSchema }) {
      // What mistakes quote; editors know the key `examples`, which is for whole values.
      delete jsonSchema["example"];
    },
  });
  const about = { title: "Mailward rule file", description: "A part of a rule set; see README.md beside the rules." };
  return `${JSON.stringify({ ...about, ...schema }, null, 2)}\n`;
}
