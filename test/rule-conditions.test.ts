// When a rule counts: what cancels its hits, conditions on facts, days, rules that are only tried out; and what would
// have changed the answer.

import { describe, expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import type { RuleSet } from "../src/config/rules.ts";
import type { Facts, Message } from "../src/message.ts";
import { decideMessage } from "../src/pipeline.ts";
import { BLANK_RULES, messageSaying, ruleSaying } from "./support/blank.ts";
import { facts } from "./support/facts.ts";
import { type File, fired, found, rulesWith, urgent } from "./support/fired.ts";

describe("heed", () => {
  const rule = { any: ["chest pain"] };

  test("lets a level's rule be cancelled, and shows by which words", () => {
    const decided = urgent(rule, "I have no chest pain today.");
    expect(decided.outcomes[0]?.urgency).toBe("P4");
    expect(decided.outcomes[0]?.requestType).toBeNull();
    const cancelled = decided.outcomes[0]?.evidence.find((each) => each.kind === "cancelled");
    expect(cancelled).toMatchObject({ rule: "rule", urgency: "P1", phrase: "chest pain", why: "negated" });
  });

  test("is overcome by one hit that nothing cancels, in any order", () => {
    for (const text of [
      "No chest pain in 2019. I have chest pain now.",
      "I have chest pain. My father has no chest pain.",
    ]) {
      const [outcome] = urgent(rule, text).outcomes;
      expect(outcome?.urgency).toBe("P1");
      expect(outcome?.evidence.some((each) => each.kind === "cancelled")).toBe(false);
    }
  });

  test("of nothing takes every hit", () => {
    expect(urgent({ ...rule, heed: [] }, "I have no chest pain today.").outcomes[0]?.urgency).toBe("P1");
  });

  test("of a year takes this one for now, and in January the last one too", () => {
    const on = (date: string | null) => {
      const localTime = date === null ? null : { date, weekday: "Monday", time: "10:00" };
      return urgent(rule, "I had chest pain in 2026.", { localTime }).outcomes[0]?.urgency;
    };
    expect([on("2026-11-24"), on("2027-01-31"), on("2027-02-01"), on(null)]).toEqual(["P1", "P1", "P4", "P4"]);
  });

  test("of a pattern cancelled ever so often takes the last for what it says", () => {
    const pattern = { patterns: ["chest pain"] };
    expect(urgent(pattern, "Patient denies chest pain.\n\n".repeat(25)).outcomes[0]?.urgency).toBe("P4");
    expect(
      urgent(pattern, `${"Patient denies chest pain.\n\n".repeat(25)}He has chest pain.`).outcomes[0]?.urgency,
    ).toBe("P1");
  });

  test("does not concern rules of request types unless they say so", () => {
    expect(found({ any: ["refills"] }, "I have no refills left.")).toEqual(["refills"]);
    expect(found({ any: ["fever"], heed: ["negation"] }, "I have no fever.")).toEqual([]);
  });

  test("of ten thousand cancelled hits keeps the mail on the safe side", () => {
    expect(urgent(rule, "I have no chest pain. ".repeat(10_000)).outcomes[0]?.urgency).toBe("P1");
  });
});

describe("when", () => {
  const rule = (when: File) => ({ any: ["word"], when });
  const say = (over: Partial<Message> = {}): Message => ({ ...messageSaying("a word"), ...over });

  test("asks for the alias, which may differ for one mail", () => {
    const { outcomes } = decideMessage(say(), facts({ aliases: ["one", "two"] }), rulesWith(rule({ alias: "two" })));
    expect(outcomes.map(({ evidence }) => evidence.filter(({ kind }) => kind === "rule").length)).toEqual([0, 1]);
  });

  test.each([
    [{ language: ["es", "fr"] }, say({ language: "es" }), {}, true],
    [{ language: "es" }, say({ language: "en" }), {}, false],
    [{ language: "es" }, say(), {}, false],
    [{ kind: "list" }, say({ kind: "list" }), {}, true],
    [{ kind: "list" }, say(), {}, false],
    [{ door: "lmtp" }, say(), { door: "lmtp" }, true],
    [{ door: "lmtp" }, say(), {}, false],
    [{ proof: "staff" }, say(), { user: "frontdesk" }, true],
    [{ proof: "staff" }, say(), {}, false],
    [{ proof: "unknown" }, say(), {}, true],
    [{ sender_domain: "insurer.example" }, say({ from: { name: "", address: "a@Insurer.example" } }), {}, true],
    [{ sender_domain: "insurer.example" }, say({ from: { name: "", address: "a@b.insurer.example" } }), {}, false],
    [{ location: "north" }, say({ subject: "north campus" }), {}, true],
    [{ location: "south" }, say({ subject: "north campus" }), {}, false],
    [{ location: "south", language: "en" }, say({ subject: "south campus" }), {}, false],
  ] as const)("%j", (when, message, more, fires) => {
    const set = { facts: LOCATIONS };
    expect(fired(rule(when), message, set, more as Partial<Facts>).length).toBe(fires ? 1 : 0);
  });

  test("asks for the hours of the house; where nobody knows the time it is neither open nor closed", () => {
    const calendar: RuleSet["calendar"] = {
      timeZone: "UTC",
      open: new Map([["Monday", [{ from: "08:00", to: "17:00" }]]]),
      holidays: new Map([["2026-12-28", "a holiday"]]),
      afterHours: null,
    };
    const at = (date: string, weekday: string, time: string) => ({ localTime: { date, weekday, time } });
    const open = (more: Partial<Facts>) => fired(rule({ hours: "open" }), say(), { calendar }, more).length;
    const closed = (more: Partial<Facts>) => fired(rule({ hours: "closed" }), say(), { calendar }, more).length;
    expect([open(at("2026-11-23", "Monday", "08:00")), closed(at("2026-11-23", "Monday", "08:00"))]).toEqual([1, 0]);
    expect([open(at("2026-11-23", "Monday", "17:00")), closed(at("2026-11-23", "Monday", "17:00"))]).toEqual([0, 1]);
    expect([open(at("2026-11-24", "Tuesday", "10:00")), closed(at("2026-11-24", "Tuesday", "10:00"))]).toEqual([0, 1]);
    expect([open(at("2026-12-28", "Monday", "10:00")), closed(at("2026-12-28", "Monday", "10:00"))]).toEqual([0, 1]);
    expect([open({}), closed({})]).toEqual([0, 0]);
  });

  test("facts are shown with the words that told them", () => {
    const decided = decideMessage(
      say({ subject: "north campus" }),
      facts({ aliases: ["a"] }),
      rulesWith({ any: ["x"] }, { facts: LOCATIONS }),
    );
    expect(decided.outcomes[0]?.evidence).toEqual([
      {
        kind: "fact",
        fact: "location",
        value: "north",
        phrase: "north campus",
        span: { field: "subject", start: 0, end: 12 },
      },
    ]);
  });
});

const LOCATIONS: RuleSet["facts"] = [
  {
    name: "location",
    values: [
      { value: "north", any: ["north campus"] },
      { value: "south", any: ["south campus"] },
    ],
  },
];

describe("days", () => {
  const on = (date: string | null, rule: File) =>
    fired(
      { any: ["word"], ...rule },
      messageSaying("word"),
      {},
      { localTime: date === null ? null : { date, weekday: "Monday", time: "10:00" } },
    ).length;

  test("from and until hold on their own day too, and only where the day is known", () => {
    const season = { from: "2026-10-01", until: "2026-11-30" };
    const days = ["2026-09-30", "2026-10-01", "2026-11-30", "2026-12-01"];
    expect(days.map((day) => on(day, season))).toEqual([0, 1, 1, 0]);
    expect(on(null, season)).toBe(0);
    expect(on(null, {})).toBe(1);
    expect([on("2030-01-01", { from: "2026-10-01" }), on("2020-01-01", { until: "2026-10-01" })]).toEqual([1, 1]);
  });
});

describe("a shadow rule", () => {
  const live = ruleSaying({ id: "live", any: ["word"] });
  const tried = ruleSaying({ id: "tried", any: ["other"], mode: "shadow" });
  const set = (rules: RuleSet["types"]): RuleSet => ({ ...BLANK_RULES, hash: "live", types: rules });

  test("decides nothing, and what it would have decided stands beside", () => {
    const rules = compileRules(
      set([
        { name: "one", rules: [live] },
        { name: "two", rules: [tried, { ...tried, id: "more" }] },
      ]),
    );
    const decided = decideMessage(messageSaying("word other"), facts({ aliases: ["a"] }), rules);
    expect(decided.outcomes[0]).toMatchObject({ requestType: "one", scores: [{ type: "one", points: 3 }] });
    expect(decided.shadow).toMatchObject({
      rulesHash: "live",
      outcomes: [{ alias: "a", requestType: "two", rules: ["live", "tried", "more"] }],
    });
  });

  test("is not needed: without one and without a shadow rule set there is nothing beside", () => {
    const rules = compileRules(set([{ name: "one", rules: [live] }]));
    expect(decideMessage(messageSaying("word"), facts({ aliases: ["a"] }), rules).shadow).toBeNull();
  });

  test("set as a whole is decided beside the live one and changes nothing of it", () => {
    const rules = compileRules(set([{ name: "one", rules: [live] }]));
    const other = compileRules({ ...set([{ name: "two", rules: [live] }]), hash: "other" });
    const alone = decideMessage(messageSaying("word"), facts({ aliases: ["a"] }), rules);
    const both = decideMessage(messageSaying("word"), facts({ aliases: ["a"] }), rules, { shadow: other });
    expect(both).toEqual({ ...alone, shadow: expect.anything() });
    expect(both.shadow).toMatchObject({ rulesHash: "other", outcomes: [{ requestType: "two" }] });
  });
});

describe("what would have changed the answer", () => {
  test("is each piece of evidence without which it would be another", () => {
    const rules = compileRules({
      ...BLANK_RULES,
      types: [
        { name: "one", rules: [ruleSaying({ id: "strong", any: ["word"] })] },
        {
          name: "two",
          rules: [{ ...ruleSaying({ id: "weak", any: ["other"] }), strength: { kind: "hint", points: 1 } }],
        },
      ],
    });
    const [outcome] = decideMessage(messageSaying("word other"), facts({ aliases: ["a"] }), rules).outcomes;
    expect(outcome?.requestType).toBe("one");
    expect(outcome?.without.map(({ evidence, requestType }) => [evidence, requestType])).toEqual([["strong", "two"]]);
  });

  test("is nothing when two rules say the same", () => {
    const rules = compileRules({
      ...BLANK_RULES,
      types: [
        { name: "one", rules: [ruleSaying({ id: "a", any: ["word"] }), ruleSaying({ id: "b", any: ["other"] })] },
      ],
    });
    const [outcome] = decideMessage(messageSaying("word other"), facts({ aliases: ["a"] }), rules).outcomes;
    expect(outcome?.without).toEqual([]);
  });
});
