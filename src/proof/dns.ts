// DNS as the checks ask it: short patience, one question for many who ask the same, answers kept for a few minutes.

import { Resolver } from "node:dns/promises";
import type { Resolve } from "./check.ts";

/** Whom DNS is asked of: the servers of this machine, or those named ("10.0.0.53", "10.0.0.53:5353", "[2001:db8::53]:53"). */
export type ResolverChoice =
  | { readonly kind: "system" }
  | { readonly kind: "servers"; readonly servers: readonly string[] };

/** A server that is silent is asked once more, or the next one is: both within the patience of one check. */
const TRIES = 2;
const TRY_SHARE = 0.4;
/** Keys and policies stand for hours; a domain that takes one back has to wait this long. */
const KEPT_MS = 5 * 60 * 1000;
const KEPT_ANSWERS_MAX = 2000;
/** An honest answer has some hundred characters. With the line above: at most 8 MB are kept. */
const KEPT_CHARACTERS_MAX = 4096;
/** Left of a check's time when it stops waiting for DNS, to finish and be told. */
const FINISH_SHARE = 0.1;

type Answer = Awaited<ReturnType<Resolve>>;

export type Dns = {
  /** For one check, which has to end at `endsAt`, of `limitMs`. */
  forCheck(limitMs: number, endsAt: number): Asking;
};

export type Asking = Disposable & {
  readonly resolve: Resolve;
  /** What DNS did: nothing was asked that was not known already, it answered, or some question had no answer in time. */
  readonly dns: () => "unasked" | "answered" | "silent";
};

/** @param limitMs the usual time of a check */
export function openDns(choice: ResolverChoice, limitMs: number, now: () => number): Dns {
  const resolver = new Resolver({ timeout: Math.max(50, Math.round(limitMs * TRY_SHARE)), tries: TRIES });
  if (choice.kind === "servers") resolver.setServers(choice.servers);
  const kept = new Map<string, { readonly answer: Answer; readonly until: number }>();
  const underWay = new Map<string, Promise<Answer>>();

  function lookUp(name: string, type: string, key: string): Promise<Answer> {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const asked = (resolver.resolve(name, type) as Promise<Answer>)
      .then((answer) => keep(key, answer))
      .finally(() => underWay.delete(key));
    asked.catch(() => undefined); // told to those who wait
    underWay.set(key, asked);
    return asked;
  }

  function keep(key: string, answer: Answer): Answer {
    if (answer.flat().reduce((sum, each) => sum + String(each).length, 0) > KEPT_CHARACTERS_MAX) return answer;
    if (kept.size >= KEPT_ANSWERS_MAX) kept.delete(kept.keys().next().value ?? "");
    kept.set(key, { answer, until: now() + KEPT_MS });
    return answer;
  }

  return {
    forCheck(checkMs, endsAt) {
      const patience = silence(Math.max(0, endsAt - now() - checkMs * FINISH_SHARE));
      let dns: "unasked" | "answered" | "silent" = "unasked";
      async function resolve(name: string, type: string): Promise<Answer> {
        const key = `${type} ${name.toLowerCase()}`;
        const known = kept.get(key);
        if (known !== undefined && known.until > now()) return known.answer;
        kept.delete(key);
        try {
          const answer = await Promise.race([lookUp(name, type, key), patience.promise]);
          if (dns === "unasked") dns = "answered";
          return answer;
        } catch (error) {
          if (codeOf(error) === "ETIMEOUT" || codeOf(error) === "ECONNREFUSED") dns = "silent";
          else if (dns === "unasked") dns = "answered";
          throw error;
        }
      }
      return { resolve, dns: () => dns, [Symbol.dispose]: patience.end };
    },
  };
}

/** Rejects when the time is over, as a resolver whose server is silent. */
function silence(ms: number): { readonly promise: Promise<never>; readonly end: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // told to those who wait
  const timer = setTimeout(() => reject(Object.assign(new Error("DNS is silent"), { code: "ETIMEOUT" })), ms);
  return { promise, end: () => clearTimeout(timer) };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
