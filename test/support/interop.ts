// Which real programs a test needs beside us. Where one is absent the test is skipped with a loud line;
// under MAILWARD_NO_SKIPS=1, as in CI, absence is an error.

import { existsSync } from "node:fs";
import { join } from "node:path";

/** Debian keeps daemons in sbin, which is not on every user's PATH. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin", "/sbin"];

/** Where the program is; null when this machine does not have it. */
export function findProgram(name: string): string | null {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/**
 * True when every program named is here. Use as `test.skipIf(!needs("postfix", "swaks"))`.
 * Says loudly which one is missing; throws instead under MAILWARD_NO_SKIPS=1.
 */
export function needs(...programs: readonly string[]): boolean {
  return allPresent(programs, "install it to run these tests");
}

/** Like `needs`, for tests that must also be started as root, as Postfix's own instance must. */
export function needsRoot(...programs: readonly string[]): boolean {
  if (process.getuid?.() === 0) return needs(...programs);
  return refuse("these tests start daemons and run only as root");
}

function allPresent(programs: readonly string[], advice: string): boolean {
  const missing = programs.filter((name) => findProgram(name) === null);
  return missing.length === 0 || refuse(`${missing.join(", ")} not found: ${advice}`);
}

function refuse(reason: string): false {
  if (process.env["MAILWARD_NO_SKIPS"] === "1") throw new Error(`nothing may be skipped here, but ${reason}`);
  process.stderr.write(`\n*** SKIPPED *** ${reason}\n\n`);
  return false;
}
