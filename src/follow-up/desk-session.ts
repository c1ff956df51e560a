// One connection to the folders of an account's queues: reads where mails lie and how people have flagged them. It changes
// nothing there.

import { Identity } from "../accept/identity.ts";
import { within } from "../intake/deadline.ts";
import type { ImapFlow } from "../mailbox/session.ts";
import type { AcknowledgedBy, DeskStore } from "../store/desk.ts";
import type { ImapOrigin } from "../store/imap.ts";

const COMMAND_MS_MAX = 60_000;
/** Mails whose headers are fetched with one command. */
const PAGE_MAILS = 500;

/** A mail that lies where it was not known to lie. `messageId`: which of ours; null: none. */
export type Arrival = { readonly origin: ImapOrigin; readonly messageId: number | null };

/** What is new in a folder. */
export type FolderNews = {
  readonly path: string;
  readonly uidValidity: string;
  readonly arrivals: readonly Arrival[];
  readonly gone: readonly { readonly uid: number; readonly messageId: number | null }[];
  readonly flagged: readonly { readonly messageId: number; readonly uid: number; readonly how: AcknowledgedBy }[];
};

export type Reader = {
  readonly client: ImapFlow;
  readonly account: string;
  readonly store: Pick<DeskStore, "imapPlaces" | "tellMail">;
};

/** How a folder is; `print` is the same as long as nothing changes there; null: the server cannot tell (no CONDSTORE). */
export type FolderState = { readonly kind: "missing" } | { readonly kind: "there"; readonly print: string | null };

export async function stateOf({ client }: Reader, path: string): Promise<FolderState> {
  // Of the open folder STATUS tells what the connection has seen, and only NOOP makes it look (RFC 9051 6.3.11).
  if (client.mailbox !== false && client.mailbox.path === path) await command(client.noop());
  const asked = { uidNext: true, uidValidity: true, messages: true, highestModseq: true } as const;
  const status = await command(client.status(path, asked)).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "NotFound") return null;
    throw error;
  });
  if (status === null) return { kind: "missing" };
  if (status === false) throw new Error("the server does not tell how the folder is");
  const { uidNext, uidValidity, messages, highestModseq } = status;
  const print = highestModseq === undefined ? null : [uidValidity, uidNext, messages, highestModseq].join(" ");
  return { kind: "there", print };
}

/** A folder as rules name it, levels parted by /, as the server does. */
export function pathOf({ namespace }: ImapFlow, folder: string): string {
  const path = folder.split("/").join(namespace?.delimiter ?? "/");
  const prefix = namespace?.prefix ?? "";
  return path === "INBOX" || path.startsWith(prefix) ? path : prefix + path;
}

/**
 * What has come, gone and been flagged since the store was told last.
 * @param takesArrivals whether what has come is to be told: it is in folders of queues
 */
export async function newsOf(reader: Reader, path: string, takesArrivals: boolean): Promise<FolderNews> {
  const { client, account } = reader;
  const box = await command(client.mailboxOpen(path, { readOnly: true }));
  const uidValidity = String(box.uidValidity);
  // The store first: a place that is known lies there at the latest now, so what is not listed then is gone.
  const known = await knownPlaces(reader, box.path, uidValidity);
  const listed = await listing(reader, takesArrivals ? null : [...known.keys()]);
  const fresh = takesArrivals ? [...listed.keys()].filter((uid) => known.get(uid)?.isGone ?? true) : [];
  const arrivals: Arrival[] = [];
  for (const { uid, messageId } of await told(reader, fresh))
    arrivals.push({ origin: { account, folder: box.path, uidValidity, uid }, messageId });
  const gone = [...known].flatMap(([uid, { messageId, isGone }]) =>
    isGone || listed.has(uid) ? [] : [{ uid, messageId }],
  );
  const mails = new Map(arrivals.map(({ origin, messageId }) => [origin.uid, messageId]));
  const flagged = [...listed].flatMap(([uid, hows]) => {
    const messageId = known.get(uid)?.messageId ?? mails.get(uid) ?? null;
    return messageId === null ? [] : hows.map((how) => ({ messageId, uid, how }));
  });
  return { path: box.path, uidValidity, arrivals, gone, flagged };
}

type Known = ReadonlyMap<number, { readonly messageId: number | null; readonly isGone: boolean }>;

async function knownPlaces({ store, account }: Reader, path: string, uidValidity: string): Promise<Known> {
  const known = new Map<number, { messageId: number | null; isGone: boolean }>();
  for (let after = 0; ; ) {
    const page = await store.imapPlaces(account, path, uidValidity, after);
    for (const { uid, ...rest } of page) known.set(uid, rest);
    const last = page.at(-1);
    if (last === undefined) return known;
    after = last.uid;
  }
}

/** What lies there and how it is flagged; what is marked to be deleted lies there no more. null: all of the folder. */
async function listing(
  { client }: Reader,
  uids: readonly number[] | null,
): Promise<ReadonlyMap<number, readonly AcknowledgedBy[]>> {
  const listed = new Map<number, readonly AcknowledgedBy[]>();
  if (client.mailbox === false || client.mailbox.exists === 0) return listed;
  for (const range of uids === null ? ["1:*"] : ranges(uids)) {
    const found = await command(client.fetchAll(range, { uid: true, flags: true }, { uid: true }));
    for (const { uid, flags = new Set<string>() } of found) {
      if (flags.has("\\Deleted")) continue;
      const hows: AcknowledgedBy[] = [];
      if (flags.has("\\Flagged")) hows.push("flagged");
      if (flags.has("\\Answered")) hows.push("answered");
      listed.set(uid, hows);
    }
  }
  return listed;
}

/** Which mails of ours they are: by the name our deliveries carry, else by all of it. */
async function told(reader: Reader, uids: readonly number[]) {
  const { client, account, store } = reader;
  const found: { readonly uid: number; readonly messageId: number | null }[] = [];
  for (const range of ranges(uids)) {
    const heads = await command(client.fetchAll(range, { uid: true, headers: ["x-mailward-delivery"] }, { uid: true }));
    for (const { uid, headers } of heads) {
      const name = /^x-mailward-delivery:\s*D(\d+)-([0-9a-f]{32})\s*$/im.exec(headers?.toString("latin1") ?? "");
      const messageId =
        name === null
          ? await store.tellMail({ kind: "identity", account, identity: await identityAt(client, uid) })
          : await store.tellMail({ kind: "delivery", id: Number(name[1]), sha256: name[2] ?? "" });
      found.push({ uid, messageId });
    }
  }
  return found;
}

async function identityAt(client: ImapFlow, uid: number): Promise<string> {
  const identity = new Identity();
  const { content } = await command(client.download(String(uid), undefined, { uid: true }));
  if (content !== undefined) for await (const chunk of content) identity.add(chunk as Uint8Array);
  return identity.digest();
}

function ranges(uids: readonly number[]): readonly string[] {
  const pages: string[] = [];
  for (let at = 0; at < uids.length; at += PAGE_MAILS) pages.push(uids.slice(at, at + PAGE_MAILS).join(","));
  return pages;
}

function command<T>(running: Promise<T>): Promise<T> {
  return within(running, COMMAND_MS_MAX);
}
