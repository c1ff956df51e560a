// The rule set: all YAML files of a directory read as one, checked, and turned into plain readonly values.
// Plain, because the rule set is posted to the decider's threads (structured clone).

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Urgency } from "../outcome.ts";
import { type Calendar, calendarOf, type Hours, hoursOf } from "./calendar.ts";
import { type QueueDelivery, queueDelivery } from "./delivery.ts";
import { type Forms, formsOf } from "./forms.ts";
import { type Guard, guardsOf } from "./guards.ts";
import { type Conditions, conditionsOf, type Examples, examplesOf, type Rule, ruleOf } from "./rule.ts";
import { crossCheck, rulePlaces } from "./rules-check.ts";
import { type RuleFiles, rulesSchema } from "./rules-schema.ts";
import { inOrder, type Locate, nowhere, type Path, type Problem, readSource, readYaml, type Source } from "./yaml.ts";

/** How strongly a rule speaks: a hint adds points, a sure rule decides alone. */
export type Strength = { readonly kind: "hint"; readonly points: number } | { readonly kind: "sure" };

/** A rule that speaks for a request type. */
export type TypeRule = Rule & { readonly strength: Strength };

/** A rule that sets the urgency. */
export type UrgencyRule = Rule & {
  /** The request type it also speaks for, such as clinical for a life-threatening phrase. */
  readonly also: { readonly type: string; readonly points: number } | null;
};

export type DepartmentRule = {
  readonly id: string;
  readonly note: string | null;
  readonly when: Conditions;
  readonly queue: string;
  readonly department: string;
  /** Whole decisions: mails that end here, and mails that do not. */
  readonly examples: Examples;
};

/** A fact that words in a mail tell, such as its location, with the phrases of each value. */
export type FactRule = {
  readonly name: string;
  readonly values: readonly { readonly value: string; readonly any: readonly string[] }[];
};

/** Somebody whom escalation names. */
type Person = {
  readonly key: string;
  readonly name: string;
  readonly mail: string | null;
  readonly phone: string | null;
};

/** A function mailbox of ours. `type` null speaks for no type (postmaster, abuse). */
type Alias = {
  readonly name: string;
  readonly type: string | null;
  readonly points: number;
  /** Other local parts that mean the same alias. */
  readonly also: readonly string[];
};

type Queue = {
  readonly name: string;
  readonly owner: string | null;
  readonly backup: string | null;
  /** How long its destination may be away before that has its mail. */
  readonly backupAfterMs: number;
  /** Keys of `staff`, who is told first first. */
  readonly escalation: readonly string[];
  /** When somebody looks at it; `business`: as the house. */
  readonly hours: "business" | "always" | Hours;
  readonly deliver: QueueDelivery;
};

/** What a patient is told when an address does not exist: where to write or call instead. */
type Help = { readonly write: string; readonly call: string };

export type RuleSet = {
  /** First 16 hex digits of the SHA-256 over the files' names and contents. */
  readonly hash: string;
  /** Lower case. */
  readonly domains: readonly string[];
  readonly help: Help;
  readonly aliases: readonly Alias[];
  readonly queues: readonly Queue[];
  readonly reviewQueue: string;
  readonly decide: {
    readonly atLeast: number;
    readonly margin: number;
    readonly modelPointsMax: number;
    /** The lead a type needs where the model speaks, and the one over single types or `none`. */
    readonly modelMargin: number;
    readonly modelMarginOver: Readonly<Record<string, number>>;
    /** How sure the model must be, 0 to 1, to raise a mail to a level; a level that is not named it never raises to. */
    readonly modelUrgency: { readonly P1?: number | undefined; readonly P2?: number | undefined };
    /** The lead a type needs, by type, also where the alias alone decides; else `margin`, and for the alias none. */
    readonly marginFor: Readonly<Record<string, number>>;
  };
  /** What a mail of a type costs that goes to another type or to `people`. */
  readonly costs: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Word lists: `<name>` in a phrase stands for any of these. */
  readonly words: readonly { readonly name: string; readonly any: readonly string[] }[];
  readonly facts: readonly FactRule[];
  readonly staff: readonly Person[];
  readonly calendar: Calendar;
  /** What a change of the rules must never bring about; judged when rules are replayed. */
  readonly never: readonly Guard[];
  readonly types: readonly { readonly name: string; readonly rules: readonly TypeRule[] }[];
  /** P1 first. */
  readonly urgencies: readonly { readonly urgency: Urgency; readonly rules: readonly UrgencyRule[] }[];
  readonly departments: readonly DepartmentRule[];
  readonly forms: Forms;
};

export type LoadedRules =
  | {
      readonly kind: "rules";
      readonly rules: RuleSet;
      /** What stands in the files, key by key. */
      readonly files: RuleFiles;
      /** The files as read, to be kept. */
      readonly sources: readonly Source[];
      /** Makes a problem for a place in the files. */
      readonly problem: Locate;
      /** Where each rule stands, by its id. */
      readonly paths: ReadonlyMap<string, Path>;
    }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/**
 * Read all `*.yaml` files of a directory (not of directories below) as one rule set, or answer every mistake.
 * `dir` is used as given in the names of files in problems.
 */
export function loadRules(dir: string): LoadedRules {
  const names = ruleFileNames(dir);
  if (typeof names === "string") return { kind: "problems", problems: [nowhere(dir, names)] };
  if (names.length === 0) {
    const message = "no *.yaml file here; point --rules at the directory that holds the rule files";
    return { kind: "problems", problems: [nowhere(dir, message)] };
  }
  const read = names.map((name) => readSource(join(dir, name)));
  const unreadable = read.flatMap((each) => (each.kind === "problems" ? each.problems : []));
  if (unreadable.length > 0) return { kind: "problems", problems: unreadable };
  return rulesFromSources(
    read.flatMap((each) => (each.kind === "source" ? [each.source] : [])),
    dir,
  );
}

/** The same from texts at hand, such as those of an earlier rule set; `dir` is what their names begin with. */
export function rulesFromSources(sources: readonly Source[], dir: string): LoadedRules {
  const read = readYaml(sources, rulesSchema);
  if (read.kind === "problems") return read;
  const { value, problem } = read;
  const problems = crossCheck(value, problem);
  if (problems.length > 0) return { kind: "problems", problems: inOrder(problems) };
  const paths = new Map(rulePlaces(value).map(({ id, path }) => [id, path]));
  return { kind: "rules", rules: ruleSet(value, hashOf(sources, dir)), files: value, sources, problem, paths };
}

/** Names of the rule files in one fixed order, or why the directory cannot be read. */
function ruleFileNames(dir: string): readonly string[] | string {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && isRuleFile(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" ? "there is no such directory" : `cannot read this directory (${code})`;
  }
}

/** Whether a file of the rules folder is read, by its name: editors' own files are not. */
export function isRuleFile(name: string): boolean {
  return name.endsWith(".yaml") && !name.startsWith(".");
}

/** The sources with names relative to their directory, to be kept; `rulesFromSources(kept, "")` gives the same set. */
export function relativeTo(dir: string, sources: readonly Source[]): readonly Source[] {
  const above = join(dir, "x").length - 1;
  return sources.map(({ file, text }) => ({ file: file.slice(above), text }));
}

function hashOf(sources: readonly Source[], dir: string): string {
  const hash = createHash("sha256");
  for (const { file, text } of relativeTo(dir, sources)) hash.update(`${file}\0${text}\0`);
  return hash.digest("hex").slice(0, 16);
}

function ruleSet(files: RuleFiles, hash: string): RuleSet {
  return {
    hash,
    domains: files.domains,
    help: files.help,
    aliases: Object.entries(files.aliases).map(([name, alias]) => ({ name, ...alias })),
    queues: Object.entries(files.queues).map(([name, queue]) => ({
      name,
      owner: queue.owner ?? null,
      backup: queue.backup ?? null,
      backupAfterMs: queue.backup_after_minutes * 60_000,
      escalation: queue.escalation,
      hours: typeof queue.hours === "string" ? queue.hours : hoursOf(queue.hours),
      deliver: queueDelivery(queue.deliver, files.domains),
    })),
    reviewQueue: files.review_queue,
    decide: {
      atLeast: files.decide.at_least,
      margin: files.decide.margin,
      modelPointsMax: files.decide.model_points_max,
      modelMargin: files.decide.model_margin,
      modelMarginOver: files.decide.model_margin_over,
      modelUrgency: files.decide.model_urgency,
      marginFor: files.decide.margin_for,
    },
    costs: files.costs,
    words: Object.entries(files.words).map(([name, any]) => ({ name, any })),
    facts: Object.entries(files.facts).map(([name, values]) => ({
      name,
      values: Object.entries(values).map(([value, any]) => ({ value, any })),
    })),
    staff: Object.entries(files.staff).map(([key, { name, mail, phone }]) => ({
      key,
      name,
      mail: mail ?? null,
      phone: phone ?? null,
    })),
    calendar: calendarOf(files.calendar),
    never: guardsOf(files),
    types: Object.entries(files.request_types).map(([name, rules]) => ({ name, rules: rules.map(typeRule) })),
    urgencies: (["P1", "P2", "P3", "P4"] as const).map((urgency) => ({
      urgency,
      rules: files.urgency[urgency].map(urgencyRule),
    })),
    departments: files.departments.map(departmentRule),
    forms: formsOf(files.forms),
  };
}

function typeRule(file: RuleFiles["request_types"][string][number]): TypeRule {
  const strength: Strength = file.points === undefined ? { kind: "sure" } : { kind: "hint", points: file.points };
  return { ...ruleOf(file, []), strength };
}

function urgencyRule(file: RuleFiles["urgency"]["P1"][number]): UrgencyRule {
  const { type, points } = file;
  const also = type === undefined || points === undefined ? null : { type, points };
  return { ...ruleOf(file, ["negation", "history"]), also };
}

function departmentRule({
  id,
  note,
  when,
  queue,
  department,
  examples,
}: RuleFiles["departments"][number]): DepartmentRule {
  return { id, note: note ?? null, when: conditionsOf(when), queue, department, examples: examplesOf(examples) };
}
