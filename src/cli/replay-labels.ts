// The file of confirmed labels that `replay --labels` reads: CSV with a head, or one JSON object a line. Every mistake
// at once, with its line and what to write.

import { readFileSync } from "node:fs";
import type { RuleSet } from "../config/rules.ts";
import { oneOf } from "../config/yaml-mistakes.ts";
import type { Urgency } from "../outcome.ts";
import type { Label } from "../rulebook/replay-labels.ts";
import { idOf, refOf } from "../store/ref.ts";
import type { Store } from "../store/store.ts";
import { CannotDo } from "./operator.ts";
import { safe } from "./terminal.ts";

/** Labels by what they name: a reference as we write it, or a file below the folder of `--mails`. */
export type Labels = ReadonlyMap<string, Label>;

const COLUMNS = ["ref", "file", "type", "urgency"] as const;
const URGENCIES: readonly string[] = ["P1", "P2", "P3", "P4"] satisfies readonly Urgency[];
const EXAMPLE = "write a head such as `ref,type,urgency`, then lines such as `MW-00001X,clinical,P1`";

type Row = Partial<Record<(typeof COLUMNS)[number], string>>;
type Line = { readonly line: number; readonly row: Row } | { readonly line: number; readonly mistake: string };

/** Reads the file, or ends the command with every mistake in it. */
export function readLabels(file: string, rules: RuleSet): Labels {
  const text = textOf(file);
  const lines = text.trimStart().startsWith("{") ? jsonLines(text) : csvLines(text);
  const labels = new Map<string, Label>();
  const problems = lines.flatMap((each) => {
    const mistake = "mistake" in each ? each.mistake : addLabel(each.row, labels, rules);
    return mistake === null ? [] : [`${file}:${each.line}: ${mistake}`];
  });
  if (problems.length > 0) throw new CannotDo(problems.join("\n"));
  if (labels.size === 0) throw new CannotDo(`${file}: there is no label in it; ${EXAMPLE}`);
  return labels;
}

/** What people have said by correcting mails; a correction of one alias stands for the mail. */
export async function correctedLabels(store: Pick<Store, "overrides">): Promise<Labels> {
  const rows = (await store.overrides(0)).filter(({ undone, isUndo }) => !undone && !isUndo);
  return new Map(rows.map(({ ref, type, saidUrgency }) => [ref, { type, urgency: saidUrgency }]));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw new CannotDo(
      `${file}: the labels cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
}

/** Takes a row in, or answers what is wrong with it. */
function addLabel({ ref = "", file = "", type = "", urgency = "" }: Row, labels: Map<string, Label>, rules: RuleSet) {
  if ((ref === "") === (file === "")) return "name the mail by `ref` or by `file`, one of the two";
  if (type === "" && urgency === "") return "say what is right: `type`, `urgency` or both";
  const types = rules.types.map(({ name }) => name);
  if (type !== "" && !types.includes(type)) return `there is no request type \`${safe(type)}\`${oneOf(type, types)}`;
  if (urgency !== "" && !URGENCIES.includes(urgency)) {
    return `there is no urgency \`${safe(urgency)}\`${oneOf(urgency, URGENCIES)}`;
  }
  const id = ref === "" ? null : idOf(ref);
  if (ref !== "" && id === null)
    return `\`${safe(ref)}\` is no reference of a case; copy it from \`mailward outcomes\``;
  const key = id === null ? file.replace(/^\.\//, "") : refOf(id);
  if (labels.has(key)) return `\`${safe(key)}\` has a label already; keep one line for it`;
  labels.set(key, { type: type === "" ? null : type, urgency: urgency === "" ? null : (urgency as Urgency) });
  return null;
}

function jsonLines(text: string): readonly Line[] {
  return text.split("\n").flatMap((each, index): readonly Line[] => {
    if (each.trim() === "") return [];
    return [{ line: index + 1, ...jsonRow(each) }];
  });
}

function jsonRow(text: string): { readonly row: Row } | { readonly mistake: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { mistake: 'this is no JSON object; write, for example, `{"ref":"MW-00001X","type":"clinical"}`' };
  }
  const row: Row = {};
  for (const [name, given] of Object.entries(value)) {
    const column = COLUMNS.find((known) => known === name);
    if (column === undefined) return { mistake: unknownColumn(name) };
    if (typeof given !== "string" && given !== null) return { mistake: `\`${name}\` must be a text in quotes` };
    row[column] = given ?? "";
  }
  return { row };
}

function csvLines(text: string): readonly Line[] {
  const [head = "", ...rest] = text.split(/\r?\n/);
  const names = cells(head).map((name) => name.toLowerCase());
  const unknown = names.find((name) => !COLUMNS.some((known) => known === name));
  if (unknown !== undefined) return [{ line: 1, mistake: `${unknownColumn(unknown)}; ${EXAMPLE}` }];
  return rest.flatMap((each, index): readonly Line[] => {
    if (each.trim() === "") return [];
    const line = index + 2;
    const values = cells(each);
    if (values.length > names.length) {
      return [{ line, mistake: `this line has ${values.length} values and the head ${names.length}` }];
    }
    return [{ line, row: Object.fromEntries(values.map((value, place) => [names[place] ?? "", value])) }];
  });
}

function unknownColumn(name: string): string {
  return `there is no column \`${safe(name)}\`${oneOf(name, COLUMNS)}`;
}

/** The values of a line, trimmed; in quotes a comma is part of the value and a doubled quote one quote (RFC 4180). */
function cells(line: string): readonly string[] {
  return [...`,${line}`.matchAll(/,\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))/g)].map(([, quoted, bare]) =>
    (quoted?.replaceAll('""', '"') ?? bare ?? "").trim(),
  );
}
