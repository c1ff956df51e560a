// Rule sets to their columns and back.

import type { KeptRules, NewRules } from "../store.ts";
import type { KeepRulesCall, KeptRulesRow } from "./calls.ts";

export function keepRulesCall({ hash, sources, usedAs, at }: NewRules): KeepRulesCall {
  return { hash, files: JSON.stringify(sources.map(({ file, text }) => [file, text])), usedAs, at };
}

export function keptRulesOf({ hash, files, used_at }: KeptRulesRow): KeptRules {
  return { hash, sources: sourcesOf(files), at: used_at };
}

export function sourcesOf(files: string): KeptRules["sources"] {
  return (JSON.parse(files) as [string, string][]).map(([file, text]) => ({ file, text }));
}
