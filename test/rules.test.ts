// Rule files: every kind of mistake is told in plain words, at its place, all at once. A case is a folder of rule
// files in fixtures/rules-bad/ and the exact text in expected.txt.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadRules } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";

const ROOT = join(import.meta.dirname, "..");
const BAD = join(ROOT, "fixtures/rules-bad");
const scratch = mkdtempSync(join(tmpdir(), "mailward-rules-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("a mistake in the rule files", () => {
  const cases = readdirSync(BAD);

  test("is shown by every case", () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });

  test.each(cases)("%s", (name) => {
    const folder = join(BAD, name);
    const loaded = loadRules(folder);
    if (loaded.kind !== "problems") throw new Error(`${name} loads without a mistake`);
    const shown = `${printProblems(loaded.problems).replaceAll(`${folder}`, name)}\n`;
    const file = join(folder, "expected.txt");
    if (process.env["UPDATE"] === "1") writeFileSync(file, shown);
    if (!existsSync(file)) throw new Error(`${file} is missing; UPDATE=1 writes it, then review it`);
    expect(shown).toBe(readFileSync(file, "utf8"));
  });
});

describe("the default rule set", () => {
  const loaded = loadRules(join(ROOT, "rules"));
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  const { rules } = loaded;

  test("survives the way to a thread unchanged", () => {
    expect(structuredClone(rules)).toEqual(rules);
  });

  test("knows the four aliases and the two every domain must have", () => {
    expect(rules.aliases.map((alias) => alias.name)).toEqual(
      expect.arrayContaining(["clinical", "billing", "admissions", "access", "postmaster", "abuse"]),
    );
  });

  test("has no points that let an alias alone pass the bar", () => {
    for (const alias of rules.aliases) expect(alias.points).toBeLessThan(rules.decide.atLeast);
  });
});

describe("the hash of a rule set", () => {
  test("is 16 hex digits and the same wherever the files stand", () => {
    const text = readFileSync(join(ROOT, "fixtures/routing/rule-counts-once/rules.yaml"), "utf8");
    const [one, two] = [folderOf({ "rules.yaml": text }), folderOf({ "rules.yaml": text })];
    expect(hashOf(one)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(two)).toBe(hashOf(one));
    expect(hashOf(relative(process.cwd(), one))).toBe(hashOf(one));
  });

  test("changes with a comment and with a file's name", () => {
    const text = readFileSync(join(ROOT, "fixtures/routing/rule-counts-once/rules.yaml"), "utf8");
    const hashes = [{ "a.yaml": text }, { "b.yaml": text }, { "a.yaml": `${text}# a word\n` }].map((files) =>
      hashOf(folderOf(files)),
    );
    expect(new Set(hashes).size).toBe(3);
  });
});

test("files of other kinds, hidden files and folders are left alone", () => {
  const text = readFileSync(join(ROOT, "fixtures/routing/rule-counts-once/rules.yaml"), "utf8");
  const folder = folderOf({ "rules.yaml": text, "README.md": "- not rules", ".old.yaml": "nonsense: [" });
  mkdirSync(join(folder, "older.yaml"));
  expect(loadRules(folder).kind).toBe("rules");
});

test("a folder that is not there is told", () => {
  const loaded = loadRules(join(scratch, "nowhere"));
  expect(loaded.kind === "problems" && loaded.problems[0]?.message).toBe("there is no such directory");
});

let folders = 0;

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, String(folders++));
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function hashOf(folder: string): string {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded.rules.hash;
}
