// What was known of a mail when it was decided, put together again from what the store keeps of it: so that an old
// decision can be worked out again, by the rules of then or by others.

import { threadIds } from "../classify/thread.ts";
import { type EarlierMail, NO_PROOF } from "../message.ts";
import type { PastMail } from "../store/past.ts";
import type { Store } from "../store/store.ts";
import { headerBlock, type Learned } from "./learn.ts";

export type CaseFacts = {
  readonly store: Pick<Store, "earlier">;
  /** The key thread tokens of this store are signed with, hex. */
  readonly threadKey: string;
};

/** A decided mail; `recipients` are those it was decided for, in order. */
export type DecidedCase = Pick<PastMail, "messageId" | "mail" | "reading" | "recipients">;

/**
 * What was found out about a mail before it was decided. Networks and domains of staff are taken from the proof that was
 * found then, whatever the configuration says by now; of earlier mails only those count that came before it.
 */
export async function learnedOfCase(decided: DecidedCase, raw: Uint8Array, known: CaseFacts): Promise<Learned> {
  const { mail, reading, recipients } = decided;
  const proof = reading?.proof ?? NO_PROOF;
  const staff = reading?.staff ?? null;
  return {
    door: mail.door,
    receivedAt: mail.receivedAt,
    sizeBytes: mail.sizeBytes,
    mailFrom: mail.envelope.mailFrom,
    user: mail.client.user,
    proof,
    staffNetwork: staff === "network",
    staffDomains: staff === "dmarc" ? [proof.dmarc.domain] : [],
    earlier: await earlierMails(decided, raw, known),
    threadKey: known.threadKey,
    aliases: recipients.map(({ alias }) => alias),
  };
}

async function earlierMails(
  { messageId, recipients }: DecidedCase,
  raw: Uint8Array,
  { store }: CaseFacts,
): Promise<readonly EarlierMail[]> {
  const tags = recipients.map(({ tag }) => tag);
  const ids = threadIds(headerBlock(raw), tags);
  return ids.length === 0 ? [] : store.earlier(ids, messageId);
}
