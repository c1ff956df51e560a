// The language of what patients write: told right or not told, hardly ever told wrong.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { languageOf } from "../src/parse/language.ts";
import { describeCorpus } from "./support/corpus-tests.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/language");

/** One sentence a line; the file's name is the language, `none` for what must not be told. */
const FILES = readdirSync(FOLDER).map((name) => ({
  language: name.replace(/\.txt$/, ""),
  sentences: readFileSync(join(FOLDER, name), "utf8").split("\n").filter(Boolean),
}));

test("there are sentences of every language that is told, and of none", () => {
  expect(FILES.map(({ language }) => language).sort()).toEqual(["de", "en", "es", "fr", "it", "none", "pt"]);
  expect(FILES.flatMap(({ sentences }) => sentences).length).toBeGreaterThanOrEqual(60);
});

test.each(FILES)("sentences are told right or not at all: $language", ({ language, sentences }) => {
  expect(sentences.length).toBeGreaterThan(5);
  const expected = language === "none" ? null : language;
  const told = sentences.map((sentence) => ({ sentence, language: languageOf(sentence) }));
  expect(told.filter((each) => each.language !== null && each.language !== expected)).toEqual([]);
  const missed = told.filter((each) => each.language !== expected);
  expect(missed.length, JSON.stringify(missed)).toBeLessThanOrEqual(sentences.length * 0.15);
});

test("Spanish is told without its accents and signs too", () => {
  const { sentences = [] } = FILES.find(({ language }) => language === "es") ?? {};
  const plain = sentences.map((sentence) => sentence.normalize("NFD").replace(/[\p{M}¿¡]/gu, ""));
  const told = plain.map(languageOf);
  expect(told.filter((language) => language !== "es" && language !== null)).toEqual([]);
  expect(told.filter((language) => language === null).length).toBeLessThanOrEqual(sentences.length * 0.15);
});

test("names, addresses and a line of another language do not change what a text is", () => {
  expect(languageOf("Buenos días, soy John Smith, 12 Main Street. No puedo entrar a mi cuenta. Thank you")).toBe("es");
  expect(languageOf("Hi, this is María José Peña de la Cruz. I cannot get in to my account and need help.")).toBe("en");
});

test("only the beginning is looked at, and a text may be of any length and shape", () => {
  const english = "I need to see the doctor about my results. ".repeat(200);
  expect(languageOf(english + "Necesito ver al doctor por mis resultados. ".repeat(2_000))).toBe("en");
  expect(languageOf("")).toBeNull();
  const told = new Set(["en", "es", "fr", "pt", "it", "de", null]);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
      expect(told.has(languageOf(text))).toBe(true);
    }),
  );
});

describeCorpus("short English texts of others", "routing-public.jsonl", (path) => {
  test("under 1 in 1,000 is told wrong", () => {
    const told = readFileSync(path, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => languageOf((JSON.parse(line) as { readonly text: string }).text));
    const wrong = told.filter((language) => language !== null && language !== "en").length;
    const right = told.filter((language) => language === "en").length;
    expect(told.length).toBeGreaterThan(10_000);
    expect(wrong / told.length).toBeLessThan(0.001);
    expect(right / told.length).toBeGreaterThan(0.88);
  });
});

describeCorpus("Latin of nobody's", "mail-forward-parser", (path) => {
  test("is no language, under the headers of any client", () => {
    const folder = join(path, "fixtures");
    const bodies = readdirSync(folder).filter((name) => name.includes("_body"));
    const told = bodies.map((name) => languageOf(readFileSync(join(folder, name), "utf8")));
    expect(bodies.length).toBeGreaterThan(100);
    expect(told.filter((language) => language !== null && language !== "en")).toEqual([]);
  });
});
