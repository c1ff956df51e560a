// The page machines look at: /healthz (the process answers), /readyz (it can take and decide mail), /metrics; and single
// mails for who holds a signed link.

import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import type { FolderStatus } from "../intake/imap-watch.ts";
import type { TokenStatus } from "../mailbox/tokens.ts";
import type { StoreCounts } from "../store/store.ts";
import { type MessagesOptions, serveMessages } from "./messages.ts";
import type { Metrics } from "./metrics.ts";
import type { RulesStatus } from "./rules-status.ts";
import { storeAnswer } from "./store-answer.ts";

export type Status = {
  readonly counts: StoreCounts;
  /** Messages in decision. */
  readonly inHand: number;
  /** Decide workers replaced since start. */
  readonly replaced: number;
  /** Queues whose destination does not answer. */
  readonly down: readonly string[];
  readonly rules: RulesStatus;
  /** The model that advises, by its version. */
  readonly model: string;
  readonly doors: readonly Door[];
  readonly mailboxes: readonly FolderStatus[];
  readonly tokens: readonly TokenStatus[];
};

type Door = { readonly protocol: string; readonly address: string; readonly port: number };

/** What /readyz answers. */
export type Readiness =
  | { readonly ready: false; readonly trouble: string }
  | (StoreCounts & {
      readonly ready: true;
      /**
       * Mail is taken and safe, and yet somebody must look: at a destination, a watched mailbox, an access token that
       * cannot be renewed, or mistakes in rule files.
       */
      readonly degraded: boolean;
      readonly inHand: number;
      readonly workersReplaced: number;
      readonly destinationsDown: readonly string[];
      readonly doors: readonly Door[];
      readonly mailboxes: readonly FolderStatus[];
      readonly tokens: readonly TokenStatus[];
      readonly rules: RulesStatus;
      readonly model: string;
    });

export type HealthPageOptions = {
  readonly address: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly status: () => Promise<Status>;
  /** null: there are no links to mails. */
  readonly messages: MessagesOptions | null;
};

export type HealthPage = AsyncDisposable & { readonly port: number };

/** Serve the page. Rejects when the port cannot be had. */
export async function startHealthPage({
  address,
  port,
  metrics,
  status,
  messages,
}: HealthPageOptions): Promise<HealthPage> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    const answer = await readiness(status);
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  server.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.page()));
  if (messages !== null) serveMessages(server, messages);
  await server.listen({ host: address, port });
  return {
    port: (server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/**
 * A destination that is down does not make the gateway unready: mail for it is safe and waits, as it does in a mailbox that
 * does not answer. Nor do rule files with mistakes: the last good ones stay in use. All are named all the same, and `degraded` is true.
 */
async function readiness(status: () => Promise<Status>): Promise<Readiness> {
  const answer = await storeAnswer(status);
  if (answer === null) return { ready: false, trouble: "the store does not answer; is the disk full or gone?" };
  const { counts, replaced: workersReplaced, down: destinationsDown, ...rest } = answer;
  const { rules, mailboxes, tokens } = rest;
  const sick =
    mailboxes.some(({ code, unreadable, marking }) => code !== null || unreadable > 0 || marking !== null) ||
    tokens.some(({ failures }) => failures > 0);
  const degraded = destinationsDown.length > 0 || rules.live.problems.length > 0 || sick;
  return { ready: true, degraded, ...counts, workersReplaced, destinationsDown, ...rest };
}
