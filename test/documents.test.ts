// The documents say what the code does, and the reverse: every key, value, code, command and option stands in them, and
// what stands in them exists and loads.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { allCommands } from "../src/cli/all-commands.ts";
import { program } from "../src/cli/program.ts";
import { BUILT_IN } from "../src/config/rule-check.ts";
import { PLACES } from "../src/config/rule-schema.ts";
import { rulesFromSources } from "../src/config/rules.ts";
import { rulesJsonSchema } from "../src/config/rules-json-schema.ts";
import { rulesSchema } from "../src/config/rules-schema.ts";
import { printProblems } from "../src/config/yaml.ts";
import { FINDINGS } from "../src/rulebook/finding.ts";
import { examine } from "../src/rulebook/rulebook.ts";

const ROOT = join(import.meta.dirname, "..");
const LANGUAGE = readFileSync(join(ROOT, "rules/README.md"), "utf8");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const BLOCKS = [...LANGUAGE.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((found) => found[1] ?? "");
const keys = keysOf(rulesSchema, "");
const commands = commandsOf(program(allCommands()), []);

describe("rules/README.md", () => {
  test.each(keys.map(({ path }) => path))("documents the key %s, with an example", (path) => {
    const key = path.split(".").at(-1) ?? "";
    expect(BLOCKS.some((block) => new RegExp(`(?:^|[\\s{,-])${key}:`, "m").test(block))).toBe(true);
  });

  test.each(valuesOf(rulesSchema))("documents the value %s", (value) => {
    const shown = BLOCKS.some((block) => new RegExp(`(?<![\\w-])${value}(?![\\w-])`).test(block));
    expect(shown || LANGUAGE.includes(`\`${value}\``)).toBe(true);
  });

  test.each([...Object.keys(BUILT_IN), "type", "urgency", ...Object.values(BUILT_IN).flatMap((each) => each ?? [])])(
    "documents the fact or value %s",
    (word) => expect(LANGUAGE.includes(`\`${word}\``)).toBe(true),
  );

  test.each(PLACES)("documents the place %s", (place) =>
    expect(LANGUAGE).toMatch(new RegExp(`^\\| \`${place}\` \\|`, "m")),
  );

  test("documents every finding of `check`, as it is, and no other", () => {
    const told = [...LANGUAGE.matchAll(/^\| `([a-z-]+)` \| (error|warning) \| (.+) \|$/gm)];
    expect(told.map(([, code, severity, words]) => [code, severity, words])).toEqual(
      Object.entries(FINDINGS).map(([code, [severity, words]]) => [code, severity, words]),
    );
  });

  test("has blocks", () => expect(BLOCKS.length).toBeGreaterThanOrEqual(10));

  test.each(BLOCKS.map((block, index) => [index + 1, block] as const))(
    "block %i loads, and its examples hold",
    (_, block) => {
      const text = stringify(completed(parse(block) as Tree));
      const book = examine(rulesFromSources([{ file: "block", text }], ""), null);
      const errors =
        book.kind === "good" ? [] : book.problems.filter((each) => !("severity" in each) || each.severity === "error");
      expect(printProblems(errors)).toBe("");
    },
  );
});

describe("the schema for editors", () => {
  test("is what the loader's schema says; UPDATE=1 writes it", () => {
    const file = join(ROOT, "rules/rules.schema.json");
    if (process.env["UPDATE"] === "1") writeFileSync(file, rulesJsonSchema());
    expect(readFileSync(file, "utf8")).toBe(rulesJsonSchema());
  });

  test.each(keys)("describes $path", ({ description }) => {
    expect(description).toMatch(/\.$/);
  });
});

describe("README.md", () => {
  test.each(commands.map(({ name }) => name))("names the command %s", (name) => {
    expect(new RegExp(`^\\| .*\`${name}(?: [A-Z…]+)?\`.* \\| `, "m").test(README)).toBe(true);
  });

  test.each([...new Set(commands.flatMap(({ options }) => options))])("names the option %s", (option) => {
    expect(README.includes(`\`${option}\``)).toBe(true);
  });

  test("names no command that there is not", () => {
    const table = [...README.matchAll(/^\| (`.+?) \| /gm)].flatMap(([, cell]) => [
      ...(cell ?? "").matchAll(/`([a-z ]+)/g),
    ]);
    const run = [...`${README}${LANGUAGE}`.matchAll(/mailward -- ([a-z]+(?: [a-z]+)?)/g)];
    const known = new Set(commands.flatMap(({ name }) => [name, name.split(" ")[0] ?? ""]));
    const named = [...table, ...run].map(([, name]) => (name ?? "").trim());
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.has(name) && !known.has(name.split(" ")[0] ?? ""))).toEqual([]);
  });

  test("names no option that there is not", () => {
    const known = new Set(["--help", "--version", ...commands.flatMap(({ options }) => options)]);
    const named = [...`${README}${LANGUAGE}`.matchAll(/`(?:[a-z]+ )?(--[a-z-]+)/g)].map(([, option]) => option ?? "");
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });
});

type Documented = { readonly path: string; readonly description: string };

/** Every key an admin may write, once; keys of the admin's own choice stand as `*`. */
function keysOf(schema: z.ZodType, path: string): readonly Documented[] {
  const inner = insideOf(schema);
  if (inner instanceof z.ZodUnion) {
    const found = inner.options.flatMap((option) => keysOf(option as z.ZodType, path));
    return [...new Map(found.map((each) => [each.path, each])).values()];
  }
  if (inner instanceof z.ZodArray) return keysOf(inner.element as z.ZodType, path);
  if (inner instanceof z.ZodRecord) return keysOf(inner.valueType as z.ZodType, `${path}.*`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, value]) => {
    const here = path === "" ? key : `${path}.${key}`;
    return [{ path: here, description: descriptionOf(value) }, ...keysOf(value, here)];
  });
}

/** The words of closed lists. */
function valuesOf(schema: z.ZodType): readonly string[] {
  const inner = insideOf(schema);
  const found =
    inner instanceof z.ZodEnum
      ? inner.options.map(String)
      : inner instanceof z.ZodLiteral
        ? [...inner.values].map(String)
        : inner instanceof z.ZodUnion
          ? inner.options.flatMap((option) => valuesOf(option as z.ZodType))
          : inner instanceof z.ZodArray
            ? valuesOf(inner.element as z.ZodType)
            : inner instanceof z.ZodRecord
              ? valuesOf(inner.valueType as z.ZodType)
              : inner instanceof z.ZodObject
                ? Object.values(inner.shape as Record<string, z.ZodType>).flatMap(valuesOf)
                : [];
  return [...new Set(found)];
}

function insideOf(schema: z.ZodType): z.ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? insideOf(schema.unwrap() as z.ZodType) : schema;
}

function descriptionOf(schema: z.ZodType): string {
  const inner = insideOf(schema);
  return schema.description ?? (inner === schema ? "" : (inner.description ?? ""));
}

type CommandFacts = { readonly name: string; readonly options: readonly string[] };

function commandsOf(command: Command, above: readonly string[]): readonly CommandFacts[] {
  if (command.commands.length > 0) {
    return command.commands.flatMap((inner) => commandsOf(inner, [...above, inner.name()]));
  }
  return [{ name: above.join(" "), options: command.options.flatMap(({ long }) => long ?? []) }];
}

type Tree = { readonly [key: string]: unknown };

/** What blocks leave out. */
const BASE: Tree = {
  domains: ["clinic.example"],
  help: { write: "care@clinic.example", call: "555-0100" },
  aliases: { clinical: { type: "clinical" }, billing: { type: "billing" }, admissions: { type: "admissions" } },
  queues: { nurses: {}, "billing-desk": {}, desk: {}, review: {}, "on-call": { hours: "always" } },
  review_queue: "review",
  request_types: {
    clinical: [{ id: "base-refill", any: ["refill"], points: 3 }],
    billing: [{ id: "base-money-back", any: ["money back"], points: 3 }],
    admissions: [{ id: "base-arrival", any: ["arrival time"], points: 3 }],
    access: [{ id: "base-password", any: ["password"], points: 3 }],
  },
  urgency: { P2: [{ id: "base-worse", any: ["it is getting worse"] }] },
  departments: [
    { id: "base-clinical", when: { type: "clinical" }, queue: "nurses", department: "Nurses" },
    { id: "base-billing", when: { type: "billing" }, queue: "billing-desk", department: "Billing" },
    { id: "base-rest", when: {}, queue: "desk", department: "Desk" },
  ],
};

/** A block with what it leaves out: maps are laid over each other, the block's lists stand before the base's. */
function completed(block: Tree): Tree {
  return overlaid(BASE, block) as Tree;
}

function overlaid(base: unknown, block: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(block)) {
    return typeof block[0] === "object" && block[0] !== null
      ? uniqueDepartments([...(block as Tree[]), ...(base as Tree[])])
      : block;
  }
  if (isTree(base) && isTree(block)) {
    const names = [...new Set([...Object.keys(base), ...Object.keys(block)])];
    return Object.fromEntries(
      names.map((name) => [
        name,
        name in block && name in base ? overlaid(base[name], block[name]) : (block[name] ?? base[name]),
      ]),
    );
  }
  return block;
}

/** A department of the base whose mail one of the block's takes already is left out. */
function uniqueDepartments(rules: readonly Tree[]): readonly Tree[] {
  const asked = rules.map((rule) => JSON.stringify(rule["when"] ?? rule["id"]));
  return rules.filter((_, index) => asked.indexOf(asked[index] ?? "") === index);
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
