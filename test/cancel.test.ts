// What cancels a phrase and what must not: a line a case in fixtures/cancel, in the voices of patients, relatives and
// nurses, English and Spanish. A kept case that is cancelled is the dangerous mistake.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Cancel, cancelOf } from "../src/classify/cancel.ts";
import { type Words, words } from "../src/classify/words.ts";

type Case = {
  readonly line: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly cue: string | null;
};

const BOTH = ["negation", "history"] as const;
const cancelled = casesOf("cancelled.txt");
const kept = casesOf("kept.txt");
const heldOut = casesOf("held-out.txt");

describe("the cases", () => {
  test("are there", () => {
    expect(cancelled.length).toBeGreaterThan(120);
    expect(kept.length).toBeGreaterThan(200);
    expect(heldOut.length).toBeGreaterThan(55);
    expect(cancelled.filter(({ cue }) => cue === null)).toEqual([]);
    expect(kept.filter(({ cue }) => cue !== null)).toEqual([]);
  });
});

describe("cancelled:", () => {
  test.each(cancelled)("$line", (each) => {
    expect(cueOf(each)).toBe(each.cue);
  });
});

describe("kept:", () => {
  test.each(kept)("$line", (each) => {
    expect(cueOf(each)).toBeNull();
  });
});

describe("held out:", () => {
  test.each(heldOut)("$line", (each) => {
    expect(cueOf(each)).toBe(each.cue);
  });
});

/** The words that cancel the phrase of a case. */
function cueOf({ text, start, end }: Case): string | null {
  const found = words(text);
  const first = found.start.indexOf(start);
  const last = found.end.indexOf(end);
  expect(first, "the phrase begins at a word").toBeGreaterThanOrEqual(0);
  expect(last, "the phrase ends with a word").toBeGreaterThanOrEqual(first);
  const cancel = cancelOf(found, text, first, last, BOTH);
  return cancel === null ? null : text.slice(cancel.start, cancel.end);
}

function casesOf(file: string): readonly Case[] {
  const lines = readFileSync(`fixtures/cancel/${file}`, "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "" && !line.startsWith("#")).map(caseOf);
}

/** `text with [the phrase] => the cue`. The last pair of brackets with words in it marks the phrase. */
function caseOf(line: string): Case {
  const [marked = "", cue = null] = line.replaceAll("\\n", "\n").split(" => ");
  const found = /\[(\p{L}[^\]]{1,}|\p{L}{2,})\]/u.exec(marked);
  if (found === null) throw new Error(`no phrase marked: ${line}`);
  const phrase = found[1] ?? "";
  const text = marked.slice(0, found.index) + phrase + marked.slice(found.index + found[0].length);
  return { line, text, start: found.index, end: found.index + phrase.length, cue };
}
