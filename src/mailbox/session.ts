// A connection to a mailbox by IMAP: made, signed in and bounded here, for those who watch and those who deliver.
// imapflow comes in here. One connection is used once: whoever wants another makes it anew.

import { ImapFlow, type MailboxObject } from "imapflow";
import type { ImapAccount } from "../config/imap.ts";
import type { Log } from "../log.ts";
import { type TokenSource, tokenSource } from "./oauth.ts";
import { readSecret } from "./secret.ts";

export type { ImapFlow, MailboxObject };

/** Connection, handshake and greeting. */
const CONNECT_MS_MAX = 20_000;
/** A server that says nothing for so long to a command is gone; those who watch ask it something every minute. */
const SILENCE_MS_MAX = 150_000;
/** IDLE is begun anew: firewalls forget connections in which nothing is said (RFC 2177 asks for 29 minutes at most). */
const IDLE_MS_MAX = 4 * 60_000;
/** IDLE begins when nothing was asked for so long. */
const IDLE_AFTER_MS = 200;
/** Large mails are fetched in pieces, so only a server that cannot send pieces comes near this. */
const LITERAL_BYTES_MAX = 64 * 1024 * 1024;
/** A line without literals: the longest is the answer to SEARCH, some 8 bytes a mail. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** How the connections of one account sign in: they share what tokens there are. */
export type SignIn = {
  readonly tokens: TokenSource | null;
};

/** By account. Those who watch and those who deliver share them: a refresh token may be good for one refresh only. */
export type SignIns = ReadonlyMap<ImapAccount, SignIn>;

export function signInsOf(
  accounts: readonly ImapAccount[],
  clock: { readonly log: Log; readonly now: () => number },
): SignIns {
  return new Map(
    accounts.map((account) => {
      const { name, signIn } = account;
      return [account, { tokens: signIn.kind === "oauth" ? tokenSource(name, signIn.oauth, clock) : null }];
    }),
  );
}

export function signInOf(signIns: SignIns, account: ImapAccount): SignIn {
  const found = signIns.get(account);
  if (found === undefined) throw new Error(`account ${account.name} has no way to sign in`);
  return found;
}

/**
 * Connect and sign in. The connection ends with `close()`; losing it is told by its event `close`, and every command
 * then rejects. Rejects with whatever went wrong; `mailboxReason` has a word for it.
 * @param signal gives up, also in the middle
 */
export async function connect(account: ImapAccount, signIn: SignIn, signal?: AbortSignal): Promise<ImapFlow> {
  const auth = await credentials(account, signIn);
  signal?.throwIfAborted();
  const flow = new ImapFlow({ ...settingsOf(account), auth });
  // Without a listener an error would end the process; whatever it is, the commands under way reject with it.
  flow.on("error", () => undefined);
  const giveUp = (): void => flow.close();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    await flow.connect();
    return flow;
  } catch (error) {
    flow.close();
    if (error instanceof Error && "authenticationFailed" in error) signIn.tokens?.refused();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

async function credentials(account: ImapAccount, { tokens }: SignIn) {
  const { user, signIn } = account;
  if (signIn.kind === "password") return { user, pass: readSecret(signIn.password) };
  if (tokens === null) throw new Error("an account with OAuth without a source of tokens");
  return { user, accessToken: await tokens.token() };
}

function settingsOf(account: ImapAccount) {
  const { host, port, tls, ca } = account;
  return {
    host,
    port,
    secure: tls === "implicit",
    ...(tls === "implicit" ? {} : { doSTARTTLS: tls === "starttls" }),
    tls: { minVersion: "TLSv1.2" as const, ...(ca === null ? {} : { ca }) },
    logger: false as const, // its lines hold subjects and addresses
    clientInfo: { name: "Mailward" },
    disableCompression: true, // a window of 64 KB and more for each of hundreds of connections
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: CONNECT_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    maxIdleTime: IDLE_MS_MAX,
    autoIdleDelay: IDLE_AFTER_MS,
    maxLiteralSize: LITERAL_BYTES_MAX,
    maxResponseSize: LITERAL_BYTES_MAX + LINE_BYTES_MAX,
    maxLineLength: LINE_BYTES_MAX,
  };
}
