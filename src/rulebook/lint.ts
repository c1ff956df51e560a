// What is odd about rules that are each well-formed: seen only when they are laid beside each other.

import type { CompiledRules } from "../classify/compile.ts";
import type { LoadedRules } from "../config/rules.ts";
import type { Finding } from "./finding.ts";

/** Every finding, errors and warnings, in the order of the files. */
export function lint(
  _loaded: LoadedRules & { readonly kind: "rules" },
  _compiled: CompiledRules,
  _today: string | null,
): readonly Finding[] {
  return [];
}
