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
  /** How long the destination asks to be left alone, 0 where it does not. */
  readonly pauseMs: number;
};

/** A far end may ask for patience, not for ever: an hour's `Retry-After` is common, a day is the most we grant a mail. */
const RETRY_AFTER_MAX_MS = 24 * 3_600_000;
/** How long all mail of a queue is kept back because one got a `Retry-After`: an emergency may be among it. */
const QUEUE_PAUSE_MAX_MS = 5 * 60_000;

/** A message we cannot read ourselves is tried so often, then held: waiting does not mend bytes. */
const OUR_ATTEMPTS_MAX = 3;

/** RFC 6531 4.2 and RFC 3463 3.7: by the far end, or by us, who see that it does not offer it. */
const NOT_ASCII: ReadonlySet<string> = new Set(["5.6.3", "5.6.7"]);

/** What the operator reads when a delivery is held. */
export const HOLD_REASONS = {
  refused: "the destination refuses this message for good",
  "gave-up": "the destination did not take it for five days",
  "not-ascii":
    "the destination cannot take letters beyond ASCII in this message, and it is never rewritten; have it offer 8BITMIME and SMTPUTF8, or send it elsewhere",
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
    return { next: { kind: "delivered" }, code: result.code, text: "delivered", destinationDown: false, pauseMs: 0 };
  }
  const code = [result.reply ?? "", result.code].filter(Boolean).join(" ");
  const destinationDown = isDestinationTrouble(result);
  const asked = result.retryAfterMs ?? 0;
  const told = { code, destinationDown, pauseMs: destinationDown ? Math.min(asked, QUEUE_PAUSE_MAX_MS) : 0 };
  const hold = (reason: keyof typeof HOLD_REASONS): Meaning => ({
    ...told,
    next: { kind: "hold", reason },
    text: HOLD_REASONS[reason],
  });
  if (NOT_ASCII.has(result.code) && result.stage === "envelope") return hold("not-ascii");
  if (isPermanent(result)) return hold("refused");
  if (result.stage === "ours" && job.attempt >= OUR_ATTEMPTS_MAX) return hold("unreadable");
  if (now - job.createdAt >= GIVE_UP_MS) return hold("gave-up");
  const until = Math.max(nextAttemptAt(job.attempt, now, chance), now + Math.min(asked, RETRY_AFTER_MAX_MS));
  return { ...told, next: { kind: "wait", until }, text: sentence(result) };
}

/** An HTTP answer as the result of an attempt; only 2yz says that it was taken (RFC 9110 15.3). */
export function resultOfStatus(status: number, retryAfterMs: number | null): AttemptResult {
  if (status >= 200 && status < 300) return { kind: "delivered", code: `http ${status}` };
  const patience = retryAfterMs === null ? {} : { retryAfterMs };
  return { kind: "failed", stage: "http", reply: status, code: "http", ...patience };
}

/**
 * Answers to a request that speak of this moment, not of this mail: a wrong token, too much at once, two at the same time
 * (RFC 9110 15.5, RFC 6585 4, RFC 8470 5.2). Every other 4yz says that the same request will never do.
 */
const PASSING_STATUS: ReadonlySet<number> = new Set([401, 403, 407, 408, 409, 423, 425, 429]);
/** Of these the ones that every other mail of the queue would get, too; and what a gateway in front of it says. */
const STATUS_FOR_ALL: ReadonlySet<number> = new Set([401, 403, 407, 429, 502, 503, 504]);

/**
 * A 5yz on the envelope or the message is final. On connect or sign-in it is not: it speaks of our configuration or of
 * the far end's health, which change, and a wrong password must not shelve a day's mail one by one.
 */
function isPermanent(failure: Failure): boolean {
  if (failure.stage === "http") return isOfStatus(failure, 400, 499) && !PASSING_STATUS.has(failure.reply ?? 0);
  const about = failure.stage === "envelope" || failure.stage === "content";
  return about && failure.reply !== null && failure.reply >= 500 && failure.reply < 600;
}

/** No answer, a hang-up, or an answer before the message was spoken of; 421 is the far end closing (RFC 5321 3.8). */
function isDestinationTrouble(failure: Failure): boolean {
  if (failure.stage === "ours") return false;
  if (failure.stage === "http") return isRedirect(failure) || STATUS_FOR_ALL.has(failure.reply ?? 0);
  return failure.stage === "connect" || failure.stage === "auth" || failure.reply === null || failure.reply === 421;
}

function isRedirect(failure: Failure): boolean {
  return failure.stage === "http" && isOfStatus(failure, 300, 399);
}

function isOfStatus({ reply }: Failure, from: number, to: number): boolean {
  return reply !== null && reply >= from && reply <= to;
}

/**
 * An IMAP NO or BAD as a reply code (RFC 5530, 7889): LIMIT, APPENDLIMIT and CANNOT speak of this very message and will not change. A full
 * quota, a lock or a missing right do.
 */
export function replyOfNo(responseCode: string): number {
  return ["LIMIT", "APPENDLIMIT", "CANNOT"].includes(responseCode) ? 554 : 451;
}

/** The environment lacks what the rules name. */
export const NO_SECRET = "ENOSECRET";

/** Why there was no connection, where more can be said than that. */
const UNREACHED: Readonly<Record<string, string>> = {
  ETLS: "no encrypted connection to the destination: it offers no TLS, or its certificate is not right",
  EPRIVATE:
    "the destination's address is private or nobody's, so nothing is sent there; add `allow_private: true` to the queue where it is meant",
  EPLAIN: "the destination is outside the house, where nothing goes without encryption; write https:// into the rules",
};

function sentence(failure: Failure): string {
  switch (failure.stage) {
    case "ours":
      return "the message could not be read here; the destination is not to blame";
    case "connect":
      return UNREACHED[failure.code] ?? "the destination cannot be reached";
    case "auth":
      return failure.code === NO_SECRET
        ? "a secret for the destination is missing: the environment variable that the rules name is not set"
        : "the destination does not accept our sign-in";
    case "http":
      if (isRedirect(failure))
        return "the destination answers with a redirect, which is not followed; write the address it leads to into the rules";
      return failure.reply === 401 || failure.reply === 403
        ? "the destination does not accept our sign-in"
        : "the destination does not take this message now";
    case "envelope":
      return "the destination does not take this message now";
    case "content":
      return failure.reply === null
        ? "the connection was lost before the destination answered; it may have the message"
        : "the destination does not take this message now";
  }
}
