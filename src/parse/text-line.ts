// Lines of a text as mail programs leave them: quote marks in front, odd blanks, byte order marks. Offsets only, so
// that whatever is found in a line can be shown where it stands.

/** One line: where it begins, where what is behind its quote marks begins and ends, and where the next line begins. */
export type Line = {
  readonly start: number;
  readonly inner: number;
  readonly end: number;
  readonly next: number;
  /** How many ">" stand in front. */
  readonly depth: number;
};

/** Blanks and signs without width that mail programs leave at both ends of a line. */
const BLANKS = new Set(" \t\r\u00a0\u200b\ufeff\u200e\u200f\u202f");

/** The line that begins at an offset. */
export function lineAt(text: string, start: number): Line {
  const newline = text.indexOf("\n", start);
  let end = newline === -1 ? text.length : newline;
  const next = newline === -1 ? end : end + 1;
  let inner = start;
  let depth = 0;
  for (; inner < end; inner += 1) {
    const sign = text[inner] ?? "";
    if (sign === ">") depth += 1;
    else if (!BLANKS.has(sign)) break;
  }
  while (end > inner && BLANKS.has(text[end - 1] ?? "")) end -= 1;
  return { start, inner, end, next, depth };
}

/** Whether a line holds nothing but quote marks and blanks. */
export function isEmpty(line: Line): boolean {
  return line.inner >= line.end;
}

/** The first line that holds something, at most so many lines on; the text's end when there is none. */
export function skipEmptyLines(text: string, from: Line, most: number): Line {
  let line = from;
  for (let gap = 0; gap < most && isEmpty(line) && line.start < text.length; gap += 1) line = lineAt(text, line.next);
  return line;
}
