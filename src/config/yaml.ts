// The one door for YAML: text in, a checked value out, or every mistake at once with file, line, column and what to
// write instead. Knows nothing of rules or of the gateway's settings; those hand in a zod schema.

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { mistakes } from "./yaml-mistakes.ts";

/** A YAML text and the name it is reported under. */
export type Source = { readonly file: string; readonly text: string };

/** One mistake in a file, in plain words. `line` and `column` count from 1; both are 0 when it stands nowhere. */
export type Problem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The line it stands in, "" when it stands nowhere. */
  readonly source: string;
  /** How many characters the caret underlines, at least 1. */
  readonly width: number;
};

/** A way to a value: keys and positions from the top, e.g. `["queues", "billing-desk", "deliver"]`. */
export type Path = readonly (string | number)[];

/** Makes a problem for the value at a path; `"key"` points at its key instead. A path that leads nowhere points at its nearest parent. */
export type Locate = (path: Path, message: string, what?: "key" | "value") => Problem;

export type YamlRead<T> =
  | { readonly kind: "value"; readonly value: T; readonly problem: Locate }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** YAML's own limit on `*alias` expansion: a few lines can otherwise unfold into gigabytes. */
const ALIASES_MAX = 100;

/**
 * Read YAML texts as one mapping and check it against a schema. Several sources are laid side by side: each may hold
 * any of the top-level keys, and a key that stands in two of them is a mistake naming both. The value comes with
 * `problem`, for checks that a schema cannot make. Give a schema an example by `.meta({ example: "points: 3" })` and
 * mistakes there say what to write instead; unknown keys are answered with the nearest known one.
 */
export function readYaml<S extends z.ZodType>(sources: readonly Source[], schema: S): YamlRead<z.output<S>> {
  const parsed = sources.map(parseSource);
  const broken = parsed.flatMap((page) => [...page.problems, ...strayNames(page)]);
  if (broken.length > 0) return { kind: "problems", problems: broken };

  const merged = merge(parsed);
  if (merged.problems.length > 0) return { kind: "problems", problems: merged.problems };
  const problem = locator(parsed);
  const checked = schema.safeParse(merged.value);
  if (checked.success) return { kind: "value", value: checked.data, problem };
  const found = mistakes(checked.error.issues, schema, merged.value);
  return { kind: "problems", problems: inOrder(found.map((m) => problem(m.path, m.message, m.what))) };
}

/** Only what YAML itself does not take. */
export function yamlMistakes(source: Source): readonly Problem[] {
  const page = parseSource(source);
  return page.problems.length > 0 ? page.problems : strayNames(page);
}

/** Read a file as a source; a file that cannot be read or is not UTF-8 is a problem. */
export function readSource(
  file: string,
):
  | { readonly kind: "source"; readonly source: Source }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    return { kind: "source", source: { file, text } };
  } catch (error) {
    return { kind: "problems", problems: [nowhere(file, whyUnreadable(error))] };
  }
}

/** A problem with a file as a whole. */
export function nowhere(file: string, message: string): Problem {
  return { file, line: 0, column: 0, message, source: "", width: 1 };
}

/** Problems sorted as a reader meets them: by file, line and column. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** Problems for people: place, sentence, the line with a caret under the spot; a blank line between them. */
export function printProblems(problems: readonly Problem[]): string {
  return problems.map(printProblem).join("\n\n");
}

/** A line is shown so far; wider ones are nobody's to read. */
const LINE_CHARS_MAX = 240;

function printProblem(problem: Problem): string {
  if (problem.line === 0) return `${problem.file}: ${problem.message}`;
  const number = String(problem.line);
  const gap = " ".repeat(number.length);
  // Of a line without end the part around the spot.
  const last = problem.source.length - LINE_CHARS_MAX;
  const from = Math.max(0, Math.min(last, problem.column - 1 - LINE_CHARS_MAX / 2));
  const source = problem.source.slice(from, from + LINE_CHARS_MAX).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
  const at = problem.column - 1 - from;
  const caret = " ".repeat(at) + "^".repeat(Math.min(problem.width, Math.max(1, LINE_CHARS_MAX - at)));
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  return `${place}: ${problem.message}\n  ${number} | ${source}\n  ${gap} | ${caret}`;
}

type Page = {
  readonly source: Source;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: readonly Problem[];
};

function parseSource(source: Source): Page {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false });
  // One slip makes many errors further down, so only the first is told, and every key that stands twice.
  const told = document.errors.filter((error, index) => index === 0 || error.code === "DUPLICATE_KEY");
  const problems = told.map((error) =>
    problemAt({ source, lines }, error.pos[0], error.pos[1], inPlainWords(error.code, error.message)),
  );
  if (problems.length === 0 && document.contents !== null && !isMap(document.contents)) {
    problems.push(problemAt({ source, lines }, 0, 1, "this file must hold keys with values, such as `key: value`"));
  }
  return { source, document, lines, problems };
}

/** YAML's own messages in plain words; the first that fits. */
const SYNTAX: readonly (readonly [RegExp, string])[] = [
  [/^DUPLICATE_KEY/, "this key stands twice in the same place; keep one and put both values under it"],
  [/^TAB_AS_INDENT/, "a tab cannot indent YAML; write spaces instead"],
  [/end with a \]/, "the list opened by [ above is not closed; write ]"],
  [/end with a \}/, "the keys opened by { above are not closed; write }"],
  [/Missing closing/, "the quote opened above is not closed; write the closing quote"],
  [/Sequence item without/, "this does not line up with the lines around it; indent it like its neighbours"],
  [/^BAD_INDENT/, "this does not line up with the lines around it; indent it like its neighbours"],
  [/^BLOCK_AS_IMPLICIT_KEY/, "a colon follows a colon; put text that holds a colon in quotes"],
  [/^MULTILINE_IMPLICIT_KEY/, "a colon is missing after this key"],
  [/^BAD_SCALAR_START/, "text cannot begin with this sign; put it in quotes"],
  [/^BAD_DQ_ESCAPE/, "this backslash means nothing in double quotes; use single quotes or write \\\\"],
  [/^MULTIPLE_DOCS/, "only one document to a file; remove the line `---`"],
  [/call stack/, "brackets stand within brackets too deeply; write lists as lines"],
  [/^UNEXPECTED_TOKEN/, "this does not belong here; put text with special signs in quotes"],
];

function inPlainWords(code: string, message: string): string {
  const known = SYNTAX.find(([sign]) => sign.test(`${code} ${message}`));
  return known === undefined ? `this is not valid YAML: ${message}` : known[1];
}

/** What YAML allows and the value would not show: `__proto__` vanishes as a key, and `*name` may stand for nothing. */
function strayNames(page: Page): readonly Problem[] {
  const problems: Problem[] = [];
  visit(page.document, {
    Alias(_, alias) {
      if (alias.resolve(page.document) !== undefined) return;
      const [start, end] = alias.range ?? [0, 1];
      const message = `there is no \`&${alias.source}\` above; put text that begins with * in quotes`;
      problems.push(problemAt(page, start, end, message));
    },
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== "__proto__") return;
      const start = pair.key.range?.[0] ?? 0;
      problems.push(problemAt(page, start, start + 9, "`__proto__` cannot be used as a name; choose another"));
    },
  });
  return problems;
}

function merge(pages: readonly Page[]): {
  readonly value: Record<string, unknown>;
  readonly problems: readonly Problem[];
} {
  const value: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const owner = new Map<string, Page>();
  for (const page of pages) {
    for (const [key, part] of Object.entries(plain(page, problems))) {
      const first = owner.get(key);
      if (first === undefined) {
        owner.set(key, page);
        value[key] = part;
      } else {
        const where = `${first.source.file}:${locator([first])([key], "", "key").line}`;
        problems.push(
          locator([page])([key], `\`${key}\` stands already in ${where}; keep it in one of the two files`, "key"),
        );
      }
    }
  }
  return { value, problems };
}

function plain(page: Page, problems: Problem[]): Record<string, unknown> {
  try {
    return (page.document.toJS({ maxAliasCount: ALIASES_MAX }) as Record<string, unknown> | null) ?? {};
  } catch {
    problems.push(problemAt(page, 0, 1, `more than ${ALIASES_MAX} uses of *aliases; write the values out`));
    return {};
  }
}

function locator(pages: readonly Page[]): Locate {
  return (path, message, what = "value") => {
    const owner = pages.find((each) => path.length > 0 && each.document.has(path[0]));
    const page = owner ?? pages[0];
    if (page === undefined) return nowhere("", message);
    if (owner === undefined && pages.length > 1) return nowhere(dirname(page.source.file), message);
    const [start, end] = rangeOf(page.document, path, what);
    return problemAt(page, start, end, message);
  };
}

/** Where a path stands in the text; the nearest parent's key when it leads nowhere. */
function rangeOf(document: Document, path: Path, what: "key" | "value"): readonly [number, number] {
  if (path.length === 0) return [0, 1];
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last);
    const node = what === "key" || !isScalar(pair?.value) || pair.value.value === null ? pair?.key : pair.value;
    if (isNode(node) && node.range) return [node.range[0], node.range[1]];
  }
  const node = document.getIn(path, true);
  if (isNode(node) && node.range) return [node.range[0], node.range[1]];
  return rangeOf(document, path.slice(0, -1), "key");
}

function problemAt(
  page: { readonly source: Source; readonly lines: LineCounter },
  start: number,
  end: number,
  message: string,
): Problem {
  const { line, col } = page.lines.linePos(start);
  const { text } = page.source;
  const begin = page.lines.lineStarts[line - 1] ?? 0;
  const lineEnd = text.indexOf("\n", begin);
  const source = text.slice(begin, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, "");
  const width = Math.max(1, Math.min(end - start, source.length - col + 1));
  return { file: page.source.file, line, column: col, message, source, width };
}

function whyUnreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "no permission to read this file";
  if (code === "EISDIR") return "this is a directory, not a file";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "this file is not UTF-8 text; save it as UTF-8";
  return `cannot read this file (${code ?? String(error)})`;
}
