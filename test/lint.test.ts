// The linter as configured, against planted faults: without type information, or with a rule misspelt, it would be
// silent and exit with 0.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { tempDir } from "./support/temp-dir.ts";

const ROOT = join(import.meta.dirname, "..");
const OXLINT = join(ROOT, "node_modules", ".bin", "oxlint");

const UNEXHAUSTED = `type Kind = "a" | "b";
export function f(kind: Kind): number {
  switch (kind) {
    case "a":
      return 1;
  }
  return 2;
}
`;

/** Rule, file, and a fault only that rule sees. */
const FAULTS: readonly (readonly [rule: string, path: string, text: string])[] = [
  [
    "no-floating-promises",
    "src/a.ts",
    "async function f(): Promise<void> {}\nexport function g(): void {\n  f();\n}\n",
  ],
  ["no-floating-promises", "test/a.test.ts", "export async function f(): Promise<void> {}\nf();\n"],
  ["no-misused-promises", "src/a.ts", "export const f = (x: Promise<boolean>): number => (x ? 1 : 2);\n"],
  ["await-thenable", "src/a.ts", "export async function f(): Promise<void> {\n  await 1;\n}\n"],
  ["no-explicit-any", "src/a.ts", "export const f = (x: any): string => String(x);\n"],
  ["ban-ts-comment", "src/a.ts", "// @ts-ignore: planted\nexport const f: string = 1;\n"],
  ["only-throw-error", "src/a.ts", 'export function f(): void {\n  throw "text";\n}\n'],
  ["switch-exhaustiveness-check", "src/a.ts", UNEXHAUSTED],
  ["no-default-export", "src/a.ts", "const f = 1;\nexport default f;\n"],
  ["no-console", "src/a.ts", 'console.log("x");\n'],
  ["eqeqeq", "src/a.ts", "export const f = (x: number): boolean => x == 1;\n"],
  ["max-lines-per-function", "src/a.ts", `export function f(): void {\n${"  String(1);\n".repeat(71)}}\n`],
  ["max-lines", "src/a.ts", "export const f = 1;\n".concat("// line\nString(1);\n".repeat(151))],
  ["no-focused-tests", "test/a.test.ts", 'import { test } from "vitest";\ntest.only("x", () => {});\n'],
];

test.each(FAULTS)("%s is seen in %s", async (rule, path, text) => {
  await using dir = await tempDir();
  expect(lint(dir.path, { [path]: text })).toContain(rule);
});

test("no-cycle is seen over two files", async () => {
  await using dir = await tempDir();
  const files = {
    "src/a.ts": 'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
    "src/b.ts": 'import { a } from "./a.ts";\nexport const b = (): number => a();\n',
  };
  expect(lint(dir.path, files)).toContain("no-cycle");
});

test("a clean file is let through", async () => {
  await using dir = await tempDir();
  expect(lint(dir.path, { "src/a.ts": "export const f = (x: number): boolean => x === 1;\n" })).toBe("");
});

/** What the linter says about a small project with these files; "" when it is content. */
function lint(folder: string, files: Readonly<Record<string, string>>): string {
  for (const name of [".oxlintrc.json", "tsconfig.json"]) copyFileSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { status, stdout } = spawnSync(OXLINT, ["--type-aware"], { cwd: folder, encoding: "utf8" });
  return status === 0 ? "" : stdout;
}
