// `mailward evaluate`: each way of deciding is counted as a person would count it, and bad files are told by line.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { loadRules } from "../src/config/rules.ts";
import { asSent, type Evaluated, evaluate } from "../src/rulebook/evaluation.ts";
import {
  costOf,
  figuresOf,
  fittedMargins,
  reliability,
  reliabilityGap,
  urgencyFigures,
} from "../src/rulebook/figures.ts";
import type { LabelledMail } from "../src/rulebook/labelled.ts";
import { runMailward } from "./support/operator.ts";
import { tempDir } from "./support/temp-dir.ts";

/** All of them take half a minute on a quiet machine. */
const ALL_MS_MAX = 600_000;
const TRAINING = join(import.meta.dirname, "../fixtures/training");
const RULES = join(import.meta.dirname, "../rules");

function defaultRules() {
  const loaded = loadRules(RULES);
  if (loaded.kind === "problems") throw new Error("the default rules do not load");
  return compileRules(loaded.rules);
}

function mail(type: string, voice: string, text: string): LabelledMail {
  return { voice, type, alias: "access", language: "en", subject: "", text };
}

function answered(type: string, both: string | null): Evaluated {
  return {
    mail: mail(type, "somebody", ""),
    answers: { alias: null, rules: null, model: null, both },
    advice: null,
    urgency: "P4",
    urgencyByRules: "P4",
    lead: null,
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

test("what mistakes cost is the rules' matrix, and where it says nothing the usual", () => {
  const evaluated = [
    answered("clinical", "clinical"),
    answered("clinical", "billing"),
    answered("clinical", "access"),
    answered("billing", null),
    answered("billing", "access"),
    answered("none", null),
    answered("none", "access"),
  ];
  const costs = { clinical: { billing: 7 }, billing: { people: 3 } };
  // 7 as told, 100 for what must not be lost, 3 as told, 10 for a wrong queue, nothing for people on mail for nobody, 2.
  expect(costOf(evaluated, "both", { costs }, ["clinical"])).toBe(7 + 100 + 3 + 10 + 0 + 2);
});

test("the lead a type needs is the smallest, from the one in force on, with which few enough are wrong", () => {
  const routed = (type: string, lead: number | null, at: number) => {
    const each = answered(type, "billing");
    return { ...each, mail: { ...each.mail, voice: `writer-${at}` }, lead };
  };
  const many = (count: number, type: string, lead: number | null) =>
    Array.from({ length: count }, (_, at) => routed(type, lead, at));
  const evaluated = [
    ...many(30, "billing", 3),
    ...many(10, "clinical", 1.2),
    ...many(5, "billing", null),
    ...Array.from({ length: 4 }, () => answered("access", "access")),
  ];
  const inForce = { margin: 1, marginFor: {} };
  expect(fittedMargins(evaluated, ["billing", "access"], 0.05, inForce)).toEqual([
    { type: "billing", margin: 1.3, inForce: 1, wrong: 0, routed: 35, toPeople: 10 },
    { type: "access", margin: null, inForce: 1, wrong: null, routed: 0, toPeople: 4 },
  ]);
  // Never below the lead in force, whatever would be enough.
  expect(fittedMargins(evaluated, ["billing"], 0.5, inForce)).toMatchObject([{ margin: 1, toPeople: 0 }]);
  const higher = { margin: 1, marginFor: { billing: 2.5 } };
  expect(fittedMargins(evaluated, ["billing"], 0.05, higher)).toMatchObject([{ margin: 2.5 }]);
});

test("what a fitted lead lets through is told of writers it was not fitted on", () => {
  // Of half of the writers mistakes lead by 1, of the others by 2: what is enough for the first is not for the second.
  const evaluated = Array.from({ length: 80 }, (_, at) => {
    const isWrong = at % 8 < 2;
    const each = answered(isWrong ? "clinical" : "billing", "billing");
    const voice = `writer-${String.fromCharCode(97 + (at % 2))}`;
    return { ...each, mail: { ...each.mail, voice }, lead: isWrong ? 1 + (at % 2) : 3 };
  });
  const [fitted] = fittedMargins(evaluated, ["billing"], 0.05, { margin: 0, marginFor: {} });
  expect(fitted).toMatchObject({ margin: 2.1, routed: 60, toPeople: 20 });
  expect(fitted?.wrong).toBeCloseTo(10 / 70);
});

test("urgency is counted over mails that say how urgent they are", () => {
  const told = (wanted: "P1" | "P4", urgency: "P1" | "P4") => {
    const each = answered("clinical", null);
    return { ...each, mail: { ...each.mail, urgency: wanted }, urgency };
  };
  const evaluated = [told("P1", "P1"), told("P1", "P4"), told("P4", "P1"), told("P4", "P4"), answered("x", null)];
  expect(urgencyFigures(evaluated)).toEqual([
    { urgency: "P1", mails: 2, precision: 0.5, recall: 0.5 },
    { urgency: "P2", mails: 0, precision: null, recall: null },
  ]);
});

test("reliability sets what the model says beside how often that is right", () => {
  const says = (type: string, probability: number) => ({
    ...answered("billing", null),
    advice: { type, probability, all: [{ type, probability }] },
  });
  expect(reliability([says("billing", 0.92), says("access", 0.98), says("billing", 0.5), answered("x", null)])).toEqual(
    [
      { from: 0.5, mails: 1, said: 0.5, right: 1 },
      { from: 0.9, mails: 2, said: (0.92 + 0.98) / 2, right: 0.5 },
    ],
  );
  const gap = reliabilityGap([
    { from: 0.5, mails: 1, said: 0.5, right: 1 },
    { from: 0.9, mails: 3, said: 0.9, right: 0.8 },
  ]);
  expect(gap).toBeCloseTo((0.5 + 3 * 0.1) / 4);
  expect(reliabilityGap([])).toBeNull();
});

test("what the model says of a writer is not calibrated on that writer", async () => {
  const mails = (confused: boolean) =>
    Array.from({ length: 300 }, (_, i) => {
      const type = i % 2 === 0 ? "billing" : "access";
      const text = type === "billing" ? "gant mirrel toop" : "hollim quent yarb";
      // One writer says the words of the other type.
      const odd = confused && i % 10 === 0;
      return mail(odd ? "access" : type, `writer-${i % 10}`, `${text} ${i}`);
    });
  const rules = defaultRules();
  const wordOf = async (confused: boolean) => {
    const { mails: asked, calibratedBy } = await evaluate(
      asSent(mails(confused)),
      rules,
      "complement",
      () => undefined,
    );
    expect(calibratedBy).toBe("other-writers");
    return asked.find(({ mail: { voice } }) => voice === "writer-0")?.advice?.probability;
  };
  // That writer is always wrong, which only the writer's own mails could tell.
  expect(await wordOf(true)).toBe(await wordOf(false));
  const few = await evaluate(asSent(mails(false).slice(0, 20)), rules, "complement", () => undefined);
  expect(few.calibratedBy).toBe("starter");
});

test("the page needs nothing else, has its charts, and nothing of a mail", async () => {
  await using folder = await tempDir();
  const mails = Array.from({ length: 30 }, (_, i) => mail(i % 2 === 0 ? "billing" : "access", `w${i % 5}`, "marked"));
  writeFileSync(join(folder.path, "mails.jsonl"), mails.map((each) => JSON.stringify(each)).join("\n"));
  const args = ["evaluate", "--mails", "mails.jsonl", "--rules", RULES, "--html", "page.html", "--error", "5"];
  const ran = await runMailward(folder.path, args);
  expect(ran.code, ran.told).toBe(0);
  expect(ran.out).toContain("A type without a lead has too few mails");
  expect(ran.out).not.toContain("margin_for:");
  const page = readFileSync(join(folder.path, "page.html"), "utf8");
  expect(page.match(/<svg role="img"/g)?.length).toBe(5);
  expect(page.match(/class="matrix"/g)?.length).toBe(4);
  expect(page).toContain("<h2>Leads with which at most 5.0 % of");
  expect(page).not.toMatch(/src=|href=|https?:|marked/);
  const away = await runMailward(folder.path, [...args.slice(0, 5), "--html", "no/such/folder.html"]);
  expect([away.code, away.told]).toEqual([2, expect.stringContaining("cannot be written (ENOENT)")]);
});

test("the model answers from other writers, and never from the writer it is asked about", async () => {
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
    asSent([...mails, ...odd]),
    defaultRules(),
    "complement",
    () => undefined,
  );
  const others = evaluated.filter((each) => each.mail.voice !== "odd");
  expect(others.filter((each) => each.answers.model === each.mail.type)).toHaveLength(160);
  const answersToOdd = evaluated.filter((each) => each.mail.voice === "odd").map((each) => each.answers.model);
  expect(answersToOdd).toEqual(odd.map(() => "clinical"));
});

test("our own written mails are evaluated in one go, every one of them counted once", {
  timeout: ALL_MS_MAX,
}, async () => {
  await using folder = await tempDir();
  const ran = await runMailward(folder.path, ["evaluate", "--mails", TRAINING, "--rules", RULES, "--json"]);
  expect(ran.code, ran.told).toBe(0);
  const told = JSON.parse(ran.out) as { mails: number; ways: { matrix: { counts: number[] }[] }[] };
  expect(told.mails).toBeGreaterThan(900);
  const counted = told.ways.map(({ matrix }) => matrix.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0));
  expect(counted).toEqual(told.ways.map(() => told.mails));
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
