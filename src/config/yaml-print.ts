// YAML written in the house's form: the author's choice of lines or brackets stays, brackets are filled up to the width,
// quotes stand only where they are needed, and every comment stays with what it stands beside.

import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Node,
  type Pair,
  parse,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";

const WIDTH = 120;
const STEP = 2;

/** The order of keys in a mapping, or null: as they stand. */
export type KeyOrder = (keys: readonly string[], path: readonly string[]) => readonly string[] | null;

/** A document as text, ending in a line end. Throws on nothing: what has no short form is written as the library does. */
export function printYaml(document: Document, order: KeyOrder): string {
  const lines: string[] = [];
  if (document.commentBefore) lines.push(...commentLines(document.commentBefore, 0), "");
  const { contents } = document;
  if (isMap(contents)) lines.push(...mapLines(contents, 0, [], order));
  else if (contents !== null) lines.push(String(contents));
  if (document.comment) lines.push("", ...commentLines(document.comment, 0));
  return `${lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()}\n`;
}

function commentLines(comment: string, indent: number): readonly string[] {
  const space = " ".repeat(indent);
  return comment.split("\n").map((line) => (line === "" ? "" : `${space}#${line}`));
}

function mapLines(map: YAMLMap, indent: number, path: readonly string[], order: KeyOrder): readonly string[] {
  return [
    ...inOrder(map, path, order).flatMap((pair, at) => pairLines(pair, indent, at === 0, path, order)),
    ...after(map, indent),
  ];
}

/** A comment below the last entry. */
function after(node: YAMLMap | YAMLSeq, indent: number): readonly string[] {
  return node.comment ? commentLines(node.comment, indent) : [];
}

function inOrder(map: YAMLMap, path: readonly string[], order: KeyOrder): readonly Pair[] {
  const named = new Map(map.items.map((pair) => [keyOf(pair), pair]));
  const wanted = order([...named.keys()], path);
  return wanted === null ? map.items : wanted.flatMap((key) => named.get(key) ?? []);
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function pairLines(
  pair: Pair,
  indent: number,
  isFirst: boolean,
  path: readonly string[],
  order: KeyOrder,
): readonly string[] {
  const { key, value } = pair;
  const space = " ".repeat(indent);
  const name = `${space}${isScalar(key) ? scalarText(key, false) : String(key)}:`;
  const inside = [...path, keyOf(pair)];
  const above = isScalar(key) ? aboveLines(key, indent, isFirst) : [];
  if (value === null || value === undefined) return [...above, name];
  const node = value as Node;
  if (isCollection(node) && (node.flow !== true || hasComments(node)) && node.items.length > 0) {
    const head = `${name}${anchorText(node)}`;
    const before = node.commentBefore ? commentLines(node.commentBefore, indent + STEP) : [];
    const body = isMap(node)
      ? mapLines(node, indent + STEP, inside, order)
      : seqLines(node, indent + STEP, inside, order);
    return [...above, head, ...before, ...body];
  }
  return [...above, ...valueLines(name, node, indent)];
}

function aboveLines(
  node: Node & { spaceBefore?: boolean; commentBefore?: string | null },
  indent: number,
  isFirst: boolean,
): readonly string[] {
  return [
    ...(node.spaceBefore === true && !isFirst ? [""] : []),
    ...(node.commentBefore ? commentLines(node.commentBefore, indent) : []),
  ];
}

/** A value that stands behind its key, on as many lines as it takes. */
function valueLines(name: string, node: Node, indent: number): readonly string[] {
  const comment = node.comment ? ` #${node.comment.split("\n").join("\n#")}` : "";
  if (isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED)) {
    return blockLines(name, node, indent);
  }
  const pieces = isScalar(node) ? [{ text: scalarText(node, false), mayBreak: false }] : piecesOf(node);
  const text = pieces.map(({ text: piece }) => piece).join("");
  const whole = `${name} ${text}${comment}`;
  if (whole.length <= WIDTH || pieces.length < 3) return [whole];
  return filled(`${name} `, pieces, indent + STEP, comment);
}

function blockLines(name: string, node: Scalar, indent: number): readonly string[] {
  const sign = node.type === Scalar.BLOCK_LITERAL ? "|" : ">";
  const value = String(node.value);
  // A folded text would be folded anew; as a literal it stays what it is.
  const keep = value.endsWith("\n\n") ? "+" : value.endsWith("\n") ? "" : "-";
  if (sign === ">" || /^\s/.test(value)) return [`${name} ${JSON.stringify(value)}`];
  const body = value.replace(/\n$/, "").split("\n");
  return [`${name} |${keep}`, ...body.map((line) => (line === "" ? "" : " ".repeat(indent + STEP) + line))];
}

function seqLines(seq: YAMLSeq, indent: number, path: readonly string[], order: KeyOrder): readonly string[] {
  const space = " ".repeat(indent);
  const lines = seq.items.flatMap((item, at) => {
    const node = item as Node;
    const above = aboveLines(node, indent, at === 0);
    if (isMap(node) && (node.flow !== true || hasComments(node)) && node.items.length > 0) {
      const head = node.items[0];
      const first = inOrder(node, path, order)[0] ?? head;
      const inner =
        isScalar(first?.key) && first.key.commentBefore ? commentLines(first.key.commentBefore, indent) : [];
      if (isScalar(first?.key)) first.key.commentBefore = null;
      const body = mapLines(node, indent + STEP, path, order);
      const [start = "", ...rest] = body;
      return [...above, ...inner, `${space}- ${start.slice(indent + STEP)}`, ...rest];
    }
    if (isCollection(node) && !isMap(node) && (node.flow !== true || hasComments(node)) && node.items.length > 0) {
      const [start = "", ...rest] = seqLines(node, indent + STEP, path, order);
      return [...above, `${space}- ${start.slice(indent + STEP)}`, ...rest];
    }
    return [...above, ...valueLines(`${space}-`, node, indent)];
  });
  return [...lines, ...after(seq, indent)];
}

/** A piece that no line is broken in; `fits`: a line may end behind it. */
type Piece = { readonly text: string; readonly mayBreak: boolean };

/** Brackets as pieces: entries with their commas, so that lines break behind commas. */
function piecesOf(node: unknown): readonly Piece[] {
  if (isPair(node)) {
    const key = isScalar(node.key) ? scalarText(node.key, true) : String(node.key);
    if (node.value === null) return [{ text: `${key}:`, mayBreak: false }];
    const [first, ...rest] = piecesOf(node.value);
    return first === undefined ? [] : [{ ...first, text: `${key}: ${first.text}` }, ...rest];
  }
  if (isAlias(node)) return [{ text: `*${node.source}`, mayBreak: false }];
  if (isScalar(node)) return [{ text: scalarText(node, true), mayBreak: false }];
  if (!isCollection(node)) return [{ text: String(node), mayBreak: false }];
  const [open, close] = isMap(node) ? ["{ ", " }"] : ["[", "]"];
  const anchor = anchorText(node).trimStart();
  const entries = node.items.map(piecesOf);
  if (entries.length === 0)
    return [{ text: `${anchor === "" ? "" : `${anchor} `}${open.trim()}${close.trim()}`, mayBreak: false }];
  return entries.flatMap((entry, at) => {
    const isLast = at === entries.length - 1;
    const start = at === 0 ? `${anchor === "" ? "" : `${anchor} `}${open}` : "";
    return entry.map((piece, place) => ({
      text: (place === 0 ? start : "") + piece.text + (place < entry.length - 1 ? "" : isLast ? close : ", "),
      mayBreak: place === entry.length - 1 ? !isLast : piece.mayBreak,
    }));
  });
}

/** Pieces on lines of the width, broken where they may be. */
function filled(head: string, pieces: readonly Piece[], indent: number, comment: string): readonly string[] {
  const lines: string[] = [];
  let line = head;
  let isFresh = true;
  let word = "";
  const place = () => {
    if (!isFresh && (line + word).trimEnd().length > WIDTH) {
      lines.push(line.trimEnd());
      line = " ".repeat(indent);
    }
    line += word;
    word = "";
    isFresh = false;
  };
  for (const { text, mayBreak } of pieces) {
    word += text;
    if (mayBreak) place();
  }
  place();
  return [...lines, line.trimEnd() + comment];
}

function anchorText(node: Node): string {
  return "anchor" in node && typeof node.anchor === "string" ? ` &${node.anchor}` : "";
}

/** A scalar as short as it can be said: as it stands when it means the same, else quoted. */
function scalarText(node: Scalar, inFlow: boolean): string {
  const anchor = anchorText(node).trimStart();
  const lead = anchor === "" ? "" : `${anchor} `;
  if (typeof node.value !== "string") return lead + (node.source ?? String(node.value));
  // A number in quotes, such as that of a telephone, is a text at first sight only with them.
  const isQuoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE;
  if (isQuoted && !/\p{L}/u.test(node.value)) return lead + JSON.stringify(node.value);
  return lead + stringText(node.value, inFlow);
}

function stringText(value: string, inFlow: boolean): string {
  if (isPlain(value, inFlow)) return value;
  const isReadable = !/[\p{Cc}\p{Cf}]/u.test(value);
  return isReadable && (value.includes("\\") || value.includes('"'))
    ? `'${value.replaceAll("'", "''")}'`
    : JSON.stringify(value);
}

/** Whether a text means itself without quotes; in doubt the parser is asked. */
function isPlain(value: string, inFlow: boolean): boolean {
  if (value === "" || value !== value.trim() || /[\n\p{Cc}]/u.test(value)) return false;
  if (/^[!&*%@`|>]/.test(value) || (inFlow && /[,[\]{}]/.test(value))) return false;
  if (/^[\p{L}][\p{L} '’-]*$/u.test(value) && !/^(?:true|false|null)$/i.test(value)) return true;
  try {
    const read: unknown = parse(inFlow ? `[${value}]` : `x: ${value}`);
    return inFlow
      ? Array.isArray(read) && read.length === 1 && read[0] === value
      : (read as { readonly x?: unknown }).x === value;
  } catch {
    return false;
  }
}

/** Comments within brackets have no place on a filled line; such brackets are written as lines. */
function hasComments(node: Node): boolean {
  let found = false;
  visit(node, {
    Node(_, inner) {
      if (inner !== node && (inner.comment || inner.commentBefore)) found = true;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}
