// The ways in that trials take: the gateway's own listeners, and the mailboxes it watches.

import type { ImapAccount } from "../config/imap.ts";
import { NotSent, openMailClient } from "../deliver/mail-client.ts";
import { connect, type SignIns, signInOf } from "../mailbox/session.ts";
import { mailboxReason } from "../mailbox/trouble.ts";
import type { TrialDoor } from "./trials.ts";

export type TrialListener = { readonly protocol: string; readonly address: string; readonly port: number };

/** Doors where anybody may hand in mail; for submission we would need somebody's password. */
export function listenerDoors(listeners: readonly TrialListener[], hostname: string): readonly TrialDoor[] {
  return listeners.flatMap(({ protocol, address, port }) => {
    if (protocol !== "smtp" && protocol !== "smtps" && protocol !== "lmtp") return [];
    const name = `${protocol} ${port}`;
    const send: TrialDoor["send"] = async (to, mail) => {
      try {
        using client = await openMailClient({ host: reachable(address), port, protocol });
        const reply = await client.send(`mailward@${hostname}`, [to], mail);
        return reply.kind === "accepted" ? null : "the door refused it";
      } catch (error) {
        if (error instanceof NotSent) return "nobody takes mail at this door";
        throw error;
      }
    };
    return [{ name, send }];
  });
}

/** The folders that are watched. A trial stays there, read and marked as any mail is: nothing is ever deleted. */
export function mailboxDoors(accounts: readonly ImapAccount[], signIns: SignIns): readonly TrialDoor[] {
  return accounts.flatMap((account) =>
    account.folders.map((folder) => ({
      name: `imap ${account.name} ${folder}`,
      async send(_to: string, mail: Buffer) {
        try {
          const client = await connect(account, signInOf(signIns, account));
          try {
            const done = await client.append(folder, mail, ["\\Seen"]);
            return done === false ? "the mailbox did not take it" : null;
          } finally {
            client.close();
          }
        } catch (error) {
          return `the mailbox: ${mailboxReason(error)}`;
        }
      },
    })),
  );
}

/** Every address of this machine is reached by its own. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
