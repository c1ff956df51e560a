// What in a stretch of text is history: mails answered, known by what HTML says, by header blocks and separators, by
// quote marks and by the attributions above them. In doubt nothing is history.

import type { HeaderBlock } from "./header-block.ts";
import { plainWords, SEPARATOR_OF } from "./header-words.ts";
import { type Piece, written } from "./pieces.ts";
import { wroteLineEnding } from "./wrote-line.ts";

/** A separator line is shorter. */
const SEPARATOR_CHARS_MAX = 120;
/** Empty lines between an attribution and the quote under it; counted so that looking down stays short. */
const GAP_PIECES_MAX = 8;

/** Where history begins; `isBare`: by a separator that names nobody. */
type Head = Stretch & { readonly isBare: boolean };

/** Pieces from `from` up to, not including, `to`. */
type Stretch = { readonly from: number; readonly to: number };

/** A stretch, and how many quote marks stand in front of what is not quoted there. */
export type Region = Stretch & { readonly depth: number };

/** Mark history as quoted. What HTML says must have been marked before. */
export function cutHistory(pieces: readonly Piece[], region: Region, blocks: readonly HeaderBlock[]): void {
  const head = firstHead(pieces, region, blocks);
  const answered = isAnsweredBelow(pieces, region, head);
  quote(pieces, head.from, answered ? head.to : region.to);
  const above = answered ? region : { ...region, to: head.from };
  cutRuns(pieces, above);
  cutBelowAttribution(pieces, above);
}

function quote(pieces: readonly Piece[], from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const piece = pieces[i];
    if (piece !== undefined) piece.kind = "quoted";
  }
}

/** The first header block or separator under which all is history; empty at the region's end when there is none. */
function firstHead(pieces: readonly Piece[], region: Region, blocks: readonly HeaderBlock[]): Head {
  const heads = new Map(blocks.map((block) => [block.start, block]));
  for (let i = region.from; i < region.to; i++) {
    const piece = pieces[i];
    if (piece === undefined || piece.depth > region.depth || piece.kind === "quoted") continue;
    const block = heads.get(piece.start);
    if (block === undefined) {
      if (isSeparator(piece.words)) return { from: i, to: i + 1, isBare: true };
    } else if (isHistory(pieces, i, region, block)) {
      let to = i;
      while (to < region.to && (pieces[to]?.start ?? 0) < block.end) to++;
      return { from: i, to, isBare: false };
    }
  }
  return { from: region.to, to: region.to, isBare: false };
}

/**
 * Some programs put ">" before what stands under the head as well. With nothing written above, answers stand between;
 * under a bare separator what is not marked so was written there, as in a reply that staff passed on under a note.
 */
function isAnsweredBelow(pieces: readonly Piece[], region: Region, { from, to, isBare }: Head): boolean {
  const [above] = written(pieces, from - 1, -1, region.from);
  const [under] = written(pieces, to, 1, region.to);
  return (above === undefined || isBare) && under !== undefined && isBehind(pieces[under], region.depth);
}

/** A forward nobody recognised as one is kept; so is a block whose lines stand in quote marks or in a quote of the HTML. */
function isHistory(pieces: readonly Piece[], first: number, region: Region, block: HeaderBlock): boolean {
  if (block.separator === "forwarded") return false;
  for (let i = first; i < region.to; i++) {
    const piece = pieces[i];
    if (piece === undefined || piece.start >= block.end) break;
    if (piece.words !== "" && piece.depth > region.depth) return false;
  }
  return true;
}

function isSeparator(words: string): boolean {
  if (words.length > SEPARATOR_CHARS_MAX || !/^[-_=*—–]{2}.*[-_=*—–]{2}:?$/u.test(words)) return false;
  const title = words.replace(/^[-_=*—–\s]{2,}/u, "").replace(/[-_=*—–\s:]{2,}$/u, "");
  return title !== "" && SEPARATOR_OF.get(plainWords(title)) === "original";
}

/** Lines behind ">" that follow each other. */
type Run = { readonly first: number; readonly last: number; readonly lines: number; readonly numbers: boolean };

/** Quote runs and the attributions above them. A single ">" may be a sign somebody typed, "> 39 C" a measure. */
function cutRuns(pieces: readonly Piece[], region: Region): void {
  const runs = [...runsIn(pieces, region)].map((run) => {
    const above = attributionAbove(pieces, region, run.first);
    return { ...run, above, sure: above !== null || isQuote(pieces, region, run) };
  });
  const quoting = runs.some(({ sure }) => sure);
  for (const { first, last, above, sure, numbers } of runs) {
    if (!sure && (!quoting || numbers)) continue;
    quote(pieces, above ?? first, last + 1);
  }
}

function* runsIn(pieces: readonly Piece[], { from, to, depth }: Region): Generator<Run> {
  for (let i = from; i < to; i++) {
    if (!isBehind(pieces[i], depth)) continue;
    const first = i;
    let last = i;
    let lines = 0;
    let numbers = true;
    for (; i < to; i++) {
      const piece = pieces[i];
      if (piece === undefined || (piece.words === "" && piece.depth <= depth)) continue;
      if (!isBehind(piece, depth)) break;
      last = i;
      lines++;
      if (!/^=?\s?\d/.test(piece.words)) numbers = false;
    }
    yield { first, last, lines, numbers };
  }
}

function isBehind(piece: Piece | undefined, depth: number): boolean {
  return piece !== undefined && piece.depth > depth && piece.kind !== "quoted";
}

/** Without an attribution: two lines or nesting, and neither measures nor a list somebody wrote under "my symptoms:". */
function isQuote(pieces: readonly Piece[], region: Region, run: Run): boolean {
  if (run.numbers) return false;
  for (let i = run.first; i <= run.last; i++) if ((pieces[i]?.depth ?? 0) > region.depth + 1) return true;
  if (run.lines < 2) return false;
  const [above] = written(pieces, run.first - 1, -1, region.from);
  return above === undefined || !/[:：]$/.test(pieces[above]?.words ?? "");
}

/** Where the attribution begins that stands right above a piece; null when there is none. */
function attributionAbove(pieces: readonly Piece[], region: Region, under: number): number | null {
  const until = Math.max(region.from, under - GAP_PIECES_MAX);
  const [above] = written(pieces, under - 1, -1, until);
  return above === undefined ? null : (wroteLineEnding(pieces, above, region.from)?.start ?? null);
}

/**
 * Attributions above what is quoted already, at the end, or, where neither HTML nor ">" says what is quoted, above
 * everything else: then only one that names date and writer as programs do, with own words above it.
 */
function cutBelowAttribution(pieces: readonly Piece[], region: Region): void {
  const lastQuoted = pieces.findLastIndex(({ kind }, i) => i < region.to && kind === "quoted");
  let own = false;
  for (let i = region.from; i < region.to; i++) {
    const piece = pieces[i];
    if (piece === undefined || piece.words === "" || piece.kind === "quoted") continue;
    const found = wroteLineEnding(pieces, i, region.from);
    if (found === null) {
      own = true;
      continue;
    }
    const [under] = written(pieces, i + 1, 1, region.to);
    const kind = under === undefined ? null : pieces[under]?.kind;
    if (kind === "quoted" || (found.sure && under === undefined)) {
      quote(pieces, found.start, i + 1);
    } else if (found.sure && own && lastQuoted < i) {
      quote(pieces, found.start, region.to);
      return;
    }
    own = true;
  }
}
