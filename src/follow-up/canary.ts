// Runs trials again and again while the gateway runs, and tells of those that do not arrive.

import { errorFields, type Log } from "../log.ts";
import { every } from "./every.ts";
import { runTrials, type TrialOptions, type TrialResult } from "./trials.ts";

/** How often is looked whether they have arrived. */
const POLL_MS = 1000;

export type CanaryOptions = Omit<TrialOptions, "pollMs" | "signal" | "aliases"> & {
  readonly aliases: () => readonly string[];
  readonly everyMs: number;
  readonly log: Log;
  /** What came of the last trials. */
  readonly observe: (results: readonly TrialResult[]) => void;
};

export function startCanary(options: CanaryOptions): AsyncDisposable {
  const { everyMs, log, observe, aliases } = options;
  const stopping = new AbortController();
  const look = async (): Promise<void> => {
    const results = await runTrials({ ...options, aliases: aliases(), pollMs: POLL_MS, signal: stopping.signal });
    if (stopping.signal.aborted) return;
    observe(results);
    for (const result of results) {
      if (result.kind === "arrived") continue;
      const note = result.kind === "missing" ? "a trial came in by this door and did not arrive" : result.why;
      log.error("canary-missing", { alias: result.alias, door: result.door, note });
    }
    log.info("canary", { count: results.filter(({ kind }) => kind === "arrived").length });
  };
  const loop = every(everyMs, look, (error) => log.error("internal-error", errorFields(error)));
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await loop[Symbol.asyncDispose]();
    },
  };
}
