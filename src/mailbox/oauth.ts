// Access tokens (RFC 6749 4.4 and 6): had once, shared by all connections of an account, renewed at 80 % of their
// life. The first refresh that fails is told at once, while the old token still works.

import { randomUUID } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import type { OauthSettings } from "../config/imap.ts";
import type { Log } from "../log.ts";
import { readSecret } from "./secret.ts";
import { SignInTrouble } from "./trouble.ts";

/** A token is renewed when this much of its life is over. */
const FRESH_SHARE = 0.8;
/** After a failed refresh the token server is left alone for so long. */
const AGAIN_MS = 30_000;
/** A token server that says nothing for so long is down. */
const ANSWER_MS_MAX = 15_000;
/** Tokens have some kilobytes; an answer without end is none. */
const ANSWER_CHARS_MAX = 256 * 1024;
/** What is taken for a token's life when the server does not tell it (RFC 6749 5.1 lets it). */
const LIFE_SECONDS_USUAL = 3600;

export type TokenSource = {
  /** A token that is valid now. Rejects with `SignInTrouble` when none can be had. */
  token(): Promise<string>;
  /** The server did not take the token: the next one asked for is a new one. */
  refused(): void;
  /** Renews the token if it is due; never rejects. */
  keepFresh(): Promise<void>;
  /** When the token now held runs out, milliseconds since 1970; null: none is held. */
  expiresAt(): number | null;
  /** Refreshes that failed since the last that did not. */
  failures(): number;
};

type Held = { readonly token: string; readonly freshUntil: number; readonly expiresAt: number };

/** @param account the account's name, for the log */
export function tokenSource(
  account: string,
  settings: OauthSettings,
  { log, now }: { readonly log: Log; readonly now: () => number },
): TokenSource {
  let held: Held | null = null;
  let failures = 0;
  let lastFailure: { readonly at: number; readonly trouble: SignInTrouble } | null = null;
  let underWay: Promise<Held> | null = null;
  /** A refresh token that came with an answer takes the place of the one in the settings. */
  let rotated: string | null = null;

  const renew = async (): Promise<Held> => {
    const asked = now();
    try {
      const answer = await ask(settings, rotated);
      if (answer.refreshToken !== null && answer.refreshToken !== rotated) {
        rotated = answer.refreshToken;
        keepRotated(account, settings, rotated, log);
      }
      if (failures > 0) log.info("token-renewed", { account, count: failures });
      failures = 0;
      lastFailure = null;
      held = { token: answer.token, freshUntil: asked + answer.lifeMs * FRESH_SHARE, expiresAt: asked + answer.lifeMs };
      return held;
    } catch (error) {
      const trouble = error instanceof SignInTrouble ? error : new SignInTrouble("token-server", "unreachable");
      if (failures === 0) log.error("token-refused", { account, reason: trouble.reason, code: trouble.code });
      failures++;
      lastFailure = { at: now(), trouble };
      throw trouble;
    }
  };
  const shared = (): Promise<Held> =>
    (underWay ??= renew().finally(() => {
      underWay = null;
    }));
  const mayAsk = (): boolean => lastFailure === null || now() - lastFailure.at >= AGAIN_MS;

  return {
    async token() {
      if (held !== null && now() < held.freshUntil) return held.token;
      if (held !== null && now() < held.expiresAt) {
        if (!mayAsk()) return held.token;
        const old = held;
        return (await shared().catch(() => old)).token;
      }
      if (!mayAsk() && lastFailure !== null) throw lastFailure.trouble;
      return (await shared()).token;
    },
    refused() {
      held = null;
    },
    async keepFresh() {
      if ((held === null || now() >= held.freshUntil) && mayAsk()) await shared().catch(() => undefined);
    },
    expiresAt: () => held?.expiresAt ?? null,
    failures: () => failures,
  };
}

type Answer = { readonly token: string; readonly lifeMs: number; readonly refreshToken: string | null };

async function ask(settings: OauthSettings, rotated: string | null): Promise<Answer> {
  const form = new URLSearchParams({ client_id: settings.clientId, client_secret: readSecret(settings.clientSecret) });
  if (settings.scope !== null) form.set("scope", settings.scope);
  if (settings.refreshToken === null) form.set("grant_type", "client_credentials");
  else {
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", rotated ?? readSecret(settings.refreshToken));
  }
  const response = await fetch(settings.tokenUrl, {
    method: "POST",
    body: form,
    headers: { accept: "application/json" },
    redirect: "error", // the form holds the client's secret
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  }).catch(() => {
    throw new SignInTrouble("token-server", "unreachable");
  });
  const said = await readAnswer(response);
  if (!response.ok) throw new SignInTrouble("token-server", errorCode(said) ?? `http-${response.status}`);
  const token = said["access_token"];
  if (typeof token !== "string" || token === "") throw new SignInTrouble("token-server", "no-token");
  const life = Number(said["expires_in"]);
  const refresh = said["refresh_token"];
  return {
    token,
    lifeMs: (life > 0 ? life : LIFE_SECONDS_USUAL) * 1000,
    refreshToken: typeof refresh === "string" && refresh !== "" ? refresh : null,
  };
}

async function readAnswer(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > ANSWER_CHARS_MAX) throw new Error("an answer without end");
    }
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? { ...said } : {};
  } catch {
    return {};
  }
}

/** The server's error code (RFC 6749 5.2), never its description: that may name people. */
function errorCode(said: Readonly<Record<string, unknown>>): string | null {
  const code = said["error"];
  return typeof code === "string" && /^[a-z_]{1,40}$/.test(code) ? code : null;
}

/** The old one runs out some day (90 days at Microsoft): the new one is written where the old one stood. */
function keepRotated(account: string, { refreshToken }: OauthSettings, token: string, log: Log): void {
  if (refreshToken === null) return;
  const note = "write the new refresh token where a restart finds it: give refresh_token_file a file we may write";
  if (refreshToken.kind === "environment") {
    log.warn("token-not-kept", { account, note });
    return;
  }
  const beside = `${refreshToken.path}.${randomUUID()}`;
  try {
    writeFileSync(beside, `${token}\n`, { mode: 0o600, flush: true });
    renameSync(beside, refreshToken.path);
  } catch {
    log.warn("token-not-kept", { account, note });
  }
}
