// What each key of a rule asks for: words together, words near each other, words that must not be there, patterns,
// places, word lists, other forms, what cancels a hit, conditions, days, and rules that are only tried out.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { fieldText } from "../src/classify/hear.ts";
import { wordsOf } from "../src/classify/words.ts";
import { ruleOf } from "../src/config/rule.ts";
import { urgencyRule } from "../src/config/rule-schema.ts";
import type { RuleSet, UrgencyRule } from "../src/config/rules.ts";
import type { Facts, Message } from "../src/message.ts";
import type { Decided, Evidence } from "../src/outcome.ts";
import { decideMessage } from "../src/pipeline.ts";
import { BLANK_MESSAGE, BLANK_RULES, messageSaying, ruleSaying } from "./support/blank.ts";
import { facts } from "./support/facts.ts";

type File = Readonly<Record<string, unknown>>;
type Rule = Evidence & { readonly kind: "rule" };

describe("any", () => {
  test("takes phrases side by side in several languages", () => {
    const rule = { any: { en: ["payment plan"], es: ["plan de pago"] } };
    expect(found(rule, "A payment plan?")).toEqual(["payment plan"]);
    expect(found(rule, "¿Un plan de pago?")).toEqual(["plan de pago"]);
  });
});

describe("all", () => {
  const rule = { all: ["lost", ["card", "badge"]] };

  test("needs each entry, of which one alternative is enough, in any order and place", () => {
    expect(found(rule, "My badge. It is lost.")).toEqual(["lost", "badge"]);
    expect(found(rule, "I lost it.")).toEqual([]);
    expect(found(rule, "The badge and the card.")).toEqual([]);
  });

  test("goes with any: one of those and each of these", () => {
    const both = { any: ["insurance"], all: [["card", "badge"]] };
    expect(found(both, "My insurance card")).toEqual(["insurance", "card"]);
    expect(found(both, "My card")).toEqual([]);
    expect(found(both, "My insurance")).toEqual([]);
  });

  test("is found in subject and text together", () => {
    const message = { ...messageSaying("It is lost."), subject: "my badge" };
    expect(fired(rule, message).map(({ span }) => span.field)).toEqual(["text"]);
    expect(fired(rule, message)[0]?.others.map(({ field }) => field)).toEqual(["subject"]);
  });
});

describe("none", () => {
  test("keeps a rule from firing, wherever its places have the words", () => {
    const rule = { any: ["killing me"], none: ["bill", "factura"] };
    expect(found(rule, "This headache is killing me.")).toEqual(["killing me"]);
    expect(found(rule, "This bill is killing me.")).toEqual([]);
    expect(found({ ...rule, in: ["text"] }, { ...messageSaying("It is killing me."), subject: "the bill" })).toEqual([
      "killing me",
    ]);
  });

  test("does not hear what stands in the history", () => {
    const text = "It is killing me.\n> your bill";
    const sections = [
      { kind: "own", start: 0, end: 18 },
      { kind: "quoted", start: 18, end: text.length },
    ] as const;
    expect(found({ any: ["killing me"], none: ["bill"] }, { ...BLANK_MESSAGE, text, sections })).toEqual([
      "killing me",
    ]);
  });
});

describe("near", () => {
  const rule = { near: { of: ["refill", ["insulin", "inhaler"]], within: 3 } };

  test("needs the words within so many words of each other, in either order", () => {
    expect(found(rule, "a refill of my insulin")).toEqual(["refill", "insulin"]);
    expect(found(rule, "my inhaler needs a refill")).toEqual(["inhaler", "refill"]);
    expect(found(rule, "a refill of my very old insulin")).toEqual(["refill", "insulin"].slice(2));
    expect(found(rule, "a refill one two three insulin")).toEqual(["refill", "insulin"]);
    expect(found(rule, "a refill one two three four insulin")).toEqual([]);
  });

  test("takes the words that are close, not the first ones", () => {
    expect(found(rule, "A refill. Later on, in another sentence, I ask: insulin refill?")).toEqual([
      "insulin",
      "refill",
    ]);
  });

  test("does not reach from the subject into the text", () => {
    expect(found(rule, { ...messageSaying("insulin"), subject: "refill" })).toEqual([]);
  });

  test("of three counts from the first to the last", () => {
    const three = { near: { of: ["cannot", "see", "doctor"], within: 2 } };
    expect(found(three, "cannot now see doctor")).toEqual(["cannot", "see", "doctor"]);
    expect(found(three, "cannot ever now see doctor")).toEqual([]);
  });

  test("does not take one word for two entries", () => {
    expect(found({ near: { of: ["card", ["card", "badge"]], within: 5 } }, "my card")).toEqual([]);
  });
});

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

describe("word lists", () => {
  const words = [{ name: "medicine", any: ["insulin", "blood thinner"] }];

  test("stand for each of their entries, and the evidence shows the phrase as written", () => {
    const rule = { any: ["out of <medicine>"] };
    expect(found(rule, "I am out of blood thinner", { words })).toEqual(["out of blood thinner"]);
    expect(fired(rule, messageSaying("out of insulin"), { words })[0]?.phrase).toBe("out of <medicine>");
    expect(found({ near: { of: ["refill", "<medicine>"], within: 2 } }, "refill my insulin", { words })).toEqual([
      "refill",
      "insulin",
    ]);
  });
});

describe("inflect", () => {
  const rule = { any: ["renew prescription", "factura pagada"], inflect: true };

  test("takes other forms of the words in English and Spanish", () => {
    expect(found(rule, "renewing prescriptions")).toEqual(["renewing prescriptions"]);
    expect(found(rule, "las facturas pagadas")).toEqual(["facturas pagadas"]);
  });

  test("does not without being asked, and not of other words", () => {
    expect(found({ any: ["renew prescription"] }, "renewing prescriptions")).toEqual([]);
    expect(found(rule, "renewable presence")).toEqual([]);
  });

  test("does not take short words for forms of each other", () => {
    const short = { any: ["tos", "pap", "cara", "lab"], inflect: true };
    expect(found(short, "to paper the car")).toEqual([]);
    expect(found(short, "my labs")).toEqual(["labs"]);
  });

  test("goes for all, near and none too", () => {
    expect(found({ all: ["card", "lose"], inflect: true }, "losing my cards")).toEqual(["cards", "losing"]);
    expect(found({ near: { of: ["card", "lose"], within: 2 }, inflect: true }, "loses cards")).toEqual([
      "loses",
      "cards",
    ]);
    expect(found({ any: ["card"], none: ["birthday"], inflect: true }, "cards for birthdays")).toEqual([]);
  });
});

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
    const both = decideMessage(messageSaying("word"), facts({ aliases: ["a"] }), rules, other);
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

describe("any rule on any text", () => {
  const word = fc.constantFrom("a", "b", "c", "d");
  const phrase = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" "));
  const entry = fc.array(phrase, { minLength: 1, maxLength: 2 });
  const rule = fc.record({
    any: fc.array(phrase, { maxLength: 2 }),
    all: fc.array(entry, { maxLength: 2 }),
    none: fc.array(phrase, { maxLength: 1 }),
    near: fc.option(fc.record({ of: fc.array(entry, { minLength: 2, maxLength: 2 }), within: fc.nat(3) }), {
      nil: undefined,
    }),
  });
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));

  test("fires as the plain reading of its keys says", () => {
    fc.assert(
      fc.property(rule, text, (keys, said) => {
        fc.pre(keys.any.length + keys.all.length > 0 || keys.near !== undefined);
        const file = Object.fromEntries(
          Object.entries(keys).filter(
            ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
          ),
        );
        expect(fired(file, messageSaying(said)).length > 0).toBe(plainly(keys, said.split(" ")));
      }),
      { numRuns: 2000 },
    );
  });

  test("has its words where its spans say, whoever else stands in the set", () => {
    fc.assert(
      fc.property(fc.array(phrase, { minLength: 1, maxLength: 5 }), text, (phrases, said) => {
        const rules = phrases.map((one, index) => ruleSaying({ id: `r${index}`, any: [one] }));
        const message = messageSaying(said);
        const set = (all: typeof rules) => compileRules({ ...BLANK_RULES, types: [{ name: "one", rules: all }] });
        const hits = (all: typeof rules) =>
          decideMessage(message, facts({ aliases: ["a"] }), set(all)).outcomes[0]?.evidence.filter(isRule) ?? [];
        for (const hit of hits(rules)) {
          expect(wordsOf(said.slice(hit.span.start, hit.span.end))).toEqual(wordsOf(hit.phrase));
        }
        const names = (evidence: readonly Rule[]) => evidence.map((each) => each.rule).sort();
        expect(names(hits(rules.toReversed()))).toEqual(names(hits(rules)));
      }),
    );
  });
});

type Keys = {
  readonly any: readonly string[];
  readonly all: readonly (readonly string[])[];
  readonly none: readonly string[];
  readonly near: { readonly of: readonly (readonly string[])[]; readonly within: number } | undefined;
};

/** The keys read naively, every place tried. */
function plainly({ any, all, none, near }: Keys, words: readonly string[]): boolean {
  const places = (phrases: readonly string[]) =>
    phrases.flatMap((phrase) => {
      const wanted = phrase.split(" ");
      return words.flatMap((_, at) =>
        wanted.every((each, i) => words[at + i] === each) ? [{ first: at, last: at + wanted.length - 1 }] : [],
      );
    });
  const isThere = (phrases: readonly string[]) => places(phrases).length > 0;
  const isNear =
    near === undefined ||
    places(near.of[0] ?? []).some((one) =>
      places(near.of[1] ?? []).some((two) => {
        const [left, right] = one.first <= two.first ? [one, two] : [two, one];
        return right.first > left.last && right.first - left.last - 1 <= near.within;
      }),
    );
  return (any.length === 0 || isThere(any)) && all.every(isThere) && !none.some((one) => isThere([one])) && isNear;
}

function isRule(evidence: Evidence): evidence is Rule {
  return evidence.kind === "rule";
}

function rulesWith(file: File, set: Partial<RuleSet> = {}) {
  return compileRules({ ...BLANK_RULES, ...set, types: [{ name: "one", rules: [ruleSaying(file)] }] });
}

/** The evidence of a rule on a message. */
function fired(file: File, message: Message, set: Partial<RuleSet> = {}, more: Partial<Facts> = {}): readonly Rule[] {
  const decided = decideMessage(message, facts({ aliases: ["a"], ...more }), rulesWith(file, set));
  return decided.outcomes[0]?.evidence.filter(isRule) ?? [];
}

/** The words a rule found, its first place first. */
function found(file: File, said: string | Message, set: Partial<RuleSet> = {}): readonly string[] {
  const message = typeof said === "string" ? messageSaying(said) : said;
  return fired(file, message, set).flatMap(({ span, others }) =>
    [span, ...others].map(({ field, start, end }) => fieldText(message, field).slice(start, end)),
  );
}

/** A decision by a P1 rule that also speaks for a type. */
function urgent(file: File, text: string): Decided {
  const parsed = urgencyRule.parse({ id: "rule", ...file });
  const rule: UrgencyRule = { ...ruleOf(parsed, ["negation", "history"]), also: { type: "one", points: 6 } };
  const set: RuleSet = {
    ...BLANK_RULES,
    types: [{ name: "one", rules: [] }],
    urgencies: [{ urgency: "P1", rules: [rule] }],
  };
  return decideMessage(messageSaying(text), facts({ aliases: ["a"] }), compileRules(set));
}
