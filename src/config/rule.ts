// One rule as the decision uses it: plain readonly values, whatever form an admin wrote them in.

import type { ExampleFile, RuleFile } from "./rule-schema.ts";

/** Where a phrase is looked for. `text` is what the writer wrote now and what is forwarded; `own` and `forwarded` are its two halves. */
export type Place =
  | "subject"
  | "text"
  | "own"
  | "forwarded"
  | "sender"
  | "sender_domain"
  | "attachment"
  | `header:${string}`
  | `field:${string}`;

/** What cancels a hit: "no chest pain", and "last year I had chest pain". */
export type Heed = "negation" | "history";

/** Facts that must all hold: of each one of the values. */
export type Conditions = readonly { readonly fact: string; readonly values: readonly string[] }[];

/** A mail in short, for a rule to be tried on. */
export type Example = {
  readonly subject: string;
  /** What the writer wrote. */
  readonly text: string;
  /** What is forwarded below. */
  readonly forwarded: string;
  /** `Name <address>` or an address; null: a stranger. */
  readonly from: string | null;
  /** The alias it was sent to; null: none of ours. */
  readonly alias: string | null;
  /** Local time, such as "2026-11-23 14:30"; null: not known. */
  readonly at: string | null;
  /** Name of an attached file. */
  readonly attachment: string | null;
  /** Names in lower case. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Sent by proven staff. */
  readonly staff: boolean;
};

export type Examples = { readonly match: readonly Example[]; readonly not: readonly Example[] };

/** What rules of request types and of urgency have in common. Phrases are as written: `<name>` stands for a word list. */
export type Rule = {
  readonly id: string;
  readonly note: string | null;
  /** A shadow rule is looked at and recorded, and decides nothing. */
  readonly mode: "live" | "shadow";
  /** First and last day it holds, on the clock of the house. */
  readonly from: string | null;
  readonly until: string | null;
  /** One of these, each of those (of which one alternative), none of these; an empty list asks for nothing. */
  readonly any: readonly string[];
  readonly all: readonly (readonly string[])[];
  readonly none: readonly string[];
  /** A hit that shares words with one of these does not count: "phone is dying" for the phrase "dying". */
  readonly except: readonly string[];
  /** Each of these with at most `within` words between the first and the last. */
  readonly near: { readonly of: readonly (readonly string[])[]; readonly within: number } | null;
  /** RE2 syntax; one of these or of `any`. */
  readonly patterns: readonly string[];
  readonly in: readonly Place[];
  /** Other forms of the words count too. */
  readonly inflect: boolean;
  readonly heed: readonly Heed[];
  readonly when: Conditions;
  readonly examples: Examples;
};

/** A rule of a file; `heed` is what it heeds unless it says so itself. */
export function ruleOf(file: RuleFile, heed: readonly Heed[]): Rule {
  return {
    id: file.id,
    note: file.note ?? null,
    mode: file.mode,
    from: file.from ?? null,
    until: file.until ?? null,
    any: phrasesOf(file.any),
    all: (file.all ?? []).map((each) => [each].flat()),
    none: phrasesOf(file.none),
    except: phrasesOf(file.except),
    near: file.near === undefined ? null : { of: file.near.of.map((each) => [each].flat()), within: file.near.within },
    patterns: file.patterns ?? [],
    in: file.in as readonly Place[],
    inflect: file.inflect,
    heed: file.heed ?? heed,
    when: conditionsOf(file.when),
    examples: examplesOf(file.examples),
  };
}

function phrasesOf(written: RuleFile["any"]): readonly string[] {
  return written === undefined ? [] : Array.isArray(written) ? written : Object.values(written).flat();
}

/** `when:` of a file. */
export function conditionsOf(when: RuleFile["when"]): Conditions {
  return Object.entries(when).map(([fact, values]) => ({ fact, values: [values].flat() }));
}

/** `examples:` of a file. */
export function examplesOf({ match, not }: RuleFile["examples"]): Examples {
  return { match: match.map(exampleOf), not: not.map(exampleOf) };
}

function exampleOf(file: ExampleFile): Example {
  if (typeof file === "string") return { ...NOTHING, text: file };
  const headers = Object.entries(file.headers).map(([name, value]) => ({ name: name.toLowerCase(), value }));
  const { subject, text, forwarded, staff } = file;
  const { from = null, alias = null, at = null, attachment = null } = file;
  return { subject, text, forwarded, from, alias, at, attachment, headers, staff };
}

const NOTHING: Example = {
  subject: "",
  text: "",
  forwarded: "",
  from: null,
  alias: null,
  at: null,
  attachment: null,
  headers: [],
  staff: false,
};
