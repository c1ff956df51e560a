// The inside of the thread that looks at a rules folder: one look, one answer, and it ends.

import { parentPort, workerData } from "node:worker_threads";
import type { RuleSet } from "../config/rules.ts";
import type { Source } from "../config/yaml.ts";
import type { Examined } from "./apart.ts";
import { lostEmergencies, lostProblem } from "./emergencies.ts";
import { readRulebook, rulebookFromSources } from "./rulebook.ts";

export type ApartSetup = {
  readonly folder: string;
  /** The files as read already; null: they are read here, to find out what is wrong with them. */
  readonly sources: readonly Source[] | null;
  readonly today: string | null;
  /** The rules in force, whose emergencies must stay such; null: whatever is lost is meant. */
  readonly live: RuleSet | null;
};

parentPort?.postMessage(examined(workerData as ApartSetup));

function examined({ folder, sources, today, live }: ApartSetup): Examined {
  const book = sources === null ? readRulebook(folder, today) : rulebookFromSources(sources, folder, today);
  if (book.kind === "bad") return book;
  const lost = live === null ? [] : lostEmergencies(live, book.compiled);
  if (lost.length > 0) return { kind: "bad", problems: [lostProblem(folder, lost)] };
  return { kind: "good", rules: book.rules, sources: book.sources, warnings: book.warnings };
}
