// Form mails: what they say, what is missing and what the text speaks against, under the default rules.
// A case is fixtures/forms/<what-it-shows>.eml and .json; UPDATE=1 writes the expectation, then review it.import { messageSaying, NO_GROUND } from "./support/blank.ts";

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { classify } from "../src/classify/classify.ts";
import { type CompiledRules, compileRules } from "../src/classify/compile.ts";
import { contradictions, missingFields, readForm } from "../src/classify/form.ts";
import { hear } from "../src/classify/hear.ts";
import { match } from "../src/classify/match.ts";
import { loadRules } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import type { Message } from "../src/message.ts";
import { readPairs } from "../src/parse/pairs.ts";
import { parse } from "../src/parse/parse.ts";
import { messageSaying, NO_GROUND } from "./support/blank.ts";

const ROOT = join(import.meta.dirname, "..");
const FORMS = join(ROOT, "fixtures/forms");
const rules = defaultRules();

describe("every form mail under the default rules", () => {
  const mails = readdirSync(FORMS).filter((file) => file.endsWith(".eml"));

  test("is found", () => {
    expect(mails.length).toBeGreaterThanOrEqual(45);
  });

  test.each(mails)("%s is read as expected", async (file) => {
    const read = summary(await parse(readFileSync(join(FORMS, file))));
    const path = join(FORMS, file.replace(/\.eml$/, ".json"));
    if (process.env["UPDATE"] === "1") writeFileSync(path, `${JSON.stringify(read, null, 2)}\n`);
    if (!existsSync(path)) throw new Error(`${path} is missing; UPDATE=1 writes it, then review it`);
    expect(read).toEqual(JSON.parse(readFileSync(path, "utf8")));
  });

  test.each(mails)("%s is read the same with bare line feeds", async (file) => {
    const raw = readFileSync(join(FORMS, file));
    const bare = Buffer.from(raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
    expect(bare.equals(raw)).toBe(false);
    expect(summary(await parse(bare))).toEqual(summary(await parse(raw)));
  });

  test.each(mails)("%s is read the same as an attached mail", async (file) => {
    const raw = readFileSync(join(FORMS, file));
    const { contradictions: _, missing: __, ...alone } = summary(await parse(raw));
    expect(summary(await parse(attached(raw)))).toMatchObject(alone);
  });

  test.each(mails)("%s has fields that stand where they say, within the bounds", async (file) => {
    const message = await parse(readFileSync(join(FORMS, file)));
    const tree = message.pairs.some((pair) => pair.layout === "tree");
    for (const { value, span } of readForm(message, hear(message), rules.forms).fields) {
      const there = message[span.field === "subject" ? "subject" : "text"].slice(span.start, span.end);
      if (!tree) expect(there).toBe(value);
      expect(there.length).toBeGreaterThan(0);
      expect(value.length).toBeLessThanOrEqual(2_000);
    }
    expect(message.pairs.length).toBeLessThanOrEqual(200);
  });
});

test("a rule set without forms reads none", async () => {
  const without = compileRules({ ...rules.set, forms: { formFrom: 2, blank: [], fields: [], required: [] } });
  const message = await parse(readFileSync(join(FORMS, "key-value-lines.eml")));
  expect(readForm(message, hear(message), without.forms)).toEqual({
    isForm: false,
    fields: [],
    requestType: null,
    urgency: null,
    labels: [],
  });
  expect(missingFields("access", [], without.forms)).toEqual([]);
});

test("the names of a form's fields are the form's words and no sign of anything", async () => {
  const head = "From: a@b.example\r\nSubject: form\r\n\r\n";
  const form = await parse(Buffer.from(`${head}Name: Sam Field\r\nHow urgent is this?: no hurry\r\n`));
  const letter = await parse(Buffer.from(`${head}How urgent is this? I do not know.\r\n`));
  const urgency = (message: Message) => {
    const hits = match(message, hear(message), readForm(message, hear(message), rules.forms), rules);
    return classify(hits, { evidence: [], urgency: null, defects: [] }, NO_GROUND, rules).urgency;
  };
  expect(readForm(form, hear(form), rules.forms).labels.map(({ start, end }) => form.text.slice(start, end))).toEqual([
    "Name",
    "How urgent is this?",
  ]);
  expect(urgency(form)).toBe("P4");
  expect(urgency(letter)).not.toBe("P4");
});

describe("pairs", () => {
  test("out of quoted history, signatures and heads of forwards are not read", () => {
    const text = "Name: Ana\nDOB: 1/2/1980\nPhone: 1\nTopic: x\nRole: y\n";
    const kinds = ["own", "quoted", "signature", "forward-header", "forwarded"] as const;
    let at = 0;
    const sections = text
      .split(/(?<=\n)/)
      .filter(Boolean)
      .map((line, i) => ({ kind: kinds[i] ?? "own", start: at, end: (at += line.length) }));
    expect(readPairs(text, sections).map((pair) => pair.key)).toEqual(["Name", "Role"]);
  });

  test.each([
    ["https://clinic.example/a: b", []],
    ["10:30", []],
    ["At 10:30 we met", []],
    [`${"a very long sentence ".repeat(5)}: value`, []],
    ["one two three four five six seven eight nine: value", []],
    ["ana@example.net: hello", []],
    ["a == b", []],
    ["=====", []],
    ["Name\tMiddle\tLast", []],
    ["- Name: Ana", [["Name", "Ana"]]],
    ["3) Name : Ana", [["Name", "Ana"]]],
    ["**Name:** Ana", [["Name", "Ana"]]],
    ["Time: 10:30", [["Time", "10:30"]]],
    ["Site: https://clinic.example", [["Site", "https://clinic.example"]]],
    ["Name:\n\n\nAna", [["Name", ""]]],
    ["Name:\nAna\nRuiz\n\nother", [["Name", "Ana\nRuiz"]]],
    ["Name:\n----\nAna", [["Name", ""]]],
    [
      '{"a":{"b":[1,true,"x\\"y"],"c":null,"d":[{"e":2}]}}',
      [
        ["a.b", '1, true, x"y'],
        ["a.c", ""],
        ["a.d.e", "2"],
      ],
    ],
    ['["a"]', []],
    [
      "<a><b>1 &lt; 2 &#65;</b><c/></a>",
      [
        ["a.b", "1 < 2 A"],
        ["a.c", ""],
      ],
    ],
    ["<a><b>1</a></b>", []],
    ["Look: <a><b>1</b></a>", [["Look", "<a><b>1</b></a>"]]],
    ["<a>1</a><b>2</b>", []],
    ["<html><b>Name</b></html>", []],
    [
      "Name\n\tAna\nTopic\n\tRefill",
      [
        ["Name", "Ana"],
        ["Topic", "Refill"],
      ],
    ],
    [`Text: ${"long ".repeat(1_000)}`, [["Text", "long ".repeat(400).trim()]]],
  ])("of %j", (text, expected) => {
    expect(pairsOf(text).map((pair) => [pair.key, pair.value])).toEqual(expected);
  });

  test("of hostile texts cost no more than reading them", () => {
    const SIZE = 250_000;
    const hostile = [
      "a:\n",
      "a\n",
      "a:b",
      "a:\t",
      "\t",
      ":",
      " ",
      "*",
      "Name:\nb\n",
      "<a>",
      "<!--",
      "{",
      '{"a":',
      "[",
      "-- a --\n",
      "date of birth is ",
      "name is A ",
      "Message: x\n",
    ];
    for (const piece of hostile) {
      const text = piece.repeat(Math.ceil(SIZE / piece.length));
      const started = performance.now();
      for (const whole of [text, `Name: x\nDOB: 1/1/1980\n${text}`, `<a>${text}</a>`, `{"a":"${text}"}`]) {
        readForm(messageOf(whole), hear(messageOf(whole)), rules.forms);
      }
      // A quarter of a second is usual; something quadratic takes minutes.
      expect(performance.now() - started, piece).toBeLessThan(20_000);
    }
  }, 120_000);
});

/** The mail attached to another one, as a desk passes it on. */
function attached(raw: Uint8Array): Uint8Array {
  const head = [
    "From: Desk <desk@clinic.example>",
    "Subject: Fwd: form",
    "Content-Type: multipart/mixed; boundary=outer",
    "",
    "--outer",
    "Content-Type: text/plain",
    "",
    "Please see attached.",
    "--outer",
    "Content-Type: message/rfc822",
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(head.join("\r\n")), raw, Buffer.from("\r\n--outer--\r\n")]);
}

function pairsOf(text: string) {
  return readPairs(text, [{ kind: "own", start: 0, end: text.length }]);
}

function messageOf(text: string): Message {
  const message = messageSaying(text);
  return { ...message, pairs: readPairs(text, message.sections) };
}

/** What a reviewer of the expectations wants to see. */
function summary(message: Message) {
  const form = readForm(message, hear(message), rules.forms);
  const text = classify(
    match(message, hear(message), form, rules),
    { evidence: [], urgency: null, defects: [] },
    NO_GROUND,
    rules,
  );
  const requestType = form.requestType?.type ?? text.requestType;
  return {
    isForm: form.isForm,
    requestType: form.requestType && `${form.requestType.type} by ${form.requestType.field}`,
    urgency: form.urgency && `${form.urgency.urgency} by ${form.urgency.field}`,
    fields: Object.fromEntries(form.fields.map(({ field, value }) => [field, short(value)])),
    missing: missingFields(requestType, form.fields, rules.forms),
    contradictions: contradictions(form, text, rules.set.decide).map(
      (each) => `${each.field} says ${each.says}, the text says ${each.textSays}`,
    ),
  };
}

function short(value: string): string {
  const oneLine = value.replace(/\s+/g, " ");
  return oneLine.length <= 120 ? oneLine : `${oneLine.slice(0, 100)} … ${value.length} characters`;
}

function defaultRules(): CompiledRules {
  const loaded = loadRules(join(ROOT, "rules"));
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return compileRules(loaded.rules);
}
