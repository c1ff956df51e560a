// Facts for tests: a stranger's mail by SMTP of which nothing is proven, with what a test says otherwise.

import { type Facts, NO_PROOF } from "../../src/message.ts";

export function facts(said: Partial<Facts> = {}): Facts {
  return {
    door: "smtp",
    receivedAt: 0,
    localTime: null,
    sizeBytes: 0,
    mailFrom: "someone@example.net",
    user: null,
    proof: NO_PROOF,
    staffNetwork: false,
    staffDomains: [],
    ownAddresses: [],
    earlier: [],
    threadKey: null,
    aliases: [],
    ...said,
  };
}
