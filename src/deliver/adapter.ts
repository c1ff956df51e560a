// What a way of delivering is to those who have deliveries carried out.

import type { AttemptResult, Job } from "../outcome.ts";

/** A destination that several queues may have. */
export type Place = {
  /** Adapters with the same server share its limit, and whether it can be reached. */
  readonly server: string;
  /** Those that also come in the same way, such as with the same sign-in, share whether it takes them. */
  readonly entry: string;
};

/** One way of delivering. Answers how it ended; throws only for a bug. */
export type Adapter = AsyncDisposable & {
  /** How many deliveries it can have under way at once. */
  readonly concurrency: number;
  /** What tells its destination. null: nobody else has it. */
  readonly destination: Place | null;
  /** `body` gives the message's bytes as often as it is called. */
  deliver(job: Job, body: () => AsyncIterable<Uint8Array>, raw: Uint8Array | null): Promise<AttemptResult>;
};
