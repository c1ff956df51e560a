// What elements of HTML are by their names and styles: blocks, hidden things, what closes what.

/** Line ends around a block: 2 where browsers leave room, 1 where a line merely begins. */
const BLOCKS: ReadonlyMap<string, 1 | 2> = new Map([
  ...words("p h1 h2 h3 h4 h5 h6 ul ol menu dl pre listing xmp blockquote figure hr").map((name) => [name, 2] as const),
  ...words(
    "address article aside body caption center dd details dir div dt fieldset figcaption footer form header html legend " +
      "li main nav noscript optgroup option section select summary table tbody tfoot thead tr",
  ).map((name) => [name, 1] as const),
]);

/** Nothing of these is shown as text in a mail. */
const HIDDEN = new Set(
  words("head title style script template iframe noframes noembed svg audio video canvas object datalist xml rp"),
);

export const VOID: ReadonlySet<string> = new Set(
  words("area base basefont bgsound br col command embed frame hr img input keygen link meta param source track wbr"),
);

export const LISTS: ReadonlySet<string> = new Set(words("ul ol menu"));

/** What may stand in a head without ending it. */
export const IN_HEAD: ReadonlySet<string> = new Set(
  words("title style script meta link base basefont bgsound template noscript xml"),
);

/** A border that end tags and implied ends do not reach across. */
const CELLS = words("td th caption table");
export const CELL_BORDER: ReadonlySet<string> = new Set(CELLS);
export const TABLE_BORDER: ReadonlySet<string> = new Set(["table"]);
const LIST_BORDER: ReadonlySet<string> = new Set([...CELLS, "ul", "ol", "menu", "dir"]);

/** Open elements that end, and the border up to which they are looked for. */
type Ends = { readonly names: readonly string[]; readonly border: ReadonlySet<string> };

/** Which open elements a start tag ends. */
const ENDS: ReadonlyMap<string, Ends> = new Map<string, Ends>([
  ["li", { names: ["li"], border: LIST_BORDER }],
  ["dt", { names: ["dt", "dd"], border: new Set([...CELLS, "dl"]) }],
  ["dd", { names: ["dt", "dd"], border: new Set([...CELLS, "dl"]) }],
  ["option", { names: ["option"], border: new Set([...CELLS, "select"]) }],
  ["optgroup", { names: ["optgroup", "option"], border: new Set([...CELLS, "select"]) }],
  ["td", { names: ["td", "th"], border: new Set(["table", "tr"]) }],
  ["th", { names: ["td", "th"], border: new Set(["table", "tr"]) }],
  ["tr", { names: ["tr", "caption"], border: TABLE_BORDER }],
  ...words("tbody thead tfoot").map(
    (name) => [name, { names: ["tbody", "thead", "tfoot", "tr", "caption"], border: TABLE_BORDER }] as const,
  ),
]);

const P_ENDS: Ends = { names: ["p"], border: CELL_BORDER };

/** The elements a start tag ends without saying so; null when there are none. */
export function endedBy(name: string): Ends | null {
  const ends = ENDS.get(name);
  if (ends !== undefined) return ends;
  return BLOCKS.has(name) && name !== "noscript" ? P_ENDS : null;
}

/** How an element is shown. */
export type Look = {
  /** Line ends around it; 0 within a line. */
  readonly border: 0 | 1 | 2;
  readonly hidden: boolean;
  /** Its text has no size or is made invisible; elements in it may show again. null: as around it. */
  readonly faint: boolean | null;
  /** Line ends in it are kept. null: as around it. */
  readonly verbatim: boolean | null;
};

const PLAIN: Look = { border: 0, hidden: false, faint: null, verbatim: null };

/** How an element is shown, by its name and its style (lower case, without white space). */
export function lookOf(
  name: string,
  style: string,
  hiddenAttribute: boolean,
  className: string,
  inItem: boolean,
): Look {
  const border = inItem && LISTS.has(name) ? 1 : borderOf(name, style, className);
  const pre = name === "pre" || name === "listing" || name === "xmp" || name === "textarea";
  if (style === "" && border === 0 && !pre && !hiddenAttribute && !HIDDEN.has(name)) return PLAIN;
  return {
    border,
    hidden: hiddenAttribute || HIDDEN.has(name) || /display:none|max-height:0(?:px)?(?:;|!|$)/.test(style),
    faint: faintOf(style),
    verbatim: verbatimOf(style) ?? (pre ? true : null),
  };
}

function borderOf(name: string, style: string, className: string): 0 | 1 | 2 {
  const border = BLOCKS.get(name) ?? 0;
  if (style.includes("display:")) {
    if (/display:inline(?:;|!|$)/.test(style) && name !== "tr") return 0;
    if (border === 0 && /display:(?:block|flex|list-item|table(?:;|!|$))/.test(style) && !CELL_BORDER.has(name))
      return 1;
  }
  // Paragraphs of Word, and those without margins, are the lines of what was written.
  if (name === "p" && (className.startsWith("Mso") || /(?:^|;)margin(?:-top|-bottom)?:0(?!\.?[1-9])/.test(style)))
    return 1;
  return border;
}

function faintOf(style: string): boolean | null {
  if (/visibility:hidden|(?:^|;)opacity:0(?![.\d])/.test(style)) return true;
  const size = /(?:^|;)font-size:(0*\.?0*)([1-9]?)[\d.]*(px|pt|rem|in|cm|mm|[a-z]*)/.exec(style);
  if (size !== null) {
    if (size[2] === "") return size[1] === "" ? false : true;
    return size[3] === "em" ? null : false;
  }
  return /visibility:visible/.test(style) ? false : null;
}

function verbatimOf(style: string): boolean | null {
  const space = /white-space:([a-z-]+)/.exec(style)?.[1];
  if (space === undefined) return null;
  return space.startsWith("pre") || space === "break-spaces";
}

function words(text: string): string[] {
  return text.split(" ");
}
