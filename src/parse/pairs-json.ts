// A form mailed as one JSON object: its answers as flat keys ("patient.name"), each with the place of its value.
// JSON.parse says whether it is JSON; the walk over its tokens knows the places, which JSON.parse does not tell.

/** An answer in a tree: `start` and `end` are its place in the text given. */
export type Leaf = { readonly key: string; readonly value: string; readonly start: number; readonly end: number };

/** Strings with their quotes, brackets, and numbers or words; white space, commas and colons lie between. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|[^\s{}[\],:"]+/g;

/** An object or array that is open: its path, and for an array the scalars met in it so far. */
type Open = { readonly path: string; readonly list: Leaf[] | null };

/** The answers of a JSON object, at most `most`; null when the text is not one JSON object as a whole. Linear. */
export function jsonPairs(text: string, most: number): readonly Leaf[] | null {
  if (!/^\s*\{/.test(text.slice(0, 200)) || !isJson(text)) return null;
  const leaves: Leaf[] = [];
  const open: Open[] = [];
  let key: string | null = null;
  for (const match of text.matchAll(TOKEN)) {
    if (leaves.length >= most) break;
    const token = match[0];
    const top = open.at(-1);
    const path = pathOf(top, key);
    if (token === "{" || token === "[") {
      open.push({ path, list: token === "[" ? [] : null });
      key = null;
    } else if (token === "}" || token === "]") {
      open.pop();
      if (top?.list && top.list.length > 0) leaves.push(joined(top.path, top.list));
      key = null;
    } else if (top !== undefined && top.list === null && key === null) {
      key = scalar(token);
    } else {
      const leaf = leafOf(path, token, match.index);
      if (top?.list) top.list.push(leaf);
      else leaves.push(leaf);
      key = null;
    }
  }
  return leaves;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Paths are cut, or deep nesting would cost the square of its depth. */
const PATH_CHARS_MAX = 200;

function pathOf(top: Open | undefined, key: string | null): string {
  if (top === undefined) return "";
  if (top.list !== null || key === null) return top.path;
  return (top.path === "" ? key : `${top.path}.${key}`).slice(-PATH_CHARS_MAX);
}

function leafOf(key: string, token: string, at: number): Leaf {
  const quote = token.startsWith('"') ? 1 : 0;
  return { key, value: token === "null" ? "" : scalar(token), start: at + quote, end: at + token.length - quote };
}

function scalar(token: string): string {
  return token.startsWith('"') ? String(JSON.parse(token)) : token;
}

function joined(key: string, list: readonly Leaf[]): Leaf {
  const value = list.map((leaf) => leaf.value).join(", ");
  return { key, value, start: list[0]?.start ?? 0, end: list.at(-1)?.end ?? 0 };
}
