// A form mailed as one simple XML document: its innermost elements as flat keys ("request.type"). No DTD, no entities
// but the five of XML and numbers; anything else and it is text like any other.

import type { Leaf } from "./pairs-json.ts";

const NAME = /[A-Za-z_][\w.:-]{0,60}/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
/** Elements open at once; a form has three or four. */
const DEPTH_MAX = 50;
/** An element's tag and attributes; longer ones are not of a form. */
const TAG_CHARS_MAX = 2_000;

type Element = { readonly name: string; readonly path: string; readonly from: number; parent: boolean };

/** A tag, comment or CDATA section of a document: what it is and where the text after it begins. */
type Tag = { readonly kind: "open" | "close" | "empty" | "skip"; readonly name: string; readonly next: number };

/** The answers of an XML document, at most `most`; null when the text is not one well-formed simple document. Linear. */
export function xmlPairs(text: string, most: number): readonly Leaf[] | null {
  const begin = text.search(/\S/);
  if (begin === -1 || text[begin] !== "<" || !text.trimEnd().endsWith(">")) return null;
  const leaves: Leaf[] = [];
  const open: Element[] = [];
  let roots = 0;
  for (let at = begin; at !== -1; ) {
    const tag = tagAt(text, at);
    if (tag === null || open.length > DEPTH_MAX) return null;
    if (tag.kind === "open" || tag.kind === "empty") {
      const parent = open.at(-1);
      if (parent === undefined && (roots++ > 0 || tag.name.toLowerCase() === "html")) return null;
      if (parent !== undefined) parent.parent = true;
      const path = parent === undefined ? tag.name : `${parent.path}.${tag.name}`;
      if (tag.kind === "empty") leaves.push({ key: path, value: "", start: tag.next, end: tag.next });
      else open.push({ name: tag.name, path, from: tag.next, parent: false });
    } else if (tag.kind === "close") {
      const element = open.pop();
      if (element?.name !== tag.name) return null;
      if (!element.parent) leaves.push(leafOf(text, element, at));
    }
    at = text.indexOf("<", tag.next);
    // Words beside the document's root: a letter that quotes some XML.
    if (open.length === 0 && text.slice(tag.next, at === -1 ? undefined : at).trim() !== "") return null;
  }
  return open.length === 0 && roots === 1 ? leaves.slice(0, most) : null;
}

function tagAt(text: string, at: number): Tag | null {
  for (const [begin, stop] of [
    ["<?", "?>"],
    ["<!--", "-->"],
    ["<![CDATA[", "]]>"],
  ] as const) {
    if (!text.startsWith(begin, at)) continue;
    const end = text.indexOf(stop, at + begin.length);
    return end === -1 ? null : { kind: "skip", name: "", next: end + stop.length };
  }
  const closing = text[at + 1] === "/";
  NAME.lastIndex = at + (closing ? 2 : 1);
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return null;
  const end = text.indexOf(">", at);
  if (end === -1 || end - at > TAG_CHARS_MAX) return null;
  if (closing)
    return text.slice(at + 2 + name.length, end).trim() === "" ? { kind: "close", name, next: end + 1 } : null;
  return { kind: text[end - 1] === "/" ? "empty" : "open", name, next: end + 1 };
}

function leafOf(text: string, element: Element, close: number): Leaf {
  const raw = text.slice(element.from, close);
  const inner = raw.trim();
  const start = element.from + (inner === "" ? 0 : raw.indexOf(inner));
  return { key: element.path, value: plain(inner), start, end: start + inner.length };
}

function plain(inner: string): string {
  return inner
    .split("<![CDATA[")
    .map((piece, index) => {
      const close = index === 0 ? -1 : piece.indexOf("]]>");
      return close === -1 ? entities(piece) : piece.slice(0, close) + entities(piece.slice(close + 3));
    })
    .join("")
    .replaceAll("\0", "");
}

function entities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : "";
  });
}
