// One connection to the folders of an account's queues: reads where mails lie and how people have flagged them. It changes
// nothing there.

import { Identity } from "../accept/identity.ts";
import { within } from "../intake/deadline.ts";
import type { ImapFlow } from "../mailbox/session.ts";
import type { AcknowledgedBy, DeskStore } from "../store/desk.ts";
import type { ImapOrigin } from "../store/imap.ts";

/** Mails whose places are listed with one command. */
const PAGE_MAILS = 500;
/** New mails that are told of at once: some are fetched whole, and what was told need not be fetched again. */
const ARRIVALS_MAX = 100;

/** A mail that lies where it was not known to lie. `messageId`: which of ours; null: none. */
export type Arrival = { readonly origin: ImapOrigin; readonly messageId: number | null };

/** What is new in a folder, or a part of it. */
export type FolderNews = {
  readonly path: string;
  readonly uidValidity: string;
  readonly arrivals: readonly Arrival[];
  /** All of the folder has been told; only now is known what is gone, and what has other UIDs. */
  readonly isLast: boolean;
  readonly gone: readonly { readonly uid: number; readonly messageId: number | null }[];
  readonly flagged: readonly { readonly messageId: number; readonly uid: number; readonly how: AcknowledgedBy }[];
};

export type Reader = {
  readonly client: ImapFlow;
  readonly account: string;
  readonly store: Pick<DeskStore, "imapPlaces" | "tellMail">;
  /** A command that has no answer by then rejects; milliseconds. */
  readonly commandMs: number;
};

/** How a folder is; `print` is the same as long as nothing changes there; null: the server cannot tell (no CONDSTORE). */
export type FolderState = { readonly kind: "missing" } | { readonly kind: "there"; readonly print: string | null };

export async function stateOf(reader: Reader, path: string): Promise<FolderState> {
  const { client } = reader;
  // Of the open folder STATUS tells what the connection has seen, and only NOOP makes it look (RFC 9051 6.3.11).
  if (client.mailbox !== false && client.mailbox.path === path) await command(reader, client.noop());
  const asked = { uidNext: true, uidValidity: true, messages: true, highestModseq: true } as const;
  const status = await command(reader, client.status(path, asked)).catch((error: unknown) => {
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
 * What has come, gone and been flagged since the store was told last: first what has come, in parts. Whoever is told writes each
 * part down before the next is read, so that a lost connection costs one part.
 * @param takesArrivals whether what has come is to be told: it is in folders of queues
 */
export async function* newsOf(reader: Reader, path: string, takesArrivals: boolean): AsyncGenerator<FolderNews> {
  const { client, account } = reader;
  const box = await command(reader, client.mailboxOpen(path, { readOnly: true }));
  const uidValidity = String(box.uidValidity);
  // The store first: a place that is known lies there at the latest now, so what is not listed then is gone.
  const known = await knownPlaces(reader, box.path, uidValidity);
  const listed = await listing(reader, takesArrivals ? null : [...known.keys()]);
  const fresh = takesArrivals ? [...listed.keys()].filter((uid) => known.get(uid)?.isGone ?? true) : [];
  const folder = { path: box.path, uidValidity };
  const mails = new Map<number, number>();
  for (const range of ranges(fresh, ARRIVALS_MAX)) {
    const found = await told(reader, range);
    for (const { uid, messageId } of found) if (messageId !== null) mails.set(uid, messageId);
    const arrivals = found.map(({ uid, messageId }) => ({
      origin: { account, folder: box.path, uidValidity, uid },
      messageId,
    }));
    yield { ...folder, arrivals, isLast: false, gone: [], flagged: [] };
  }
  const gone = [...known].flatMap(([uid, { messageId, isGone }]) =>
    isGone || listed.has(uid) ? [] : [{ uid, messageId }],
  );
  const flagged = [...listed].flatMap(([uid, hows]) => {
    const messageId = known.get(uid)?.messageId ?? mails.get(uid) ?? null;
    return messageId === null ? [] : hows.map((how) => ({ messageId, uid, how }));
  });
  yield { ...folder, arrivals: [], isLast: true, gone, flagged };
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
  reader: Reader,
  uids: readonly number[] | null,
): Promise<ReadonlyMap<number, readonly AcknowledgedBy[]>> {
  const { client } = reader;
  const listed = new Map<number, readonly AcknowledgedBy[]>();
  if (client.mailbox === false || client.mailbox.exists === 0) return listed;
  for (const range of uids === null ? ["1:*"] : ranges(uids, PAGE_MAILS)) {
    const found = await command(reader, client.fetchAll(range, { uid: true, flags: true }, { uid: true }));
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
async function told(reader: Reader, range: string) {
  const { client, account, store } = reader;
  const found: { readonly uid: number; readonly messageId: number | null }[] = [];
  const named = client.fetchAll(range, { uid: true, headers: ["x-mailward-delivery"] }, { uid: true });
  for (const { uid, headers } of await command(reader, named)) {
    const name = /^x-mailward-delivery:\s*D(\d+)-([0-9a-f]{32})\s*$/im.exec(headers?.toString("latin1") ?? "");
    const messageId =
      name === null
        ? await store.tellMail({ kind: "identity", account, identity: await identityAt(reader, uid) })
        : await store.tellMail({ kind: "delivery", id: Number(name[1]), sha256: name[2] ?? "" });
    found.push({ uid, messageId });
  }
  return found;
}

async function identityAt(reader: Reader, uid: number): Promise<string> {
  const identity = new Identity();
  const { content } = await command(reader, reader.client.download(String(uid), undefined, { uid: true }));
  if (content !== undefined) for await (const chunk of content) identity.add(chunk as Uint8Array);
  return identity.digest();
}

function ranges(uids: readonly number[], most: number): readonly string[] {
  const pages: string[] = [];
  for (let at = 0; at < uids.length; at += most) pages.push(uids.slice(at, at + most).join(","));
  return pages;
}

function command<T>({ commandMs }: Reader, running: Promise<T>): Promise<T> {
  return within(running, commandMs);
}
