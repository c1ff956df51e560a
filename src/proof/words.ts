// Domains, selectors and results as facts: whatever a header, a record or a library says, only these words leave this part.

import { domainToASCII } from "node:url";
import type { CheckResult } from "../message.ts";

const NAME_CHARACTERS_MAX = 253; // RFC 1035 2.3.4
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

const RESULTS: ReadonlySet<string> = new Set<CheckResult>([
  "pass",
  "fail",
  "softfail",
  "neutral",
  "none",
  "policy",
  "temperror",
  "permerror",
]);

export function isResult(word: string): word is CheckResult {
  return RESULTS.has(word);
}

/** A domain or a selector in lower case, letters beyond ASCII as A-labels; "" when it is none. */
export function plainName(text: string): string {
  if (text.length > NAME_CHARACTERS_MAX) return "";
  const ascii = /^[\x21-\x7e]*$/.test(text) ? text : domainToASCII(text);
  const name = ascii.toLowerCase().replace(/\.$/, "");
  return NAME.test(name) ? name : "";
}

/** The domain of an address, or the text itself when it has no @. */
export function domainOf(address: string): string {
  return plainName(address.slice(address.lastIndexOf("@") + 1));
}
