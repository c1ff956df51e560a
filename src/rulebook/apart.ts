// A look at a rules folder in a thread of its own: parsing, examples and lint of a set take far too long to keep SMTP
// sessions waiting for them. What is found comes back as plain values.

import { Worker } from "node:worker_threads";
import type { RuleSet } from "../config/rules.ts";
import { nowhere, type Problem, type Source } from "../config/yaml.ts";
import type { Finding } from "./finding.ts";
import type { ApartSetup } from "./worker.ts";

/** A look that takes longer is given up: a thousand rules with their examples take about a second. */
const LIMIT_MS = 60_000;

/** What a look at a folder found; the rules are not compiled yet. */
export type Examined =
  | {
      readonly kind: "good";
      readonly rules: RuleSet;
      readonly sources: readonly Source[];
      readonly warnings: readonly Finding[];
    }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] };

/** A look in a thread of its own. A thread that dies or takes too long is a problem of the folder; never rejects. */
export async function examineApart(setup: ApartSetup, stop: AbortSignal): Promise<Examined> {
  const { folder } = setup;
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: setup, name: "rules" });
  const { promise, resolve } = Promise.withResolvers<Examined>();
  const giveUp = (why: string) => resolve({ kind: "bad", problems: [nowhere(folder, why)] });
  const timer = setTimeout(
    () => giveUp("looking at these rules takes too long; are there patterns or examples without end?"),
    LIMIT_MS,
  );
  const stopped = () => giveUp("the gateway is stopping");
  stop.addEventListener("abort", stopped);
  worker.on("message", resolve);
  worker.on("error", () =>
    giveUp("looking at these rules ended with an error of ours; please tell the makers of Mailward"),
  );
  worker.on("exit", () => giveUp("the thread that looks at rules has ended; is there enough memory?"));
  const examined = await promise;
  clearTimeout(timer);
  stop.removeEventListener("abort", stopped);
  await worker.terminate();
  return examined;
}
