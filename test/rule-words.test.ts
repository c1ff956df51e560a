// What a rule asks for: words together, words near each other, words that must not be there, word lists, other forms;
// and that any rule on any text fires as the plain reading of its keys says.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { wordsOf } from "../src/classify/words.ts";
import { decideMessage } from "../src/pipeline.ts";
import { BLANK_MESSAGE, BLANK_RULES, messageSaying, ruleSaying } from "./support/blank.ts";
import { facts } from "./support/facts.ts";
import { type Fired, fired, found, isRule, rulesWith } from "./support/fired.ts";

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

describe("except", () => {
  const rule = { any: ["dying"], except: ["phone is dying", "dying to know", "<metaphor>"] };
  const words = [{ name: "metaphor", any: ["dying of laughter"] }];

  test("leaves out a hit that shares words with one of its phrases, and only that hit", () => {
    expect(found(rule, "My phone is dying.", { words })).toEqual([]);
    expect(found(rule, "I am dying to know.", { words })).toEqual([]);
    expect(found(rule, "I am dying of laughter.", { words })).toEqual([]);
    expect(found(rule, "My phone is dying, and so is he: dying.", { words })).toEqual(["dying"]);
    expect(found(rule, "dying too", { words })).toEqual(["dying"]);
  });

  test("shows by which words", () => {
    const decided = decideMessage(
      messageSaying("My phone is dying."),
      facts({ aliases: ["a"] }),
      rulesWith(rule, { words }),
    );
    expect(decided.outcomes[0]?.evidence).toMatchObject([
      { kind: "cancelled", why: "part-of", by: { field: "text", start: 3, end: 17 } },
    ]);
  });

  test("goes for all, near and patterns", () => {
    expect(found({ all: ["a", "b"], except: ["b c"] }, "a b c")).toEqual([]);
    expect(found({ all: ["a", "b"], except: ["b c"] }, "a b c b")).toEqual(["a", "b"]);
    expect(found({ near: { of: ["a", "b"], within: 3 }, except: ["x b"] }, "a x b")).toEqual([]);
    expect(found({ patterns: ["a[0-9]"], except: ["not a1"] }, "not a1 but a2")).toEqual(["a2"]);
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
        const names = (evidence: readonly Fired[]) => evidence.map((each) => each.rule).sort();
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
