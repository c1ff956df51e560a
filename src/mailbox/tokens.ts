// How the access tokens of the accounts are that sign in by them.

import type { SignIns } from "./session.ts";

export type TokenStatus = {
  readonly account: string;
  /** Refreshes that failed since the last that did not: from the first on somebody must look, while the old token still lives. */
  readonly failures: number;
  /** When the token now held runs out, milliseconds since 1970; null: none is held. */
  readonly expiresAt: number | null;
};

export function tokensOf(signIns: SignIns): readonly TokenStatus[] {
  return [...signIns].flatMap(([{ name: account }, { tokens }]) =>
    tokens === null ? [] : [{ account, failures: tokens.failures(), expiresAt: tokens.expiresAt() }],
  );
}
