// What the rule files of a folder are at one moment. Reads contents, because times and sizes stay the same under some
// file systems, copies and quick saves.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRuleFile } from "../config/rules.ts";
import type { Source } from "../config/yaml.ts";

export type Snapshot = {
  /** Two of the same mean that nothing was written in between. */
  readonly print: string;
  /** The files; null when there are none, or one cannot be read: then the folder itself must be looked at. */
  readonly sources: readonly Source[] | null;
};

/** Never rejects: what cannot be read is part of what the folder is. */
export async function snapshot(folder: string): Promise<Snapshot> {
  const names = await readdir(folder).catch((error: unknown) => codeOf(error));
  if (typeof names === "string") return { print: names, sources: null };
  const hash = createHash("sha256");
  const sources: Source[] = [];
  const files = names.filter(isRuleFile).sort();
  for (const name of files) {
    const file = join(folder, name);
    const bytes = await readFile(file).catch((error: unknown) => codeOf(error));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
    const text = typeof bytes === "string" ? null : textOf(bytes);
    if (text !== null) sources.push({ file, text });
  }
  const isWhole = files.length > 0 && sources.length === files.length;
  return { print: hash.digest("hex"), sources: isWhole ? sources : null };
}

/** null when it is not UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
}
