// A text in pieces no larger than a line, each with what it is believed to be. Cutting changes what a piece is; the
// pieces never change. One pass over the text.

import type { Section, SectionKind } from "../message.ts";

/** What is looked at of a line, in characters: disclaimers stand on one long line; nothing else that is cut is longer. */
const PIECE_CHARS_MAX = 4_000;

/** A line, or a part of one where a mark or a header block begins inside it. */
export type Piece = {
  readonly start: number;
  readonly end: number;
  /** What is written, without quote marks and white space around it. */
  readonly words: string;
  /** How many ">" stand in front. */
  readonly depth: number;
  kind: SectionKind;
};

/** Cut a text at its line ends and at the borders given, all pieces taken for own. */
export function piecesOf(text: string, borders: readonly number[]): readonly Piece[] {
  const cuts = [...new Set(borders)].filter((at) => at > 0 && at < text.length).sort((a, b) => a - b);
  const pieces: Piece[] = [];
  let next = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    let end = newline === -1 ? text.length : newline + 1;
    while ((cuts[next] ?? text.length) <= start) next++;
    end = Math.min(end, cuts[next] ?? end);
    pieces.push(pieceAt(text, start, end));
    start = end;
  }
  return pieces;
}

function pieceAt(text: string, start: number, end: number): Piece {
  let at = start;
  let depth = 0;
  for (; at < end; at++) {
    const sign = text.charCodeAt(at);
    if (sign === GREATER) depth++;
    else if (!isSpace(sign)) break;
  }
  return { start, end, words: text.slice(at, Math.min(end, at + PIECE_CHARS_MAX)).trim(), depth, kind: "own" };
}

const GREATER = 62;

/** What `\s` is, control signs, and the signs without width that mail programs leave. */
function isSpace(sign: number): boolean {
  return sign <= 32 || sign === 0xa0 || (sign >= 0x2000 && sign <= 0x200f) || OTHER_SPACES.has(sign);
}

const OTHER_SPACES: ReadonlySet<number> = new Set([0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff]);

/** Pieces as sections: neighbours of a kind together, white space with what stands before it. */
export function sectionsOf(text: string, pieces: readonly Piece[]): readonly Section[] {
  const sections: Section[] = [];
  let open: { readonly kind: SectionKind; readonly start: number } | undefined;
  for (const piece of pieces) {
    if (piece.words === "" && piece.depth === 0) continue;
    if (open?.kind === piece.kind) continue;
    const start: number = open === undefined ? 0 : skipSpace(text, piece.start);
    if (open !== undefined) sections.push({ ...open, end: start });
    open = { kind: piece.kind, start };
  }
  const last = open ?? { kind: "own" as const, start: 0 };
  return text === "" ? [] : [...sections, { ...last, end: text.length }];
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Pieces with words, within the first `most` of them looking down (1) or up (-1) from `from`, which is looked at first. */
export function* written(pieces: readonly Piece[], from: number, step: 1 | -1, until: number): Generator<number> {
  for (let i = from; step === 1 ? i < until : i >= until; i += step) if (pieces[i]?.words !== "") yield i;
}
