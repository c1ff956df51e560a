// Rule files written by commands: whole or not at all, with the rights they had.

import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { CannotDo } from "./operator.ts";

/** Put a text in the place of a file's; a link stays a link, and what it points to is written. */
export function replaceFile(file: string, text: string): void {
  const beside = `.mailward-${process.pid}.tmp`;
  try {
    const target = realpathSync(file);
    const fresh = `${target}${beside}`;
    try {
      writeFileSync(fresh, text);
      chmodSync(fresh, statSync(target).mode);
      renameSync(fresh, target);
    } finally {
      rmSync(fresh, { force: true });
    }
  } catch (error) {
    throw new CannotDo(`${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
  }
}
