// Names in one place of the files that must exist in another.

import type { Locate, Path, Problem } from "./yaml.ts";
import { oneOf } from "./yaml-mistakes.ts";

/** A mistake when a name is not among the known ones; `"key"` when it stands as a key. */
export function unknownName(
  noun: string,
  name: string,
  known: readonly string[],
  path: Path,
  problem: Locate,
  what: "key" | "value" = "value",
): readonly Problem[] {
  if (known.includes(name)) return [];
  const instead = known.length === 0 ? `; the files name no ${noun} yet` : oneOf(name, known);
  return [problem(path, `there is no ${noun} \`${name}\`${instead}`, what)];
}
