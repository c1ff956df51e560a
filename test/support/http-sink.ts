// The far end of a webhook: a real HTTP server on a port of its own that keeps what it was sent and answers what a test says.

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** `silent`: no answer, ever. `hang-up`: the connection is cut instead of an answer. */
export type Behaviour = (request: Request) => Reply | "silent" | "hang-up";

export type HttpSink = AsyncDisposable & {
  readonly port: number;
  readonly seen: readonly Request[];
  /** How often somebody connected, whether or not a request came. */
  connections(): number;
};

export type HttpSinkOptions = {
  readonly behaviour?: Behaviour;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly host?: string;
};

export async function httpSink({ behaviour, tls, host = "127.0.0.1" }: HttpSinkOptions = {}): Promise<HttpSink> {
  const seen: Request[] = [];
  let connections = 0;
  const listener: RequestListener = (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url: path = "", headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(chunks).toString() };
      seen.push(request);
      const reply = behaviour?.(request) ?? { status: 200 };
      if (reply === "silent") return;
      if (reply === "hang-up") return void incoming.socket.destroy();
      outgoing.writeHead(reply.status, reply.headers).end(reply.body ?? "");
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on("connection", () => (connections += 1));
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
