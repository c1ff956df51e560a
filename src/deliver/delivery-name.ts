// The name a delivery has at its far end, by which an attempt in doubt finds its work and a repetition is known.

import type { Job } from "../outcome.ts";

/** The same in every attempt of a delivery, and another for every other, also of another gateway with the same far end. */
export function deliveryName({ id, mail }: Pick<Job, "id" | "mail">): string {
  return `D${id}-${mail.sha256.slice(0, 32)}`;
}
