// What every command to an IMAP server needs: an end in time, and a refusal that is not taken for an answer.

import type { ImapFlow } from "../mailbox/session.ts";
import { within as endingWithin } from "./deadline.ts";

/** A command may take so long before the server counts as silent; a fetch, for each mail. */
const COMMAND_MS_MAX = 60_000;

export function within<T>(running: Promise<T>): Promise<T> {
  return endingWithin(running, COMMAND_MS_MAX);
}

/** UIDs, oldest first. imapflow answers false for a refusal, which is not the same as "nothing there". */
export async function searched(client: ImapFlow, query: Parameters<ImapFlow["search"]>[0]): Promise<readonly number[]> {
  // Not every server lets an empty folder be searched by UID.
  if (client.mailbox !== false && client.mailbox.exists === 0) return [];
  const found = await within(client.search(query, { uid: true }));
  if (found === false || found === undefined) throw Object.assign(new Error("not searched"), { responseStatus: "NO" });
  return found.toSorted((a, b) => a - b);
}

/** What imapflow answers false or undefined for, the server has refused; or the connection is gone, which is no answer. */
export function isRefused(client: ImapFlow, answer: unknown): boolean {
  if (answer !== false && answer !== undefined) return false;
  if (client.usable) return true;
  throw Object.assign(new Error("the connection was lost"), { code: "NoConnection" });
}
