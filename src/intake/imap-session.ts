// One connection to one watched folder: finds mails that are not ours yet, makes them ours, and only then marks the
// originals. Nothing there is ever deleted, expunged or seen.

import type { ImapAccount } from "../config/imap.ts";
import { connect, type ImapFlow, type SignIn } from "../mailbox/session.ts";
import type { ImapCursor, ImapOrigin, ImapStore } from "../store/imap.ts";
import { within } from "./deadline.ts";

/** A command may take so long before the server counts as silent; a fetch, for each mail or batch. */
const COMMAND_MS_MAX = 60_000;
/** Mails up to this size are fetched many at a time; larger ones one by one, in pieces. */
const SMALL_BYTES = 128 * 1024;
const BATCH_MAILS = 64;
const PIECE_BYTES = 256 * 1024;
/** UIDs asked about at once. */
const PAGE_UIDS = 2_000;
/** Originals marked with one command. */
const MARK_MAILS = 200;

/** A mail on its way to us. `bytes` may be read once. */
export type FetchedMail = { readonly origin: ImapOrigin; readonly bytes: AsyncIterable<Uint8Array> };

export type SessionOptions = {
  readonly account: ImapAccount;
  readonly folder: string;
  readonly signIn: SignIn;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
  readonly store: ImapStore;
  readonly now: () => number;
  /** Makes a mail ours; resolves after the commit. Throws when the store cannot. */
  readonly take: (mail: FetchedMail) => Promise<void>;
  /** What a mail is, without taking it: `identity` of `accept/identity.ts`. */
  readonly identify: (bytes: AsyncIterable<Uint8Array>) => Promise<string>;
  /** There may be something new. */
  readonly onNews: () => void;
  /** What the server cannot do that the configuration asks for; told once a session. */
  readonly onCannot: (what: "keyword" | "move") => void;
  /** Mail that was not ours bears our mark: somebody else takes mail here, too, or our store is not the one it was. */
  readonly onShared: () => void;
  /** So many mails of the whole are ours by now. */
  readonly onProgress: (done: number, all: number) => void;
};

export type ImapSession = AsyncDisposable & {
  /** Takes what is not ours yet, and marks what is; answers how many mails were fetched. */
  sync(): Promise<number>;
  /** Fetches again whatever of the folder is not ours although it should be; answers how many. */
  reconcile(): Promise<number>;
  /** Asks the server how the folder is; true when it has something new. Rejects when the server is silent. */
  hasNews(): Promise<boolean>;
  /** Lets the server tell of news by itself until the next command. */
  idle(): void;
  readonly closed: Promise<void>;
};

/** Opens the folder; rejects with the server's refusal, or when it is silent. */
export async function openSession(options: SessionOptions): Promise<ImapSession> {
  const { account, folder, signIn, signal } = options;
  const client = await connect(account, signIn, signal);
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  client.on("exists", options.onNews);
  try {
    await within(client.getMailboxLock(folder), COMMAND_MS_MAX);
  } catch (error) {
    client.close();
    throw error;
  }
  return new Session(options, client, closed);
}

class Session implements ImapSession {
  readonly closed: Promise<void>;
  private readonly options: SessionOptions;
  private readonly client: ImapFlow;

  constructor(options: SessionOptions, client: ImapFlow, closed: Promise<void>) {
    this.options = options;
    this.client = client;
    this.closed = closed;
  }

  async sync(): Promise<number> {
    const { account, folder, store } = this.options;
    const { uidValidity } = this.box();
    const kept = await store.imapCursor(account.name, folder);
    const isSame = kept?.uidValidity === uidValidity;
    const cursor = isSame ? kept : await this.startingPoint(kept, uidValidity);
    if (!isSame && kept !== null) await this.knowAgain(cursor);
    const uids = await this.uidsAfter(cursor.uid);
    const fetched = await this.takeAll(uids, cursor);
    await this.markAll(uidValidity);
    return fetched;
  }

  async reconcile(): Promise<number> {
    const { account, folder, store } = this.options;
    const cursor = await store.imapCursor(account.name, folder);
    if (cursor?.uidValidity !== this.box().uidValidity) return this.sync();
    // The server searches by day and in its own time zone: two days more are asked for, and what is older left out.
    const found = await this.command(
      this.client.search(
        { since: new Date(cursor.since - 2 * 86_400_000), uid: `1:${Math.max(1, cursor.uid)}` },
        { uid: true },
      ),
    );
    const holes = await this.since(await this.unknown(uidsOf(found)), cursor.since);
    const fetched = await this.takeAll(holes, cursor);
    return fetched + (await this.sync());
  }

  async hasNews(): Promise<boolean> {
    const { account, folder, store } = this.options;
    // Of the open folder STATUS tells what the connection has seen, and only NOOP makes it look (RFC 9051 6.3.11).
    await this.command(this.client.noop());
    const status = await this.command(this.client.status(folder, { uidNext: true, uidValidity: true }));
    const cursor = await store.imapCursor(account.name, folder);
    if (status === false || cursor === null) return true;
    return String(status.uidValidity) !== cursor.uidValidity || (status.uidNext ?? 0) > cursor.uid + 1;
  }

  idle(): void {
    // It ends with the next command, or with the connection, which `closed` tells.
    void this.client.idle().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.closed;
  }

  /** UIDVALIDITY has no room in a JavaScript number everywhere, so it is text here. */
  private box(): { readonly uidValidity: string; readonly uidNext: number; readonly keywords: boolean } {
    const box = this.client.mailbox;
    if (box === false) throw new Error("the folder is not open");
    const keywords = box.permanentFlags === undefined || box.permanentFlags.has("\\*");
    return { uidValidity: String(box.uidValidity), uidNext: box.uidNext, keywords };
  }

  /** Where to begin in a folder never read, or one whose UIDs are new. */
  private async startingPoint(kept: ImapCursor | null, uidValidity: string): Promise<ImapCursor> {
    const { account, folder, store, now } = this.options;
    const { from } = account;
    const since = kept?.since ?? (from.kind === "now" ? now() : Date.parse(from.date));
    const fromNow = kept === null && from.kind === "now";
    let uid = this.box().uidNext - 1;
    if (!fromNow) {
      const found = await this.command(this.client.search({ since: new Date(since - 2 * 86_400_000) }, { uid: true }));
      const [first = uid + 1] = await this.since(uidsOf(found), since);
      uid = first - 1;
    }
    const cursor = { uidValidity, uid, since };
    await store.moveImapCursor(account.name, folder, cursor);
    return cursor;
  }

  /** After the folder got new UIDs: mails that are ours already are known by what they are. */
  private async knowAgain({ uid, uidValidity }: ImapCursor): Promise<void> {
    const { account, folder, store, identify, now } = this.options;
    for (const each of await this.uidsAfter(uid)) {
      const { content } = await this.command(this.client.download(String(each), undefined, { uid: true }));
      if (content === undefined) continue;
      const origin = { account: account.name, folder, uidValidity, uid: each };
      await store.rebindImap(origin, await identify(content), now());
    }
  }

  /** Oldest first. */
  private async uidsAfter(uid: number): Promise<readonly number[]> {
    const found = await this.command(this.client.search({ uid: `${uid + 1}:*` }, { uid: true }));
    return uidsOf(found).filter((each) => each > uid); // "*" is the last mail, also when that is older
  }

  private async unknown(uids: readonly number[]): Promise<readonly number[]> {
    const { account, folder, store } = this.options;
    const unknown: number[] = [];
    for (let at = 0; at < uids.length; at += PAGE_UIDS) {
      const page = uids.slice(at, at + PAGE_UIDS);
      const known = new Set(await store.imapKnown(account.name, folder, this.box().uidValidity, page));
      unknown.push(...page.filter((uid) => !known.has(uid)));
    }
    return unknown;
  }

  /** Those of the UIDs that came into the folder since then; servers keep whole seconds. */
  private async since(uids: readonly number[], since: number): Promise<readonly number[]> {
    const recent: number[] = [];
    const from = Math.floor(since / 1000) * 1000;
    for (let at = 0; at < uids.length; at += PAGE_UIDS) {
      const page = uids.slice(at, at + PAGE_UIDS).join(",");
      for await (const { uid, internalDate } of this.client.fetch(
        page,
        { uid: true, internalDate: true },
        { uid: true },
      ))
        if (internalDate === undefined || new Date(internalDate).getTime() >= from) recent.push(uid);
    }
    return recent.sort((a, b) => a - b);
  }

  /** Takes these mails in order, the cursor behind them. */
  private async takeAll(uids: readonly number[], cursor: ImapCursor): Promise<number> {
    const { account, folder, store, onProgress } = this.options;
    const missing = await this.unknown(uids);
    let fetched = 0;
    for (let at = 0; at < missing.length; at += BATCH_MAILS) {
      const batch = missing.slice(at, at + BATCH_MAILS);
      fetched += await this.takeBatch(batch, cursor.uidValidity);
      const last = batch.at(-1) ?? 0;
      if (last > cursor.uid) await store.moveImapCursor(account.name, folder, { ...cursor, uid: last });
      onProgress(at + batch.length, missing.length);
    }
    const end = uids.at(-1) ?? 0;
    if (end > cursor.uid && missing.length < uids.length)
      await store.moveImapCursor(account.name, folder, { ...cursor, uid: end });
    return fetched;
  }

  /** Small mails come together and are committed together; a large one streams into the store by itself. */
  private async takeBatch(uids: readonly number[], uidValidity: string): Promise<number> {
    const { account, folder, take } = this.options;
    const place = (uid: number): ImapOrigin => ({ account: account.name, folder, uidValidity, uid });
    const sizes = await this.fetched(uids, { uid: true, size: true, flags: true });
    const { keyword } = this.options.account.done;
    if (keyword !== null && sizes.some(({ flags }) => flags?.has(keyword))) this.options.onShared();
    const small = sizes.filter(({ size }) => (size ?? 0) <= SMALL_BYTES).map(({ uid }) => uid);
    const mails = small.length === 0 ? [] : await this.fetched(small, { uid: true, source: true });
    await Promise.all(
      mails.map(async ({ uid, source }) => source && (await take({ origin: place(uid), bytes: once(source) }))),
    );
    for (const { uid, size } of sizes) {
      if ((size ?? 0) <= SMALL_BYTES) continue;
      const download = this.client.download(String(uid), undefined, { uid: true, chunkSize: PIECE_BYTES });
      const { content } = await this.command(download);
      if (content !== undefined) await take({ origin: place(uid), bytes: content });
    }
    return sizes.length;
  }

  private async fetched(uids: readonly number[], query: Parameters<ImapFlow["fetchAll"]>[1]) {
    return this.command(this.client.fetchAll(uids.join(","), query, { uid: true }));
  }

  /** Marks the originals of mails that are ours, those of an earlier run too. */
  private async markAll(uidValidity: string): Promise<void> {
    const { account, folder, store, now, onCannot } = this.options;
    const { keyword, place } = account.done;
    for (;;) {
      const waiting = await store.imapUnmarked(account.name, folder, uidValidity, MARK_MAILS);
      if (waiting.length === 0) return;
      const range = waiting.map(({ uid }) => uid).join(",");
      const canMark = keyword !== null && this.box().keywords;
      if (keyword !== null && !canMark) onCannot("keyword");
      if (canMark) await this.command(this.client.messageFlagsAdd(range, [keyword], { uid: true }));
      if (place !== null) await this.carry(range, place.folder, place.kind === "move");
      const uids = waiting.map(({ uid }) => uid);
      await store.imapMarked(account.name, folder, uidValidity, uids, now());
    }
  }

  /** Without the MOVE extension a move would have to delete, so the mail is copied and stays. */
  private async carry(range: string, goal: string, isMove: boolean): Promise<void> {
    await this.command(this.client.mailboxCreate(goal)); // one that is there already is no error
    if (isMove && this.client.capabilities.has("MOVE")) {
      const moved = await this.command(this.client.messageMove(range, goal, { uid: true }));
      if (moved === false) throw new Error("the server did not move");
      return;
    }
    if (isMove) this.options.onCannot("move");
    const copied = await this.command(this.client.messageCopy(range, goal, { uid: true }));
    if (copied === false) throw new Error("the server did not copy");
  }

  private command<T>(running: Promise<T>): Promise<T> {
    return within(running, COMMAND_MS_MAX);
  }
}

function uidsOf(found: number[] | false | undefined): readonly number[] {
  return (found || []).toSorted((a, b) => a - b);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
