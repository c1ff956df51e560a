// A person at a mail program: signs in to a Dovecot of ours and looks at what lies in a folder.

import { ImapFlow } from "imapflow";
import type { Dovecot } from "./dovecot.ts";

export type SeenMail = { readonly flags: readonly string[]; readonly text: string };

/** The mails of a folder, oldest first; none when there is no such folder. */
export async function lookInto(dovecot: Dovecot, folder: string): Promise<readonly SeenMail[]> {
  const { user, password: pass } = dovecot.login;
  const auth = { user, pass };
  const client = new ImapFlow({ host: "127.0.0.1", port: dovecot.port, secure: false, auth, logger: false });
  await client.connect();
  try {
    const folders = await client.list();
    if (!folders.some(({ path }) => path === folder)) return [];
    await client.mailboxOpen(folder, { readOnly: true });
    const seen: SeenMail[] = [];
    for await (const { flags, source } of client.fetch("1:*", { flags: true, source: true }))
      seen.push({ flags: [...(flags ?? [])].sort(), text: source?.toString("latin1") ?? "" });
    return seen;
  } finally {
    await client.logout();
  }
}
