// What the figures were measured on and with, and how figures are printed.

import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

export const GIGABYTE = 1024 ** 3;
export const MEGABYTE = 1024 ** 2;

/** One line on the machine, one on the programs. */
export function printMachine(...programs: readonly string[]): void {
  const cores = cpus();
  say(
    `machine   ${cores.length} × ${cores[0]?.model ?? "?"}, ${(totalmem() / GIGABYTE).toFixed(0)} GB, Linux ${release()}`,
  );
  say(`versions  Node ${process.versions.node}${programs.map((program) => `, ${program}`).join("")}`);
}

/** The version a Debian package is installed in, such as "postfix 3.7.11". */
export function packageVersion(name: string): string {
  try {
    const version = execFileSync("dpkg-query", ["-W", "-f", "${Version}", name], { encoding: "utf8" });
    return `${name} ${version}`;
  } catch {
    return `${name} (version unknown)`;
  }
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A row of figures with their median and spread: name, then figures, then "median". */
export function row(name: string, figures: readonly number[], unit: string, digits = 0): string {
  const shown = figures.map((figure) => figure.toFixed(digits).padStart(6)).join(" ");
  return `${name.padEnd(22)} ${shown}   median ${median(figures).toFixed(digits)} ${unit}`;
}
