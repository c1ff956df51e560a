// Queues' folders in mail accounts are the desk's own page: a mail that people move to another queue's folder is a
// correction, a flag or an answer says that it was seen. Trash and archive mean nothing.

import type { ImapAccount } from "../config/imap.ts";
import type { RuleSet } from "../config/rules.ts";
import { correctCase } from "../decider/correct.ts";
import type { ImapSession } from "../intake/imap-session.ts";
import { type FolderStatus, type FolderWatch, watchFolder } from "../intake/imap-watch.ts";
import { errorFields, type Log } from "../log.ts";
import { connect, type ImapFlow, type SignIns, signInOf } from "../mailbox/session.ts";
import type { DeskCase } from "../store/desk.ts";
import type { ImapOrigin } from "../store/imap.ts";
import type { Store } from "../store/store.ts";
import { type DeskMove, type Lying, movesOf } from "./desk-moves.ts";
import { type Arrival, type FolderNews, newsOf, pathOf, type Reader, stateOf } from "./desk-session.ts";

/** How often the folders are looked at. */
const POLL_MS = 20_000;
/** So often they are looked at whatever the server says of them: not every server counts every change. */
const LOOK_MS = 5 * 60_000;
/** A command may take so long before the server counts as silent: nobody else looks after this connection. */
const COMMAND_MS_MAX = 60_000;
/** How often the rules are asked which accounts have queues. */
const SUPERVISE_MS = 5_000;
/** What stands in the list of watched folders for those of an account's queues. */
export const QUEUE_FOLDERS = "(folders of queues)";
/** What the record says for people who say nothing. */
const REASON = "moved to its folder in the mail program";

export type DeskOptions = {
  readonly accounts: readonly ImapAccount[];
  readonly signIns: SignIns;
  readonly rules: () => RuleSet;
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly chance: () => number;
  /** Shorter than usual, in tests; milliseconds. */
  readonly pollMs?: number;
  readonly commandMs?: number;
};

export type Desk = AsyncDisposable & { status(): readonly FolderStatus[] };

/** Looks after the folders of every account that has queues by the rules in force, until disposed. */
export function startDesk(options: DeskOptions): Desk {
  const { accounts, rules, log } = options;
  const watches = new Map<ImapAccount, FolderWatch>();
  const leaving = new Set<Promise<void>>();
  const follow = (): void => {
    for (const account of accounts) {
      const wanted = foldersOf(account, rules()).length > 0;
      const watch = watches.get(account);
      if (wanted && watch === undefined) watches.set(account, watchDesk(account, options));
      if (wanted || watch === undefined) continue;
      watches.delete(account);
      const left = Promise.resolve(watch[Symbol.asyncDispose]())
        .catch((error: unknown) => log.error("internal-error", errorFields(error)))
        .finally(() => leaving.delete(left));
      leaving.add(left);
    }
  };
  follow();
  const timer = setInterval(follow, SUPERVISE_MS);
  return {
    status: () => [...watches.values()].map((watch) => watch.status()),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all([...leaving, ...[...watches.values()].map((watch) => watch[Symbol.asyncDispose]())]);
    },
  };
}

type QueueFolder = { readonly queue: string; readonly folder: string };

function foldersOf({ name }: ImapAccount, { queues }: RuleSet): readonly QueueFolder[] {
  return queues.flatMap(({ name: queue, deliver }) =>
    deliver.kind === "imap" && deliver.account === name ? [{ queue, folder: deliver.folder }] : [],
  );
}

function watchDesk(account: ImapAccount, options: DeskOptions): FolderWatch {
  const { signIns, log, now, chance, pollMs } = options;
  const signIn = signInOf(signIns, account);
  const place = { account: account.name, folder: QUEUE_FOLDERS };
  const seen = new Set<string>();
  return watchFolder({
    ...place,
    pollMs: pollMs ?? POLL_MS,
    now,
    chance,
    tokenExpiresAt: () => signIn.tokens?.expiresAt() ?? null,
    unreadable: () => 0,
    async open({ signal, onAlive }) {
      const client = await connect(account, signIn, signal);
      const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
      return new DeskSession({ client, closed, account, options, seen, onAlive });
    },
    onUp: () => log.info("imap-up", place),
    onDown: (code, retryMs) => log.warn("imap-down", { ...place, code, waitMs: retryMs }),
  });
}

type DeskConnection = {
  readonly client: ImapFlow;
  readonly closed: Promise<void>;
  readonly account: ImapAccount;
  readonly options: DeskOptions;
  /** Flags that are written down. */
  readonly seen: Set<string>;
  readonly onAlive: () => void;
};

class DeskSession implements ImapSession {
  readonly closed: Promise<void>;
  private readonly onAlive: () => void;
  private readonly reader: Reader;
  private readonly client: ImapFlow;
  private readonly account: ImapAccount;
  private readonly options: DeskOptions;
  private readonly seen: Set<string>;
  private lookedAt = 0;
  private readonly prints = new Map<string, string | null>();

  constructor({ client, closed, account, options, seen, onAlive }: DeskConnection) {
    this.client = client;
    this.closed = closed;
    this.account = account;
    this.options = options;
    this.seen = seen;
    this.onAlive = onAlive;
    const { store, commandMs = COMMAND_MS_MAX } = options;
    this.reader = { client, account: account.name, store, commandMs };
  }

  async isReconcileDue(): Promise<boolean> {
    return false;
  }

  /** One look at all folders; answers 0, as nothing is fetched for good. */
  async sync(): Promise<number> {
    const { rules, store, now } = this.options;
    if (now() - this.lookedAt >= LOOK_MS) {
      this.prints.clear();
      this.lookedAt = now();
    }
    const set = rules();
    const own = new Map<string, string[]>();
    for (const { queue, folder } of foldersOf(this.account, set)) {
      const path = pathOf(this.client, folder);
      own.set(path, [...(own.get(path) ?? []), queue]);
    }
    const places = await store.imapPlaceFolders(this.account.name);
    const queueOf = (path: string): string | null => {
      const [only, ...others] = own.get(path) ?? [];
      return others.length === 0 ? (only ?? null) : null;
    };
    for (const path of new Set([...own.keys(), ...places])) {
      const state = await stateOf(this.reader, path);
      if (state.kind === "missing") continue;
      if (state.print !== null && state.print === this.prints.get(path)) continue;
      for await (const news of newsOf(this.reader, path, own.has(path))) {
        await this.follow(news, queueOf, set);
        this.onAlive();
      }
      // Only now: what could not be followed is read again.
      this.prints.set(path, state.print);
    }
    return 0;
  }

  reconcile(): Promise<number> {
    this.prints.clear();
    return this.sync();
  }

  hasNews(): Promise<boolean> {
    return Promise.resolve(true);
  }

  idle(): void {
    // Folders are many and IDLE is for one; they are asked about each time.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.closed;
  }

  /**
   * First what it means, then that it is known: a crash in between means it again, and twice is once. Folders are followed one
   * after the other: a mail that has come is known before it is gone elsewhere or behind that, and either tells the move.
   */
  private async follow(news: FolderNews, queueOf: (path: string) => string | null, rules: RuleSet): Promise<void> {
    const { store, now } = this.options;
    const { path, uidValidity, arrivals, gone, isLast } = news;
    const touched = new Set<number>();
    for (const { messageId } of [...arrivals, ...gone]) if (messageId !== null) touched.add(messageId);
    for (const messageId of touched) await this.settle(messageId, news, queueOf, rules);
    await Promise.all(arrivals.map((arrival) => this.keep(arrival, queueOf)));
    if (!isLast) return;
    const uids = gone.map(({ uid }) => uid);
    await store.imapPlacesGone(this.account.name, path, uidValidity, uids, now());
    await this.acknowledge(news, queueOf);
  }

  private async keep({ origin, messageId }: Arrival, queueOf: (path: string) => string | null): Promise<void> {
    const { store, now } = this.options;
    const nothing = { routings: [], places: [] };
    const { routings, places } = messageId === null ? nothing : await store.deskCase(messageId, origin.account);
    const holder = routings.find(({ queue }) => queue === queueOf(origin.folder));
    const place = { ...origin, deliveryId: holder?.deliveryId ?? null };
    await store.keepImapPlace(place, messageId, firstSeen(places, origin, now()));
  }

  private async settle(
    messageId: number,
    news: FolderNews,
    queueOf: (path: string) => string | null,
    rules: RuleSet,
  ): Promise<void> {
    const { store, now } = this.options;
    const known = await store.deskCase(messageId, this.account.name);
    const places = withNews(known.places, messageId, news, now());
    for (const move of movesOf({ ...known, places }, queueOf)) await this.correct(known.ref, move, rules);
  }

  private async correct(ref: string, { aliases, queue, lies }: DeskMove, rules: RuleSet): Promise<void> {
    const { store, log, now } = this.options;
    for (const alias of aliases) {
      const found = await store.find(ref);
      if (found === null) continue;
      const said = { queue, type: null, urgency: null, alias, pin: false, reason: REASON };
      const by = `imap:${this.account.name}`;
      const { corrected } = await correctCase(store, found, { ...said, lies, by }, rules, now());
      if (corrected.kind === "corrected") log.info("desk-moved", { ref, queue, alias, account: this.account.name });
    }
  }

  private async acknowledge(
    { path, uidValidity, flagged }: FolderNews,
    queueOf: (path: string) => string | null,
  ): Promise<void> {
    const { store, log, now } = this.options;
    for (const { messageId, uid, how } of flagged) {
      const key = `${path}\0${uidValidity}\0${uid}\0${how}`;
      if (this.seen.has(key)) continue;
      const { ref, routings, places } = await store.deskCase(messageId, this.account.name);
      const place = places.find((each) => each.folder === path && each.uidValidity === uidValidity && each.uid === uid);
      const holder = routings.find(
        ({ queue, deliveryId }) => deliveryId === place?.deliveryId || queue === queueOf(path),
      );
      if (holder === undefined) continue;
      const { queue } = holder;
      const by = `imap:${this.account.name}`;
      if (await store.acknowledge({ messageId, queue, how, by, at: now() }))
        log.info("acknowledged", { ref, queue, account: this.account.name, reason: how });
      this.seen.add(key);
    }
  }
}

/** Where the mail lies by what is known and what was seen just now. */
function withNews(
  places: DeskCase["places"],
  messageId: number,
  { path, uidValidity, arrivals, gone }: FolderNews,
  at: number,
): readonly Lying[] {
  const isGone = (place: Lying): boolean =>
    path === place.folder && (uidValidity !== place.uidValidity || gone.some(({ uid }) => uid === place.uid));
  const seen = places.map((place) => (place.goneAt === null && isGone(place) ? { ...place, goneAt: at } : place));
  const arrived = arrivals.filter((arrival) => arrival.messageId === messageId);
  const back = new Set(arrived.map(({ origin }) => JSON.stringify([origin.folder, origin.uidValidity, origin.uid])));
  return [
    ...seen.filter(({ folder, uidValidity, uid }) => !back.has(JSON.stringify([folder, uidValidity, uid]))),
    ...arrived.map(({ origin }) => ({
      ...origin,
      deliveryId: null,
      seenAt: firstSeen(places, origin, at),
      goneAt: null,
    })),
  ];
}

/** In a folder that has new UIDs, what lay there before has not come just now. */
function firstSeen(places: DeskCase["places"], { folder, uidValidity }: ImapOrigin, at: number): number {
  const before = places.filter((place) => place.folder === folder && place.uidValidity !== uidValidity);
  return Math.min(at, ...before.map(({ seenAt }) => seenAt));
}
