// The page behind a signed link: one mail as it was received, for whoever holds the link until it runs out.

import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type LinkMistake, linkMistake } from "../deliver/links.ts";
import { errorFields, type Log, networkOf } from "../log.ts";
import { idOf, refOf } from "../store/ref.ts";
import { type Store, StoreTrouble } from "../store/store.ts";

export type MessagesOptions = {
  readonly store: Pick<Store, "readBody">;
  /** The key links are signed with, hex. */
  readonly key: string;
  readonly now: () => number;
  readonly log: Log;
};

/** What whoever followed the link reads. */
const SENTENCES: Readonly<Record<LinkMistake | "gone" | "trouble", string>> = {
  forged: "This link is not right. Please follow it as it stands in the helpdesk, whole.",
  expired: "This link has run out. The mail can still be had from whoever runs Mailward.",
  gone: "There is no such mail here.",
  trouble: "The mail cannot be read now. Please try again in a minute.",
};

type Asked = { Params: { ref: string }; Querystring: Readonly<Record<string, unknown>> };

export function serveMessages(server: FastifyInstance, { store, key, now, log }: MessagesOptions): void {
  server.get<Asked>("/messages/:ref", { exposeHeadRoute: false }, async (request, reply) => {
    const { ref } = request.params;
    const network = networkOf(request.ip);
    const asked = { ref, expires: text(request.query["expires"]), signature: text(request.query["signature"]) };
    const mistake = linkMistake(key, asked, now());
    reply.headers({
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    });
    if (mistake !== null) {
      log.warn("link-refused", { reason: mistake, network });
      return say(reply, 403, mistake);
    }
    const messageId = idOf(ref);
    if (messageId === null) return say(reply, 404, "gone");
    try {
      const body = await begun(store.readBody(messageId));
      log.info("link-opened", { ref: refOf(messageId), network });
      reply.header("Content-Disposition", `attachment; filename="${refOf(messageId)}.eml"`);
      return reply.type("message/rfc822").send(Readable.from(body, { objectMode: false }));
    } catch (error) {
      log.error("store-trouble", errorFields(error));
      return error instanceof StoreTrouble ? say(reply, 503, "trouble") : say(reply, 404, "gone");
    }
  });
}

/** A parameter that stands twice is a list, and no link of ours. */
function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function say(reply: FastifyReply, status: number, what: keyof typeof SENTENCES): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${SENTENCES[what]}\n`);
}

/** The same bytes, the first of them already read: trouble is known while it can still be told. */
async function begun(body: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const pieces = body[Symbol.asyncIterator]();
  const first = await pieces.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  })();
}
