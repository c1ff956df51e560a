// One POST to where the rules say, on a connection of its own. The address is looked at after the name was resolved, on
// what is then connected to, so that no name and no change of DNS leads into the house. What is answered is not kept.

import { lookup } from "node:dns";
import { type ClientRequest, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { placeOf } from "./network-places.ts";

/** Where and what. `isPrivateAllowed`: the house's own networks, too. */
export type Post = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isPrivateAllowed: boolean;
};

export type PostLimits = {
  /** For name, connection and TLS together. */
  readonly connectMs: number;
  /** For all of it, up to the end of the answer. */
  readonly attemptMs: number;
};

/** `unanswered`: how far it came; on stage `content` the far end may have it. */
export type Answer =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: "unanswered"; readonly stage: "connect" | "content"; readonly code: string };

/** So much of an answer is read and thrown away, so that the far end can end in peace; then the connection is closed. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** Never rejects. Redirects are answers like others; `stop` ends what is under way. */
export async function post(what: Post, limits: PostLimits, stop: AbortSignal): Promise<Answer> {
  const host = what.url.hostname.replace(/^\[|\]$/g, "");
  const refusal = isIP(host) === 0 ? null : refusalOf(host, what); // an address is connected to without a lookup
  if (refusal !== null) return { kind: "unanswered", stage: "connect", code: refusal };
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const seen: Seen = { stage: "connect", answer: null, error: null };
  const request = opened(what);
  if (typeof request === "string") return { kind: "unanswered", stage: "connect", code: request };
  const connecting = setTimeout(() => request.destroy(withCode("ETIMEDOUT")), limits.connectMs);
  const whole = setTimeout(() => request.destroy(withCode("ETIMEDOUT")), limits.attemptMs);
  const stopped = () => request.destroy(withCode("ECONNECTION"));
  stop.addEventListener("abort", stopped);
  request.on("socket", (socket) => {
    socket.once(what.url.protocol === "https:" ? "secureConnect" : "connect", () => {
      clearTimeout(connecting);
      seen.stage = "content";
    });
  });
  watch(request, seen);
  request.on("close", () => {
    clearTimeout(connecting);
    clearTimeout(whole);
    stop.removeEventListener("abort", stopped);
    resolve(seen.answer ?? { kind: "unanswered", stage: seen.stage, code: codeOf(seen) });
  });
  if (stop.aborted) stopped();
  request.end(what.body);
  return await promise;
}

type Seen = { stage: "connect" | "content"; answer: Answer | null; error: (Error & { code?: string }) | null };

/** A status that was said counts, whatever becomes of the connection while the rest of the answer comes. */
function watch(request: ClientRequest, seen: Seen): void {
  request.on("error", (error) => (seen.error = error));
  request.on("response", (response) => {
    seen.answer = {
      kind: "answered",
      status: response.statusCode ?? 0,
      retryAfter: response.headers["retry-after"] ?? null,
    };
    let bytes = 0;
    response.on("error", (error) => (seen.error = error));
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) request.destroy();
    });
  });
}

/**
 * Every request has a connection of its own: one that was kept and that the far end closes meanwhile looks like a lost
 * answer, and a ticket would come twice. A text that cannot stand in a header is answered as a code.
 */
function opened(what: Post): ClientRequest | string {
  const { url, headers, body } = what;
  const request = url.protocol === "https:" ? tlsRequest : plainRequest;
  try {
    return request(url, {
      method: "POST",
      headers: { ...headers, "Content-Length": body.length },
      agent: false,
      lookup: lookupFor(what),
      minVersion: "TLSv1.2",
    });
  } catch (error) {
    return codeOf({ error: error as Error });
  }
}

/** Only addresses that may be connected to; when there is none the error says why. */
function lookupFor(what: Post): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const good = addresses.filter(({ address }) => refusalOf(address, what) === null);
      const [first] = good;
      if (first === undefined) return done(withCode(refusalOf(addresses[0]?.address ?? "", what) ?? "ENOTFOUND"), []);
      if (options.all === true) return done(null, good);
      done(null, first.address, first.family);
    });
  };
}

/** Why nothing is sent to an address; null when it may be. */
function refusalOf(address: string, { url, isPrivateAllowed }: Post): "EPRIVATE" | "EPLAIN" | null {
  const place = placeOf(address);
  if (place === "nobody" || (place === "house" && !isPrivateAllowed)) return "EPRIVATE";
  return place === "world" && url.protocol === "http:" ? "EPLAIN" : null;
}

/** A code of the system or of ours, never a message: messages may quote. */
function codeOf({ error }: Pick<Seen, "error">): string {
  const code = error?.code ?? "ECONNECTION";
  return /CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL|^EPROTO/.test(code) ? "ETLS" : code;
}

function withCode(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error("the request was given up"), { code });
}
