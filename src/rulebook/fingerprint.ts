// What the rule files of a folder are right now, as one short text: two of the same mean that nothing was written in
// between. Reads contents, because times and sizes stay the same under some file systems, copies and quick saves.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRuleFile } from "../config/rules.ts";

/** Never rejects: what cannot be read is part of what the folder is. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const names = await readdir(folder).catch((error: unknown) => codeOf(error));
  if (typeof names === "string") return names;
  for (const name of names.filter(isRuleFile).sort()) {
    const bytes = await readFile(join(folder, name)).catch((error: unknown) => codeOf(error));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
}
