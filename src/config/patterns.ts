// Patterns of rules, in RE2 syntax: the one door of re2js, whose matching is linear in the text whatever the pattern.
// Case makes no difference, and a dot stands for a line's end too, as lines break where mail programs like.

import { RE2JS, RE2JSException } from "re2js";

/** A pattern ready to be looked for. */
export type Pattern = {
  /** As written in the rule. */
  readonly source: string;
  /** Lower-case words of which every match must hold one, so that most texts need no more than a look; null: none is certain. */
  readonly literals: readonly string[] | null;
  /** The first match at or after `from`. */
  readonly find: (text: string, from: number) => { readonly start: number; readonly end: number } | null;
};

/** Steps of the compiled program: each step costs for each character, and nested counts such as {1,1000} multiply. */
const PROGRAM_MAX = 2000;
const LITERAL_MIN = 3;

/** A pattern made ready, or what is wrong with it in plain words. */
export function compilePattern(
  source: string,
): { readonly kind: "pattern"; readonly pattern: Pattern } | { readonly kind: "mistake"; readonly message: string } {
  try {
    const compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL);
    if (compiled.programSize() > PROGRAM_MAX) {
      return mistake("this pattern is too large; write smaller counts than {1,1000}, and no counts within counts");
    }
    if (compiled.matcher("").find())
      return mistake("this pattern also fits where nothing stands; ask for at least one sign");
    return { kind: "pattern", pattern: { source, literals: literalsOf(source), find: finder(compiled) } };
  } catch (error) {
    if (error instanceof RE2JSException) return mistake(inPlainWords(source, error));
    throw error;
  }
}

function mistake(message: string): { readonly kind: "mistake"; readonly message: string } {
  return { kind: "mistake", message };
}

function finder(compiled: RE2JS): Pattern["find"] {
  return (text, from) => {
    // Whether it stands there at all is told by an automaton many times faster than where.
    if (from === 0 && !compiled.test(text)) return null;
    const matcher = compiled.matcher(text);
    return matcher.find(from) ? { start: matcher.start(), end: matcher.end() } : null;
  };
}

function inPlainWords(source: string, error: RE2JSException): string {
  if (/\(\?<?[=!]/.test(source))
    return "look-ahead and look-behind `(?=`, `(?!`, `(?<=` do not exist here; write words with `none` or `near` instead";
  if (/\\[1-9]/.test(source)) return "back-references such as `\\1` do not exist here; write the pattern without them";
  const why = error.message.replace(/^error parsing regexp: /, "");
  return `this pattern cannot be read (${why}); signs such as ( [ * + ? . are put behind a backslash when they are meant as such`;
}

/** Of a piece of a pattern the plain signs one of which every match holds; null when that is not certain. */
function literalsOf(source: string): readonly string[] | null {
  // Flags alone, and text within \\Q and \\E.
  if (/^\?[a-zA-Z-]*$|\\Q/.test(source)) return null;
  const each = alternatives(source).map(ofSequence);
  return each.every((literals) => literals !== null) ? each.flat() : null;
}

/** The choices of a pattern, apart at each `|` that stands in no group. */
function alternatives(source: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const piece of pieces(source)) {
    if (piece === "(") depth += 1;
    if (piece === ")") depth -= 1;
    if (piece === "|" && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + piece);
  }
  return parts;
}

/** Escapes, classes and counts are one piece each, all else is one sign. */
const PIECE =
  /\\[pP](?:\{[^}]*\}|[\s\S])|\\x(?:\{[^}]*\}|[\s\S]{2})|\\[0-7]{1,3}|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{[0-9,]*\}|[\s\S]/g;

function pieces(source: string): readonly string[] {
  return source.match(PIECE) ?? [];
}

/** The best of a sequence: its longest run of plain signs, or a group all of whose choices hold some. */
function ofSequence(source: string): readonly string[] | null {
  let best: readonly string[] | null = null;
  let run = "";
  const take = (literals: readonly string[] | null) => {
    if (literals !== null && shortest(literals) >= Math.max(LITERAL_MIN, shortest(best ?? []))) best = literals;
  };
  const all = pieces(source);
  for (let at = 0; at < all.length; at++) {
    const piece = all[at] ?? "";
    const end = piece === "(" ? groupEnd(all, at) : at;
    if (isOptional(all[end + 1])) {
      take([run.toLowerCase()]);
      run = "";
      at = end + 1;
    } else if (piece === "(") {
      take([run.toLowerCase()]);
      run = "";
      take(
        literalsOf(
          all
            .slice(at + 1, end)
            .join("")
            .replace(/^\?(?:P?<\w+>|[a-zA-Z-]*:)/, ""),
        ),
      );
      at = end;
    } else if (/^[a-z0-9 @_-]$/i.test(piece)) run += piece;
    else {
      take([run.toLowerCase()]);
      run = "";
    }
  }
  take([run.toLowerCase()]);
  return best;
}

function groupEnd(all: readonly string[], from: number): number {
  let depth = 0;
  for (let at = from; at < all.length; at++) {
    if (all[at] === "(") depth += 1;
    if (all[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return all.length;
}

/** `?`, `*` and counts: what stands before may not be there. */
function isOptional(piece: string | undefined): boolean {
  return piece === "?" || piece === "*" || piece?.startsWith("{") === true;
}

function shortest(literals: readonly string[]): number {
  return literals.length === 0 ? 0 : Math.min(...literals.map(({ length }) => length));
}
