// The grammar of Authentication-Results (RFC 8601 2.2): white space, comments, quoted strings, versions. One pass from
// left to right; whatever does not fit ends it, because a header that is read wrongly would be believed wrongly.

export type Result = {
  /** Lower case, as are `result` and the names of properties. */
  readonly method: string;
  readonly result: string;
  /** `smtp.mailfrom`, `header.d`, ... and their values as written. */
  readonly properties: ReadonlyMap<string, string>;
};

/** An honest header has one or two thousand characters. */
const CHARACTERS_MAX = 32 * 1024;

type Reader = { readonly text: string; at: number };

/** Read the header's value; null when it is not well formed. Methods of a version we do not know are left out. */
export function readResults(text: string): { readonly authservId: string; readonly results: readonly Result[] } | null {
  if (text.length > CHARACTERS_MAX) return null;
  const reader: Reader = { text, at: 0 };
  const authservId = gap(reader) ? word(reader, /[^\s;()"=]+/y) : null;
  if (authservId === null || !gap(reader)) return null;
  const version = take(reader, /\d+/y);
  if ((version !== null && version !== "1") || !gap(reader)) return null;
  const results: Result[] = [];
  while (reader.at < text.length) {
    if (take(reader, /;/y) === null || !gap(reader)) return null;
    if (reader.at === text.length) break; // a semicolon too many at the end, as some write it
    if (take(reader, /none(?![\w=/.-])/iy) !== null) {
      if (!gap(reader)) return null;
      continue;
    }
    const result = resultOf(reader);
    if (result === null) return null;
    if (result !== "other-version") results.push(result);
  }
  return { authservId, results };
}

/** `method[/version]=result [reason=…] [ptype.property=value]…`, up to the next semicolon. */
function resultOf(reader: Reader): Result | "other-version" | null {
  const name = propertyName(reader);
  if (name === null || take(reader, /=/y) === null || !gap(reader)) return null;
  const [method = "", version] = name.split("/");
  const result = take(reader, /[A-Za-z][A-Za-z0-9-]*/y);
  if (result === null) return null;
  const properties = new Map<string, string>();
  for (;;) {
    if (!gap(reader)) return null;
    if (reader.at === reader.text.length || reader.text[reader.at] === ";") break;
    const property = propertyName(reader);
    if (property === null || take(reader, /=/y) === null || !gap(reader)) return null;
    const value = word(reader, /[^\s;()"]+/y);
    if (value === null) return null;
    if (!properties.has(property)) properties.set(property, value);
  }
  if (version !== undefined && version !== "1") return "other-version";
  return { method, result: result.toLowerCase(), properties };
}

/** A name with its dots and slashes, between which white space and comments may stand; lower case, and up to the `=`. */
function propertyName(reader: Reader): string | null {
  let name = "";
  for (;;) {
    const part = take(reader, /[A-Za-z0-9_-]+/y);
    if (part === null || !gap(reader)) return null;
    name += part.toLowerCase();
    const joint = take(reader, /[./]/y);
    if (joint === null) return name;
    name += joint;
    if (!gap(reader)) return null;
  }
}

/** A quoted string, or a run of the characters given; a quoted local part may be followed by its @domain. */
function word(reader: Reader, plain: RegExp): string | null {
  if (reader.text[reader.at] !== '"') return take(reader, plain);
  const quoted = take(reader, /"(?:[^"\\]|\\[^])*"/y);
  if (quoted === null) return null;
  const rest = take(reader, /@[^\s;()"]+/y) ?? "";
  return quoted.slice(1, -1).replace(/\\([^])/g, "$1") + rest;
}

function take(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at;
  const [found] = pattern.exec(reader.text) ?? [null];
  if (found !== null) reader.at += found.length;
  return found;
}

/** Steps over white space and comments, which may nest; false when one does not end. */
function gap(reader: Reader): boolean {
  let depth = 0;
  for (; reader.at < reader.text.length; reader.at += 1) {
    const character = reader.text[reader.at];
    if (character === "\\" && depth > 0) reader.at += 1;
    else if (character === "(") depth += 1;
    else if (character === ")" && depth > 0) depth -= 1;
    else if (depth === 0 && !/\s/.test(character ?? "")) return true;
  }
  return depth === 0;
}
