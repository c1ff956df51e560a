// Carries out deliveries: one lane a queue, each at its own pace, so that a dead destination slows no other.
// At least once: an attempt is written down before its delivery is done with.

import { errorFields } from "../log.ts";
import type { Job, Urgency } from "../outcome.ts";
import type { Adapter } from "./adapter.ts";
import { Destination, type Health, Server } from "./destination.ts";
import { Lane, type LaneOptions } from "./lane.ts";

export type DelivererOptions = LaneOptions & { readonly adapters: ReadonlyMap<string, Adapter> };

export type Deliverer = AsyncDisposable & {
  /** Whether the queue's lane would begin a job soon if it were given one; an urgent one it always takes. */
  wants(queue: string, urgency: Urgency): boolean;
  /** Take jobs leased to this gateway; `raw` when the message's bytes are at hand. */
  take(jobs: readonly Job[], raw: Uint8Array | null): void;
  /** How the queues' destinations are. */
  health(): readonly Health[];
  /**
   * Deliver by these adapters from now on. Lanes whose adapter is among them go on; the others give back what they have
   * not begun, finish what is under way, and are gone when the promise settles.
   */
  replace(adapters: ReadonlyMap<string, Adapter>): Promise<void>;
};

export function startDeliverer(options: DelivererOptions): Deliverer {
  const kept = { bytes: 0 };
  const lanes = new Map<string, Lane>();
  const leaving = new Set<Promise<void>>();
  const replace = (adapters: ReadonlyMap<string, Adapter>) => {
    for (const [queue, lane] of lanes) {
      if (adapters.get(queue) === lane.adapter) continue;
      lanes.delete(queue);
      const left = lane.stop().finally(() => leaving.delete(left));
      leaving.add(left);
    }
    for (const [queue, adapter] of adapters) {
      if (!lanes.has(queue)) lanes.set(queue, new Lane(queue, adapter, destinationOf(adapter, lanes), options, kept));
    }
  };
  replace(options.adapters);
  return {
    wants: (queue, urgency) => lanes.get(queue)?.wants(urgency) ?? false,
    take(jobs, raw) {
      for (const job of jobs) {
        const lane = lanes.get(job.queue);
        if (lane === undefined)
          void putBack(job, options); // the queue went while the job was on its way here
        else lane.take(job, raw);
      }
    },
    async replace(adapters) {
      replace(adapters);
      await Promise.all(leaving);
    },
    health: () => [...lanes.values()].map((lane) => lane.destination.told(lane.queue)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...leaving, ...[...lanes.values()].map((lane) => lane.stop())]);
    },
  };
}

/** That of a lane which leads there in the same way already, or a new one, at a server that may be known. */
function destinationOf({ destination: place }: Adapter, lanes: ReadonlyMap<string, Lane>): Destination {
  if (place === null) return new Destination(new Server());
  const beside = [...lanes.values()].filter(({ adapter }) => adapter.destination?.server === place.server);
  const same = beside.find(({ adapter }) => adapter.destination?.entry === place.entry);
  return same?.destination ?? new Destination(beside[0]?.destination.server ?? new Server());
}

/** What the store does not take back now it takes back at the next start. */
async function putBack(job: Job, { store, log }: DelivererOptions): Promise<void> {
  try {
    await store.unlease([job.id]);
  } catch (error) {
    log.error("store-trouble", { ...errorFields(error), queue: job.queue });
  }
}
