// What a way of delivering is to those who have deliveries carried out.

import type { AttemptResult, Job } from "../outcome.ts";

/** One way of delivering. Answers how it ended; throws only for a bug. */
export type Adapter = AsyncDisposable & {
  /** How many deliveries it can have under way at once. */
  readonly concurrency: number;
  /** What tells its destination: adapters of the same one share its limit and its health. null: nobody else has it. */
  readonly destination: string | null;
  /** `body` gives the message's bytes as often as it is called. */
  deliver(job: Job, body: () => AsyncIterable<Uint8Array>, raw: Uint8Array | null): Promise<AttemptResult>;
};
