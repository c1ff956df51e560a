// What a webhook says of a delivery, in our own words or as a ticket of a helpdesk. Only what the site asks for: whatever
// stands here lies in the helpdesk, too. The same delivery is always told in the same words, whichever attempt it is.

import type { WebhookDelivery } from "../config/webhook.ts";
import type { Address } from "../message.ts";
import type { Job, Urgency } from "../outcome.ts";
import { deliveryName } from "./delivery-name.ts";
import type { Link } from "./links.ts";

/** What was asked for of the mail itself. */
export type Told = {
  /** null: not asked for, or the mail names none. */
  readonly sender: Address | null;
  readonly subject: string | null;
  readonly link: Link | null;
  readonly raw: Uint8Array | null;
};

/** Where it is posted: the path behind the queue's address, "" for none. */
export type Content = { readonly path: string; readonly json: string };

/** A title longer than this is cut; Zammad takes 250 characters. */
const TITLE_CHARS_MAX = 200;
/** Zammad's priorities as it is shipped: 1 low, 2 normal, 3 high. The urgency itself is a tag. */
const ZAMMAD_PRIORITY: Readonly<Record<Urgency, number>> = { P1: 3, P2: 3, P3: 2, P4: 1 };
const ZENDESK_PRIORITY: Readonly<Record<Urgency, string>> = { P1: "urgent", P2: "high", P3: "normal", P4: "low" };
/** What helpdesks take for an address. */
const ADDRESS = /^[^\s<>@,;"]+@[^\s<>@,;"]+\.[^\s<>@,;"]+$/;

export function contentOf({ format, include }: WebhookDelivery, job: Job, told: Told): Content {
  switch (format.kind) {
    case "mailward":
      return { path: "", json: JSON.stringify(ownWords(job, include, told)) };
    case "zammad":
      return { path: "/api/v1/tickets", json: JSON.stringify(zammadTicket(format, job, told)) };
    case "zendesk":
      return { path: "/api/v2/tickets.json", json: JSON.stringify(zendeskTicket(job, told)) };
  }
}

function ownWords(job: Job, include: WebhookDelivery["include"], { sender, subject, link, raw }: Told) {
  const { label, mail } = job;
  return {
    reference: label.ref,
    request_type: label.requestType,
    urgency: label.urgency,
    department: label.department,
    queue: label.queue,
    review: label.decidedBy === "review",
    decided_by: label.decidedBy,
    received_at: new Date(mail.receivedAt).toISOString(),
    size: mail.sizeBytes,
    delivery: deliveryName(job),
    ...(include.includes("sender") ? { sender } : {}),
    ...(include.includes("subject") ? { subject } : {}),
    ...(link === null
      ? {}
      : { message: { kind: "link", url: link.url, expires_at: new Date(link.expiresAt).toISOString() } }),
    ...(raw === null
      ? {}
      : { message: { kind: "base64", content_type: "message/rfc822", base64: Buffer.from(raw).toString("base64") } }),
  };
}

type Zammad = Extract<WebhookDelivery["format"], { kind: "zammad" }>;

/**
 * docs.zammad.org, API, Ticket. An internal note: the customer never sees our words or the link, and Zammad's triggers,
 * which answer mail and web forms, leave notes alone.
 */
function zammadTicket({ group, customer }: Zammad, job: Job, told: Told) {
  const { label } = job;
  const sender = addressOf(told);
  const subject = title(job, told);
  const mail = { filename: `${label.ref}.eml`, "mime-type": "message/rfc822" };
  return {
    title: subject,
    group,
    customer_id: `guess:${sender ?? customer}`,
    priority_id: ZAMMAD_PRIORITY[label.urgency],
    tags: tags(job).join(","),
    article: {
      subject,
      body: summary(job, told),
      content_type: "text/plain",
      type: "note",
      internal: true,
      sender: "Customer",
      ...(told.raw === null ? {} : { attachments: [{ ...mail, data: Buffer.from(told.raw).toString("base64") }] }),
    },
  };
}

/** developer.zendesk.com, Ticketing, Tickets. Not public, so Zendesk tells the requester neither our words nor the link. */
function zendeskTicket(job: Job, told: Told) {
  const sender = addressOf(told);
  return {
    ticket: {
      subject: title(job, told),
      comment: { body: summary(job, told), public: false },
      priority: ZENDESK_PRIORITY[job.label.urgency],
      tags: tags(job),
      external_id: job.label.ref,
      ...(sender === null ? {} : { requester: { name: told.sender?.name || sender, email: sender } }),
    },
  };
}

function addressOf({ sender }: Told): string | null {
  return sender !== null && ADDRESS.test(sender.address) ? sender.address : null;
}

function title({ label }: Job, { subject }: Told): string {
  const own = `Mail ${label.ref}: ${label.requestType ?? "unknown"}, ${label.urgency}`;
  return [...(subject || own)].slice(0, TITLE_CHARS_MAX).join("");
}

function tags({ label }: Job): readonly string[] {
  return ["mailward", label.urgency.toLowerCase(), ...(label.requestType === null ? [] : [label.requestType])];
}

/** For the people at the helpdesk. */
function summary({ label, mail }: Job, { sender, subject, link }: Told): string {
  return [
    `Mail ${label.ref}, received ${minute(mail.receivedAt)}, ${mail.sizeBytes} bytes`,
    `Request type: ${label.requestType ?? "unknown"}`,
    `Urgency: ${label.urgency}`,
    `Department: ${label.department ?? "unknown"}`,
    `Queue: ${label.queue}`,
    `Decided by: ${label.decidedBy}`,
    ...(sender === null ? [] : [`From: ${[sender.name, `<${sender.address}>`].filter(Boolean).join(" ")}`]),
    ...(subject === null ? [] : [`Subject: ${subject}`]),
    ...(link === null ? [] : [`The mail, until ${minute(link.expiresAt)}: ${link.url}`]),
  ].join("\n");
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
