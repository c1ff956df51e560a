// HTML becomes the text a person would read: no addresses of links, no pictures, no hidden head.

import { compile } from "html-to-text";

/** How much HTML is converted, in characters: real mail stays below 200,000; 11 MB took 2.6 s to convert. */
const HTML_CHARS_MAX = 1_000_000;
/** Nesting after which html-to-text stops going deeper; browsers flatten at 512. */
const DEPTH_MAX = 200;
/** Converting costs the square of the open elements, so HTML with more than this is stripped of its tags instead. */
const OPEN_ELEMENTS_MAX = 2_000;

/** Table cells stand on lines of their own, or their words would run together. */
const LINE = { leadingLineBreaks: 1, trailingLineBreaks: 1 };

const convert = compile({
  wordwrap: false,
  limits: { maxDepth: DEPTH_MAX, maxInputLength: HTML_CHARS_MAX },
  selectors: [
    { selector: "a", options: { ignoreHref: true } },
    { selector: "img", format: "skip" },
    { selector: "table", format: "block" },
    ...["td", "th"].map((selector) => ({ selector, format: "block", options: LINE })),
    ...["title", "script", "style"].map((selector) => ({ selector, format: "skip" })),
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** The text of an HTML page; `cut` when it was too long or too deep to be read whole. */
export function htmlText(html: string): { readonly text: string; readonly cut: boolean } {
  const shorter = html.slice(0, HTML_CHARS_MAX);
  const tooLong = shorter.length < html.length;
  const opened = openElements(shorter);
  if (opened > OPEN_ELEMENTS_MAX) return { text: withoutTags(shorter), cut: true };
  try {
    return { text: convert(shorter), cut: tooLong || opened > DEPTH_MAX };
  } catch {
    return { text: withoutTags(shorter), cut: true };
  }
}

/** Elements that browsers close by themselves when the next begins, or that hold nothing. */
const SELF_CLOSING =
  /^(p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot|br|hr|img|meta|link|input|col|area|base|wbr|source|embed|param|track)$/i;

/** The most elements open at one place, roughly: start tags less end tags. */
function openElements(html: string): number {
  let open = 0;
  let most = 0;
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9:-]{0,40})/gi)) {
    if (SELF_CLOSING.test(name ?? "")) continue;
    open = slash === "/" ? Math.max(0, open - 1) : open + 1;
    most = Math.max(most, open);
  }
  return most;
}

/** Text between tags without building a tree: linear, for HTML nobody could read whole. */
function withoutTags(html: string): string {
  return html
    .split("<")
    .map((piece, index) => (index === 0 ? piece : piece.slice(piece.indexOf(">") + 1)))
    .join(" ")
    .replace(/[ \t]+/g, " ");
}
