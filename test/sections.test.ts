// What each stretch of a mail is: own words, forwarded mail, history, signature, disclaimer, tag line.
// A case is files: fixtures/replies/<what-it-shows>.eml and .json, with the words that are heard and every section's
// first words. UPDATE=1 writes the sections anew; own and forwarded words are written by hand and stay.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, SectionKind } from "../src/message.ts";
import { findHeaderBlocks } from "../src/parse/header-block.ts";
import type { Mark } from "../src/parse/html.ts";
import { parse } from "../src/parse/parse.ts";
import { cutSections } from "../src/parse/sections.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/replies");

/** Fewer cases mean that files were lost. */
const CASES_MIN = 50;
/** First characters of a section that the expectation holds. */
const SHOWN = 40;

type Expected = { readonly own: string; readonly forwarded: string; readonly sections: readonly string[] };

const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".eml"))
  .map((name) => name.slice(0, -4));

const flat = (words: string) => words.replace(/[\s\ufeff]+/g, " ").trim();

function heard({ text, sections }: Message, wanted: SectionKind): string {
  const stretches = sections.filter(({ kind }) => kind === wanted).map(({ start, end }) => text.slice(start, end));
  return flat(stretches.join("\n"));
}

describe("the words that are heard", () => {
  test("there are cases", () => expect(names.length).toBeGreaterThanOrEqual(CASES_MIN));

  test.each(names)("of %s", async (name) => {
    const path = join(FOLDER, `${name}.json`);
    const expected: Expected = JSON.parse(readFileSync(path, "utf8"));
    const raw = readFileSync(join(FOLDER, `${name}.eml`));
    const message = await parse(raw);
    const sections = message.sections.map(
      ({ kind, start, end }) => `${kind}: ${flat(message.text.slice(start, end)).slice(0, SHOWN)}`,
    );
    const { own, forwarded } = expected;
    expect({ own: heard(message, "own"), forwarded: heard(message, "forwarded") }).toEqual({ own, forwarded });
    if (process.env["UPDATE"] === "1") {
      writeFileSync(path, `${JSON.stringify({ own, forwarded, sections }, null, 2)}\n`);
    } else {
      expect(sections).toEqual(expected.sections);
    }
    const unix = await parse(Buffer.from(raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1"));
    expect(unix.sections).toEqual(message.sections);
  });
});

/** Whether the sections of a text hold to the promise; the complaint when not. */
function complaint(text: string, sections: ReturnType<typeof cutSections>): string | null {
  let at = 0;
  let before: SectionKind | null = null;
  for (const { kind, start, end } of sections) {
    if (start !== at) return `a gap or overlap at ${start}`;
    if (end <= start) return `an empty section at ${start}`;
    if (kind === before) return `two neighbours of kind ${kind} at ${start}`;
    if (start > 0 && /\s/.test(text.charAt(start))) return `white space begins the section at ${start}`;
    at = end;
    before = kind;
  }
  return at === text.length ? null : `sections end at ${at} of ${text.length}`;
}

const LINES = [
  "",
  "> ",
  "> quoted words",
  "> > deeper",
  "> 39 C",
  "Hello, I have a question?",
  "-- ",
  "--",
  "________________________________",
  "Best regards,",
  "Robert Hale",
  "Claims Manager",
  "www.insurer.example",
  "Sent from my iPhone",
  "On Mon, May 4, 2026 at 9:12 AM Ana <ana@x.example> wrote:",
  "On Mon, May 4, 2026 at 9:12 AM Ana <",
  "ana@x.example> wrote:",
  "-----Original Message-----",
  "From: Ana <ana@x.example>",
  "Sent: Monday, May 4, 2026 9:12 AM",
  "Subject: Hello",
  "CAUTION: This email originated from outside. Do not click links.",
  "This e-mail is confidential. If you are not the intended recipient, delete it.",
  "   ",
  "\u3000\u2028\u1680 spaces of all sorts",
];

const line = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...LINES) },
  fc.string({ unit: "grapheme", maxLength: 30 }),
);
const text = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\n\n")), { maxLength: 40 })
  .map((lines) => lines.map(([words, end]) => words + end).join(""));

/** Marks as HTML gives them: in order, not overlapping, anywhere in the text. */
const marked = text.chain((words) =>
  fc
    .tuple(
      fc.uniqueArray(fc.nat(words.length), { maxLength: 8 }),
      fc.array(fc.constantFrom<Mark["kind"]>("quoted", "signature", "forwarded"), { minLength: 4, maxLength: 4 }),
    )
    .map(([at, kinds]) => {
      const edges = at.sort((a, b) => a - b);
      const marks = kinds.flatMap((kind, i): Mark[] => {
        const [start, end] = edges.slice(2 * i, 2 * i + 2);
        return start === undefined || end === undefined ? [] : [{ kind, start, end }];
      });
      return { words, marks };
    }),
);

describe("whatever the text", () => {
  test("sections cover it in order, none empty, neighbours differ, white space stands behind", () => {
    fc.assert(
      fc.property(marked, fc.option(fc.tuple(fc.nat(400), fc.nat(400), fc.nat(400))), ({ words, marks }, places) => {
        const [head = 0, under = 0, inner = 0] = (places ?? []).sort((a, b) => a - b);
        const mail = { from: null, to: [], cc: [], subject: "", date: null };
        const headers = [{ start: head, end: under }];
        const forward = { mail, note: { start: 0, end: head }, headers, innerStart: inner, confidence: 1 };
        const blocks = findHeaderBlocks(words);
        const sections = cutSections(words, marks, blocks, places === null ? null : forward);
        expect(complaint(words, sections)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  test("something is heard of every mail with words that is no forward", () => {
    fc.assert(
      fc.property(marked, ({ words, marks }) => {
        fc.pre(/[\p{L}\p{N}]/u.test(words));
        const sections = cutSections(words, marks, findHeaderBlocks(words), null);
        const own = sections.filter(({ kind }) => kind === "own" || kind === "forwarded");
        expect(own.map(({ start, end }) => words.slice(start, end)).join("")).toMatch(/[\p{L}\p{N}]/u);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a line nobody else writes is never lost", () => {
    const asked = "Please call me about the biopsy, I am afraid of the result?";
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...LINES.slice(0, 14)), { maxLength: 12 }), fc.nat(12), (lines, at) => {
        const words = [...lines.slice(0, at), asked, ...lines.slice(at)].join("\n");
        const sections = cutSections(words, [], findHeaderBlocks(words), null);
        const place = words.indexOf(asked);
        expect(sections.find(({ start, end }) => start <= place && place < end)?.kind).toBe("own");
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Characters of a hostile text, and the longest it may take: a hang limit, a hundred times what is measured. */
const HOSTILE_CHARS = 5_000_000;
const HANG_MS = 30_000;

test.each([
  ["quote marks on one line", "> "],
  ["quote marks on lines", "> > >\n"],
  ["attributions begun", "On "],
  ["attributions begun on lines", "On \n"],
  ["attributions ended", "wrote:\n"],
  ["attributions whole", "On Mon, May 4, 2026 at 9:12 AM Ana <a@x.example> wrote:\n"],
  ["attributions above quotes", "Ana wrote:\n> yes\nno\n"],
  ["delimiters", "-- \n"],
  ["rules", "____\n"],
  ["closings", "Thanks,\nAna\n\n"],
  ["tag lines", "Sent from my iPhone\n"],
  ["addresses on one line", "a@"],
  ["numbers on one line", "5 "],
  ["disclaimers", "This e-mail is confidential. If you are not the intended recipient, delete it.\n\n"],
  ["titles of disclaimers", "NOTICE\n"],
  ["banners", "CAUTION: external\n"],
  ["headers", "From: a\n"],
  ["white space", " "],
  ["empty lines", "\n"],
])("5 MB of %s take no longer than their length", (_, piece) => {
  const words = piece.repeat(Math.ceil(HOSTILE_CHARS / piece.length));
  const before = performance.now();
  const sections = cutSections(words, [], [], null);
  expect(performance.now() - before).toBeLessThan(HANG_MS);
  expect(complaint(words, sections)).toBeNull();
});
