// What is said of a mail when nothing could be found out about its sender in time.

import type { CheckResult, Proof } from "../message.ts";

const UNKNOWN: CheckResult = "temperror";

/** It was looked at and nothing could be found out now: DNS was silent, or the thread that checks is gone. */
export const UNKNOWN_PROOF: Proof = Object.freeze({
  source: "checked",
  spf: { result: UNKNOWN, domain: "" },
  dkim: [],
  dmarc: { result: UNKNOWN, domain: "", policy: "" },
  arc: { result: UNKNOWN, domain: "" },
});
