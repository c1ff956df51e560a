// Examples that were probably meant otherwise than YAML reads them.

import type { Example } from "../config/rule.ts";
import { rulesWithExamples } from "./examples.ts";
import { type Finding, finding } from "./finding.ts";
import type { GoodRules } from "./lint.ts";

/** Examples that go on where the one before left off, as when a text with a comma stands in [ ] without quotes. */
export function lintExamples({ rules, paths, problem }: GoodRules): readonly Finding[] {
  return rulesWithExamples(rules).flatMap(({ id, examples }) =>
    (["match", "not"] as const).flatMap((wanted) =>
      examples[wanted].flatMap((example, index, list) => {
        const before = list[index - 1];
        if (before === undefined || !goesOn(before, example)) return [];
        const message =
          "is this the rest of the example before? In [ ] a comma ends an entry, so put texts with commas in quotes";
        return [finding("example-cut", problem([...(paths.get(id) ?? []), "examples", wanted, index], message))];
      }),
    ),
  );
}

/** A small letter after a sentence that began with a capital one and has no end. */
function goesOn(before: Example, example: Example): boolean {
  const isText = ({ subject, forwarded, from, alias }: Example) =>
    `${subject}${forwarded}${from ?? ""}${alias ?? ""}` === "";
  if (!isText(before) || !isText(example)) return false;
  return /^\p{Lu}/u.test(before.text) && !/[.!?…)"”]\s*$/u.test(before.text) && /^\p{Ll}/u.test(example.text);
}
