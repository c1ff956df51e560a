// Passwords of staff accounts: kept as a salted scrypt hash, checked off the event loop.

import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { StaffAccount } from "../config/config.ts";

/** 16 MiB and about 50 ms a check (OWASP's second choice for scrypt: N=2^14, r=8, p=5 costs the same work). */
const COST = { N: 16384, r: 8, p: 5 } as const;
const KEY_BYTES = 32;

/** A hash for the configuration file: `scrypt$<salt>$<key>`, base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt);
  return `scrypt$${salt.toString("base64")}$${key.toString("base64")}`;
}

/** A hash no password fits. */
const NOBODY = "scrypt$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/** Whether this user may sign in. `password` null: a trusted host has checked it. An unknown user takes as long as a wrong password. */
export async function isStaff(staff: readonly StaffAccount[], user: string, password: string | null): Promise<boolean> {
  const account = staff.find((each) => each.user === user);
  if (password === null) return account !== undefined;
  return (await checkPassword(password, account?.password ?? NOBODY)) && account !== undefined;
}

export async function checkPassword(password: string, hash: string): Promise<boolean> {
  const [, salt, key] = hash.split("$");
  if (salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, "base64");
  const actual = await derive(password, Buffer.from(salt, "base64"));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
