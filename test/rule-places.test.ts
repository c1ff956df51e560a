// Where a rule looks and what it looks for beside words: patterns, and the places of a mail.

import { describe, expect, test } from "vitest";
import { fieldText } from "../src/classify/hear.ts";
import type { RuleSet } from "../src/config/rules.ts";
import type { Message } from "../src/message.ts";
import { BLANK_MESSAGE, messageSaying } from "./support/blank.ts";
import { fired, found } from "./support/fired.ts";

describe("patterns", () => {
  test("are found whatever the case, and beside phrases one of either is enough", () => {
    const rule = { any: ["claim number"], patterns: ["claim #?[0-9]{6,}"] };
    expect(found(rule, "About CLAIM #1234567.")).toEqual(["CLAIM #1234567"]);
    expect(found(rule, "The claim number?")).toEqual(["claim number"]);
    expect(found(rule, "claim #12")).toEqual([]);
  });

  test("with choices are found by each of them", () => {
    const rule = { patterns: ["(?:ab|abc)d[0-9]|x{2}yz"] };
    for (const text of ["abd1", "ABCD2", "xxyz"]) expect(found(rule, `see ${text} here`)).toEqual([text]);
    expect(found(rule, "see abd here")).toEqual([]);
  });

  test.each([
    ["colou?r"],
    ["\\x41bc"],
    ["\\pLbc"],
    ["(?i)abc"],
    ["(?:abc)?abc"],
    ["\\Qab\\Ec"],
    ["a(?P<letter>b)c"],
    ["[a]bc"],
    ["\\141bc"],
  ])("%s is not passed over by the look for what must stand there", (pattern) => {
    const text = pattern.startsWith("colo") ? "color" : "abc";
    expect(found({ patterns: [pattern] }, `x ${text} y`)).toEqual([text]);
  });

  test("heed what cancels", () => {
    const rule = { patterns: ["chest +pain"], heed: ["negation"] };
    expect(found(rule, "I have no chest pain.")).toEqual([]);
    expect(found(rule, "I have chest   pain.")).toEqual(["chest   pain"]);
  });

  test.each([["(a+)+$"], ["(a|aa)+$"], ["(.*)*x"], ["(?:[a-z]+ ?)+[0-9]"], ["(\\w*)*\\W\\w{3}q"]])(
    "%s takes time in proportion to the text",
    (pattern) => {
      // What hangs other engines for longer than the age of the universe: that it ends is the test.
      expect(found({ patterns: [pattern] }, `${"a".repeat(200_000)}!`).length).toBeLessThanOrEqual(1);
    },
  );
});

describe("places", () => {
  const message: Message = {
    ...BLANK_MESSAGE,
    subject: "subject word",
    text: "own word\nforwarded word",
    sections: [
      { kind: "own", start: 0, end: 9 },
      { kind: "forwarded", start: 9, end: 23 },
    ],
    from: { name: "Sender Word", address: "claims@insurer.example" },
    attachments: [
      { name: "first.pdf", type: "application/pdf", sizeBytes: 1 },
      { name: "referral word.pdf", type: "application/pdf", sizeBytes: 1 },
    ],
    headers: [
      { name: "list-id", value: "one" },
      { name: "list-id", value: "list word" },
    ],
  };

  test.each([
    ["subject", "subject"],
    ["text", "own"],
    ["own", "own"],
    ["forwarded", "forwarded"],
    ["sender", "Sender"],
    ["attachment", "referral"],
    ["header:List-Id", "list"],
  ])("%s", (place, before) => {
    const [hit] = fired({ any: ["word"], in: [place] }, message);
    if (hit === undefined) throw new Error("it does not fire");
    expect(fieldText(message, hit.span.field).slice(hit.span.start - before.length - 1, hit.span.end)).toBe(
      `${before} ${place === "sender" ? "Word" : "word"}`,
    );
  });

  test("sender_domain is what stands behind the @", () => {
    const rule = { any: ["insurer example"], in: ["sender_domain"] };
    expect(found(rule, message)).toEqual(["insurer.example"]);
    expect(found({ any: ["claims"], in: ["sender_domain"] }, message)).toEqual([]);
    expect(found(rule, { ...message, from: { name: "insurer.example", address: "a@b.example" } })).toEqual([]);
  });

  test("field: is the answer of a form", () => {
    const forms: RuleSet["forms"] = {
      formFrom: 1,
      blank: [],
      fields: [{ name: "topic", label: "topic", names: ["topic"], kind: { kind: "text" } }],
      required: [],
    };
    const text = "Topic: my bill\nOther: a refill";
    const pairs = [
      { key: "Topic", value: "my bill", start: 7, end: 14, layout: "line" },
      { key: "Other", value: "a refill", start: 22, end: 30, layout: "line" },
    ] as const;
    const form = { ...messageSaying(text), pairs };
    expect(found({ any: ["bill", "refill"], in: ["field:topic"] }, form, { forms })).toEqual(["bill"]);
  });
});
