// HTML becomes the text a person would read, with marks where its structure says what is quoted, forwarded or a
// signature. One pass over the tokens, no tree: the cost grows with the length alone.

import { CELL_BORDER, endedBy, IN_HEAD, LISTS, type Look, lookOf, TABLE_BORDER, VOID } from "./html-elements.ts";
import { Lines, type Row } from "./html-lines.ts";
import { beginsLikeHeaders, isAttribution, type Sign, signOf } from "./html-signs.ts";
import { type Attributes, tokenize } from "./html-tokens.ts";

/** A stretch of the text that is not this writer's, by the structure of the HTML; characters `start` up to `end`. */
export type Mark = {
  readonly kind: "quoted" | "signature" | "forwarded";
  readonly start: number;
  readonly end: number;
};

/** How much HTML is read, in characters: real mail stays below 200,000, and reading this takes 0.1 s. */
const HTML_CHARS_MAX = 1_000_000;
/** Open elements after which no more are opened, as in browsers; text and line ends within them are still read. */
const DEPTH_MAX = 512;

/** Inputs whose value a person typed or chose. */
const TYPED = new Set([
  "",
  "text",
  "email",
  "tel",
  "number",
  "search",
  "url",
  "date",
  "time",
  "datetime-local",
  "month",
]);
const TEXTAREA_ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

type Element = {
  readonly name: string;
  readonly border: 0 | 1 | 2;
  readonly hidden: boolean;
  readonly faint: boolean;
  readonly verbatim: boolean;
  readonly row: Row | null;
  /** The number of the next item, in an ordered list; "-" in others; null: no list. */
  list: { next: number | null; readonly bullet: string } | null;
};

type OpenMark = { readonly sign: Sign; readonly from: number; readonly element: Element | null };
type Placed = { readonly kind: Mark["kind"]; readonly from: number; readonly to: number; readonly ifHeaders: boolean };

/** The text of an HTML page and its marks, in order and not overlapping; `cut` when it was too long or too deep. */
export function htmlText(html: string): {
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly cut: boolean;
} {
  const read = (html.length > HTML_CHARS_MAX ? html.slice(0, HTML_CHARS_MAX) : html)
    .replaceAll("\0", "")
    .toWellFormed();
  const page = new Page();
  tokenize(read, page);
  const { text, marks } = page.finish();
  return { text, marks, cut: html.length > HTML_CHARS_MAX || page.tooDeep };
}

/** The open elements, and what is written and marked so far. */
class Page {
  tooDeep = false;
  readonly #lines = new Lines();
  readonly #stack: Element[] = [];
  readonly #count = new Map<string, number>();
  readonly #marks: Placed[] = [];
  #mark: OpenMark | null = null;
  /** Outlook's place for what is answered was passed at this place: a line drawn there begins the quotation. */
  #appendAt: number | null = null;

  text(text: string): void {
    const top = this.#stack.at(-1);
    if (top === undefined) return this.#lines.words(text);
    if (top.name === "head" && /\S/.test(text)) {
      this.#closeThrough(this.#stack.length - 1);
      return this.text(text);
    }
    if (top.hidden || top.faint) return;
    if (top.name === "textarea")
      this.#lines.verbatim(text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => TEXTAREA_ENTITIES[name] ?? ""));
    else if (top.verbatim) this.#lines.verbatim(text);
    else this.#lines.words(text);
  }

  open(name: string, attributes: Attributes): void {
    this.#endImplied(name);
    const parent = this.#stack.at(-1);
    if (parent?.hidden) {
      if (!VOID.has(name)) this.#push({ ...parent, name, border: 0, row: null, list: null });
      return;
    }
    const style = (attributes.get("style") ?? "").toLowerCase().replace(/\s+/g, "");
    const look = lookOf(name, style, attributes.has("hidden"), attributes.get("class") ?? "", parent?.name === "li");
    if (!look.hidden) this.#begin(name, look, attributes, parent);
    if (VOID.has(name)) {
      this.#mark ??= look.hidden ? null : this.#markFrom(name, attributes, style, null);
      return;
    }
    const element = this.#element(name, look, attributes, style, parent);
    if (!this.#push(element)) return;
    if (!element.hidden) this.#sign(element, attributes, style);
  }

  close(name: string): void {
    if (name === "br") return this.#lines.lineBreak();
    if ((this.#count.get(name) ?? 0) === 0) {
      const hidden = this.#stack.at(-1)?.hidden ?? false;
      if (!hidden) this.#lines.border(lookOf(name, "", false, "", false).border > 0 ? 1 : 0);
      return;
    }
    const inTable = CELL_BORDER.has(name) || name === "tr" || name === "tbody" || name === "thead" || name === "tfoot";
    const at = this.#find([name], name === "table" ? null : inTable ? TABLE_BORDER : CELL_BORDER);
    if (at < 0) return;
    const element = this.#stack[at];
    // An inline element that ends too late does not end the blocks in it.
    if (
      element?.border === 0 &&
      !CELL_BORDER.has(name) &&
      this.#stack.some((inner, place) => place > at && inner.border > 0)
    ) {
      this.#stack.splice(at, 1);
      this.#forget(element);
    } else this.#closeThrough(at);
  }

  finish(): { readonly text: string; readonly marks: readonly Mark[] } {
    this.#closeThrough(0);
    if (this.#mark !== null) this.#endMark();
    const { text, offsets } = this.#lines.finish(this.#marks.flatMap(({ from, to }) => [from, to]));
    const marks: Mark[] = [];
    for (const { kind, from, to, ifHeaders } of this.#marks) {
      const end = offsets.get(to) ?? 0;
      const start = skipSpace(text, offsets.get(from) ?? 0, end);
      if (start >= end || (ifHeaders && !beginsLikeHeaders(text.slice(start, start + 100)))) continue;
      const last = marks.at(-1);
      if (last?.kind === kind && skipSpace(text, last.end, start) === start) marks[marks.length - 1] = { ...last, end };
      else marks.push({ kind, start, end });
    }
    return { text, marks };
  }

  /** Elements that end because this one begins. */
  #endImplied(name: string): void {
    if (this.#stack.at(-1)?.name === "head" && !IN_HEAD.has(name) && !name.includes(":"))
      this.#closeThrough(this.#stack.length - 1);
    const ends = endedBy(name);
    if (ends?.names.some((ended) => (this.#count.get(ended) ?? 0) > 0) !== true) return;
    const at = this.#find(ends.names, ends.border);
    if (at >= 0) this.#closeThrough(at);
  }

  /** What an element's beginning writes. */
  #begin(name: string, look: Look, attributes: Attributes, parent: Element | undefined): void {
    if (parent?.faint !== true || name === "br") this.#lines.border(look.border);
    if (name === "br") this.#lines.lineBreak();
    else if (name === "input" && parent?.faint !== true) this.#input(attributes);
    else if (name === "li") this.#item(parent);
  }

  #input(attributes: Attributes): void {
    const type = (attributes.get("type") ?? "").toLowerCase();
    if (type === "checkbox" || type === "radio") this.#lines.words(attributes.has("checked") ? " [x] " : " [ ] ");
    else if (TYPED.has(type)) this.#lines.words(` ${attributes.get("value") ?? ""} `);
  }

  #item(parent: Element | undefined): void {
    const list = parent?.list;
    if (list?.next === undefined || list.next === null) return this.#lines.mark(list?.bullet ?? "- ");
    this.#lines.mark(`${list.next}. `);
    list.next++;
  }

  #element(name: string, look: Look, attributes: Attributes, style: string, parent: Element | undefined): Element {
    const chosen = name !== "option" || attributes.has("selected");
    const start = Number.parseInt(attributes.get("start") ?? "1", 10);
    const isList = LISTS.has(name);
    return {
      name,
      border: look.border,
      hidden: look.hidden || !chosen,
      faint: look.faint ?? parent?.faint ?? false,
      verbatim: look.verbatim ?? parent?.verbatim ?? false,
      row: look.hidden ? null : this.#rowOrCell(name),
      list: isList
        ? {
            next: name === "ol" ? (Number.isSafeInteger(start) ? start : 1) : null,
            bullet: /list-style(?:-type)?:none/.test(style) ? "" : "- ",
          }
        : null,
    };
  }

  /** A row begins with its tag; a cell looks for its row. */
  #rowOrCell(name: string): Row | null {
    if (name === "tr") return (this.#count.get("table") ?? 0) > 0 ? this.#lines.beginRow() : null;
    if (name !== "td" && name !== "th") return null;
    const at = this.#find(["tr"], TABLE_BORDER);
    const row = at < 0 ? null : (this.#stack[at]?.row ?? null);
    if (row === null) this.#lines.border(1);
    else this.#lines.beginCell(row);
    return null;
  }

  /** Begins a mark where an element says so. A quotation inside a signature ends the signature; else the outermost wins. */
  #sign(element: Element, attributes: Attributes, style: string): void {
    if ((attributes.get("id") ?? "").toLowerCase() === "appendonsend") this.#appendAt = this.#lines.place;
    if (this.#mark !== null && this.#mark.sign.kind !== "signature") return;
    const found = this.#markFrom(element.name, attributes, style, element);
    if (found === null || (this.#mark !== null && found.sign.kind === "signature")) return;
    if (this.#mark !== null) this.#endMark();
    this.#mark = found;
  }

  #markFrom(name: string, attributes: Attributes, style: string, element: Element | null): OpenMark | null {
    if (name === "hr" && this.#appendAt === this.#lines.place)
      return { sign: { kind: "quoted", until: "the-end" }, from: this.#lines.place, element };
    const sign = signOf(name, attributes, style, () => this.#lines.lastLine().text);
    if (sign === null || (element === null && sign.until === "its-end")) return null;
    const above = name === "blockquote" ? this.#lines.lastLine() : null;
    const ended = this.#marks.at(-1)?.to ?? 0;
    const withAttribution = above !== null && above.place >= ended && isAttribution(above.text);
    return { sign, from: withAttribution ? above.place : this.#lines.place, element };
  }

  #endMark(): void {
    if (this.#mark === null) return;
    const { sign, from } = this.#mark;
    const to = this.#lines.place;
    if (from < to) this.#marks.push({ kind: sign.kind, from, to, ifHeaders: sign.until === "the-end-if-headers" });
    this.#mark = null;
  }

  #push(element: Element): boolean {
    if (this.#stack.length >= DEPTH_MAX) {
      this.tooDeep = true;
      return false;
    }
    this.#stack.push(element);
    this.#count.set(element.name, (this.#count.get(element.name) ?? 0) + 1);
    return true;
  }

  #find(names: readonly string[], border: ReadonlySet<string> | null): number {
    for (let at = this.#stack.length - 1; at >= 0; at--) {
      const name = this.#stack[at]?.name ?? "";
      if (names.includes(name)) return at;
      if (border?.has(name) === true) return -1;
    }
    return -1;
  }

  #closeThrough(at: number): void {
    while (this.#stack.length > at) {
      const element = this.#stack.pop();
      if (element !== undefined) this.#forget(element);
    }
  }

  #forget(element: Element): void {
    this.#count.set(element.name, (this.#count.get(element.name) ?? 1) - 1);
    if (element.hidden) return;
    if (this.#mark !== null && this.#mark.sign.until === "its-end") {
      // In a container of attribution and quotation the writer may answer below: the mark ends with the quotation.
      const container = element.name === "blockquote" && this.#mark.element === this.#stack.at(-1);
      if (this.#mark.element === element || container) this.#endMark();
    }
    if (element.row !== null) this.#lines.endRow(element.row);
    if (!element.faint) this.#lines.border(element.border);
    if (element.name === "li") this.#lines.mark("");
  }
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && /\s/.test(text.charAt(at))) at++;
  return at;
}
