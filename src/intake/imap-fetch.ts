// Fetches mails of the open folder and makes them ours: small ones many at a time, large ones one by one in pieces. A mail
// that cannot be had is told and passed, so that those behind it come in.

import type { ImapFlow } from "../mailbox/session.ts";
import { StoreTrouble } from "../store/store.ts";
import { searched, within } from "./imap-command.ts";
import type { SessionOptions } from "./imap-session.ts";

/** Mails up to this size are fetched many at a time; larger ones one by one, in pieces. */
const SMALL_BYTES = 128 * 1024;
const PIECE_BYTES = 256 * 1024;
const BATCH_MAILS = 64;
/** Fetched with one command and held in memory until the commit. */
const BATCH_BYTES = 4 * 1024 * 1024;

export type Fetching = {
  readonly client: ImapFlow;
  readonly options: SessionOptions;
  readonly uidValidity: string;
};

type Row = {
  readonly uid: number;
  readonly size: number;
  readonly flags: ReadonlySet<string>;
  source: Uint8Array | null;
};

/** Those to be fetched together from this place on: one that is under suspicion comes alone. */
export function batchAt(uids: readonly number[], at: number, isSuspect: (uid: number) => boolean): readonly number[] {
  const next = uids.slice(at, at + BATCH_MAILS);
  const odd = next.findIndex(isSuspect);
  return odd < 0 ? next : next.slice(0, Math.max(1, odd));
}

/**
 * Takes these mails, one batch; answers how many were fetched. Rejects when the connection does not do it, and remembers
 * which mails that was about.
 * @param again they have been looked at before: one that is known to be too large is not fetched once more
 */
export async function takeBatch(fetching: Fetching, uids: readonly number[], again: boolean): Promise<number> {
  return await blaming(fetching, uids, async (about) => {
    const rows = await rowsOf(fetching, uids, { uid: true, size: true, flags: true });
    const { keyword } = fetching.options.account.done;
    if (keyword !== null && rows.some(({ flags }) => flags.has(keyword))) fetching.options.onShared();
    const found = new Set(rows.map(({ uid }) => uid));
    const empty = uids.filter((uid) => !found.has(uid));
    for (const group of groupsOf(rows.filter(({ size }) => size <= SMALL_BYTES))) {
      about(group);
      empty.push(...(await takeSmall(fetching, group)));
    }
    for (const { uid, size } of rows.filter((row) => row.size > SMALL_BYTES)) {
      about([uid]);
      if (again && size > fetching.options.messageBytes) leave(fetching, uid, "too-large");
      else if (!(await takeLarge(fetching, uid))) empty.push(uid);
    }
    for (const uid of empty) {
      about([uid]);
      await takeEmpty(fetching, uid);
    }
    return rows.length;
  });
}

/** Does something about these mails; when it fails, and not for want of our store, that is remembered of them. */
export async function blaming<T>(
  { options }: Fetching,
  uids: readonly number[],
  work: (about: (uids: readonly number[]) => void) => Promise<T>,
): Promise<T> {
  const { unfetched, now, onLeft } = options;
  let blamed = uids;
  try {
    return await work((about) => {
      blamed = about;
    });
  } catch (error) {
    const [uid] = blamed;
    const isOurs = error instanceof StoreTrouble;
    if (!isOurs && uid !== undefined && unfetched.failed(blamed, now())) onLeft(uid, "unreadable");
    throw error;
  }
}

/** The bytes of one mail as they come; null: the server answers without any. */
export async function contentOf({ client, options }: Fetching, uid: number): Promise<AsyncIterable<Uint8Array> | null> {
  const { content } = await within(client.download(String(uid), undefined, { uid: true, chunkSize: PIECE_BYTES }));
  return content === undefined ? null : alive(content, options.onAlive);
}

/** Answers to one FETCH. Each must come in time, and each is a sign of life: the whole may take as long as it takes. */
export async function rowsOf(
  { client, options }: Fetching,
  uids: readonly number[],
  query: Parameters<ImapFlow["fetch"]>[1],
): Promise<readonly (Row & { readonly internalDate: Date | string | undefined })[]> {
  const asked = new Set(uids);
  const rows = new Map<number, Row & { readonly internalDate: Date | string | undefined }>();
  const answers = client.fetch(uids.join(","), query, { uid: true })[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await within(answers.next());
    if (done === true) return [...rows.values()];
    options.onAlive();
    const { uid, internalDate, size, source, flags } = value;
    if (!asked.has(uid)) continue; // told unasked
    const before = rows.get(uid); // a server may tell new flags in between, in an answer of its own
    rows.set(uid, {
      uid,
      size: size ?? before?.size ?? 0,
      flags: flags ?? before?.flags ?? new Set(),
      source: source ?? before?.source ?? null,
      internalDate: internalDate ?? before?.internalDate,
    });
  }
}

/** UIDs to be fetched with one command each, by their sizes. */
export function groupsOf(rows: readonly Pick<Row, "uid" | "size">[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  let bytes = BATCH_BYTES;
  for (const { uid, size } of rows) {
    bytes += size;
    if (bytes > BATCH_BYTES) {
      groups.push([]);
      bytes = size;
    }
    groups.at(-1)?.push(uid);
  }
  return groups;
}

/** Answers those that came without bytes. */
async function takeSmall(fetching: Fetching, uids: readonly number[]): Promise<readonly number[]> {
  const mails = await rowsOf(fetching, uids, { uid: true, source: true });
  const full = new Set(mails.flatMap(({ uid, source }) => (source === null ? [] : [uid])));
  await Promise.all(mails.flatMap(({ uid, source }) => (source === null ? [] : [take(fetching, uid, once(source))])));
  return uids.filter((uid) => !full.has(uid));
}

async function takeLarge(fetching: Fetching, uid: number): Promise<boolean> {
  const content = await contentOf(fetching, uid);
  if (content !== null) await take(fetching, uid, content);
  return content !== null;
}

/** A mail that the server has answered nothing for: it is asked once more, and then the mail is gone, or is left and told. */
async function takeEmpty(fetching: Fetching, uid: number): Promise<void> {
  const { client, options } = fetching;
  if (await takeLarge(fetching, uid)) return;
  await within(client.noop());
  if ((await searched(client, { uid: String(uid) })).includes(uid)) leave(fetching, uid, "unreadable");
  else options.unfetched.settled([uid]);
}

async function take({ options, uidValidity }: Fetching, uid: number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const { account, folder, unfetched, now } = options;
  const isOurs = await options.take({ origin: { account: account.name, folder, uidValidity, uid }, bytes });
  if (isOurs) unfetched.settled([uid]);
  else unfetched.leave(uid, "refused", now());
}

function leave({ options }: Fetching, uid: number, reason: "unreadable" | "too-large"): void {
  options.unfetched.leave(uid, reason === "unreadable" ? reason : "refused", options.now());
  options.onLeft(uid, reason);
}

async function* alive(content: AsyncIterable<Uint8Array>, onAlive: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    onAlive();
    yield chunk;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
