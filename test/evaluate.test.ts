// `mailward evaluate`: each way of deciding is counted as a person would count it, and bad files are told by line.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { loadRules } from "../src/config/rules.ts";
import { type Evaluated, evaluate, figuresOf } from "../src/rulebook/evaluation.ts";
import type { LabelledMail } from "../src/rulebook/labelled.ts";
import { runMailward } from "./support/operator.ts";
import { tempDir } from "./support/temp-dir.ts";

const TRAINING = join(import.meta.dirname, "../fixtures/training");
const RULES = join(import.meta.dirname, "../rules");

function mail(type: string, voice: string, text: string): LabelledMail {
  return { voice, type, alias: "access", language: "en", subject: "", text };
}

function answered(type: string, both: string | null): Evaluated {
  return {
    mail: mail(type, "somebody", ""),
    answers: { alias: null, rules: null, model: null, both },
    advice: null,
    urgency: "P4",
  };
}

test("figures are those of the textbook", () => {
  const evaluated = [
    answered("billing", "billing"),
    answered("billing", "clinical"),
    answered("billing", null),
    answered("billing", null),
    answered("none", "billing"),
  ];
  expect(figuresOf(evaluated, "both", ["billing", "access"])).toEqual([
    { type: "billing", mails: 4, precision: 0.5, recall: 0.25, f1: 2 / 6, review: 0.5, f1Routed: 0.5, safe: 0.75 },
    { type: "access", mails: 0, precision: null, recall: null, f1: 0, review: null, f1Routed: 0, safe: null },
  ]);
});

test("the model answers from other writers, and never from the writer it is asked about", async () => {
  const loaded = loadRules(RULES);
  if (loaded.kind === "problems") throw new Error("the default rules do not load");
  // Words no rule knows; and one writer whose own words, were they learnt, would outweigh those everybody uses.
  const says = {
    clinical: "zorp frinkle wubble",
    billing: "gant mirrel toop",
    admissions: "sleck bavvin durp",
    access: "hollim quent yarb",
  };
  const mails = Object.entries(says).flatMap(([type, text]) =>
    Array.from({ length: 40 }, (_, i) => mail(type, `writer-${i % 4}`, `${text} ${i}`)),
  );
  const odd = Array.from({ length: 5 }, () => mail("billing", "odd", "zorp vlim frinkle prask wubble donnel"));
  const { mails: evaluated } = await evaluate(
    [...mails, ...odd],
    compileRules(loaded.rules),
    "complement",
    () => undefined,
  );
  const others = evaluated.filter((each) => each.mail.voice !== "odd");
  expect(others.filter((each) => each.answers.model === each.mail.type)).toHaveLength(160);
  const answersToOdd = evaluated.filter((each) => each.mail.voice === "odd").map((each) => each.answers.model);
  expect(answersToOdd).toEqual(odd.map(() => "clinical"));
});

test("our own written mails are evaluated in one go, every one of them counted once", async () => {
  await using folder = await tempDir();
  const ran = await runMailward(folder.path, ["evaluate", "--mails", TRAINING, "--rules", RULES, "--json"]);
  expect(ran.code, ran.told).toBe(0);
  const told = JSON.parse(ran.out) as { mails: number; ways: unknown[]; matrix: { counts: number[] }[] };
  expect(told.mails).toBeGreaterThan(900);
  expect(told.matrix.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0)).toBe(told.mails);
  expect(told.ways).toHaveLength(4);
});

test("every bad line is told, with what to write", async () => {
  await using folder = await tempDir();
  const good = JSON.stringify(mail("billing", "somebody", "refund please"));
  const unknown = JSON.stringify(mail("parking", "somebody", "where"));
  writeFileSync(join(folder.path, "mails.jsonl"), `${good}\nnot json\n\n{"voice":"x"}\n${unknown}\n`);
  const ran = await runMailward(folder.path, ["evaluate", "--mails", "mails.jsonl", "--rules", RULES]);
  expect(ran.code).toBe(2);
  expect(ran.told).toContain("mails.jsonl:2: this line is no JSON object");
  expect(ran.told).toContain("mails.jsonl:4: write text for `type`, `alias`");
  expect(ran.told).toContain("mails.jsonl:5: there is no type of that name; write one of");
});

test("a path that is not there and a folder without mails are told", async () => {
  await using folder = await tempDir();
  const away = await runMailward(folder.path, ["evaluate", "--mails", "nowhere", "--rules", RULES]);
  expect([away.code, away.told]).toEqual([2, expect.stringContaining("cannot be read (ENOENT)")]);
  const empty = await runMailward(folder.path, ["evaluate", "--mails", ".", "--rules", RULES]);
  expect([empty.code, empty.told]).toEqual([2, expect.stringContaining("there is no labelled mail in it")]);
});
