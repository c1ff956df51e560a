// A mailbox as a person's mail program sees it, and a gateway that watches it.

import { connect, createServer, type Server, type Socket } from "node:net";
import { ImapFlow } from "imapflow";
import type { Dovecot } from "./dovecot.ts";

/** A mail program at the mailbox; it puts mails in and looks at them, and does nothing by itself. */
export async function mailProgram({ port, login }: Pick<Dovecot, "port" | "login">) {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port,
    secure: false,
    auth: { user: login.user, pass: login.password },
    logger: false,
  });
  client.on("error", () => undefined);
  await client.connect();
  return {
    client,
    put: (text: string, folder = "INBOX", at?: Date) => client.append(folder, text.replace(/\r?\n/g, "\r\n"), [], at),
    /** Subjects and flags of a folder, in order. */
    async look(folder = "INBOX") {
      const lock = await client.getMailboxLock(folder);
      try {
        await client.noop(); // what others did there: a server may not tell it with a FETCH
        const found =
          client.mailbox !== false && client.mailbox.exists > 0
            ? await client.fetchAll("1:*", { envelope: true, flags: true })
            : [];
        return found.map(({ envelope, flags }) => ({ subject: envelope?.subject ?? "", flags: [...(flags ?? [])] }));
      } finally {
        lock.release();
      }
    },
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}

/** The `imap:` part of a configuration that watches the mailbox; reads the password from `PASSWORD_FILE`. */
export function watching({ port, login }: Pick<Dovecot, "port" | "login">, passwordFile: string, more = ""): string {
  const account = `{ name: desk, host: 127.0.0.1, port: ${port}, tls: none, user: ${login.user}, password_file: ${passwordFile}`;
  return `imap: [${account}, alias: billing@clinic.example${more} }]`;
}

export function mailSaying(subject: string, text = "Please call me about my bill.", head = ""): string {
  return `${head}From: Ana <ana@example.net>\nTo: billing@clinic.example\nSubject: ${subject}\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <${subject.replace(/\W/g, "-")}@example.net>\n\n${text}\n`;
}

/** Stands between gateway and server and can fall silent without closing anything, as a broken network does. */
export async function blackHole(target: number) {
  let silent = false;
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => void (silent && !fresh.has(near) ? null : to.write(bytes)));
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    }
    if (silent) fresh.add(near);
  });
  // Connections made after the silence began are whole: the network is well again, only the old ones are dead.
  const fresh = new Set<Socket>();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    fallSilent: () => void (silent = true),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
