// Where the public corpora lie: ../shared/data beside the repository, never inside it. The one place that knows.
// A test that needs one passes with a loud line where the folder is absent, so that the project stands alone.

import { existsSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const DATA = resolve(import.meta.dirname, "../../../shared/data");

const missed = new Set<string>();

/** The folder of a corpus, or the path of a file, by its name in the data folder; null, with one loud line, where it is absent. */
export function corpus(name: string): string | null {
  const path = join(DATA, name);
  if (existsSync(path)) return path;
  if (!missed.has(name)) process.stderr.write(`\n*** NOT TESTED *** the corpus ${name} is absent (${path})\n\n`);
  missed.add(name);
  return null;
}

/** Every file below a folder, sorted, as paths relative to it. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
