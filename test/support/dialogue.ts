// A raw conversation with a server: what is sent, byte for byte, and the replies that must come.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** A line conversation over TCP. */
export type Talk = Disposable & {
  /** The next whole reply, continuation lines included. */
  reply(): Promise<string>;
  write(bytes: string | Uint8Array): void;
  /** Send a line and wait for its reply. */
  say(line: string): Promise<string>;
  /** Go on encrypted (after STARTTLS). */
  encrypt(): Promise<void>;
};

const REPLY_MS_MAX = 15_000;

export async function talk(port: number, options: { readonly tls?: boolean } = {}): Promise<Talk> {
  let socket: Socket = options.tls
    ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : connect(port, "127.0.0.1");
  let buffer = "";
  let ended = false;
  let wake = () => {};
  const listen = () => {
    socket.on("data", (chunk) => {
      buffer += chunk.toString("latin1");
      wake();
    });
    socket.on("close", () => {
      ended = true;
      wake();
    });
    socket.on("error", () => {
      ended = true;
      wake();
    });
  };
  listen();
  async function reply(): Promise<string> {
    const deadline = Date.now() + REPLY_MS_MAX;
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(buffer);
      if (whole) {
        buffer = buffer.slice(whole[0].length);
        return whole[0].trimEnd();
      }
      if (ended) return "closed";
      if (Date.now() > deadline)
        throw new Error(`no reply within ${REPLY_MS_MAX} ms; so far: ${JSON.stringify(buffer)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  return {
    reply,
    write: (bytes) => void socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes),
    say(line) {
      socket.write(`${line}\r\n`, "latin1");
      return reply();
    },
    async encrypt() {
      socket.removeAllListeners();
      socket = connectTls({ socket, rejectUnauthorized: false });
      buffer = "";
      listen();
      await new Promise<void>((resolve, reject) => {
        socket.once("secureConnect", () => resolve());
        socket.once("error", reject);
      });
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** Greeting, EHLO, MAIL and RCPT done; ready for DATA. */
export async function readyToSend(port: number, to: readonly string[], from = "patient@home.example"): Promise<Talk> {
  const client = await talk(port);
  await client.reply();
  await client.say("EHLO client.example");
  await client.say(`MAIL FROM:<${from}>`);
  for (const address of to) await client.say(`RCPT TO:<${address}>`);
  return client;
}

/** Send one message and answer the reply to its last dot. `raw` is dot-stuffed here. */
export async function sendMail(port: number, to: readonly string[], raw: string, from?: string): Promise<string> {
  using client = await readyToSend(port, to, from);
  await client.say("DATA");
  client.write(`${raw.replace(/(^|\n)\./g, "$1..")}${raw.endsWith("\r\n") ? "" : "\r\n"}.\r\n`);
  return await client.reply();
}

/** A small mail with a Message-ID of its own. */
export function mailText(
  subject: string,
  body: string,
  id = `${Math.random().toString(36).slice(2)}@home.example`,
): string {
  return [
    "From: Pat Doe <patient@home.example>",
    "To: billing@clinic.example",
    `Subject: ${subject}`,
    `Message-ID: <${id}>`,
    "Date: Mon, 23 Nov 2026 08:00:00 +0000",
    "",
    body,
    "",
  ].join("\r\n");
}
