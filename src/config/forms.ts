// What the rules know of web forms: which answers become which fields, what their values mean, and what a request type
// cannot do without. Plain readonly values, as all of a rule set.

import type { Urgency } from "../outcome.ts";
import type { FormsFile } from "./forms-schema.ts";
import { unknownName } from "./names.ts";
import type { Locate, Path, Problem } from "./yaml.ts";

/** What an answer is good for. `contact` stands under letters too, so it makes no form; `name` and `date` are also looked for in sentences; `free-text` runs over several lines. */
export type FieldKind =
  | { readonly kind: "text" | "contact" | "name" | "date" | "free-text" }
  | {
      readonly kind: "request-type";
      readonly values: readonly { readonly type: string; readonly any: readonly string[] }[];
    }
  | {
      readonly kind: "urgency";
      readonly values: readonly { readonly urgency: Urgency; readonly any: readonly string[] }[];
    };

type FieldRule = {
  readonly name: string;
  /** As people call it, e.g. "date of birth". */
  readonly label: string;
  /** As forms call it. */
  readonly names: readonly string[];
  readonly kind: FieldKind;
};

/** `forms:` of the rule files; without fields when they have none. */
export type Forms = {
  /** So many different fields make a mail a form. */
  readonly formFrom: number;
  /** Answers that mean: no answer. */
  readonly blank: readonly string[];
  readonly fields: readonly FieldRule[];
  /** What a request type cannot do without: of each list of fields one. */
  readonly required: readonly { readonly type: string; readonly fields: readonly (readonly string[])[] }[];
};

const URGENCIES: readonly string[] = ["P1", "P2", "P3", "P4"] satisfies Urgency[];

/** `forms:` as the decision uses it. */
export function formsOf(file: FormsFile | undefined): Forms {
  if (file === undefined) return { formFrom: 2, blank: [], fields: [], required: [] };
  return {
    formFrom: file.form_from,
    blank: file.blank,
    fields: Object.entries(file.fields).map(([name, { label, names, kind, values }]) => ({
      name,
      label: label ?? name.replaceAll("-", " "),
      names,
      kind: fieldKind(kind, Object.entries(values ?? {})),
    })),
    required: Object.entries(file.required).map(([type, fields]) => ({
      type,
      fields: fields.map((one) => [one].flat()),
    })),
  };
}

function fieldKind(
  kind: FormsFile["fields"][string]["kind"],
  values: readonly [string, readonly string[]][],
): FieldKind {
  switch (kind) {
    case "request_type":
      return { kind: "request-type", values: values.map(([type, any]) => ({ type, any })) };
    case "urgency":
      return { kind, values: values.flatMap(([level, any]) => (isUrgency(level) ? [{ urgency: level, any }] : [])) };
    case "free_text":
      return { kind: "free-text" };
    case "text":
    case "contact":
    case "name":
    case "date":
      return { kind };
  }
}

function isUrgency(level: string): level is Urgency {
  return URGENCIES.includes(level);
}

/** Mistakes in `forms:` that need more than one place to be seen. `types` are the request types there are. */
export function formMistakes(
  file: FormsFile | undefined,
  types: readonly string[],
  problem: Locate,
): readonly Problem[] {
  if (file === undefined) return [];
  return [
    ...nameMistakes(file, problem),
    ...Object.keys(file.fields).flatMap((name) => valueMistakes(file, name, types, problem)),
    ...requiredMistakes(file, types, problem),
  ];
}

/** A name in two fields: an answer could not be told apart. */
function nameMistakes(file: FormsFile, problem: Locate): readonly Problem[] {
  const owner = new Map<string, string>();
  return Object.entries(file.fields).flatMap(([field, { names }]) =>
    names.flatMap((name, index) => {
      const key = alike(name);
      const first = owner.get(key);
      owner.set(key, first ?? field);
      if (first === undefined || first === field) return [];
      const message = `\`${name}\` is a name of the field \`${first}\` already; keep it in one of the two`;
      return [problem(["forms", "fields", field, "names", index], message)];
    }),
  );
}

function valueMistakes(file: FormsFile, name: string, types: readonly string[], problem: Locate): readonly Problem[] {
  const field = file.fields[name];
  if (field === undefined) return [];
  const path = ["forms", "fields", name];
  if (field.kind !== "request_type" && field.kind !== "urgency") {
    if (field.values === undefined) return [];
    return [
      problem([...path, "values"], "`values` belong to a field of `kind: request_type` or `kind: urgency`", "key"),
    ];
  }
  if (field.values === undefined || Object.keys(field.values).length === 0) {
    const told = field.kind === "urgency" ? "values: { P1: [emergency] }" : 'values: { billing: ["billing question"] }';
    return [
      problem(path, `a field of \`kind: ${field.kind}\` needs \`values\`; write, for example, \`${told}\``, "key"),
    ];
  }
  const noun = field.kind === "urgency" ? "urgency" : "request type";
  const known = field.kind === "urgency" ? URGENCIES : types;
  const unknown = Object.keys(field.values).flatMap((value) =>
    unknownName(noun, value, known, [...path, "values", value], problem, "key"),
  );
  return [...unknown, ...doubleValues(field.values, [...path, "values"], problem)];
}

function doubleValues(
  values: Readonly<Record<string, readonly string[]>>,
  path: Path,
  problem: Locate,
): readonly Problem[] {
  const owner = new Map<string, string>();
  return Object.entries(values).flatMap(([value, any]) =>
    any.flatMap((phrase, index) => {
      const first = owner.get(alike(phrase));
      owner.set(alike(phrase), first ?? value);
      if (first === undefined || first === value) return [];
      const message = `\`${phrase}\` means \`${first}\` already; keep it in one of the two`;
      return [problem([...path, value, index], message)];
    }),
  );
}

function requiredMistakes(file: FormsFile, types: readonly string[], problem: Locate): readonly Problem[] {
  const known = Object.keys(file.fields);
  return Object.entries(file.required).flatMap(([type, fields]) => [
    ...unknownName("request type", type, types, ["forms", "required", type], problem, "key"),
    ...fields.flatMap((one, index) => {
      const path = ["forms", "required", type, index];
      if (typeof one === "string") return unknownName("field", one, known, path, problem);
      return one.flatMap((name, place) => unknownName("field", name, known, [...path, place], problem));
    }),
  ]);
}

/** Names are alike when their letters and digits are, as the decision compares them. */
function alike(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[\p{M}'’]+/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .join(" ");
}
