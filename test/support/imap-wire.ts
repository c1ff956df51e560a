// A wire to an IMAP server that can swallow what the server says, as a black hole does, or change it.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type ImapWire = AsyncDisposable & {
  readonly port: number;
  /** What the server says from now on is lost, on this and on every later connection, until it is mended. */
  mute: boolean;
  /** Ends every connection there is. */
  drop(): void;
};

export type ImapWireOptions = {
  /** Changes what the server says. */
  readonly change?: (said: string) => string;
  /** Called with what the client says, before it is passed on. */
  readonly onClient?: (said: string, wire: ImapWire) => void;
};

export async function imapWire(to: number, { change, onClient }: ImapWireOptions = {}): Promise<ImapWire> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const far = connect(to, "127.0.0.1");
    for (const socket of [client, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => open.delete(socket));
    }
    client.on("data", (chunk: Buffer) => {
      onClient?.(chunk.toString("latin1"), wire);
      far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => {
      if (wire.mute) return;
      client.write(change === undefined ? chunk : Buffer.from(change(chunk.toString("latin1")), "latin1"));
    });
    client.on("close", () => far.destroy());
    far.on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wire: ImapWire = {
    port: (server.address() as AddressInfo).port,
    mute: false,
    drop() {
      for (const socket of open) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return wire;
}
