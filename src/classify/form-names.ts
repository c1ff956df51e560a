// The forms of the rules made ready for looking up: which key is which field, and what an answer means. Keys and
// answers are compared on normalised words, so case, accents, hyphens, underscores and camelCase make no difference.

import type { FieldKind, Forms } from "../config/forms.ts";
import { wordsOf } from "./words.ts";

/** Words of an answer that names a request type or an urgency; a longer one is a sentence, and the rules read those. */
const ANSWER_WORDS_MAX = 12;

type FormRule = Forms["fields"][number];

/** Names of a field as people use them in sentences: their words. */
type Phrase = { readonly words: readonly string[]; readonly rule: FormRule };

export type CompiledForms = {
  readonly set: Forms;
  readonly byName: ReadonlyMap<string, FormRule>;
  readonly blank: ReadonlySet<string>;
  /** Names of fields that are also looked for in sentences, by their first word, longest first. */
  readonly spoken: ReadonlyMap<string, readonly Phrase[]>;
  /** What the answers of a field mean, by its name. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, string>>;
};

/** Make the forms of a rule set ready for use. */
export function compileForms(set: Forms): CompiledForms {
  const byName = new Map<string, FormRule>();
  for (const rule of set.fields) for (const name of rule.names) byName.set(alike(name), rule);
  return {
    set,
    byName,
    blank: new Set(set.blank.map(alike)),
    spoken: spokenNames(set),
    answers: new Map(set.fields.map((rule) => [rule.name, answersOf(rule.kind)])),
  };
}

/**
 * The field a key stands for, or null. What stands in brackets ("Date of birth (MM/DD/YYYY)") may be left out, and of
 * a key out of a tree ("patient.name") its beginning.
 */
export function fieldOf(key: string, forms: CompiledForms): FormRule | null {
  const spaced = key.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  const whole = forms.byName.get(alike(spaced));
  if (whole !== undefined) return whole;
  if (/[([]/.test(spaced)) return forms.byName.get(alike(withoutBrackets(spaced))) ?? null;
  const steps = spaced.split(".");
  for (let from = 1; from < steps.length; from++) {
    const rule = forms.byName.get(alike(steps.slice(from).join(" ")));
    if (rule !== undefined) return rule;
  }
  return null;
}

/** An answer that says nothing: empty, without a letter or digit, or one the rules call blank. */
export function isBlankAnswer(value: string, forms: CompiledForms): boolean {
  const words = alike(value.slice(0, 200));
  return words === "" || forms.blank.has(words);
}

/** The values a field's answer can mean: the request type or the level it names first, and what it names besides. */
export function meantBy(value: string, rule: FormRule, forms: CompiledForms): readonly string[] {
  const answers = forms.answers.get(rule.name);
  const said = wordsOf(value.slice(0, 200));
  // Choices are often numbered: "1 - Emergency".
  const words = answers?.has(said.join(" ")) ? said : said.slice(said.findIndex((word) => !/^\d+$/.test(word)));
  if (answers === undefined || words.length === 0 || words.length > ANSWER_WORDS_MAX) return [];
  const found: string[] = [];
  for (let at = 0; at < words.length; ) {
    const hit = longestAt(words, at, answers);
    // An answer begins with its choice; "Other (not billing)" names none.
    if (hit === null && at === 0) return [];
    if (hit !== null && !found.includes(hit.means)) found.push(hit.means);
    at += hit?.length ?? 1;
  }
  return found;
}

function longestAt(
  words: readonly string[],
  at: number,
  answers: ReadonlyMap<string, string>,
): { readonly means: string; readonly length: number } | null {
  for (let end = words.length; end > at; end--) {
    const means = answers.get(words.slice(at, end).join(" "));
    if (means !== undefined) return { means, length: end - at };
  }
  return null;
}

function answersOf(kind: FieldKind): ReadonlyMap<string, string> {
  switch (kind.kind) {
    case "request-type":
      return new Map(kind.values.flatMap(({ type, any }) => any.map((each) => [alike(each), type] as const)));
    case "urgency":
      return new Map(kind.values.flatMap(({ urgency, any }) => any.map((each) => [alike(each), urgency] as const)));
    case "text":
    case "contact":
    case "name":
    case "date":
    case "free-text":
      return new Map();
  }
}

function spokenNames(set: Forms): ReadonlyMap<string, readonly Phrase[]> {
  const spoken = new Map<string, Phrase[]>();
  for (const rule of set.fields) {
    for (const name of rule.names) {
      const words = wordsOf(name);
      const first = words[0];
      // "Name" alone stands in too many sentences; "my name" and "patient name" are said of a person.
      const isSaid = rule.kind.kind === "date" || (rule.kind.kind === "name" && words.length > 1);
      if (first !== undefined && isSaid) spoken.set(first, [...(spoken.get(first) ?? []), { words, rule }]);
    }
  }
  for (const phrases of spoken.values()) phrases.sort((a, b) => b.words.length - a.words.length);
  return spoken;
}

function withoutBrackets(key: string): string {
  return key.replace(/\([^()]*\)|\[[^[\]]*\]/g, " ");
}

function alike(text: string): string {
  return wordsOf(text).join(" ");
}
