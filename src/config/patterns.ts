// Patterns of rules, in RE2 syntax: the one door of re2js, whose matching is linear in the text whatever the pattern.
// Case makes no difference, and a dot stands for a line's end too, as lines break where mail programs like.

import { RE2JS, RE2JSException } from "re2js";

/** A pattern ready to be looked for. */
export type Pattern = {
  /** As written in the rule. */
  readonly source: string;
  /** Lower-case letters every match must hold, so that most texts need no more than a look; null: none is certain. */
  readonly literal: string | null;
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
    return { kind: "pattern", pattern: { source, literal: literalOf(source), find: finder(compiled) } };
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

/** The longest run of plain signs that every match must hold; groups, classes and choices are passed over. */
function literalOf(source: string): string | null {
  let best = "";
  let run = "";
  let depth = 0;
  const close = () => {
    if (depth === 0 && run.length > best.length) best = run;
    run = "";
  };
  for (let at = 0; at < source.length; at++) {
    const sign = source[at] ?? "";
    if (sign === "|" && depth === 0) return null;
    if (sign === "(" || sign === "[") {
      close();
      depth += 1;
    } else if (sign === ")" || sign === "]") {
      depth -= 1;
      run = "";
    } else if (sign === "?" || sign === "*" || sign === "{") {
      // What stands before may be left out.
      run = run.slice(0, -1);
      close();
      if (sign === "{") at = Math.max(at, source.indexOf("}", at));
    } else if (/[a-z0-9 @_-]/i.test(sign)) run += sign;
    else if (sign === "\\") {
      close();
      at += /[pP]/.test(source[at + 1] ?? "") && source[at + 2] === "{" ? source.indexOf("}", at) - at : 1;
    } else close();
  }
  close();
  return best.length >= LITERAL_MIN ? best.toLowerCase() : null;
}
