// Groups of tests over a public corpus. Where the corpus is absent one test stands for the group and says so, loudly:
// the project stands alone, also where nothing may be skipped.

import { describe, expect, test } from "vitest";
import { corpus } from "./corpora.ts";

/** Tests over a corpus by its name in the data folder; `tests` gets its path. */
export function describeCorpus(title: string, name: string, tests: (path: string) => void | Promise<void>): void {
  const path = corpus(name);
  if (path !== null) describe(title, () => tests(path));
  else test(`${title}: NOT TESTED, because ${name} is absent`, () => expect(corpus(name)).toBeNull());
}
