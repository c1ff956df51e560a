// The house rules as functions over source files: each answers its complaints, none when all is well.
// The import table, the library doors and the purity of the decision are fixed here.

import type { Source } from "./source.ts";

/** From what everybody uses down to what starts everything: a part imports itself and rows above its own. */
export const TABLE: readonly (readonly string[])[] = [
  ["message"],
  ["outcome"],
  ["log"],
  ["config"],
  ["parse", "classify", "route"],
  ["pipeline"],
  ["rulebook"],
  ["proof", "store"],
  ["decider"],
  ["accept", "mailbox"],
  ["intake", "deliver"],
  ["follow-up"],
  ["console"],
  ["gateway"],
  ["cli"],
  ["main"],
];

/** Every library comes in at one door: a file, or a folder ending in a slash. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  "smtp-server": ["src/intake/"],
  imapflow: ["src/mailbox/"],
  nodemailer: ["src/deliver/smtp-line.ts", "src/deliver/mail-client.ts"],
  mailparser: ["src/parse/"],
  htmlparser2: ["src/parse/html-tokens.ts"],
  mailauth: ["src/proof/"],
  natural: ["src/classify/words.ts", "src/classify/stems.ts"],
  re2js: ["src/config/patterns.ts"],
  "better-sqlite3": ["src/store/sqlite/"],
  pino: ["src/log.ts"],
  yaml: ["src/config/"],
  zod: ["src/config/"],
  "prom-client": ["src/console/"],
  fastify: ["src/console/"],
  commander: ["src/cli/", "src/main.ts"],
};

const PURE = new Set(["parse", "classify", "route", "pipeline"]);

/** Parts of Node that only compute. node:crypto is here for hashes; chance is looked for by name. */
const PURE_NODE = /^node:(?:assert|buffer|crypto|punycode|stream|string_decoder|url|util)(?:\/|$)/;

const IMPURE_CODE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\./, "reads the clock"],
  [/\bMath\.random\b|\brandom(?:Bytes|UUID|Int|FillSync|Fill)\b|\bgetRandomValues\b/, "uses chance"],
  [/\bset(?:Timeout|Interval|Immediate)\b/, "waits"],
  [/\bfetch\s*\(|\bWebSocket\b/, "uses the network"],
  [/\bconsole\./, "logs"],
  [/\bprocess\./, "looks at the process"],
];

const SQL =
  /\b(?:select\s[\s\S]{1,200}\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(?:table|index)\s|begin\s+immediate\b|pragma\s+\w+)/i;

const VAGUE = new Set(
  "util utils helper helpers common misc manager service handle handler process data info shared index".split(" "),
);

/** The part of the house a file belongs to: src/parse/html.ts → parse, src/accept.ts → accept. */
export function partOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

/** Every part stands in the table, and imports only what stands above it. */
export function importTable(sources: readonly Source[]): string[] {
  const row = new Map(TABLE.flatMap((parts, i) => parts.map((part) => [part, i] as const)));
  return sources.flatMap((source) => {
    const from = partOf(source.path);
    const own = row.get(from);
    if (own === undefined) return [`${source.path}: the part "${from}" is not in the import table`];
    return relativeImports(source).flatMap((target) => {
      if (!target.startsWith("src/")) return [`${source.path} imports ${target}, outside src`];
      const to = partOf(target);
      const other = row.get(to);
      if (to === from || (other !== undefined && other < own)) return [];
      return [`${source.path} imports ${target}: ${to} does not stand above ${from} in the import table`];
    });
  });
}

/** Libraries come in at their doors, and each has one. */
export function libraryDoors(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    libraries(source).flatMap((library) => {
      const doors = DOORS[library];
      if (doors === undefined) return [`${source.path}: the library ${library} has no door`];
      return isAmong(source.path, doors) ? [] : [`${source.path}: ${library} comes in only at ${doors.join(", ")}`];
    }),
  );
}

/** parse, classify, route and pipeline only compute: what they need is handed in. */
export function purity(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => PURE.has(partOf(source.path)))
    .flatMap((source) =>
      [
        ...source.imports
          .filter((name) => name.startsWith("node:") && !PURE_NODE.test(name))
          .map((name) => `imports ${name}`),
        ...relativeImports(source)
          .filter((target) => partOf(target) === "log")
          .map(() => "imports the log"),
        ...IMPURE_CODE.filter(([pattern]) => pattern.test(source.code)).map(([, what]) => what),
      ].map((what) => `${source.path} ${what}, but ${partOf(source.path)} is pure`),
    );
}

/** Whatever matches in code may stand only in the files named. */
export function onlyIn(sources: readonly Source[], pattern: RegExp, what: string, files: readonly string[]): string[] {
  return sources
    .filter((source) => pattern.test(source.code) && !isAmong(source.path, files))
    .map((source) => `${source.path}: ${what} stands only in ${files.join(", ")}`);
}

function isAmong(path: string, files: readonly string[]): boolean {
  return files.some((file) => (file.endsWith("/") ? path.startsWith(file) : path === file));
}

/** SQL is written in the store's own folder. */
export function sqlInStore(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => !source.path.startsWith("src/store/sqlite/"))
    .flatMap((source) =>
      source.literals
        .filter((literal) => SQL.test(literal.text))
        .map((literal) => `${source.path}: SQL outside src/store/sqlite: ${literal.text.slice(0, 40).trim()}`),
    );
}

/** Nothing left for later, no `any`, no file over 300 lines, no barrel, and a head that says what the file owns. */
export function habits(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const lines = source.text.split("\n").length - 1;
    return [
      /\b(?:TO[D]O|FI[X]ME|X{3}|HA[C]K)\b/.test(source.text) ? "leaves something for later" : null,
      /\bas any\b|:\s*any\s*[,;)=\]|&[}>\n]|<any>|\bany\[\]/.test(source.code) ? "says any" : null,
      lines > 300 ? `has ${lines} lines` : null,
      /\bexport\s*\*/.test(source.code) ? "is a barrel" : null,
      /^(?:#!.*\n)?(?:\/\/|\/\*)/.test(source.text) ? null : "does not say at its head what it owns",
    ].flatMap((complaint) => (complaint === null ? [] : [`${source.path} ${complaint}`]));
  });
}

/** Files and exported names are the field's words, not vague ones. */
export function plainNames(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const file = (source.path.split("/").pop() ?? "").replace(/\.ts$/, "");
    const folders = source.path.split("/").slice(0, -1);
    const exported = [...source.code.matchAll(/\bexport\s+(?:async\s+)?(?:function\*?|class|const|type)\s+(\w+)/g)];
    return [
      ...[...folders, file].filter(isVague).map((name) => `${source.path}: "${name}" says nothing`),
      ...exported
        .map((match) => match[1] ?? "")
        .filter(isVague)
        .map((name) => `${source.path}: ${name} says nothing`),
    ];
  });
}

function isVague(name: string): boolean {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[-._]/)
    .some((word) => VAGUE.has(word));
}

function relativeImports(source: Source): string[] {
  return source.imports
    .filter((name) => name.startsWith("."))
    .map((name) => new URL(name, `file:///${source.path}`).pathname.slice(1));
}

function libraries(source: Source): string[] {
  return source.imports
    .filter((name) => !name.startsWith(".") && !name.startsWith("node:") && /^@?[a-z]/.test(name))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
}
