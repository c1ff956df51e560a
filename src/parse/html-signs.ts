// By which structure mail programs show what is quoted, forwarded or a signature. A closed list of what they write;
// when in doubt an element is no sign, because what is marked is not heard.

import type { Attributes } from "./html-tokens.ts";

/**
 * What an element says about the text in it. `until` says how far it holds: its own end, the end of the mail, or the end
 * of the mail if its own text is a block of headers.
 */
export type Sign = {
  readonly kind: "quoted" | "signature" | "forwarded";
  readonly until: "its-end" | "the-end" | "the-end-if-headers";
};

const QUOTED: Sign = { kind: "quoted", until: "its-end" };
const FORWARDED: Sign = { kind: "forwarded", until: "its-end" };
const SIGNATURE: Sign = { kind: "signature", until: "its-end" };
const QUOTED_TO_THE_END: Sign = { kind: "quoted", until: "the-end" };
const HEADERS: Sign = { kind: "quoted", until: "the-end-if-headers" };

/** Classes, as whole words. Gmail's `gmail_extra` is absent: writers who answer below write inside of it. */
const BY_CLASS: Readonly<Record<string, Sign>> = {
  gmail_quote: QUOTED,
  gmail_quote_container: QUOTED,
  gmail_attr: QUOTED,
  yahoo_quoted: QUOTED,
  "moz-cite-prefix": QUOTED,
  "moz-email-headers-table": QUOTED,
  "moz-forward-container": FORWARDED,
  protonmail_quote: QUOTED,
  zmail_extra: QUOTED,
  "front-blockquote": QUOTED,
  missive_quote: QUOTED,
  "ms-outlook-mobile-reference-message": QUOTED,
  clean_bq: QUOTED,
  gmail_signature: SIGNATURE,
  gmail_signature_prefix: SIGNATURE,
  "moz-signature": SIGNATURE,
  MsoAutoSig: SIGNATURE,
  "ms-outlook-mobile-signature": SIGNATURE,
  protonmail_signature_block: SIGNATURE,
  bloop_sign: SIGNATURE,
  "sh-signature": SIGNATURE,
};

/** Ids in lower case. */
const BY_ID: Readonly<Record<string, Sign>> = {
  divrplyfwdmsg: QUOTED_TO_THE_END,
  stopspelling: QUOTED_TO_THE_END,
  zwchr: QUOTED_TO_THE_END,
  quoted_header: QUOTED_TO_THE_END,
  olk_src_body_section: QUOTED,
  "mail-editor-reference-message-container": QUOTED,
  isreplycontent: QUOTED,
  isforwardcontent: FORWARDED,
  "reply-intro": QUOTED,
  signature: SIGNATURE,
  applemailsignature: SIGNATURE,
  "ms-outlook-mobile-signature": SIGNATURE,
  composer_signature: SIGNATURE,
  _rc_sig: SIGNATURE,
};

/** Values of `name` that Spark and GMX write. */
const BY_NAME: Readonly<Record<string, Sign>> = {
  messageReplySection: QUOTED,
  messageSignatureSection: SIGNATURE,
  quote: QUOTED,
};

/** The line Outlook for Windows draws above the headers of the mail below, as Word and as browsers write it; then Windows Mail's. */
const OUTLOOK_LINE =
  /border-top:(?:solid(?:#b5c4df|#e1e1e1)1(?:\.0)?pt|1(?:\.0)?ptsolid(?:#b5c4df|#e1e1e1|rgb\(181,196,223\)|rgb\(225,225,225\)))|border-top-color:rgb\(229,229,229\);border-top-width:1px;border-top-style:solid/;

/** A line down the left side; one of no width or style `none` is only indentation. */
const LEFT_LINE = /(?:^|;)border-left:(?!0|none|medium|initial)[^;]*(?:solid|dashed|dotted|double|groove|ridge)/;

/** How the line above a quotation ends, and what it also holds: an hour, an address, or "wrote" in some language. */
const ATTRIBUTION_END = /[:\uff1a][\s\u200b]*$/;
const ATTRIBUTION =
  /\d[:.h]\d\d|@|\b(?:wrote|writes|writes|escribi|escreveu|schrieb|scrisse|ha scritto|schreef|skrev|napisa|kirjoitti)|\u00e9crit|\u5199\u9053|\u5beb\u9053|\u0430\u043b/i;

/** What a start tag says; null when it says nothing. `style` is without white space and in lower case. */
export function signOf(name: string, attributes: Attributes, style: string, lineAbove: () => string): Sign | null {
  if (attributes.size === 0 && name !== "blockquote") return null;
  const id = (attributes.get("id") ?? "").toLowerCase();
  const named =
    byClass(attributes.get("class") ?? "") ??
    own(BY_ID, id) ??
    (name === "div" ? own(BY_NAME, attributes.get("name") ?? "") : null);
  // Some iPhones put the whole mail where their signature was: without words above it is no signature.
  if (id === "applemailsignature" && lineAbove() === "") return null;
  if (named !== null) return named;
  if (id.startsWith("yahoo_quoted")) return QUOTED;
  if (attributes.get("data-smartmail") === "gmail_signature") return SIGNATURE;
  if (attributes.get("data-marker") === "__QUOTED_TEXT__") return QUOTED;
  if (name === "div" && OUTLOOK_LINE.test(style)) return HEADERS;
  if (name === "div" && isOutlookBar(style)) return QUOTED;
  if (name === "blockquote" && isQuotation(attributes, style, lineAbove)) return QUOTED;
  return null;
}

/** A line such as "On Monday at 10:00, Ana wrote:", in any language. */
export function isAttribution(line: string): boolean {
  return ATTRIBUTION_END.test(line) && ATTRIBUTION.test(line);
}

/** Text that begins as a block of headers does: a word and a colon. */
export function beginsLikeHeaders(text: string): boolean {
  return /^\s*[^\s:\uff1a][^:\uff1a\n]{0,30}[:\uff1a]/.test(text);
}

/** The bar Outlook draws beside what is answered: `border-left: solid blue 1.5pt`. */
function isOutlookBar(style: string): boolean {
  return LEFT_LINE.test(style) && /border-left:(?:solid)?(?:blue|1\.5pt|#1010ff)/.test(style);
}

function isQuotation(attributes: Attributes, style: string, lineAbove: () => string): boolean {
  if (/cite/i.test(attributes.get("type") ?? "") || /quote/i.test(attributes.get("class") ?? "")) return true;
  return LEFT_LINE.test(style) || isAttribution(lineAbove());
}

function byClass(value: string): Sign | null {
  if (value === "") return null;
  for (const word of value.split(/\s+/, 20)) {
    const sign = own(BY_CLASS, word);
    if (sign !== null) return sign;
    if (word.startsWith("gmail_forward")) return FORWARDED;
  }
  return null;
}

function own(table: Readonly<Record<string, Sign>>, key: string): Sign | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
