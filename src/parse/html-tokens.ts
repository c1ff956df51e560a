// HTML in tokens, as browsers cut it: tags with the few attributes that are looked at, and text with its entities
// decoded. The tokenizer of htmlparser2 without its parser, which keeps a tree's worth of state and costs the square of
// the open elements. The one door to htmlparser2.

import { QuoteType, Tokenizer } from "htmlparser2";

/** Attributes of a start tag that are looked at, by lower-case name. */
export type Attributes = ReadonlyMap<string, string>;

/** Who hears of tags and text, in order; names in lower case. */
type Listener = {
  open(name: string, attributes: Attributes): void;
  close(name: string): void;
  text(text: string): void;
};

/** Attributes that are looked at; all others flow past. */
const WANTED = new Set(
  "class id name style type hidden value checked selected start data-smartmail data-marker".split(" "),
);
const NO_ATTRIBUTES: Attributes = new Map();

/** Runs once over the page. Comments, conditional ones too, and declarations are passed over. */
export function tokenize(html: string, page: Listener): void {
  let name = "";
  let attribute = "";
  let value = "";
  let attributes: Map<string, string> | null = null;
  const opened = () => page.open(name, attributes ?? NO_ATTRIBUTES);
  const nothing = () => {};
  const tokenizer = new Tokenizer(
    {},
    {
      onopentagname(start, end) {
        name = html.slice(start, end).toLowerCase();
        attributes = null;
      },
      onattribname(start, end) {
        const wanted = end - start <= 16 ? html.slice(start, end).toLowerCase() : "";
        attribute = WANTED.has(wanted) ? wanted : "";
        value = "";
      },
      onattribdata(start, end) {
        if (attribute !== "") value += html.slice(start, end);
      },
      onattribentity(code) {
        if (attribute !== "") value += String.fromCodePoint(code);
      },
      onattribend(quote: QuoteType) {
        if (attribute === "") return;
        attributes ??= new Map();
        if (!attributes.has(attribute)) attributes.set(attribute, quote === QuoteType.NoValue ? "" : value);
      },
      onopentagend: opened,
      onselfclosingtag() {
        opened();
        // Only names with a prefix are closed by a slash: Word writes `<o:p/>`.
        if (name.includes(":")) page.close(name);
      },
      onclosetag: (start, end) => page.close(html.slice(start, end).toLowerCase()),
      ontext: (start, end) => page.text(html.slice(start, end)),
      ontextentity: (code) => page.text(String.fromCodePoint(code)),
      oncdata: (start, end) => page.text(html.slice(start, end - 2)),
      oncomment: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onend: nothing,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
}
