// The house rules, held against every file of ours, and each rule against a planted fault: a rule that finds nothing
// because it looks at nothing would be worse than none.

import { execFileSync } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readSource, type Source } from "./support/source.ts";
import {
  DOORS,
  habits,
  importTable,
  libraryDoors,
  onlyIn,
  partOf,
  plainNames,
  purity,
  sqlInStore,
  TABLE,
} from "./support/tidy.ts";

const ENVIRONMENT = /\bprocess\.env\b|\bprocess\[/;
const CLOCK = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.now\b/;
/** Where time and chance enter; everything else is handed them. */
const CLOCK_FILES = ["src/main.ts", "src/gateway.ts", "src/decider/worker.ts", "src/proof/worker.ts", "src/cli/"];

const TOP_LEVEL = new Set(
  ["src", "rules", "test", "fixtures", "package.json", "package-lock.json", "tsconfig.json", "Dockerfile"].concat([
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
  ]),
);

const ours = read("src/**/*.ts");
const tests = read("test/**/*.ts");

describe("every source file", () => {
  test("is found", () => {
    expect(ours.length).toBeGreaterThan(20);
    expect(tests.length).toBeGreaterThan(5);
    expect(TABLE.flat().filter((part) => ours.some((source) => partOf(source.path) === part)).length).toBeGreaterThan(
      8,
    );
  });

  test("imports only parts above its own in the table", () => {
    expect(importTable(ours)).toEqual([]);
  });

  test("takes libraries in at their doors", () => {
    expect(libraryDoors(ours)).toEqual([]);
  });

  test("is pure where the decision is made", () => {
    expect(purity(ours)).toEqual([]);
  });

  test("leaves SQL to the store", () => {
    expect(sqlInStore(ours)).toEqual([]);
  });

  test("leaves the environment to one file, and time and chance to those named", () => {
    expect(onlyIn(ours, ENVIRONMENT, "process.env", ["src/config/env.ts"])).toEqual([]);
    expect(onlyIn(ours, CLOCK, "time or chance", CLOCK_FILES)).toEqual([]);
  });

  test("keeps the house's habits and names", () => {
    expect(habits([...ours, ...tests])).toEqual([]);
    expect(plainNames([...ours, ...tests])).toEqual([]);
  });
});

describe("the repository", () => {
  test("holds only what belongs at its top", () => {
    const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      encoding: "utf8",
    });
    const top = new Set(listed.split("\n").map((path) => path.split("/")[0] ?? ""));
    expect([...top].filter((name) => name !== "" && !name.startsWith(".") && !TOP_LEVEL.has(name))).toEqual([]);
  });

  test("has no empty fixture folder, and fixtures at all", () => {
    const folders = readdirSync("fixtures", { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(folders.length).toBeGreaterThan(0);
    const empty = folders.filter((folder) => readdirSync(`${folder.parentPath}/${folder.name}`).length === 0);
    expect(empty.map((folder) => folder.name)).toEqual([]);
  });

  test("has a door for every library it depends on", () => {
    const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
    expect(Object.keys(manifest.dependencies).filter((name) => !(name in DOORS))).toEqual([]);
  });

  test("pins every version exactly", () => {
    const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;
    const versions = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((key) =>
      Object.entries(manifest[key] ?? {}),
    );
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test("has a map that names every part", () => {
    expect(existsSync("src/README.md")).toBe(true);
    const map = readFileSync("src/README.md", "utf8");
    const parts = new Set(ours.map((source) => partOf(source.path)));
    expect([...parts].filter((part) => !map.includes(part))).toEqual([]);
  });
});

describe("a planted fault is seen:", () => {
  test.each([
    ["a stage that imports a later one", "src/parse/a.ts", `import { x } from "../store/store.ts";`],
    ["a stage that imports its neighbour", "src/route/a.ts", `import type { X } from "../classify/b.ts";`],
    ["a lazy import", "src/store/a.ts", `const x = await import("../gateway.ts");`],
    ["a re-export", "src/store/a.ts", `export { x } from "../intake/smtp.ts";`],
    ["an import over several lines", "src/accept.ts", `import {\n  x,\n} from "./cli/x.ts";`],
    ["a file loaded for a worker", "src/store/a.ts", `new Worker(new URL("../gateway.ts", import.meta.url));`],
    ["a part not in the table", "src/extras/a.ts", `import { x } from "../message.ts";`],
    ["an import of a test", "src/gateway.ts", `import { x } from "../test/support/x.ts";`],
  ])("import table: %s", (_, path, text) => {
    expect(importTable([planted(path, text)])).toHaveLength(1);
  });

  test.each([
    ["past its door", "src/cli/a.ts", `import { SMTPServer } from "smtp-server";`],
    ["by a deep path", "src/deliver/a.ts", `import MimeNode from "nodemailer/lib/mime-node/index.js";`],
    ["with no door", "src/parse/a.ts", `import pad from "left-pad";`],
    ["with no door and a scope", "src/parse/a.ts", `import { x } from "@scope/library/deep";`],
    ["by require", "src/parse/a.ts", `const x = require('better-sqlite3');`],
  ])("library doors: %s", (_, path, text) => {
    expect(libraryDoors([planted(path, text)])).toHaveLength(1);
  });

  test.each([
    ["files", `import { readFileSync } from "node:fs";`],
    ["network", `import net from "node:net";`],
    ["clock", `const now = Date.now();`],
    ["clock by new", `const now = new Date();`],
    ["chance", `const x = Math.random();`],
    ["chance from crypto", `const x = randomUUID();`],
    ["timer", `setTimeout(f, 1);`],
    ["log", `import type { Log } from "../log.ts";`],
    ["console", "const x = `${console.log(1)}`;"],
    ["environment", `const x = process.env["A"];`],
  ])("purity: %s", (_, text) => {
    for (const path of ["src/parse/a.ts", "src/classify/a.ts", "src/route/a.ts", "src/pipeline.ts"]) {
      expect(purity([planted(path, text.replaceAll("../", path.includes("/", 4) ? "../" : "./"))])).toHaveLength(1);
    }
    expect(purity([planted("src/store/a.ts", text)])).toEqual([]);
  });

  test.each([
    ["select", "const q = `select a, b\n from messages where id = ${id}`;"],
    ["insert", `const q = "INSERT INTO t values (1)";`],
    ["update", `const q = "update jobs set x = 1";`],
    ["delete", `const q = 'delete from jobs';`],
    ["pragma", `const q = "pragma journal_mode = wal";`],
  ])("SQL outside the store: %s", (_, text) => {
    expect(sqlInStore([planted("src/deliver/a.ts", text)])).toHaveLength(1);
    expect(sqlInStore([planted("src/store/sqlite/a.ts", text)])).toEqual([]);
  });

  test("environment and clock outside their files, but not in comments and strings", () => {
    expect(onlyIn([planted("src/log.ts", "const x = process.env.HOME;")], ENVIRONMENT, "it", [])).toHaveLength(1);
    expect(onlyIn([planted("src/log.ts", "const x = Math.random();")], CLOCK, "it", CLOCK_FILES)).toHaveLength(1);
    const spoken = `// Date.now() is not used\nconst x = "process.env and Date.now()"; const y = /Date.now/;`;
    expect(onlyIn([planted("src/log.ts", spoken)], CLOCK, "it", [])).toEqual([]);
    expect(onlyIn([planted("src/log.ts", spoken)], ENVIRONMENT, "it", [])).toEqual([]);
  });

  test.each([
    ["left for later", `// ${"TO"}${"DO"}: this`],
    ["any as a type", "export function f(x: any) {}"],
    ["any as a cast", "const x = y as any;"],
    ["any as an argument", "const x = new Map<any>();"],
    ["too long", "\n".repeat(300)],
    ["a barrel", `export * from "./x.ts";`],
  ])("habits: %s", (_, text) => {
    expect(habits([planted("src/store/a.ts", text)])).toHaveLength(1);
  });

  test("habits: a file that does not say what it owns", () => {
    expect(habits([readSource({ path: "src/store/a.ts", text: "const x = 1;\n" })])).toHaveLength(1);
  });

  test("names: vague files, folders and exports", () => {
    expect(plainNames([planted("src/store/utils.ts", "")])).toHaveLength(1);
    expect(plainNames([planted("src/common/a.ts", "")])).toHaveLength(1);
    expect(plainNames([planted("src/store/a.ts", "export class JobManager {}")])).toHaveLength(1);
    expect(plainNames([planted("src/store/a.ts", "export async function handleMail() {}")])).toHaveLength(1);
    expect(plainNames([planted("src/store/a.ts", "export type ProcessedMail = string;")])).toEqual([]);
  });

  test("and clean files are let through", () => {
    const clean = planted(
      "src/intake/smtp.ts",
      `import { SMTPServer } from "smtp-server";\nimport { a } from "../accept.ts";`,
    );
    for (const rule of [importTable, libraryDoors, purity, sqlInStore, habits, plainNames])
      expect(rule([clean])).toEqual([]);
  });
});

function read(pattern: string): Source[] {
  return globSync(pattern).map((path) => readSource({ path, text: readFileSync(path, "utf8") }));
}

function planted(path: string, text: string): Source {
  return readSource({ path, text: `// A planted fault.\n${text}\n` });
}
