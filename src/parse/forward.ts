// Whether a mail passes on another one, and which mail is the original: decided from the header blocks in its text,
// the subject, and whether it answers something. Attached mails are not looked at here.

import type { Address, ForwardedMail } from "../message.ts";
import { type Attribution, attributionAt } from "./attribution.ts";
import type { HeaderBlock } from "./header-block.ts";
import { plainWords } from "./header-words.ts";
import { type SubjectKind, subjectKind, withoutPrefixes } from "./subject-words.ts";
import { lineAt, skipEmptyLines } from "./text-line.ts";

/** A stretch of the text. */
type Stretch = { readonly start: number; readonly end: number };

/** A mail passed on inside the text. */
export type InlineForward = {
  readonly mail: ForwardedMail;
  /** What the forwarder wrote above the first block, without blanks around it; empty when nothing. */
  readonly note: Stretch;
  /** The header blocks on the way to the original, outermost first; what stands between them are notes. */
  readonly headers: readonly Stretch[];
  /** Where the original's text begins. */
  readonly innerStart: number;
  /** How certain the reading is, 0 to 1. */
  readonly confidence: number;
};

/** The separator and the subject both say that it is passed on. */
const SEPARATOR_AND_SUBJECT = 0.98;
/** The separator says so: only a person who pastes one by hand is wrong. */
const SEPARATOR_ALONE = 0.95;
/** The subject says so and a head of a mail is there: Outlook prints no separator. */
const SUBJECT_AND_BLOCK = 0.9;
/** The subject says so, above "X wrote on …:": Outlook for Mac did this, but so does a reply whose subject was typed. */
const SUBJECT_AND_ATTRIBUTION = 0.8;
/** The separator says so in the text of an answer: a mail passed on within a conversation. */
const SEPARATOR_IN_REPLY = 0.75;
/** A head of a mail under a new subject: a forward with its subject rewritten, or a reply that lost its thread. */
const BLOCK_ALONE = 0.6;
/** Factor when the original's writer has a name but no address: nobody can be asked. */
const WITHOUT_ADDRESS = 0.7;
/** Factor for every mail in between: each must have been taken for a forward rightly. */
const EACH_STEP = 0.95;

/**
 * Reads the forward in a mail's text; null when it is none. `blocks` are those of `findHeaderBlocks(text)`; `isReply`
 * says that In-Reply-To or References is set. A block below an answer is history, not a forward. `recipients`: addresses
 * the mail is sent to, lower case; who writes to the writer of the mail below answers it, whatever the subject.
 */
export function readForward(
  text: string,
  subject: string,
  blocks: readonly HeaderBlock[],
  isReply: boolean,
  recipients: readonly string[] = [],
): InlineForward | null {
  const first = blocks[0];
  const kind = kindIn(text, subject, first);
  if (first === undefined && kind !== "forward") return null;
  const above = firstAttribution(text, first?.start ?? text.length);
  if (above !== null) {
    const isAnswer = kind === "reply" || (isReply && kind !== "forward");
    const separated = first?.separator === "forwarded";
    if (isAnswer || (!separated && kind !== "forward")) return null;
    if (!separated && (first === undefined || hasAddress(above.from))) return byAttribution(text, subject, above);
  }
  if (first === undefined) return null;
  const answers = isReply || recipients.includes(first.from?.address.toLowerCase() ?? "");
  const certain = certainty(first, kind, answers);
  if (certain === null) return null;
  const way = wayToOriginal(blocks);
  const original = way.at(-1) ?? first;
  return {
    mail: {
      from: original.from,
      to: original.to,
      cc: original.cc,
      subject: original.subject || inherited(subject, way),
      date: original.date,
    },
    note: trimmed(text, 0, first.start),
    headers: way.map(({ start, end }) => ({ start, end })),
    innerStart: original.end,
    confidence: rounded(certain * EACH_STEP ** (way.length - 1) * (hasAddress(original.from) ? 1 : WITHOUT_ADDRESS)),
  };
}

/** The mail's own subject without "Fwd:", for an original whose subject was not printed. */
function inherited(subject: string, way: readonly HeaderBlock[]): string {
  return way.length > 1 ? "" : withoutPrefixes(subject);
}

/** What the subject says, with VS read by the language of the block below: Finnish answers with it. */
function kindIn(text: string, subject: string, first: HeaderBlock | undefined): SubjectKind {
  const kind = subjectKind(subject);
  if (kind !== "vs") return kind;
  const finnish = first !== undefined && /Lähettäjä|Vastaanottaja/u.test(text.slice(first.start, first.end));
  return finnish ? "reply" : "forward";
}

function certainty(block: HeaderBlock, kind: SubjectKind, isReply: boolean): number | null {
  if (block.separator === "forwarded") {
    if (kind === "forward") return SEPARATOR_AND_SUBJECT;
    return kind === "reply" || isReply ? SEPARATOR_IN_REPLY : SEPARATOR_ALONE;
  }
  // Outlook sets In-Reply-To on forwards too, so the subject is believed first.
  if (kind === "forward") return SUBJECT_AND_BLOCK;
  return kind === "reply" || isReply ? null : BLOCK_ALONE;
}

/** A line "On …, X wrote:" above the first block: what stands below it is history, or the mail an old Outlook passes on. */
function firstAttribution(text: string, until: number): Attribution | null {
  let at = 0;
  while (at < until) {
    const line = lineAt(text, at);
    const attribution = attributionAt(text, line);
    if (attribution !== null && attribution.end <= until) return attribution;
    at = line.next;
  }
  return null;
}

function byAttribution(text: string, subject: string, attribution: Attribution): InlineForward {
  const { from, date, start, end } = attribution;
  return {
    mail: { from, to: [], cc: [], subject: withoutPrefixes(subject), date },
    note: trimmed(text, 0, start),
    headers: [{ start, end }],
    innerStart: skipEmptyLines(text, lineAt(text, end), text.length).start,
    confidence: rounded(SUBJECT_AND_ATTRIBUTION * (hasAddress(from) ? 1 : WITHOUT_ADDRESS)),
  };
}

/** The blocks from the outermost to the original: on as long as the mail below is itself one that was passed on. */
function wayToOriginal(blocks: readonly HeaderBlock[]): readonly HeaderBlock[] {
  const way = blocks.slice(0, 1);
  for (const next of blocks.slice(1)) {
    const last = way.at(-1);
    if (last === undefined || !isPassedOn(last, next) || !isInHouse(last)) break;
    way.push(next);
  }
  return way;
}

function isPassedOn(mail: HeaderBlock, next: HeaderBlock): boolean {
  const kind = subjectKind(mail.subject);
  if (kind === "forward" || kind === "vs") return true;
  // With an unmarked subject it must be the same: people also paste earlier mails below new ones.
  return kind === "none" && next.separator === "forwarded" && sameSubject(mail.subject, next.subject);
}

function sameSubject(one: string, other: string): boolean {
  return plainWords(withoutPrefixes(one)) === plainWords(withoutPrefixes(other));
}

/**
 * Whether a mail was passed on within one house: its writer and a recipient share a domain, or Exchange printed names
 * alone. A patient who passes on an insurer's letter is the one who asks, and the one to be answered.
 */
function isInHouse(mail: HeaderBlock): boolean {
  const domain = domainOf(mail.from);
  const others = [...mail.to, ...mail.cc];
  return domain === "" || others.length === 0 || others.some((other) => domainOf(other) === domain);
}

function domainOf(address: Address | null): string {
  const at = address?.address.lastIndexOf("@") ?? -1;
  return at === -1 ? "" : (address?.address.slice(at + 1).toLowerCase() ?? "");
}

function hasAddress(address: Address | null): boolean {
  return address !== null && address.address !== "";
}

function trimmed(text: string, from: number, to: number): Stretch {
  let start = from;
  let end = to;
  while (start < end && (text[start] ?? "").trim() === "") start += 1;
  while (end > start && (text[end - 1] ?? "").trim() === "") end -= 1;
  return { start, end };
}

function rounded(confidence: number): number {
  return Math.round(confidence * 100) / 100;
}
