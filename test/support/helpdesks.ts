// Stand-ins of two helpdesks' ticket APIs, written by their documentation: they take a ticket only as the real ones do,
// with the right sign-in and every field they need, and answer mistakes with their codes. They are not the real products.

import type { Behaviour, Reply, Request } from "./http-sink.ts";

export const TOKEN = "token-of-the-test";
export const AGENT = "mailward@clinic.example";

type Fields = Readonly<Record<string, unknown>>;

export type Helpdesk = {
  readonly behaviour: Behaviour;
  /** The tickets it made, as they were sent. */
  readonly tickets: readonly Fields[];
  /** Answered instead, once each. */
  readonly instead: Reply[];
};

/** docs.zammad.org: API, Introduction (token access) and Ticket (create). */
export function zammad(groups: readonly string[]): Helpdesk {
  return helpdesk((request) => {
    if (request.path !== "/api/v1/tickets") return answer(404, { error: "No route matches" });
    if (request.headers.authorization !== `Token token=${TOKEN}`) return answer(401, { error: "Invalid token" });
    const ticket = fieldsOf(request);
    const article = (ticket?.["article"] ?? null) as Fields | null;
    if (ticket === null || !isText(ticket["title"]))
      return answer(422, { error: "Missing required value for 'title'" });
    if (!groups.includes(String(ticket["group"])))
      return answer(422, { error: `No lookup value found for 'group': ${JSON.stringify(ticket["group"])}` });
    const address = /^guess:(.+)$/.exec(String(ticket["customer_id"]))?.[1] ?? "";
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address))
      return answer(422, { error: `Invalid email '${address}' of customer` });
    if (![1, 2, 3].includes(ticket["priority_id"] as number))
      return answer(422, { error: "Invalid value for 'priority_id'" });
    if (article === null || !isText(article["body"]))
      return answer(422, { error: 'Need at least article: { body: "some text" }' });
    if (!["note", "web", "phone", "email"].includes(String(article["type"])))
      return answer(422, { error: "No lookup value found for 'type'" });
    if (!["Customer", "Agent", "System"].includes(String(article["sender"])))
      return answer(422, { error: "No lookup value found for 'sender'" });
    return ticket;
  });
}

/** developer.zendesk.com: Security and authentication (API token), Tickets (create), Idempotency. */
export function zendesk(): Helpdesk {
  const made = new Map<string, string>();
  const basic = `Basic ${Buffer.from(`${AGENT}/token:${TOKEN}`).toString("base64")}`;
  return helpdesk((request) => {
    if (request.path !== "/api/v2/tickets.json") return answer(404, { error: "InvalidEndpoint" });
    if (request.headers.authorization !== basic) return answer(401, { error: "Couldn't authenticate you" });
    const key = String(request.headers["idempotency-key"]);
    if (made.has(key))
      return made.get(key) === request.body
        ? answer(201, { ticket: { id: 1 } })
        : answer(400, { error: "IdempotentRequestError" });
    const ticket = (fieldsOf(request)?.["ticket"] ?? null) as Fields | null;
    const comment = (ticket?.["comment"] ?? null) as Fields | null;
    const requester = ticket?.["requester"] as Fields | undefined;
    const invalid = answer(422, { error: "RecordInvalid", description: "Record validation errors" });
    if (ticket === null || !isText(comment?.["body"]) || typeof comment?.["public"] !== "boolean") return invalid;
    if (!["urgent", "high", "normal", "low"].includes(String(ticket["priority"]))) return invalid;
    if (!Array.isArray(ticket["tags"]) || ticket["tags"].some((tag) => !/^[a-z0-9_/-]+$/.test(String(tag))))
      return invalid;
    if (requester !== undefined && !(isText(requester["name"]) && isText(requester["email"]))) return invalid;
    made.set(key, request.body);
    return ticket;
  });
}

function helpdesk(take: (request: Request) => Fields | { readonly reply: Reply }): Helpdesk {
  const tickets: Fields[] = [];
  const instead: Reply[] = [];
  const behaviour: Behaviour = (request) => {
    if (request.method !== "POST" || !/^application\/json\b/.test(request.headers["content-type"] ?? ""))
      return { status: 415 };
    const other = instead.shift();
    if (other !== undefined) return other;
    const taken = take(request);
    if (isReply(taken)) return taken.reply;
    tickets.push(taken);
    return { status: 201, body: JSON.stringify({ id: tickets.length }) };
  };
  return { behaviour, tickets, instead };
}

function isReply(taken: Fields | { readonly reply: Reply }): taken is { readonly reply: Reply } {
  return "reply" in taken;
}

function answer(status: number, body: Fields): { readonly reply: Reply } {
  return { reply: { status, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } };
}

function fieldsOf({ body }: Request): Fields | null {
  try {
    return JSON.parse(body) as Fields;
  } catch {
    return null;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}
