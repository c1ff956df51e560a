// Rule sets as the store keeps them.

import type { Source } from "../config/yaml.ts";

/** A rule set that begins to be used. File names are relative to its folder. */
export type NewRules = {
  readonly hash: string;
  readonly sources: readonly Source[];
  readonly usedAs: "live" | "shadow";
  readonly at: number;
};

/** A rule set used earlier; `at` is when it went live last. */
export type KeptRules = { readonly hash: string; readonly sources: readonly Source[]; readonly at: number };
