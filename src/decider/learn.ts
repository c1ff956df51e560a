// What is found out about a message before it is decided: what is proven of its sender, and what it answers. Facts for
// the pure decision; finding out may fail or take its time, which then is a fact too. What the rules say of the house
// is added when a desk takes the message, so that facts and rules are of one set whenever the rules change.

import { wallClock } from "../classify/local-time.ts";
import { threadIds } from "../classify/thread.ts";
import type { RuleSet } from "../config/rules.ts";
import { errorFields, type Log } from "../log.ts";
import type { EarlierMail, Facts } from "../message.ts";
import { isStaffNetwork, networkList } from "../proof/networks.ts";
import type { Prover } from "../proof/proof.ts";
import { type Store, StoreTrouble, type Undecided } from "../store/store.ts";

/** How much of a header block is looked at for the ids of earlier mails. */
const HEADER_BYTES_MAX = 64 * 1024;

export type LearnOptions = {
  readonly store: Pick<Store, "earlier">;
  readonly prover: Prover;
  readonly staffNetworks: readonly string[];
  readonly staffDomains: readonly string[];
  readonly threadKey: string;
  readonly log: Log;
};

/** Facts that do not depend on the rules. */
export type Learned = Omit<Facts, "localTime" | "ownAddresses">;

/** Finds out the facts about one message; never rejects. */
export type Learn = (message: Undecided, raw: Uint8Array) => Promise<Learned>;

export function learner(options: LearnOptions): Learn {
  const { prover, staffDomains, threadKey } = options;
  const networks = networkList(options.staffNetworks);
  return async ({ mail, routings }, raw) => {
    const tags = routings.map(({ recipient }) => recipient.tag);
    const [proof, earlier] = await Promise.all([
      prover.check(raw, mail),
      earlierMails(options, threadIds(headerBlock(raw), tags)),
    ]);
    return {
      door: mail.door,
      receivedAt: mail.receivedAt,
      sizeBytes: mail.sizeBytes,
      mailFrom: mail.envelope.mailFrom,
      user: mail.client.user,
      proof,
      staffNetwork: isStaffNetwork(mail.client.address, networks),
      staffDomains,
      earlier,
      threadKey,
      aliases: routings.map(({ recipient }) => recipient.alias),
    };
  };
}

/** What a rule set says of the house, its clock and its addresses, added to what was found out. */
export function withHouse(rules: RuleSet): (learned: Learned) => Facts {
  const clock = wallClock(rules.calendar.timeZone);
  const ownAddresses = addressesOf(rules);
  return (learned) => ({ ...learned, localTime: clock(learned.receivedAt), ownAddresses });
}

/** A store that cannot answer now costs the thread, not the mail. */
async function earlierMails({ store, log }: LearnOptions, ids: readonly string[]): Promise<readonly EarlierMail[]> {
  if (ids.length === 0) return [];
  try {
    return await store.earlier(ids);
  } catch (error) {
    const isStopping = error instanceof StoreTrouble && error.reason === "closed";
    if (!isStopping) log.error("store-trouble", errorFields(error));
    return [];
  }
}

/** The header of a mail as it came, or its first 64 KB. */
export function headerBlock(raw: Uint8Array): string {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, HEADER_BYTES_MAX));
  const crlf = bytes.indexOf("\r\n\r\n");
  const lf = bytes.indexOf("\n\n");
  const end = crlf < 0 || (lf >= 0 && lf < crlf) ? lf : crlf;
  return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}

/** Every address of ours, lower case: mail from one of them comes from us, or pretends to. */
export function addressesOf({ aliases, domains, queues }: RuleSet): readonly string[] {
  const own = aliases.flatMap(({ name, also }) =>
    [name, ...also].flatMap((local) => domains.map((domain) => `${local}@${domain}`)),
  );
  const forwardedTo = queues.flatMap(({ deliver }) => (deliver.kind === "smtp" ? [deliver.to.toLowerCase()] : []));
  return [...new Set([...own, ...forwardedTo])];
}
