// Access tokens for mailboxes that take no passwords (OAuth 2.0, RFC 6749): by the client's own credentials or by a refresh
// token, as Microsoft 365 and Google give them. A new one is asked for at 80 % of the old one's life.

import type { ImapSignIn } from "../config/imap.ts";
import type { Log } from "../log.ts";

/** Of its life a token is used so long. */
const USED_SHARE = 0.8;
/** Where the server does not say how long a token lives. */
const LIFE_SECONDS = 3600;
const ANSWER_MS_MAX = 30_000;
const ANSWER_CHARS_MAX = 100_000;

type Token = { readonly value: string; readonly askedAt: number; readonly expiresAt: number };

/** The server that gives tokens refused one, or gave none. `code` is its error word (RFC 6749, section 5.2). */
export class NoToken extends Error {
  readonly code: string;

  constructor(code: string) {
    super("no access token was given");
    this.code = code;
  }
}

/**
 * Answers a token that can be used now, asking for one when it must. While the old one lives, a failed refresh is
 * logged and the old one answered; rejects with `NoToken` when there is none.
 */
export function tokenSource(
  signIn: ImapSignIn & { readonly kind: "oauth" },
  { now, log, account }: { readonly now: () => number; readonly log: Log; readonly account: string },
): () => Promise<string> {
  let token: Token | null = null;
  let refreshToken = signIn.refreshToken;
  let asking: Promise<Token> | null = null;
  const ask = async (): Promise<Token> => {
    const askedAt = now();
    const answer = await askFor({ ...signIn, refreshToken });
    // Some servers give a new refresh token with each access token (RFC 6749, section 6).
    refreshToken = answer.refreshToken ?? refreshToken;
    return { value: answer.accessToken, askedAt, expiresAt: askedAt + answer.lifeSeconds * 1000 };
  };
  return async () => {
    const at = now();
    if (token !== null && at < token.askedAt + (token.expiresAt - token.askedAt) * USED_SHARE) return token.value;
    try {
      asking ??= ask().finally(() => (asking = null));
      token = await asking;
    } catch (error) {
      const code = error instanceof NoToken ? error.code : "no-answer";
      const leftMs = token === null ? 0 : Math.max(0, token.expiresAt - now());
      log.error("imap-no-token", { mailbox: account, code, waitMs: leftMs });
      if (token === null || leftMs === 0) throw error instanceof NoToken ? error : new NoToken(code);
    }
    return token.value;
  };
}

async function askFor({
  tokenUrl,
  clientId,
  clientSecret,
  refreshToken,
  scope,
}: ImapSignIn & { readonly kind: "oauth" }) {
  const form = new URLSearchParams({ client_id: clientId, client_secret: clientSecret });
  if (scope !== null) form.set("scope", scope);
  form.set("grant_type", refreshToken === null ? "client_credentials" : "refresh_token");
  if (refreshToken !== null) form.set("refresh_token", refreshToken);
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const response = await fetch(tokenUrl, { method: "POST", body: form, redirect: "error", signal });
  const answer = answerOf((await response.text()).slice(0, ANSWER_CHARS_MAX));
  const accessToken = answer["access_token"];
  if (!response.ok || typeof accessToken !== "string" || accessToken === "")
    throw new NoToken(errorWord(answer["error"]));
  const given = Number(answer["expires_in"]);
  const renewed = answer["refresh_token"];
  return {
    accessToken,
    lifeSeconds: given > 0 ? given : LIFE_SECONDS,
    refreshToken: typeof renewed === "string" && renewed !== "" ? renewed : null,
  };
}

function answerOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Only words of the standard's form: what a server writes goes into the log. */
function errorWord(error: unknown): string {
  return typeof error === "string" && /^[a-z_]{1,40}$/.test(error) ? error : "no-token";
}
