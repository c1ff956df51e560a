// Watches one folder for as long as it runs: connects, takes what is new, waits for news, and connects again, later each
// time, when the server is gone. What goes wrong with one folder stays with it.

import { mailboxReason } from "../mailbox/trouble.ts";
import { Silent } from "./deadline.ts";
import type { MarkTrouble } from "./imap-mark.ts";
import type { ImapSession } from "./imap-session.ts";

/** Reconnecting: at first after about this long, doubling up to the longest, each time between half and all of it. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 5 * 60_000;

/** How a watched folder is. `code` says what went wrong last; null: nothing has since it was connected. */
export type FolderStatus = {
  readonly account: string;
  readonly folder: string;
  readonly state: "connected" | "connecting" | "waiting";
  /** When the server last answered as it should; null: never since the start. */
  readonly lastGoodAt: number | null;
  readonly code: string | null;
  readonly fetched: number;
  /** How far it is with the mail found missing last; null: none is missing. */
  readonly fetching: { readonly done: number; readonly all: number } | null;
  /** Mails that cannot be fetched and are left behind. */
  readonly unreadable: number;
  /** Why originals are not marked; null: nothing stands in the way. */
  readonly marking: MarkTrouble | null;
  /** When the access token it signs in with runs out; null: it has none. */
  readonly tokenExpiresAt: number | null;
};

export type WatchOptions = {
  readonly account: string;
  readonly folder: string;
  readonly open: (hooks: SessionHooks) => Promise<ImapSession>;
  readonly pollMs: number;
  readonly tokenExpiresAt: () => number | null;
  readonly unreadable: () => number;
  readonly now: () => number;
  readonly chance: () => number;
  readonly onUp: () => void;
  readonly onDown: (code: string, retryMs: number) => void;
};

/** What a session tells of, and by what it is told to give up. */
export type SessionHooks = {
  readonly onNews: () => void;
  readonly onAlive: () => void;
  readonly onProgress: (done: number, all: number) => void;
  readonly onMarking: (trouble: MarkTrouble | null) => void;
  readonly signal: AbortSignal;
};

export type FolderWatch = AsyncDisposable & {
  status(): FolderStatus;
  /** Ends the connection, whatever it is doing; the watch begins anew. */
  restart(): void;
  /** Looks for holes as soon as it is connected and has nothing else to do. */
  reconcile(): void;
};

export function watchFolder(options: WatchOptions): FolderWatch {
  const watch = new Watch(options);
  const done = watch.run();
  return {
    status: () => watch.status(),
    restart: () => watch.restart(),
    reconcile: () => watch.reconcile(),
    async [Symbol.asyncDispose]() {
      watch.stop();
      await done;
    },
  };
}

class Watch {
  private readonly options: WatchOptions;
  private readonly stopping = new AbortController();
  private state: FolderStatus["state"] = "connecting";
  private lastGoodAt: number | null = null;
  private code: string | null = null;
  private fetched = 0;
  private failures = 0;
  private fetching: FolderStatus["fetching"] = null;
  private marking: MarkTrouble | null = null;
  /** Looks for holes that were asked for and done; one that is lost in the middle is still to be done. */
  private wished = 0;
  private granted = 0;
  /** The server has told of something since it was looked at last. */
  private isNews = false;
  private onNews: () => void = () => undefined;
  /** Ends what the watch waits for. */
  private wake: (why: "news" | "restart") => void = () => undefined;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  status(): FolderStatus {
    const { account, folder, tokenExpiresAt, unreadable } = this.options;
    const { state, lastGoodAt, code, fetched, fetching, marking } = this;
    const here = { account, folder, state, lastGoodAt, code, fetched, fetching, marking };
    return { ...here, unreadable: unreadable(), tokenExpiresAt: tokenExpiresAt() };
  }

  restart(): void {
    this.wake("restart");
  }

  reconcile(): void {
    this.wished += 1;
    this.wake("news");
  }

  stop(): void {
    this.stopping.abort();
    this.wake("restart");
  }

  async run(): Promise<void> {
    while (!this.isStopping()) {
      try {
        await this.watchOnce();
      } catch (error) {
        if (this.isStopping()) return;
        await this.retryLater(error);
      }
    }
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** One connection; rejects when it is lost. */
  private async watchOnce(): Promise<void> {
    this.state = "connecting";
    const ending = new AbortController();
    const ended = new Promise<never>((_resolve, reject) => {
      this.wake = (why) => {
        if (why === "news") return this.hear();
        ending.abort();
        reject(new Silent("asked to begin anew"));
      };
    });
    const opening = this.options.open(this.hooks(ending.signal));
    // One that is asked to end while it connects is closed as soon as it is there.
    const session = await Promise.race([opening, ended]).catch((error: unknown) => {
      void opening.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
      throw error;
    });
    try {
      const work = this.work(session);
      work.catch(() => undefined);
      await Promise.race([work, ended, session.closed.then(() => Promise.reject(new Lost("the connection was lost")))]);
    } finally {
      ending.abort();
      this.onNews(); // so that nothing waits for news of a session that is gone
      await session[Symbol.asyncDispose]();
    }
  }

  private hooks(signal: AbortSignal): SessionHooks {
    return {
      signal,
      onNews: () => this.hear(),
      onAlive: () => this.good(),
      onProgress: (done, all) => {
        if (signal.aborted) return;
        this.good();
        this.fetching = done < all ? { done, all } : null;
        if (done === 0) return;
        this.failures = 0; // however often a long fetch is cut off, it goes on soon
        this.state = "connected";
        this.code = null;
      },
      onMarking: (trouble) => {
        this.marking = trouble;
      },
    };
  }

  private async work(session: ImapSession): Promise<void> {
    this.fetched += await session.sync();
    this.good();
    this.state = "connected";
    this.code = null;
    this.failures = 0;
    this.options.onUp();
    while (!this.isStopping()) {
      session.idle();
      const why = await this.newsOrTime();
      this.isNews = false; // what comes from here on is looked at the next time round
      const { wished } = this;
      if (wished > this.granted || (await session.isReconcileDue())) {
        this.fetched += await session.reconcile();
        this.granted = wished;
      } else if (why === "news" || (await session.hasNews())) this.fetched += await session.sync();
      this.good();
    }
  }

  private good(): void {
    this.lastGoodAt = this.options.now();
  }

  private hear(): void {
    this.isNews = true;
    this.onNews();
  }

  private newsOrTime(): Promise<"news" | "time"> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve("time"), this.options.pollMs);
      this.onNews = () => {
        clearTimeout(timer);
        resolve(this.isNews ? "news" : "time");
      };
      if (this.isNews) this.onNews();
    });
  }

  private async retryLater(error: unknown): Promise<void> {
    const longest = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** this.failures);
    const retryMs = Math.round(longest * (0.5 + this.options.chance() / 2));
    this.failures += 1;
    this.state = "waiting";
    this.code = codeOf(error);
    this.options.onDown(this.code, retryMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, retryMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

class Lost extends Error {
  readonly code = "hung-up";
}

/** A fixed word for what went wrong: what a server writes may hold anything. */
function codeOf(error: unknown): string {
  return error instanceof Lost || error instanceof Silent ? error.code : mailboxReason(error);
}
