// Takes the mails of the open folder that are missing, in order, the cursor behind them; and tells how far it is.

import type { ImapFlow } from "../mailbox/session.ts";
import type { ImapCursor } from "../store/imap.ts";
import { searched, within } from "./imap-command.ts";
import { batchAt, type Fetching, takeBatch } from "./imap-fetch.ts";
import type { SessionOptions } from "./imap-session.ts";

/** UIDs asked about at once. */
export const PAGE_UIDS = 2_000;
/** So many missing mails are worth a line in the list of folders. */
const LISTED_MAILS = 64;
/** While much is fetched the folder is looked at for new mail so often, whatever the server tells. */
const LOOK_MS = 10_000;

export class Taking {
  private readonly options: SessionOptions;
  private readonly client: ImapFlow;
  /** The server has told of something while mail was fetched. */
  private isNews = false;
  private lookedAt: number;
  /** The list of folders may say how far we are, from an earlier connection, too. */
  private isListed = true;

  constructor(options: SessionOptions, client: ImapFlow) {
    this.options = options;
    this.client = client;
    this.lookedAt = options.now();
    client.on("exists", () => {
      this.isNews = true;
    });
  }

  /**
   * Takes these mails, oldest first, as threads are known by what came before; answers how many were fetched.
   * @param again they lie before the cursor, and have been looked at already
   */
  async takeAll(uids: readonly number[], cursor: ImapCursor, again = false): Promise<number> {
    const { account, folder, store, unfetched, now } = this.options;
    const isWanted = (uid: number) => (again ? unfetched.isToTry(uid, now()) : !unfetched.isLeft(uid));
    const missing = (await this.unknown(uids)).filter(isWanted);
    const end = Math.max(cursor.uid, uids.at(-1) ?? 0);
    await this.tell(0, missing.length);
    let fetched = 0;
    for (let at = 0; at < missing.length; ) {
      const batch = batchAt(missing, at, (uid) => unfetched.isSuspect(uid));
      fetched += await takeBatch(this.fetching(), batch, again);
      at += batch.length;
      const last = batch.at(-1) ?? 0;
      if (last > cursor.uid) await store.moveImapCursor(account.name, folder, { ...cursor, uid: last });
      await this.tell(at, missing.length);
      if (at < missing.length) fetched += await this.takeNews(end);
    }
    if (end > cursor.uid && missing.at(-1) !== end)
      await store.moveImapCursor(account.name, folder, { ...cursor, uid: end });
    return fetched;
  }

  /** UIDs behind this one, oldest first. */
  async uidsAfter(uid: number): Promise<readonly number[]> {
    const found = await searched(this.client, { uid: `${uid + 1}:*` });
    return found.filter((each) => each > uid); // "*" is the last mail, also when that is older
  }

  /** Those that are not ours. */
  async unknown(uids: readonly number[]): Promise<readonly number[]> {
    const { account, folder, store } = this.options;
    const { uidValidity } = this.fetching();
    const unknown: number[] = [];
    for (let at = 0; at < uids.length; at += PAGE_UIDS) {
      const page = uids.slice(at, at + PAGE_UIDS);
      const known = new Set(await store.imapKnown(account.name, folder, uidValidity, page));
      unknown.push(...page.filter((uid) => !known.has(uid)));
    }
    return unknown;
  }

  /** Mail that has come behind these UIDs meanwhile does not wait for all of them. The cursor stays before what is missing. */
  private async takeNews(behind: number): Promise<number> {
    const { unfetched, now } = this.options;
    if (!this.isNews && now() - this.lookedAt < LOOK_MS) return 0;
    this.isNews = false;
    this.lookedAt = now();
    await within(this.client.noop());
    const news = (await this.unknown(await this.uidsAfter(behind))).filter((uid) => !unfetched.isLeft(uid));
    let fetched = 0;
    for (let at = 0; at < news.length; ) {
      const batch = batchAt(news, at, (uid) => unfetched.isSuspect(uid));
      fetched += await takeBatch(this.fetching(), batch, false);
      at += batch.length;
    }
    return fetched;
  }

  private fetching(): Fetching {
    const { client, options } = this;
    if (client.mailbox === false) throw new Error("the folder is not open");
    return { client, options, uidValidity: String(client.mailbox.uidValidity) };
  }

  private async tell(done: number, all: number): Promise<void> {
    const { account, folder, store, onProgress } = this.options;
    onProgress(done, all);
    const listed = done < all && all > LISTED_MAILS ? { done, all } : null;
    if (listed !== null || this.isListed) await store.imapFetching(account.name, folder, listed);
    this.isListed = listed !== null;
  }
}
