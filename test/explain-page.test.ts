// The page of `explain`: one sentence on top, every kind of evidence with its words in context, the way to the
// department, what would have changed the answer, and rules that are tried out apart from those that count.

import { describe, expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { explanation } from "../src/cli/explain-line.ts";
import { page } from "../src/cli/explain-page.ts";
import type { Explained } from "../src/cli/explain-why.ts";
import { rulesFromSources } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import { withHouse } from "../src/decider/learn.ts";
import { NO_PROOF } from "../src/message.ts";
import { parse } from "../src/parse/parse.ts";
import { decideMessage } from "../src/pipeline.ts";

const RULES = `
domains: [clinic.example]
help: { write: help@clinic.example, call: "555-0100" }
aliases:
  clinical: { type: clinical, points: 1.5 }
  billing: { type: billing, points: 1.5 }
queues: { nurses: { hours: business }, on-call: { hours: always }, surgery: {}, billing-desk: {}, claims: {}, review: {} }
review_queue: review
decide: { at_least: 3, margin: 1.5 }
calendar:
  time_zone: America/Chicago
  open: { monday: ["08:00-17:00"] }
  holidays: { 2026-12-25: Christmas Day }
  after_hours: { urgency: [P1], queue: on-call }
facts:
  location: { day-surgery: [day surgery] }
request_types:
  clinical:
    - { id: refill, any: [refill], points: 3 }
    - { id: weak, any: [tablets], points: 2 }
    - { id: both, all: [wound, [swollen, red]], points: 3 }
  billing:
    - { id: payment-plan, any: [payment plan], points: 3 }
    - { id: denied, any: [claim was denied], sure: true }
    - { id: tried, mode: shadow, any: [hardship], points: 5 }
urgency:
  P1:
    - { id: chest-pain, any: [chest pain], type: clinical, points: 6 }
departments:
  - { id: to-claims, when: { type: billing, urgency: P1 }, queue: claims, department: Claims }
  - { id: to-surgery, when: { type: clinical, location: day-surgery }, queue: surgery, department: Surgery }
  - { id: to-nurses, when: { type: clinical }, queue: nurses, department: Nurses }
  - { id: to-billing, when: { type: billing }, queue: billing-desk, department: Billing }
`;
const compiled = compileRules(rules());
/** Monday, 2026-11-23, 10:00 and 22:00 in Chicago. */
const MORNING = Date.UTC(2026, 10, 23, 16);
const NIGHT = Date.UTC(2026, 10, 24, 4);

describe("the sentence on top", () => {
  test.each([
    [
      "billing",
      "Could I set up a payment plan?",
      "Goes to Billing (queue billing-desk), in its turn: »payment plan« and the alias billing@ speak for billing; nothing urgent was said.",
    ],
    [
      "billing",
      "I have chest pain.",
      "Goes to Nurses (queue nurses), at once: »chest pain« speaks for clinical; »chest pain« makes it P1.",
    ],
    [
      "billing",
      "My claim was denied, and a refill.",
      "Goes to Billing (queue billing-desk), in its turn: »claim was denied« is sure to mean billing; nothing urgent was said.",
    ],
    [
      "billing",
      "Hello.",
      "Goes to Billing (queue billing-desk), in its turn: it was sent to billing@ and nothing speaks against that; nothing urgent was said.",
    ],
    [
      "billing",
      "My tablets.",
      "People look at it first (queue review), in its turn: it was sent to billing@, but »tablets« speaks for clinical, not clearly enough; nothing urgent was said.",
    ],
    [
      "clinical",
      "A refill, no chest pain.",
      "Goes to Nurses (queue nurses), in its turn: »refill« and the alias clinical@ speak for clinical; »chest pain« does not count.",
    ],
  ])("to %s@: %s", async (alias, text, sentence) => {
    expect((await explained(alias, text)).data["sentence"]).toBe(sentence);
  });

  test("tells that the queue is closed", async () => {
    const { data } = await explained("clinical", "I have chest pain.", NIGHT);
    expect(data["sentence"]).toMatch(
      /^Goes to Nurses \(queue on-call\), at once: .* Queue nurses is closed, so on-call takes it\.$/,
    );
  });
});

describe("the scorecard", () => {
  test("shows the words of a rule where they stand", async () => {
    const { text } = await explained("billing", "Dear all, could I set up a payment plan for my visit?");
    expect(text).toMatch(/^ {2}rule payment-plan +billing +\+3\.0\n {4}text: .*set up a »payment plan« for my/m);
    expect(text).toMatch(/^ {2}sum +billing +4\.5$/m);
  });

  test("shows all the words of a rule that asks for several, also far apart", async () => {
    const near = await explained("clinical", "The wound is red.");
    expect(near.text).toContain("text: The »wound« is »red«.");
    const far = await explained("clinical", `The wound hurts. ${"So it goes on and on. ".repeat(9)}It is swollen.`);
    expect(far.text).toMatch(/^ {4}text: The »wound« hurts.*\n {4}text: ….*It is »swollen«\.$/m);
  });

  test("shows what does not count, and the words because of which", async () => {
    const { text } = await explained("clinical", "There is no chest pain.");
    expect(text).toMatch(/^ {2}\(chest-pain\) +P1 +0$/m);
    expect(text).toContain("text: There is »no« »chest pain«.");
    expect(text).toContain("does not count, because of »no« before it (it is denied)");
  });

  test("shows facts that words told", async () => {
    const { text, data } = await explained("clinical", "A refill after my day surgery.");
    expect(text).toMatch(/^ {2}fact location +day-surgery *\n {4}text: .*»day surgery«/m);
    expect(data["known"]).toMatchObject({ location: ["day-surgery"], type: ["clinical"], hours: ["open"] });
  });
});

describe("the way to the department", () => {
  test("names each rule in order, what it lacked, and ends at the one that fits", async () => {
    const { text } = await explained("clinical", "A refill.");
    expect(text).toContain(
      [
        "  way to the department",
        "  to-claims: needs type billing, is clinical; urgency P1, is P4",
        "  to-surgery: needs location day-surgery, is not known",
        "  to-nurses: fits",
      ].join("\n"),
    );
    expect(text).not.toContain("to-billing");
  });

  test("is data for programs", async () => {
    const { data } = await explained("clinical", "A refill after my day surgery.");
    expect(data["path"]).toEqual([
      {
        rule: "to-claims",
        unmet: [
          { fact: "type", needs: ["billing"], is: ["clinical"] },
          { fact: "urgency", needs: ["P1"], is: ["P4"] },
        ],
      },
      { rule: "to-surgery", unmet: [] },
    ]);
  });
});

describe("what would have changed the answer", () => {
  test("names the rule without which it would go elsewhere", async () => {
    const { text } = await explained("billing", "A payment plan? And some tablets.");
    expect(text).toContain("without rule payment-plan it would go to review, as clinical");
  });

  test("says how many points are missing", async () => {
    const { text, data } = await explained("billing", "My tablets.");
    expect(text).toContain("1.0 point more for clinical would decide");
    expect(data["near"]).toEqual({ kind: "short", type: "clinical", points: 1 });
  });

  test("says when the answer is only just so, and nothing when it is clear", async () => {
    expect((await explained("billing", "A refill.")).text).toContain("no point to spare for clinical");
    expect((await explained("clinical", "I have chest pain.")).text).not.toContain("to spare");
  });
});

describe("rules that are tried out", () => {
  test("stand apart, with their words and what they would have decided", async () => {
    const { text, data } = await explained("clinical", "A hardship.");
    const [counting = "", tried = ""] = text.split("rules tried out, which count for nothing");
    expect(counting).not.toContain("rule tried ");
    expect(tried).toMatch(/rule tried +billing +\+5\.0\n {4}text: A »hardship«\./);
    expect(tried).toContain("With them it would go to billing-desk, billing, P4.");
    expect(data["triedOut"]).toMatchObject({ outcome: { queue: "billing-desk" }, evidence: [{ rule: "tried" }] });
  });

  test("are not mentioned where none spoke", async () => {
    const { text, data } = await explained("clinical", "A refill.");
    expect(text).not.toContain("tried out");
    expect(data["triedOut"]).toBeNull();
  });
});

test("the page says when it came and whether we were open", async () => {
  expect((await explained("clinical", "Hello.")).text).toContain("Monday 2026-11-23 10:00, our time; we are open");
  expect((await explained("clinical", "Hello.", NIGHT)).text).toContain("22:00, our time; we are closed");
  expect((await explained("clinical", "Hello.", Date.UTC(2026, 11, 25, 16))).text).toContain(
    "closed for Christmas Day",
  );
});

test("no line is longer than a terminal of 80 columns", async () => {
  const long = `The wound is red, ${"and so on ".repeat(40)}and swollen; chest pain, payment plan, day surgery, claim was denied.`;
  for (const at of [MORNING, NIGHT]) {
    for (const line of (await explained("clinical", long, at)).text.split("\n")) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
  }
});

async function explained(alias: string, text: string, at = MORNING) {
  const raw = Buffer.from(`From: ana@example.net\r\nTo: ${alias}@clinic.example\r\nSubject: A note\r\n\r\n${text}\r\n`);
  const facts = withHouse(compiled.set)({
    door: "smtp",
    receivedAt: at,
    sizeBytes: raw.length,
    mailFrom: "ana@example.net",
    user: null,
    proof: NO_PROOF,
    staffNetwork: false,
    staffDomains: [],
    earlier: [],
    threadKey: null,
    aliases: [alias],
  });
  const message = await parse(raw);
  const decided = decideMessage(message, facts, compiled);
  const whole: Explained = { name: "a.eml", message, facts, aliasBy: null, decided, rules: compiled, adviser: null };
  return { text: page(whole), data: explanation(whole) };
}

function rules() {
  const loaded = rulesFromSources([{ file: "rules.yaml", text: RULES }], "");
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded.rules;
}
