// The inside of the thread that looks at a rules folder: one look, one answer, and it ends.

import { parentPort, workerData } from "node:worker_threads";
import type { Examined } from "./apart.ts";
import { readRulebook } from "./rulebook.ts";

export type ApartSetup = { readonly folder: string; readonly today: string | null };

const { folder, today } = workerData as ApartSetup;
parentPort?.postMessage(examined());

function examined(): Examined {
  const book = readRulebook(folder, today);
  if (book.kind === "bad") return book;
  const { kind, rules, sources, warnings } = book;
  return { kind, rules, sources, warnings };
}
