// Posts each delivery as JSON to a helpdesk or another program: a signed summary, and of the mail what the site asks for.
// What the answer means is failure.ts's to say; no word of it is kept.

import { createHmac } from "node:crypto";
import type { WebhookDelivery } from "../config/webhook.ts";
import { headerBlock } from "../decider/learn.ts";
import type { AttemptResult, Job } from "../outcome.ts";
import { parse } from "../parse/parse.ts";
import type { Adapter } from "./adapter.ts";
import { wholeOf } from "./body-stream.ts";
import { deliveryName } from "./delivery-name.ts";
import { NO_SECRET, resultOfStatus } from "./failure.ts";
import { type PostLimits, post } from "./http-post.ts";
import { type Links, linkTo } from "./links.ts";
import { contentOf, type Told } from "./tickets.ts";

/** Requests to one helpdesk at a time; they count them by the minute. */
const REQUESTS = 4;
/** The first for name, connection and TLS, the second for all of it: a helpdesk under load takes its time with a large mail. */
const LIMITS: PostLimits = { connectMs: 15_000, attemptMs: 120_000 };
/** Sender and subject stand in the header; of a mail at rest no more is read. */
const HEADER_BYTES_MAX = 64 * 1024;

export type WebhookSelf = {
  /** null: there are no links. Rules that ask for them are then not taken. */
  readonly links: Links | null;
  readonly now: () => number;
  /** The secret of that name, asked for at each attempt; null: there is none. */
  readonly secret: (name: string) => string | null;
};

export function webhookAdapter(destination: WebhookDelivery, self: WebhookSelf, limits = LIMITS): Adapter {
  const ending = new AbortController();
  return {
    concurrency: REQUESTS,
    destination: null,
    async deliver(job, body, raw) {
      const told = await toldOf(destination, self, job, raw === null ? body() : raw);
      if (told === null) return { kind: "failed", stage: "ours", reply: null, code: "body-unreadable" };
      const { path, json } = contentOf(destination, job, told);
      const headers = headersOf(destination, self, job, json);
      if (headers === null) return { kind: "failed", stage: "auth", reply: null, code: NO_SECRET };
      const url = new URL(destination.url);
      if (path !== "") url.pathname = url.pathname.replace(/\/+$/, "") + path;
      const request = { url, headers, body: Buffer.from(json), isPrivateAllowed: destination.allowPrivate };
      return resultOf(await post(request, limits, ending.signal), self.now());
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
    },
  };
}

/** What the site asks to be told of the mail; null when it cannot be read. */
async function toldOf(
  { body, include }: WebhookDelivery,
  { links, now }: WebhookSelf,
  job: Job,
  mail: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<Told | null> {
  const asksHeader = include.length > 0;
  const link = body === "link" && links !== null ? linkTo(links, { ...job, ref: job.label.ref }, now()) : null;
  if (body !== "base64" && !asksHeader) return { sender: null, subject: null, link, raw: null };
  const bytes =
    mail instanceof Uint8Array ? mail : await wholeOf(mail, body === "base64" ? undefined : HEADER_BYTES_MAX);
  if (bytes === null) return null;
  const read = asksHeader ? await parse(Buffer.from(`${headerBlock(bytes)}\r\n\r\n`, "latin1")) : null;
  return {
    sender: include.includes("sender") ? (read?.from ?? null) : null,
    subject: include.includes("subject") ? (read?.subject ?? null) : null,
    link,
    raw: body === "base64" ? bytes : null,
  };
}

/** null: a secret the rules name is not there. */
function headersOf(
  { format }: WebhookDelivery,
  { secret, now }: WebhookSelf,
  job: Job,
  json: string,
): Readonly<Record<string, string>> | null {
  const named = [format.secretEnv, format.kind === "mailward" ? null : format.tokenEnv];
  const [signing, token] = named.map((name) => (name === null ? null : (secret(name)?.trim() ?? "")));
  if (signing === "" || token === "") return null;
  const timestamp = String(Math.floor(now() / 1000));
  return {
    "Content-Type": "application/json; charset=utf-8",
    Accept: "application/json",
    "User-Agent": "Mailward",
    "Idempotency-Key": deliveryName(job),
    "X-Mailward-Timestamp": timestamp,
    ...(signing === null || signing === undefined
      ? {}
      : { "X-Mailward-Signature": `sha256=${signatureOf(signing, timestamp, json)}` }),
    ...authorization(format, token ?? ""),
  };
}

/** Of the moment and the text, so that nobody can send an old request again as a new one. */
function signatureOf(secret: string, timestamp: string, json: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${json}`).digest("hex");
}

function authorization(format: WebhookDelivery["format"], token: string): Readonly<Record<string, string>> {
  switch (format.kind) {
    case "mailward":
      return {};
    case "zammad":
      return { Authorization: `Token token=${token}` };
    case "zendesk":
      return { Authorization: `Basic ${Buffer.from(`${format.user}/token:${token}`).toString("base64")}` };
  }
}

function resultOf(answer: Awaited<ReturnType<typeof post>>, now: number): AttemptResult {
  if (answer.kind === "answered") return resultOfStatus(answer.status, patienceOf(answer.retryAfter, now));
  return { kind: "failed", stage: answer.stage, reply: null, code: answer.code };
}

/** `Retry-After` as milliseconds from now (RFC 9110 10.2.3): seconds, or a moment; null when it is neither. */
function patienceOf(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = /^[A-Z][a-z]{2}.* GMT$/.test(value.trim()) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
