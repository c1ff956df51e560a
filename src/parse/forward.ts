// Whether a mail passes on another one, and which mail is the original: decided from the header blocks in its text,
// the subject, and whether it answers something. Attached mails are not looked at here.

import type { ForwardedMail } from "../message.ts";
import type { HeaderBlock } from "./header-block.ts";

/** A stretch of the text. */
type Stretch = { readonly start: number; readonly end: number };

/** A mail passed on inside the text. */
export type InlineForward = {
  readonly mail: ForwardedMail;
  /** What the forwarder wrote above the first block. */
  readonly note: Stretch;
  /** The header blocks on the way to the original, outermost first. */
  readonly headers: readonly Stretch[];
  /** Where the original's text begins. */
  readonly innerStart: number;
  /** 0 to 1. */
  readonly confidence: number;
};

/** A separator that says "forwarded" over an address: only a person who pastes one by hand is wrong. */
const BY_SEPARATOR = 0.95;

/** Reads the forward in a mail's text; null when it is none. */
export function readForward(
  text: string,
  subject: string,
  blocks: readonly HeaderBlock[],
  isReply: boolean,
): InlineForward | null {
  const block = blocks[0];
  if (block === undefined || (block.separator !== "forwarded" && (isReply || subject === ""))) return null;
  return {
    mail: { from: block.from, to: block.to, cc: block.cc, subject: block.subject, date: block.date },
    note: { start: 0, end: Math.min(block.start, text.length) },
    headers: [{ start: block.start, end: block.end }],
    innerStart: block.end,
    confidence: BY_SEPARATOR,
  };
}
