// How answers look to people: aligned tables, bars and colour on a terminal, the same text without colour elsewhere.
// One width rule for all commands; colour obeys NO_COLOR and FORCE_COLOR through util.styleText.

import { stripVTControlCharacters, styleText } from "node:util";

export type Cell = string | number | null;
type Style = Parameters<typeof styleText>[0];

/** Colour text for a stream: plain when it is no terminal. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Rows under a head, columns as wide as their widest cell; numbers stand on the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(visibleWidth(title), ...rows.map((row) => visibleWidth(text(row[column])))),
  );
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [paint("bold", line(head)), ...rows.map(line)].join("\n");
}

/** A bar of at most `width` characters for `value` out of `most`, drawn in eighths. */
export function bar(value: number, most: number, width = 30): string {
  const eighths = most === 0 ? 0 : Math.round((value / most) * width * 8);
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest === 0 ? "" : String.fromCodePoint(0x2590 - rest));
}

/** Local date and time to the second, sortable. */
export function dateTime(ms: number): string {
  return new Date(ms).toLocaleString("sv-SE");
}

/** Text from a mail or a file made harmless to a terminal: no control characters, one line. */
export function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
}

function text(cell: Cell | undefined): string {
  return cell === null || cell === undefined ? "-" : String(cell);
}

function pad(cell: Cell, width: number): string {
  const shown = text(cell);
  const gap = " ".repeat(Math.max(0, width - visibleWidth(shown)));
  return typeof cell === "number" ? gap + shown : shown + gap;
}

function visibleWidth(shown: string): number {
  return [...stripVTControlCharacters(shown)].length;
}
