// A delivery by webhook for tests: where it goes, and what is delivered.

import type { WebhookDelivery } from "../../src/config/webhook.ts";
import { type WebhookSelf, webhookAdapter } from "../../src/deliver/webhook.ts";
import { NO_PROOF } from "../../src/message.ts";
import type { AttemptResult, Job } from "../../src/outcome.ts";
import type { HttpSink } from "./http-sink.ts";
import { mailOf, NOW, recipientOf } from "./store-samples.ts";

export const SECRET = "correct horse";
export const MARK = "zebrafinch";

/** Bytes of which no word may be told unless it is asked for. */
export const RAW = Buffer.from(
  `From: "${MARK} from" <${MARK}@home.example>\r\nSubject: =?utf-8?Q?${MARK}_caf=C3=A9?=\r\n\r\n${MARK} body\r\n`,
);

export function webhookTo(port: number, over: Partial<WebhookDelivery> = {}): WebhookDelivery {
  const format = { kind: "mailward", secretEnv: "HOOK_SECRET" } as const;
  const rest = { format, body: "none", include: [], allowPrivate: true } as const;
  return { kind: "webhook", url: `http://127.0.0.1:${port}/hook`, ...rest, ...over };
}

export function selfOf(over: Partial<WebhookSelf> = {}): WebhookSelf {
  return { links: null, now: () => NOW, secret: (name) => (name === "HOOK_SECRET" ? `${SECRET}\n` : null), ...over };
}

export function webhookJob(over: Partial<Job> = {}): Job {
  const label = { ref: "MW-00038W", queue: "billing-desk", requestType: "billing", department: "Patient billing" };
  return {
    id: 7,
    messageId: 100,
    queue: "billing-desk",
    attempt: 1,
    createdAt: NOW,
    inDoubt: false,
    mail: mailOf(RAW),
    recipients: [recipientOf("billing")],
    label: {
      ...label,
      urgency: "P2",
      decidedBy: "scorecard",
      rules: ["payment-plan"],
      proof: NO_PROOF,
      standsInFor: null,
    },
    ...over,
  };
}

export const atHand = (): AsyncIterable<Uint8Array> => {
  throw new Error("the bytes are at hand");
};

/** One attempt at a sink, or at what `over` says. */
export async function attempt(
  { port }: Pick<HttpSink, "port">,
  over: Partial<WebhookDelivery> = {},
  job: Job = webhookJob(),
  self: Partial<WebhookSelf> = {},
): Promise<AttemptResult> {
  await using adapter = webhookAdapter(webhookTo(port, over), selfOf(self));
  return await adapter.deliver(job, atHand, RAW);
}
