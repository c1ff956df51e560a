// What a failed attempt means: try again, or hold for a person; and whether the whole destination is in trouble.
// The only file that reads reply codes.

import type { AttemptResult, Failure } from "../outcome.ts";
import type { Finish } from "../store/store.ts";
import { GIVE_UP_MS, nextAttemptAt } from "./retry.ts";

export type Meaning = {
  readonly next: Finish["next"];
  /** The attempt as recorded: a code and a sentence of ours, no text of the far end. */
  readonly code: string;
  readonly text: string;
  /** The trouble is the destination's, not this message's: its other messages should wait too. */
  readonly destinationDown: boolean;
};

/** A message we cannot read ourselves is tried so often, then held: waiting does not mend bytes. */
const OUR_ATTEMPTS_MAX = 3;

/** What the operator reads when a delivery is held. */
export const HOLD_REASONS = {
  refused: "the destination refuses this message for good",
  "gave-up": "the destination did not take it for five days",
  unreadable: "the message cannot be read here; its bytes may be damaged",
} as const;

/**
 * Judge an attempt (RFC 5321 4.2.1: 4yz may work later, 5yz will not).
 * @param chance 0 up to 1, see `nextAttemptAt`
 */
export function judge(
  result: AttemptResult,
  job: { readonly attempt: number; readonly createdAt: number },
  now: number,
  chance: number,
): Meaning {
  if (result.kind === "delivered") {
    return { next: { kind: "delivered" }, code: result.code, text: "delivered", destinationDown: false };
  }
  const code = [result.reply ?? "", result.code].filter(Boolean).join(" ");
  const destinationDown = isDestinationTrouble(result);
  if (isPermanent(result))
    return { next: { kind: "hold", reason: "refused" }, code, text: HOLD_REASONS.refused, destinationDown };
  if (result.stage === "ours" && job.attempt >= OUR_ATTEMPTS_MAX) {
    return { next: { kind: "hold", reason: "unreadable" }, code, text: HOLD_REASONS.unreadable, destinationDown };
  }
  if (now - job.createdAt >= GIVE_UP_MS) {
    return { next: { kind: "hold", reason: "gave-up" }, code, text: HOLD_REASONS["gave-up"], destinationDown };
  }
  const until = nextAttemptAt(job.attempt, now, chance);
  return { next: { kind: "wait", until }, code, text: sentence(result), destinationDown };
}

/**
 * A 5yz on the envelope or the message is final. On connect or sign-in it is not: it speaks of our configuration or of
 * the far end's health, which change, and a wrong password must not shelve a day's mail one by one.
 */
function isPermanent(failure: Failure): boolean {
  const about = failure.stage === "envelope" || failure.stage === "content";
  return about && failure.reply !== null && failure.reply >= 500 && failure.reply < 600;
}

/** No answer, a hang-up, or an answer before the message was spoken of; 421 is the far end closing (RFC 5321 3.8). */
function isDestinationTrouble(failure: Failure): boolean {
  if (failure.stage === "ours") return false;
  return failure.stage === "connect" || failure.stage === "auth" || failure.reply === null || failure.reply === 421;
}

/**
 * An IMAP NO or BAD as a reply code (RFC 5530, 7889): LIMIT, APPENDLIMIT and CANNOT speak of this very message and will not change. A full
 * quota, a lock or a missing right do.
 */
export function replyOfNo(responseCode: string): number {
  return ["LIMIT", "APPENDLIMIT", "CANNOT"].includes(responseCode) ? 554 : 451;
}

function sentence(failure: Failure): string {
  switch (failure.stage) {
    case "ours":
      return "the message could not be read here; the destination is not to blame";
    case "connect":
      return failure.code === "ETLS"
        ? "no encrypted connection to the destination: it offers no TLS, or its certificate is not right"
        : "the destination cannot be reached";
    case "auth":
      return "the destination does not accept our sign-in";
    case "envelope":
      return "the destination does not take this message now";
    case "content":
      return failure.reply === null
        ? "the connection was lost before the destination answered; it may have the message"
        : "the destination does not take this message now";
  }
}
