// A bounce that came to an address of ours for it is tied to the delivery it came back for, and is an alarm.

import type { Log } from "../log.ts";
import { RETURN_ALIAS } from "../message.ts";
import type { Reading } from "../outcome.ts";
import type { Bounced } from "../store/bounces.ts";
import type { Store, Undecided } from "../store/store.ts";

export type BounceOptions = {
  readonly store: Pick<Store, "noteBounce">;
  readonly log: Log;
  readonly now: () => number;
  /** Told of each forward that came back, once. */
  readonly bounced?: (bounced: Bounced) => void;
};

/**
 * Writes down what a mail says of our forwards. Only a bounce with the null sender says anything (RFC 3464 2): automatic
 * answers come to the same address. Called before its decision is written, so a crash repeats it, and twice is once.
 */
export async function noteBounces(
  { messageId, mail, routings }: Undecided,
  { kind, failures }: Pick<Reading, "kind" | "failures">,
  { store, log, now, bounced }: BounceOptions,
): Promise<void> {
  if (kind !== "bounce" || mail.envelope.mailFrom !== "") return;
  const failed = failures.find(({ action }) => action === "failed" || action === null);
  const told = failed ?? failures[0];
  const action = failed === undefined && told !== undefined ? "delayed" : "failed";
  for (const { recipient } of routings) {
    if (recipient.alias !== RETURN_ALIAS) continue;
    const bounce = { deliveryId: Number(recipient.tag), messageId, at: now(), action, status: told?.status ?? null };
    const found = await store.noteBounce({ ...bounce, action });
    if (found === null || !found.isNew) continue;
    const { ref, queue, urgency } = found;
    const note =
      action === "failed"
        ? "the destination took it and sent it back; the bounce is in the review queue"
        : "the destination took it and could not pass it on yet";
    log[action === "failed" ? "error" : "warn"]("bounced", { ref, queue, urgency, code: told?.status ?? "none", note });
    if (action === "failed") bounced?.(found);
  }
}
