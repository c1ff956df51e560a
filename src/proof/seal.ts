// An ARC set for mail we pass on (RFC 8617): what we found out about its sender, signed, so that those behind us can believe it
// although a forward breaks SPF. mailauth makes it.

import { sealMessage } from "mailauth/lib/arc/index.js";
import type { Proof } from "../message.ts";
import { authenticationResults } from "./authentication-results.ts";
import { headerText } from "./wanted.ts";

export type ArcKey = {
  readonly domain: string;
  readonly selector: string;
  /** PEM. */
  readonly privateKey: string;
};

/**
 * The three headers, to stand on top of the message as it leaves; "" where it cannot be sealed: it has a chain nobody has
 * checked, or one that is broken. Rejects when the seal cannot be made.
 * @param message with all other headers on top
 * @param now milliseconds
 */
export async function arcSeal(
  message: Uint8Array,
  proof: Proof,
  mailFrom: string,
  { hostname, key, now }: { readonly hostname: string; readonly key: ArcKey; readonly now: number },
): Promise<string> {
  const hasChain = /^arc-seal[ \t]*:/im.test(headerText(message));
  if (hasChain && proof.arc.result !== "pass") return "";
  const results = authenticationResults(hostname, proof, mailFrom);
  const set = await sealMessage(Buffer.from(message), {
    signingDomain: key.domain,
    selector: key.selector,
    privateKey: key.privateKey,
    cv: hasChain ? "pass" : "none",
    signTime: new Date(now),
    authResults: results.slice(results.indexOf(":") + 1).trim(),
  });
  if (set.length === 0) throw new Error("the library made no seal"); // it keeps what went wrong to itself
  return set.toString("latin1");
}
