// What is said of a mail when nothing about its sender was looked at, or nothing could be found out in time.

import type { CheckResult, Proof } from "../message.ts";

/** Nothing was looked at: there was nothing to look at, or we were told not to. */
export const NO_PROOF: Proof = Object.freeze({ source: "none", ...every("none") });

/** It was looked at and nothing could be found out now: DNS was silent, or the thread that checks is gone. */
export const UNKNOWN_PROOF: Proof = Object.freeze({ source: "checked", ...every("temperror") });

function every(result: CheckResult): Omit<Proof, "source"> {
  const empty = Object.freeze({ result, domain: "" });
  return { spf: empty, dkim: Object.freeze([]), dmarc: Object.freeze({ ...empty, policy: "" }), arc: empty };
}
