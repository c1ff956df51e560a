// A small mail client for commands and trials that send: one connection, one message after the other.

import addressparser from "nodemailer/lib/addressparser";
import SMTPConnection from "nodemailer/lib/smtp-connection";

const CONNECT_TIMEOUT_MS = 5000;

export type Server = {
  readonly host: string;
  readonly port: number;
  /** SMTP unless said; `smtps` is encrypted from the start, and whose certificate it is does not matter here. */
  readonly protocol?: "smtp" | "smtps" | "lmtp";
};

/** It could not be sent; the message says what to do about it. */
export class NotSent extends Error {}

/** What the server said to one message. `ref` is Mailward's reference when it gave one. */
export type Reply =
  | { readonly kind: "accepted"; readonly text: string; readonly ref: string | null }
  | { readonly kind: "refused"; readonly text: string };

export type MailClient = Disposable & {
  send(from: string, to: readonly string[], raw: Buffer): Promise<Reply>;
};

/** Connect; rejects with `NotSent` when nobody listens there. */
export async function openMailClient({ host, port, protocol = "smtp" }: Server): Promise<MailClient> {
  const connection = new SMTPConnection({
    host,
    port,
    ignoreTLS: true,
    lmtp: protocol === "lmtp",
    secure: protocol === "smtps",
    tls: { rejectUnauthorized: false },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    allowInternalNetworkInterfaces: true,
    logger: false,
  });
  await new Promise<void>((resolve, reject) => {
    connection.once("error", () =>
      reject(
        new NotSent(
          `Nobody takes mail on ${host}:${port}. Start the gateway with \`npm start\`, or name the server with --server.`,
        ),
      ),
    );
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  connection.removeAllListeners("error");
  connection.on("error", () => undefined); // told to the send under way, by its own callback
  return {
    send: (from, to, raw) => send(connection, from, to, raw),
    [Symbol.dispose]: () => connection.quit(),
  };
}

function send(connection: SMTPConnection, from: string, to: readonly string[], raw: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(new NotSent("The server closed the connection. Look at its log."));
    connection.once("end", lost);
    connection.send({ from: from === "" ? false : from, to: [...to] }, raw, (error, info) => {
      connection.off("end", lost);
      if (error !== null && error.responseCode === undefined) return lost();
      if (error !== null) {
        connection.reset(() => resolve({ kind: "refused", text: error.response ?? error.message }));
        return;
      }
      const text = info?.response ?? "";
      resolve({ kind: "accepted", text, ref: /\bMW-[0-9A-Z-]+/.exec(text)?.[0] ?? null });
    });
  });
}

/** The addresses in the headers of these names. */
export function addressesIn(raw: Buffer, names: readonly string[]): readonly string[] {
  const block = raw.toString("utf8").split(/\r?\n\r?\n/, 1)[0] ?? "";
  const lines = block.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  return lines
    .filter((line) => names.some((name) => line.toLowerCase().startsWith(`${name}:`)))
    .flatMap((line) => addressparser(line.slice(line.indexOf(":") + 1), { flatten: true }))
    .flatMap(({ address }) => (address ? [address] : []));
}
