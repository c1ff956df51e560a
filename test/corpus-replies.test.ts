// Own text on mails other programs wrote (mail-talon-replies): no word of the writer is lost, and what leaks is listed
// with its reason. The figures reached are upper bounds. Passes with a loud line where the corpus is absent.

import { expect, test } from "vitest";
import { type Figures, measureFixtures, measureReplies, measureSignatures, totals } from "./bench/own-text.ts";

/** Words that are heard though the writer did not write them now, at most; all other mails have none. */
const LEAKS: Readonly<Record<string, { readonly words: number; readonly reason: string }>> = {
  "standard_replies/outlook.eml": {
    words: 77,
    reason: "names itself a reply nowhere (no Re:, no In-Reply-To), so the block is read as a forward and kept",
  },
  "standard_replies/sparrow.eml, HTML alone": {
    words: 1,
    reason: "a name without a capital letter under two dashes may be anything",
  },
  "P/102682_R_S": { words: 3, reason: "a name and an address alone may be a patient's" },
  "stripped/jeff_body": { words: 2, reason: "a name stays; a patient's name is part of the letter" },
  "stripped/short_url_body": { words: 3, reason: "a closing and a name stay" },
};

/** History heard, as a share of history, without the mail that is read as a forward. */
const HISTORY_SHARE_MAX = 0.03;

function within(figures: readonly Figures[] | null): void {
  for (const { name, lost, leaked } of figures ?? []) {
    expect({ name, lost }).toEqual({ name, lost: [] });
    expect(leaked.length, `${name} leaked ${leaked.join(" ")}`).toBeLessThanOrEqual(LEAKS[name]?.words ?? 0);
  }
}

test("replies of many mail programs: nothing is lost, history stays out", async () => {
  const figures = await measureReplies();
  within(figures);
  const { leaked, rest } = totals((figures ?? []).filter(({ name }) => name !== "standard_replies/outlook.eml"));
  expect(leaked).toBeLessThanOrEqual(rest * HISTORY_SHARE_MAX);
  if (figures !== null) expect(figures.length).toBeGreaterThan(25);
});

test("signatures: nothing above them is lost", async () => {
  const figures = await measureSignatures();
  within(figures);
  if (figures !== null) expect(figures.length).toBeGreaterThan(7);
});

test("our own fixtures: nothing is lost and nothing leaks", async () => {
  within(await measureFixtures());
});
