// What is told of the rules in force: on the health page, by `mailward status`, and as numbers for Prometheus.

import { Counter, Gauge, type Registry } from "prom-client";
import type { Problem } from "../config/yaml.ts";

/** A folder of rules and what is used of it. */
export type FolderStatus = {
  readonly folder: string;
  /** The set in use; null: none yet, which only a shadow set can be. */
  readonly hash: string | null;
  /** When it began to be used, milliseconds since 1970. */
  readonly since: number | null;
  /** When the folder was last looked at because it had changed. */
  readonly lookedAt: number | null;
  /** Why what stands in the folder is not what is used; empty when all is well. */
  readonly problems: readonly Problem[];
};

export type RulesStatus = {
  readonly live: FolderStatus;
  /** Rules decided beside the live ones and never acted on; null: no folder is set for them. */
  readonly shadow: FolderStatus | null;
};

/** How a look at a changed folder ended: `unchanged` is the set in use again, `failed` good rules that could not be put to work. */
export type ReloadResult = "live" | "unchanged" | "refused" | "failed";

export type RulesMetrics = {
  reloaded(usedAs: "live" | "shadow", result: ReloadResult): void;
  rules(status: RulesStatus): void;
};

export function rulesMetrics(registers: Registry[]): RulesMetrics {
  const gauge = (name: string, help: string, labelNames: readonly string[]) =>
    new Gauge({ name, help, labelNames, registers });
  const reloads = new Counter({
    name: "mailward_rules_reloads_total",
    help: "Looks at a changed rules folder by how they ended: live, unchanged, refused, failed",
    labelNames: ["set", "result"],
    registers,
  });
  const good = gauge(
    "mailward_rules_good",
    "1 when the rules in use are those of the folder, 0 when those have mistakes",
    ["set"],
  );
  const loaded = gauge("mailward_rules_loaded_timestamp_seconds", "When the rules in use began to be used", ["set"]);
  const current = gauge("mailward_rules_info", "1 for the rule set in use", ["set", "hash"]);
  const tell = (set: string, { hash, since, problems }: FolderStatus) => {
    good.set({ set }, problems.length === 0 ? 1 : 0);
    if (since !== null) loaded.set({ set }, since / 1000);
    if (hash !== null) current.set({ set, hash }, 1);
  };
  return {
    reloaded: (set, result) => reloads.inc({ set, result }),
    rules({ live, shadow }) {
      current.reset();
      tell("live", live);
      if (shadow !== null) tell("shadow", shadow);
    },
  };
}
