// Proves who sent a mail: SPF, DKIM, DMARC and ARC, checked in threads of their own, so that neither a hostile mail nor a
// silent DNS server holds up anybody else. Answers are facts like any other; "could not be found out" is one of them.

import { type Mail, NO_PROOF, type Proof } from "../message.ts";
import { believedProof } from "./authentication-results.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import { openPatience } from "./patience.ts";
import { HEADER_BYTES_MAX, wanted } from "./wanted.ts";

/** A mail made to be slow can take ten seconds for 35 MB, one for 1 MB: large ones wait for each other only. */
const LARGE_BYTES = 1024 * 1024;

/** `limitMs` is the longest a check may take. */
export type ProverOptions = LaneOptions & {
  /** False: nothing is checked by us; the header of `believe` is still believed. */
  readonly check: boolean;
  /** The authserv-id whose topmost Authentication-Results is believed on mail by IMAP or LMTP; null: nobody's. */
  readonly believe: string | null;
  readonly now: () => number;
};

export type Prover = AsyncDisposable & {
  /** What is proven about the sender. Never rejects, and answers within `limitMs`. `raw` must stay as it is meanwhile. */
  check(raw: Uint8Array, mail: Mail): Promise<Proof>;
  /** How often a thread had to be replaced. */
  readonly replaced: number;
};

/** Threads are started by the first mail that needs one. */
export function startProver(options: ProverOptions): Prover {
  const { believe, log, now } = options;
  const patience = openPatience(options.limitMs);
  const heard = (dns: "unasked" | "answered" | "silent") => {
    const change = patience.heard(dns, now());
    if (change === "silent") log.warn("dns-silent");
    if (change === "answering") log.info("dns-answering");
  };
  const small = new Lane(options, heard);
  const large = new Lane(options, heard);

  function believed(raw: Uint8Array, { door }: Mail): Proof {
    return believe !== null && (door === "lmtp" || door === "imap") ? believedProof(raw, believe) : NO_PROOF;
  }

  async function check(raw: Uint8Array, mail: Mail): Promise<Proof> {
    const said = believed(raw, mail);
    if (said.source !== "none" || !options.check) return said;
    const want = wanted(raw, mail);
    if (!want.spf && !want.signed) return NO_PROOF;
    // Without a signature nobody asks for the body.
    const needed = want.signed ? raw : raw.subarray(0, Math.min(want.headerBytes, HEADER_BYTES_MAX + 1));
    const { door, client, envelope } = mail;
    const lane = needed.length > LARGE_BYTES ? large : small;
    const at = now();
    return lane.check(needed, { door, client, envelope }, patience.next(at), at);
  }

  return {
    check,
    get replaced() {
      return small.replaced + large.replaced;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([small.stop(), large.stop()]);
    },
  };
}
