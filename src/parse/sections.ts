// What each stretch of a mail's text is: own words, a forwarded mail, history, signature, disclaimer, tag line. Rules
// and the model hear only own and forwarded words, so in doubt a stretch is kept as one of these.

import type { Section, SectionKind } from "../message.ts";
import { bannerAt, noticeStart } from "./disclaimer.ts";
import type { InlineForward } from "./forward.ts";
import type { HeaderBlock } from "./header-block.ts";
import { cutHistory, type Region } from "./history.ts";
import type { Mark } from "./html.ts";
import { type Piece, piecesOf, sectionsOf, written } from "./pieces.ts";
import { maySign, signatureStart } from "./signature.ts";
import { isTagLine } from "./tag-line.ts";
import { gluedQuotes } from "./wrote-line.ts";

/** How often a notice, a signature or a tag line is taken off the end of one stretch. */
const ENDS_MAX = 8;
/** Banners on top of one another: the tag of one server, the warning of the next. */
const BANNERS_MAX = 3;

/** A stretch of the text in which one person speaks; `kind` is what is kept of it. */
type Part = { readonly kind: "own" | "forwarded" | "forward-header"; readonly start: number; readonly end: number };

/**
 * Cut a mail's text. `marks`: what the HTML says, in order, not overlapping. `blocks`: the header blocks in the text.
 * `forward`: the reading of a forward, null when it is none. The answer is in order, without gaps, from 0 to the text's
 * length, neighbours differ in kind, white space stands with what is before it. Time is linear in the text.
 */
export function cutSections(
  text: string,
  marks: readonly Mark[],
  blocks: readonly HeaderBlock[],
  forward: InlineForward | null,
): readonly Section[] {
  const parts = partsOf(text, forward);
  const edges = [...parts, ...marks, ...blocks].flatMap(({ start, end }) => [start, end]);
  const pieces = piecesOf(text, [...edges, ...gluedQuotes(text)]);
  let from = 0;
  for (const part of parts) {
    const to = indexFrom(pieces, from, part.end);
    readPart(text, pieces, from, to, part, marks, blocks, forward !== null);
    from = to;
  }
  cutRules(pieces);
  return sectionsOf(text, pieces);
}

/** The note, the header blocks and the mail of a forward; one part of own words when it is none. */
function partsOf(text: string, forward: InlineForward | null): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  const add = (kind: Part["kind"], end: number) => {
    if (end > at) parts.push({ kind, start: at, end });
    at = Math.max(at, end);
  };
  for (const [i, header] of (forward?.headers ?? []).entries()) {
    add(i === 0 ? "own" : "forwarded", Math.min(header.start, text.length));
    add("forward-header", Math.min(header.end, text.length));
  }
  if (forward !== null) add("forward-header", Math.min(forward.innerStart, text.length));
  add(forward === null ? "own" : "forwarded", text.length);
  return parts;
}

function indexFrom(pieces: readonly Piece[], from: number, offset: number): number {
  let i = from;
  while (i < pieces.length && (pieces[i]?.start ?? 0) < offset) i++;
  return i;
}

function readPart(
  text: string,
  pieces: readonly Piece[],
  from: number,
  to: number,
  part: Part,
  marks: readonly Mark[],
  blocks: readonly HeaderBlock[],
  inForward: boolean,
): void {
  for (let i = from; i < to; i++) setKind(pieces[i], part.kind);
  if (part.kind === "forward-header") return;
  const [first] = written(pieces, from, 1, to);
  const depth = part.kind === "forwarded" && first !== undefined ? (pieces[first]?.depth ?? 0) : 0;
  const region = { from, to, depth };
  // A forwarded mail as a whole stands in a quote in some programs; what is quoted in it begins further below.
  const outer = part.kind === "forwarded" ? (pieces[first ?? from]?.start ?? part.start) : -1;
  useMarks(
    pieces,
    region,
    marks.filter(({ start }) => start > outer),
  );
  cutHistory(pieces, region, blocks);
  if (part.kind === "forwarded") markInnerHeads(pieces, region, blocks);
  cutEnds(text, pieces, region, part.kind);
  if (part.kind === "forwarded" || !inForward) keepSomething(pieces, region, part.kind);
}

function setKind(piece: Piece | undefined, kind: SectionKind): void {
  if (piece !== undefined) piece.kind = kind;
}

/** What the HTML says about stretches. Some programs let people write inside their signature. */
function useMarks(pieces: readonly Piece[], { from, to }: Region, marks: readonly Mark[]): void {
  let at = from;
  for (const { kind, start, end } of marks) {
    while (at < to && (pieces[at]?.start ?? 0) < start) at++;
    const first = at;
    while (at < to && (pieces[at]?.end ?? 0) <= end) at++;
    const marked = pieces.slice(first, at);
    if (kind === "signature" && !maySign(marked.map(({ words }) => words))) continue;
    for (const piece of marked) piece.kind = kind;
  }
}

/** A forward inside the forwarded mail is heard too, but not its header block. */
function markInnerHeads(pieces: readonly Piece[], { from, to }: Region, blocks: readonly HeaderBlock[]): void {
  let at = from;
  for (const { separator, start, end } of blocks) {
    while (at < to && (pieces[at]?.start ?? 0) < start) at++;
    for (; at < to && (pieces[at]?.end ?? 0) <= end; at++) {
      if (separator === "forwarded" && pieces[at]?.kind === "forwarded") setKind(pieces[at], "forward-header");
    }
  }
}

/** Banners on top, and signatures, notices and tag lines at the end of each stretch that is kept. */
function cutEnds(text: string, pieces: readonly Piece[], region: Region, kept: SectionKind): void {
  let top = region.from;
  for (let turn = 0; turn < BANNERS_MAX; turn++) {
    const [start, end] = bannerAt(pieces, top, region.to);
    for (let i = start; i < end; i++) setKind(pieces[i], "disclaimer");
    top = end;
  }
  for (let i = region.from; i < region.to; i++) {
    const piece = pieces[i];
    if (piece?.kind === kept && isTagLine(piece.words)) piece.kind = "tag-line";
  }
  let first = region.from;
  for (let i = region.from; i <= region.to; i++) {
    const piece = pieces[i];
    if (i < region.to && piece?.kind === kept) continue;
    if (i > first) cutStretchEnd(text, pieces, first, i);
    first = i + 1;
  }
}

/** Take signatures and notices off the end of pieces `from`..`to`, which are all kept so far. */
function cutStretchEnd(text: string, pieces: readonly Piece[], from: number, to: number): void {
  let end = to;
  for (let turn = 0; turn < ENDS_MAX; turn++) {
    const notice = noticeStart(pieces, from, end);
    const start = notice < end ? notice : signatureStart(text, pieces, from, end);
    if (start >= end) return;
    for (let i = start; i < end; i++) setKind(pieces[i], notice < end ? "disclaimer" : "signature");
    end = start;
  }
}

/** A mail that would be empty was cut wrongly: history comes back, and if there is none, everything. */
function keepSomething(pieces: readonly Piece[], { from, to }: Region, kept: SectionKind): void {
  const all = pieces.slice(from, to);
  if (all.some((piece) => says(piece) && isHeard(piece.kind))) return;
  const quoted = all.filter((piece) => piece.kind === "quoted" && says(piece));
  for (const piece of quoted.length > 0 ? all.filter(({ kind }) => kind === "quoted") : all) piece.kind = kept;
}

function isHeard(kind: SectionKind): boolean {
  return kind === "own" || kind === "forwarded";
}

function says({ words }: Piece): boolean {
  return /[\p{L}\p{N}]/u.test(words);
}

/** A line of dashes over something that is cut belongs to it. */
function cutRules(pieces: readonly Piece[]): void {
  let below: SectionKind = "own";
  for (let i = pieces.length - 1; i >= 0; i--) {
    const piece = pieces[i];
    if (piece === undefined || piece.words === "") continue;
    if (isHeard(piece.kind) && !isHeard(below) && below !== "tag-line" && /^[-_=*~—–]{2,}$/.test(piece.words)) {
      piece.kind = below;
    }
    below = piece.kind;
  }
}
