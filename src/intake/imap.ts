// The IMAP door: watches every folder of every mailbox, each by itself, and lets their mail in by the way all mail takes.
// A supervisor outside the connections begins a watch anew whose server has been silent too long: a connection can be
// dead without anybody saying so.

import { Identity } from "../accept/identity.ts";
import { type Acceptance, type AcceptLimits, type Arrival, accept } from "../accept.ts";
import type { ImapAccount } from "../config/imap.ts";
import { errorFields, type Log } from "../log.ts";
import { type SignIn, type SignIns, signInOf } from "../mailbox/session.ts";
import type { Store } from "../store/store.ts";
import { envelopeOf, headOf, recipientOf } from "./imap-envelope.ts";
import { type FetchedMail, openSession } from "./imap-session.ts";
import { type FolderStatus, type FolderWatch, watchFolder } from "./imap-watch.ts";
import type { RecipientLookup } from "./recipients.ts";
import { Unfetched } from "./unfetched.ts";

/** How often the server is asked whether there is something new, whatever it tells by itself. */
const POLL_MS = 60_000;
/** A folder whose server has not answered for so long is begun anew. */
const SILENT_MS = 3 * 60_000;
const SUPERVISE_MS = 10_000;

export type ImapIntakeOptions = {
  readonly accounts: readonly ImapAccount[];
  readonly signIns: SignIns;
  readonly store: Store;
  readonly lookup: RecipientLookup;
  readonly limits: Pick<AcceptLimits, "messageBytes" | "hops">;
  readonly log: Log;
  readonly now: () => number;
  readonly chance: () => number;
  readonly onAccepted: (arrival: Arrival, acceptance: Acceptance & { kind: "accepted" }) => void;
  readonly onRefused: (reason: string) => void;
  /** Shorter than usual, in tests. */
  readonly periods?: ImapPeriods;
};

/** How often a folder is asked about, how long its server may be silent, and how often that is looked at; milliseconds. */
export type ImapPeriods = { readonly pollMs: number; readonly silentMs: number; readonly superviseMs: number };

const PERIODS: ImapPeriods = { pollMs: POLL_MS, silentMs: SILENT_MS, superviseMs: SUPERVISE_MS };

export type ImapIntake = AsyncDisposable & {
  status(): readonly FolderStatus[];
  /** Look for mails of the folders that are not ours although they should be. */
  reconcile(): void;
};

export function startImapIntake(options: ImapIntakeOptions): ImapIntake {
  const { accounts, signIns, now, store, log, lookup } = options;
  for (const { name, alias } of accounts)
    if (alias !== null && lookup(alias) === null) log.error("imap-odd-address", { account: name, note: ODD_ADDRESS });
  const { silentMs, superviseMs, pollMs } = options.periods ?? PERIODS;
  const startedAt = now();
  const restartedAt = new Map<FolderWatch, number>();
  const watched = accounts.flatMap((account) => watchesOf(account, signInOf(signIns, account), options, pollMs));
  const watches = watched.map(({ watch }) => watch);
  let heard: number | null = null;
  const listen = async (): Promise<void> => {
    const last = await store.lastImapWish();
    if (heard !== null && last > heard) reconcile();
    heard = last;
  };
  const supervisor = setInterval(() => {
    for (const { tokens } of signIns.values()) void tokens?.keepFresh();
    void listen().catch((error: unknown) => log.error("store-trouble", errorFields(error)));
    for (const watch of watches) {
      const { lastGoodAt, state } = watch.status();
      const goodAt = Math.max(lastGoodAt ?? startedAt, restartedAt.get(watch) ?? 0);
      if (state === "waiting" || now() - goodAt < silentMs) continue;
      restartedAt.set(watch, now());
      watch.restart();
    }
  }, superviseMs);
  const reconcile = (): void => {
    for (const { watch, unfetched } of watched) {
      unfetched.forgive();
      watch.reconcile();
    }
  };
  return {
    status: () => watches.map((watch) => watch.status()),
    reconcile,
    async [Symbol.asyncDispose]() {
      clearInterval(supervisor);
      await Promise.all(watches.map((watch) => watch[Symbol.asyncDispose]()));
    },
  };
}

type Watched = { readonly watch: FolderWatch; readonly unfetched: Unfetched };

/** Folders of one account share its access token. */
function watchesOf(
  account: ImapAccount,
  signIn: SignIn,
  options: ImapIntakeOptions,
  pollMs: number,
): readonly Watched[] {
  const { log, now, chance } = options;
  return account.folders.map((folder) => {
    const place = { account: account.name, folder };
    const unfetched = new Unfetched();
    const watch = watchFolder({
      ...place,
      pollMs,
      now,
      chance,
      tokenExpiresAt: () => signIn.tokens?.expiresAt() ?? null,
      unreadable: () => unfetched.unreadable,
      open: (hooks) => openSession({ ...sessionOf(account, folder, options), signIn, unfetched, ...hooks }),
      onUp: () => log.info("imap-up", place),
      onDown: (code, retryMs) => log.warn("imap-down", { ...place, code, waitMs: retryMs }),
    });
    return { watch, unfetched };
  });
}

/** What a session asks and tells; each thing it cannot do is told once. */
function sessionOf(account: ImapAccount, folder: string, options: ImapIntakeOptions) {
  const { log, now, store, limits } = options;
  const place = { account: account.name, folder };
  const told = new Set<string>();
  const tellOnce = (event: "imap-cannot-mark" | "imap-shared", note: string): void => {
    if (told.has(note)) return;
    told.add(note);
    log.warn(event, { ...place, note });
  };
  return {
    account,
    folder,
    store,
    now,
    identify,
    messageBytes: limits.messageBytes,
    take: (mail: FetchedMail) => takeIn(mail, account, options),
    onCannot: (what: keyof typeof CANNOT) => tellOnce("imap-cannot-mark", CANNOT[what]),
    onShared: () => tellOnce("imap-shared", SHARED),
    onLeft: (uid: number, reason: string) => log.error("imap-left", { ...place, uid, reason }),
  };
}

const ODD_ADDRESS = "`alias` of this mailbox is none of the aliases in the rules; its mail goes to people";

const SHARED =
  "mail new to us bears our mark already: another gateway takes mail from this folder, too, or this store is older than the folder";

const CANNOT = {
  keyword: "this server keeps no keywords of ours; originals stay unmarked",
  move: "this server cannot move mail; originals are copied and stay where they are",
  "keyword-refused": "this server refuses to set our keyword; look at our rights in the folder",
  "copy-refused":
    "this server refuses to copy originals as `done` says; look at rights and room; it is tried again at each look",
  "move-refused":
    "this server refuses to move originals as `done` says; look at rights and room; it is tried again at each look",
} as const;

/** One mail becomes ours, or is left where it is with a word in the log; answers which. */
async function takeIn(
  { origin, bytes }: FetchedMail,
  account: ImapAccount,
  options: ImapIntakeOptions,
): Promise<boolean> {
  const { store, lookup, limits, now, log, onAccepted, onRefused } = options;
  const { head, all } = await headOf(bytes);
  const arrival: Arrival = {
    door: "imap",
    receivedAt: now(),
    client: { address: "0.0.0.0", helo: account.host, tls: account.tls !== "none", user: null },
    envelope: envelopeOf(head),
    recipients: [recipientOf(head, account, lookup)],
    origin,
  };
  const acceptance = await accept(store, arrival, all, { ...limits, strictLineEnds: false });
  if (acceptance.kind === "accepted") {
    onAccepted(arrival, acceptance);
    return true;
  }
  onRefused(acceptance.reason);
  const { account: name, folder, uid } = origin;
  log.error("imap-left", { account: name, folder, uid, reason: acceptance.reason });
  return false;
}

async function identify(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const identity = new Identity();
  for await (const chunk of bytes) identity.add(chunk);
  return identity.digest();
}
