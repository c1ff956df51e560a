// Rule sets as the store keeps them: the near side's verbs, and the rows they become.

import type { KeptRules } from "../kept.ts";
import type { Store } from "../store.ts";
import type { ThreadClient } from "./client.ts";

/** `files` is JSON, a list of names and texts. */
export type KeepRulesCall = {
  readonly hash: string;
  readonly files: string;
  readonly usedAs: string;
  readonly at: number;
};

export type KeptRulesRow = { readonly hash: string; readonly files: string; readonly used_at: number };

export function ruleVerbs(writer: ThreadClient): Pick<Store, "keepRules" | "rulesOf" | "lastRules"> {
  return {
    keepRules: ({ hash, sources, usedAs, at }) =>
      writer.call("keepRules", {
        hash,
        files: JSON.stringify(sources.map(({ file, text }) => [file, text])),
        usedAs,
        at,
      }),
    async rulesOf(hash) {
      const files = await writer.call("rulesOf", hash);
      return files === null ? null : sourcesOf(files);
    },
    async lastRules() {
      const row = await writer.call("lastRules", null);
      return row === null ? null : { hash: row.hash, sources: sourcesOf(row.files), at: row.used_at };
    },
  };
}

function sourcesOf(files: string): KeptRules["sources"] {
  return (JSON.parse(files) as [string, string][]).map(([file, text]) => ({ file, text }));
}
