// A mail server as it should be: it keeps a mail until it has read the 250, and otherwise sends the same mail again.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export type Outgoing = {
  readonly token: string;
  readonly to: string;
  /** As it goes over the wire, dots stuffed, without the final dot. */
  readonly raw: Buffer;
};

export type Sender = AsyncDisposable & {
  /** Tokens whose 250 was read. */
  readonly acknowledged: ReadonlySet<string>;
};

export type SenderOptions = {
  /** The port to send to now; null while nobody listens. */
  readonly port: () => number | null;
  /** The next mail; null when there is none left. */
  readonly next: () => Outgoing | null;
};

/** While nobody answers. */
const PAUSE_MS = 5;
/**
 * A far end silent for so long is given up. It may be nobody: who connects to a port of this machine that has just been
 * closed can be given that very port as its own, and is then connected to itself.
 */
const SILENCE_MS = 10_000;

/** Sends one mail after the other over one connection, connecting again for as long as it takes. */
export function startSender(options: SenderOptions): Sender {
  const acknowledged = new Set<string>();
  const ending = new AbortController();
  const done = run(options, acknowledged, ending.signal);
  return {
    acknowledged,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await done;
    },
  };
}

async function run(options: SenderOptions, acknowledged: Set<string>, signal: AbortSignal): Promise<void> {
  let mail = options.next();
  while (mail !== null && !signal.aborted) {
    const port = options.port();
    if (port === null) {
      await sleep(PAUSE_MS);
      continue;
    }
    try {
      using talk = await greet(port, signal);
      while (mail !== null && !signal.aborted) {
        await talk.send(mail);
        acknowledged.add(mail.token);
        mail = options.next();
      }
    } catch {
      // Refused, hung up or killed: the mail is still ours, and goes again.
      await sleep(PAUSE_MS);
    }
  }
}

async function greet(port: number, signal: AbortSignal): Promise<Disposable & { send(mail: Outgoing): Promise<void> }> {
  const socket = connect(port, "127.0.0.1");
  const stop = (): void => void socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  socket.on("error", stop);
  socket.setTimeout(SILENCE_MS, stop);
  const expect = replies(socket);
  await once(socket, "connect");
  await expect("220");
  socket.write("EHLO sender.example\r\n");
  await expect("250");
  return {
    async send(mail) {
      socket.write(`MAIL FROM:<patient@example.org>\r\nRCPT TO:<${mail.to}>\r\nDATA\r\n`);
      for (const code of ["250", "250", "354"]) await expect(code);
      socket.write(mail.raw);
      socket.write("\r\n.\r\n");
      await expect("250");
    },
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
    },
  };
}

/** Answers a function that reads the next reply and throws unless it is the code hoped for. */
function replies(socket: Socket): (code: string) => Promise<void> {
  const reader = createInterface({ input: socket });
  // A connection that is reset never ends, it only closes; the reader waits for an end for ever.
  socket.once("close", () => reader.close());
  const lines = reader[Symbol.asyncIterator]();
  return async (code) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("hung up");
      if (!value.startsWith(code)) throw new Error(`instead of ${code}: ${value}`);
      if (value[3] !== "-") return;
    }
  };
}
