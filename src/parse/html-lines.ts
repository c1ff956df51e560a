// Lines of text as a person would see them: white space collapses, blocks stand on lines of their own, cells of a row
// stand side by side. What is written stays in pieces, so that a row can still be broken into lines when it ends.

/** A row of a table. */
export type Row = {
  /** Pieces written before the row, and before its present cell. */
  readonly begun: number;
  cellBegun: number;
  /** Where, among the pieces, its cells are kept apart; a gap of several is an empty cell. */
  readonly seams: number[];
  /** A cell of it has more than one line. */
  tall: boolean;
};

/** Pieces of a line that are looked at when it is asked for: an attribution is short. */
const LINE_PIECES_MAX = 100;

/** Collects text in reading order. Every call costs what it adds, whatever stands before. */
export class Lines {
  readonly #pieces: string[] = [];
  readonly #rows: Row[] = [];
  /** Line ends due before the next text: 1 begins a line, 2 leaves one empty. */
  #breaks = 0;
  /** White space due before the next text of this line. */
  #gap = "";
  /** The line holds a hard space, so it counts although nothing is written on it. */
  #held = false;
  #marker = "";
  #lineStart = 0;
  #due: { readonly row: Row; count: number } | null = null;

  /** How many pieces are written: a place for marks. */
  get place(): number {
    return this.#pieces.length;
  }

  /** Text whose white space means nothing but a gap between words. */
  words(text: string): void {
    const tidy = text.replace(/[ \t\n\r\f\u00a0]+/g, " ");
    if (tidy === " ") {
      this.#space(text.includes("\u00a0"));
      return;
    }
    const from = tidy.startsWith(" ") ? 1 : 0;
    const to = tidy.endsWith(" ") ? tidy.length - 1 : tidy.length;
    if (from > 0) this.#space(false);
    if (from < to) this.#write(tidy.slice(from, to));
    if (to < tidy.length) this.#space(false);
  }

  /** Text whose lines and spaces are kept. */
  verbatim(text: string): void {
    for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
      if (index > 0) this.lineBreak();
      const end = line.trimEnd();
      const start = end.length - end.trimStart().length;
      this.#gap += line.slice(0, start);
      if (end !== "") this.#write(end.slice(start));
      if (end !== "") this.#gap = line.slice(end.length);
    }
  }

  lineBreak(): void {
    this.#breaks = Math.min(2, this.#breaks + 1);
    this.#gap = "";
    this.#held = false;
  }

  /** The border of a block: 1 begins a line, 2 leaves an empty line, 0 is no border. */
  border(breaks: number): void {
    if (breaks === 0) return;
    if (this.#held) this.lineBreak();
    this.#breaks = Math.max(this.#breaks, breaks);
    this.#gap = "";
  }

  /** What stands before the next text, such as "- "; an item without text leaves nothing. */
  mark(marker: string): void {
    this.#marker = marker;
  }

  beginRow(): Row {
    this.border(1);
    const row = { begun: this.place, cellBegun: this.place, seams: [], tall: false };
    this.#rows.push(row);
    return row;
  }

  beginCell(row: Row): void {
    row.cellBegun = this.place;
    if (this.place === row.begun) return;
    this.#due = { row, count: this.#due?.row === row ? this.#due.count + 1 : 1 };
  }

  /** Cells stand side by side only when each is one line. */
  endRow(row: Row): void {
    this.#rows.splice(this.#rows.lastIndexOf(row), 1);
    if (this.#due?.row === row) this.#due = null;
    if (row.tall) {
      for (const seam of row.seams) this.#pieces[seam] = "\n";
      this.#lineStart = Math.max(this.#lineStart, (row.seams.at(-1) ?? -1) + 1);
      const outer = this.#rows.at(-1);
      if (outer !== undefined) outer.tall = true;
    } else if (row.seams.length > 0) this.#breaks = Math.min(1, this.#breaks);
    this.border(1);
  }

  /** The last line with text on it, and the place where it begins; "" when it is longer than any attribution. */
  lastLine(): { readonly text: string; readonly place: number } {
    const tooLong = this.place - this.#lineStart > LINE_PIECES_MAX;
    return { text: tooLong ? "" : this.#pieces.slice(this.#lineStart).join(""), place: this.#lineStart };
  }

  /** The whole text, and the offset in it of each place asked for. */
  finish(places: readonly number[]): { readonly text: string; readonly offsets: ReadonlyMap<number, number> } {
    const offsets = new Map<number, number>(places.map((place) => [place, 0]));
    let length = 0;
    for (const [place, piece] of this.#pieces.entries()) {
      if (offsets.has(place)) offsets.set(place, length);
      length += piece.length;
    }
    if (offsets.has(this.place)) offsets.set(this.place, length);
    return { text: this.#pieces.join(""), offsets };
  }

  #space(hard: boolean): void {
    this.#gap ||= " ";
    if (hard) this.#held = true;
  }

  #write(text: string): void {
    if (this.#due !== null) this.#seam(this.#due.row, this.#due.count);
    else if (this.place > 0) this.#newLineOrGap();
    this.#pieces.push(this.#marker === "" ? text : this.#marker + text);
    this.#breaks = 0;
    this.#gap = "";
    this.#held = false;
    this.#marker = "";
  }

  #newLineOrGap(): void {
    if (this.#breaks > 0) {
      this.#makeTall();
      this.#pieces.push("\n".repeat(this.#breaks));
      this.#lineStart = this.place;
      // Only indentation that was written as such; a gap between words ends with its line.
      if (this.#gap.length > 1) this.#pieces.push(this.#gap);
    } else if (this.#gap !== "") this.#pieces.push(this.#gap);
  }

  #seam(row: Row, count: number): void {
    row.seams.push(this.place);
    // Empty cells between two full ones are kept as tabs, or a value would slip under another heading.
    this.#pieces.push("\t".repeat(count));
    this.#due = null;
  }

  /** A line ends within the innermost cell that has text; cells without are passed, each only once before it gets some. */
  #makeTall(): void {
    for (let at = this.#rows.length - 1; at >= 0; at--) {
      const row = this.#rows[at];
      if (row === undefined || row.cellBegun === this.place) continue;
      row.tall = true;
      return;
    }
  }
}
