// Stands between the gateway and a far end and writes down the command lines that go by.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Wiretap = AsyncDisposable & {
  readonly port: number;
  /** Lines sent towards the far end, the mails' own lines included. */
  readonly lines: () => readonly string[];
};

/** Listens on loopback and passes everything on to `farPort`. */
export async function wiretap(farPort: number): Promise<Wiretap> {
  const sockets = new Set<Socket>();
  let heard = "";
  const server = createServer((near) => {
    const far = connect(farPort, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk) => {
      heard += chunk.toString("latin1");
    });
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    lines: () => heard.split("\r\n"),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
