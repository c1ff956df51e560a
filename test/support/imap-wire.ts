// A wire to an IMAP server that can swallow what the server says, as a black hole does, change it, or refuse in its place.

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
  /** What the client gets for a command instead of the server's answer, such as "NO [NOPERM] no"; null: it is passed on. */
  readonly refuse?: (command: string) => string | null;
};

export async function imapWire(to: number, { change, onClient, refuse }: ImapWireOptions = {}): Promise<ImapWire> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const far = connect(to, "127.0.0.1");
    for (const socket of [client, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => open.delete(socket));
    }
    client.on("data", (chunk: Buffer) => {
      const said = chunk.toString("latin1");
      onClient?.(said, wire);
      const [, tag, command = ""] = /^(\w+) (\S[^\r\n]*)\r\n$/.exec(said) ?? [];
      const answer = tag === undefined ? null : (refuse?.(command) ?? null);
      if (answer === null) far.write(chunk);
      else client.write(`${tag} ${answer}\r\n`);
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

/** Passes on so many bytes of the server a second. */
export async function slowWire(to: number, rate: number) {
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    near.pipe(far);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    far.on("data", (chunk) => {
      far.pause();
      near.write(chunk);
      setTimeout(() => far.resume(), (chunk.length / rate) * 1000);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
