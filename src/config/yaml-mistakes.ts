// What a schema found wrong, in plain words: what stands there, what is expected, and what to write instead.

import { z } from "zod";

/** A mistake and the path of the value (or key) it is about. */
export type Mistake = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly what: "key" | "value";
};

type Issue = z.core.$ZodIssue;

/** Put every issue of a schema into words. `value` is what was checked. */
export function mistakes(issues: readonly Issue[], schema: z.ZodType, value: unknown): readonly Mistake[] {
  // A misspelt key breaks the rules about keys that belong together as well; the spelling is what to mend.
  const misspelt = new Set(issues.flatMap((each) => (each.code === "unrecognized_keys" ? [each.path.join("\n")] : [])));
  return issues
    .filter((issue) => issue.code !== "custom" || !misspelt.has(issue.path.join("\n")))
    .flatMap((issue) => mistake(issue, schema, value));
}

/** `; did you mean \`points\`?` for the nearest known word, or "" when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === null ? "" : `; did you mean \`${near}\`?`;
}

/** `did you mean` when a word is near, else the list of what may be written. */
export function oneOf(word: string, known: readonly string[]): string {
  const hint = didYouMean(word, known);
  if (hint !== "") return hint;
  return known.length === 0 ? "" : `; write one of ${known.map((each) => `\`${each}\``).join(", ")}`;
}

function mistake(issue: Issue, schema: z.ZodType, value: unknown): readonly Mistake[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const there = at(value, path);
  const name = nameOf(path);
  const told = example(schema, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown key \`${key}\`${knownKeys(key, schema, path)}`,
        what: "key",
      }));
    case "invalid_type":
      if (there === undefined) return [{ path, message: `${name} is missing${told}`, what: "key" }];
      return [
        {
          path,
          message: `${name} must be ${kindName(issue.expected)}, not ${shown(there)}${told}${issue.expected === "string" && isMapping(there) ? COLON : ""}`,
          what: "value",
        },
      ];
    case "invalid_value": {
      const options = issue.values.map(String);
      if (there === undefined) return [{ path, message: `${name} is missing${oneOf("", options)}`, what: "key" }];
      return [
        {
          path,
          message: `${name} cannot be ${shown(there)}${oneOf(typeof there === "string" ? there : "", options)}`,
          what: "value",
        },
      ];
    }
    case "invalid_union":
      return unionMistakes(issue, schema, value, path);
    case "invalid_key":
      return issue.issues.map((inner) => ({ path, message: inner.message, what: "key" }));
    case "custom":
      return [{ path, message: issue.message, what: "value" }];
    case "invalid_format": {
      // A schema's own words say what to write; zod's own begin with "Invalid".
      const own = !issue.message.startsWith("Invalid");
      return [{ path, message: own ? issue.message : `${name} cannot be ${shown(there)}${told}`, what: "value" }];
    }
    case "too_small":
    case "too_big":
      return [{ path, message: `${name} ${bound(issue)}, not ${counted(there)}${told}`, what: "value" }];
    case "not_multiple_of":
    case "invalid_element":
      return [{ path, message: `${name}: ${issue.message}${told}`, what: "value" }];
  }
}

/** YAML takes text with a colon for a key with its value. */
const COLON = "; if this is text that holds a colon, put it in quotes";

function knownKeys(key: string, schema: z.ZodType, path: Mistake["path"]): string {
  const known = keysAt(schema, path);
  const mayBeText = schemasAt(schema, path).some((each) => each instanceof z.ZodString);
  return oneOf(key, known) + (mayBeText && didYouMean(key, known) === "" ? COLON : "");
}

function isMapping(there: unknown): boolean {
  return typeof there === "object" && there !== null && !Array.isArray(there);
}

/** The one form that was meant, when all others are another sort of value, speaks for itself; else what may be written. */
function unionMistakes(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType,
  value: unknown,
  path: Mistake["path"],
): readonly Mistake[] {
  const there = at(value, path);
  if (there === undefined)
    return [{ path, message: `${nameOf(path)} is missing${example(schema, path)}`, what: "key" }];
  const meant = issue.errors.filter((inner) => !inner.some((each) => isOtherSort(each, there)));
  const [only, ...more] = meant;
  if (only !== undefined && more.length === 0) {
    const inPlace = only.map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
    return mistakes(inPlace, schema, value);
  }
  return [{ path, message: unionWords(issue, nameOf(path), there) + example(schema, path), what: "value" }];
}

/** Text where a list belongs, and the like. */
function isOtherSort(issue: Issue, there: unknown): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === "invalid_type" || (issue.code === "invalid_value" && typeof there !== typeof issue.values[0]);
}

function unionWords(issue: z.core.$ZodIssueInvalidUnion, name: string, there: unknown): string {
  const inner = issue.errors.flat().flatMap((each) => (each.code === "invalid_value" ? each.values : []));
  const options = ("options" in issue && Array.isArray(issue.options) ? issue.options : inner).map(String);
  const sorts = issue.errors.flat().flatMap((each) => (each.code === "invalid_type" ? [kindName(each.expected)] : []));
  if (options.length > 0 && (typeof there === "string" || sorts.length === 0)) {
    return `${name} cannot be ${shown(there)}${oneOf(typeof there === "string" ? there : "", options)}`;
  }
  const either = [
    ...new Set([
      ...sorts,
      ...(options.length > 0 ? [`one of ${options.map((each) => `\`${each}\``).join(", ")}`] : []),
    ]),
  ];
  return `${name} must be ${either.join(" or ")}, not ${shown(there)}`;
}

/** What is too few or too many; of a list how many it has. */
function counted(there: unknown): string {
  return Array.isArray(there) && there.length > 0 ? String(there.length) : shown(there);
}

function bound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [word, limit] = issue.code === "too_small" ? ["at least", issue.minimum] : ["at most", issue.maximum];
  const one = Number(limit) === 1;
  if (issue.origin === "array") return `must have ${word} ${limit} ${one ? "entry" : "entries"}`;
  if (issue.origin === "string") return `must have ${word} ${limit} ${one ? "character" : "characters"}`;
  return `must be ${issue.inclusive ? word : issue.code === "too_small" ? "more than" : "less than"} ${limit}`;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys with values",
  record: "keys with values",
  map: "keys with values",
  null: "empty",
};

function kindName(expected: string): string {
  return KIND_NAMES[expected] ?? expected;
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "keys with values";
  if (typeof value === "string") return value === "" ? "empty text" : `the text "${value.slice(0, 40)}"`;
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
}

function nameOf(path: readonly (string | number)[]): string {
  const last = path.at(-1);
  if (last === undefined) return "the file";
  return typeof last === "string"
    ? `\`${last}\``
    : `entry ${last + 1} of \`${path.findLast((s) => typeof s === "string")}\``;
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

function example(schema: z.ZodType, path: readonly (string | number)[]): string {
  for (const found of schemasAt(schema, path)) {
    const told = found.meta()?.["example"];
    if (typeof told === "string") return `; write, for example, \`${told}\``;
  }
  return "";
}

function keysAt(schema: z.ZodType, path: readonly (string | number)[]): readonly string[] {
  return schemasAt(schema, path).flatMap((found) => (found instanceof z.ZodObject ? Object.keys(found.shape) : []));
}

/** The schemas that speak for a path: more than one where there is a union, the wrapped one after its wrapper. */
function schemasAt(schema: z.ZodType, path: readonly (string | number)[]): readonly z.ZodType[] {
  let here = unfold(schema);
  for (const step of path) here = here.flatMap((each) => inside(each, step)).flatMap(unfold);
  return here;
}

function unfold(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodUnion) return [schema, ...schema.options.flatMap((each) => unfold(each as z.ZodType))];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return [schema, ...unfold(schema.unwrap() as z.ZodType)];
  }
  if (schema instanceof z.ZodPrefault) return [schema, ...unfold(schema.unwrap() as z.ZodType)];
  if (schema instanceof z.ZodPipe) return [schema, ...unfold(schema.in as z.ZodType)];
  return [schema];
}

function inside(schema: z.ZodType, step: string | number): readonly z.ZodType[] {
  if (schema instanceof z.ZodObject) {
    return Object.hasOwn(schema.shape, step) ? [schema.shape[step] as z.ZodType] : [];
  }
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.ZodType];
  return [];
}

function nearest(word: string, known: Iterable<string>): string | null {
  // A third of the letters may be wrong, so words of two letters must be right: `point` finds `points`, `owner` does not find `queue`.
  const limit = Math.floor(word.length / 3);
  let best: { readonly word: string; readonly distance: number } | null = null;
  for (const each of known) {
    const distance = editDistance(word.toLowerCase(), each.toLowerCase());
    if (distance <= limit && (best === null || distance < best.distance)) best = { word: each, distance };
  }
  return best?.word ?? null;
}

/** Letters to add, drop, change or swap with their neighbour (Damerau 1964, restricted). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const options = [(above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same];
      row.push(Math.min(...options, swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY));
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
