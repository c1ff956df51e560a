// One connection to one watched folder: finds mails that are not ours yet, makes them ours, and only then marks the
// originals. Nothing there is ever deleted, expunged or seen.

import type { ImapAccount } from "../config/imap.ts";
import { connect, type ImapFlow, type SignIn } from "../mailbox/session.ts";
import type { ImapCursor, ImapOrigin, ImapStore } from "../store/imap.ts";
import { searched, within } from "./imap-command.ts";
import { blaming, contentOf, type Fetching, rowsOf } from "./imap-fetch.ts";
import { type MarkTrouble, markOriginals } from "./imap-mark.ts";
import { PAGE_UIDS, Taking } from "./imap-take.ts";
import type { Unfetched } from "./unfetched.ts";

/** A server's search is by day and in its own time zone: so much more is asked for, and what is older left out. */
const SEARCH_MARGIN_MS = 2 * 86_400_000;
/** How often folder and rows are compared. */
const RECONCILE_MS = 24 * 3600_000;

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
  /** What could not be fetched on earlier connections. */
  readonly unfetched: Unfetched;
  /** A mail larger than this is refused. */
  readonly messageBytes: number;
  /** Makes a mail ours; resolves after the commit, false when it is refused. Throws when the store cannot. */
  readonly take: (mail: FetchedMail) => Promise<boolean>;
  /** What a mail is, without taking it: `identity` of `accept/identity.ts`. */
  readonly identify: (bytes: AsyncIterable<Uint8Array>) => Promise<string>;
  /** There may be something new. */
  readonly onNews: () => void;
  /** What the server cannot or will not do that the configuration asks for. */
  readonly onCannot: (what: "keyword" | "move" | MarkTrouble) => void;
  /** Why originals that are ours are not marked; null: they are. */
  readonly onMarking: (trouble: MarkTrouble | null) => void;
  /** A mail stays where it is and the cursor passes it. */
  readonly onLeft: (uid: number, reason: "unreadable" | "too-large") => void;
  /** Mail that was not ours bears our mark: somebody else takes mail here, too, or our store is not the one it was. */
  readonly onShared: () => void;
  /** The server has answered something. */
  readonly onAlive: () => void;
  /** So many mails of those found missing are done by now, and what came with them is committed. */
  readonly onProgress: (done: number, all: number) => void;
};

export type ImapSession = AsyncDisposable & {
  /** Takes what is not ours yet, and marks what is; answers how many mails were fetched. */
  sync(): Promise<number>;
  /** Fetches again whatever of the folder is not ours although it should be; answers how many. */
  reconcile(): Promise<number>;
  /** Whether that is due by itself. */
  isReconcileDue(): Promise<boolean>;
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
    await within(client.getMailboxLock(folder));
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
  private marking: MarkTrouble | null = null;
  private readonly taking: Taking;

  constructor(options: SessionOptions, client: ImapFlow, closed: Promise<void>) {
    this.options = options;
    this.client = client;
    this.closed = closed;
    this.taking = new Taking(options, client);
  }

  async sync(): Promise<number> {
    const { account, folder, store } = this.options;
    const { uidValidity } = this.begin();
    const kept = await store.imapCursor(account.name, folder);
    const cursor = kept?.uidValidity === uidValidity ? kept : await this.startingPoint(kept, uidValidity);
    const fetched = await this.taking.takeAll(await this.taking.uidsAfter(cursor.uid), cursor);
    await this.mark();
    return fetched;
  }

  async reconcile(): Promise<number> {
    const { account, folder, store, unfetched, now } = this.options;
    const { uidValidity } = this.begin();
    const cursor = await store.imapCursor(account.name, folder);
    let fetched = 0;
    if (cursor?.uidValidity === uidValidity) {
      const found = await this.search({
        since: new Date(cursor.since - SEARCH_MARGIN_MS),
        uid: `1:${Math.max(1, cursor.uid)}`,
      });
      unfetched.keepOnly(found);
      const holes = (await this.taking.unknown(found)).filter((uid) => unfetched.isToTry(uid, now()));
      fetched = await this.taking.takeAll(await this.since(holes, cursor.since), cursor, true);
    }
    fetched += await this.sync();
    await store.imapReconciled(account.name, folder, now());
    return fetched;
  }

  async isReconcileDue(): Promise<boolean> {
    const { account, folder, store, now } = this.options;
    const cursor = await store.imapCursor(account.name, folder);
    return cursor !== null && now() - (cursor.reconciledAt ?? 0) >= RECONCILE_MS;
  }

  async hasNews(): Promise<boolean> {
    const { account, folder, store } = this.options;
    // Of the open folder STATUS tells what the connection has seen, and only NOOP makes it look (RFC 9051 6.3.11).
    await within(this.client.noop());
    const status = await within(this.client.status(folder, { uidNext: true, uidValidity: true }));
    const cursor = await store.imapCursor(account.name, folder);
    if (status === false || cursor === null || this.marking !== null) return true;
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

  private begin(): { readonly uidValidity: string; readonly uidNext: number } {
    const box = this.box();
    this.options.unfetched.begin(box.uidValidity);
    return box;
  }

  /** UIDVALIDITY has no room in a JavaScript number everywhere, so it is text here. */
  private box(): { readonly uidValidity: string; readonly uidNext: number } {
    const box = this.client.mailbox;
    if (box === false) throw new Error("the folder is not open");
    return { uidValidity: String(box.uidValidity), uidNext: box.uidNext };
  }

  private fetching(): Fetching {
    return { client: this.client, options: this.options, uidValidity: this.box().uidValidity };
  }

  /** Where to begin in a folder never read, or one whose UIDs are new; kept once what is ours of it is known again. */
  private async startingPoint(kept: ImapCursor | null, uidValidity: string): Promise<ImapCursor> {
    const { account, folder, store, now } = this.options;
    const { from } = account;
    const since = kept?.since ?? (from.kind === "now" ? now() : Date.parse(from.date));
    let uid = this.box().uidNext - 1;
    if (kept !== null || from.kind !== "now") {
      const found = await this.search({ since: new Date(since - SEARCH_MARGIN_MS) });
      const [first = uid + 1] = await this.since(found, since);
      uid = first - 1;
    }
    const cursor = { uidValidity, uid, since };
    if (kept !== null) await this.knowAgain(cursor);
    await store.moveImapCursor(account.name, folder, cursor);
    if (kept === null) await store.imapReconciled(account.name, folder, now()); // nothing can be missing yet
    return cursor;
  }

  /** After the folder got new UIDs: mails that are ours already are known by what they are. Goes on where it was lost. */
  private async knowAgain({ uid, uidValidity }: ImapCursor): Promise<void> {
    const { account, folder, store, identify, unfetched, now, onProgress } = this.options;
    const uids = await this.taking.unknown(await this.taking.uidsAfter(uid));
    for (const [at, each] of uids.entries()) {
      if (unfetched.isLeft(each)) continue;
      await blaming(this.fetching(), [each], async () => {
        const content = await contentOf(this.fetching(), each);
        if (content === null) return; // looked at more closely when it is fetched
        const origin = { account: account.name, folder, uidValidity, uid: each };
        await store.rebindImap(origin, await identify(content), now());
      });
      onProgress(at + 1, uids.length);
    }
  }

  private search(query: Parameters<ImapFlow["search"]>[0]): Promise<readonly number[]> {
    return searched(this.client, query);
  }

  /** Those of the UIDs that came into the folder since then; servers keep whole seconds. */
  private async since(uids: readonly number[], since: number): Promise<readonly number[]> {
    const recent: number[] = [];
    const from = Math.floor(since / 1000) * 1000;
    for (let at = 0; at < uids.length; at += PAGE_UIDS) {
      const page = uids.slice(at, at + PAGE_UIDS);
      for (const { uid, internalDate } of await rowsOf(this.fetching(), page, { uid: true, internalDate: true }))
        if (internalDate === undefined || new Date(internalDate).getTime() >= from) recent.push(uid);
    }
    return recent.sort((a, b) => a - b);
  }

  /** What the server refuses is told once, and tried again at the next look. */
  private async mark(): Promise<void> {
    const { onCannot, onMarking } = this.options;
    this.marking = await markOriginals(this.fetching());
    if (this.marking !== null) onCannot(this.marking);
    onMarking(this.marking);
  }
}
