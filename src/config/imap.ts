// The mailboxes that are watched and delivered to by IMAP: `imap:` in the configuration file, what stands there and
// what is wrong with it. Secrets are only named here; mailbox/ reads them when it signs in.

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import type { Locate, Path, Problem } from "./yaml.ts";

/** Where a secret is read from, at each sign-in, so that a new one needs no restart. Paths are absolute. */
export type Secret =
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** OAuth 2 (RFC 6749): client credentials (4.4), or with a refresh token (6). */
export type OauthSettings = {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly refreshToken: Secret | null;
  readonly scope: string | null;
};

export type ImapSignIn =
  | { readonly kind: "password"; readonly password: Secret }
  | { readonly kind: "oauth"; readonly oauth: OauthSettings };

export type ImapTls = "implicit" | "starttls" | "none";

/** What becomes of an original once its mail is on our disk. It is never deleted. */
export type ImapDone = {
  readonly keyword: string | null;
  readonly place: { readonly kind: "copy" | "move"; readonly folder: string } | null;
};

/** Where a mailbox begins when it is watched for the first time; a date is 2026-11-24. */
export type ImapFrom = { readonly kind: "now" } | { readonly kind: "since"; readonly date: string };

export type ImapAccount = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: ImapTls;
  /** Certificates to believe instead of those of the system, PEM; null: those of the system. */
  readonly ca: Buffer | null;
  readonly user: string;
  readonly signIn: ImapSignIn;
  /** The folders that are watched; none: the account is only delivered to. */
  readonly folders: readonly string[];
  /** The address a mail counts as sent to when its headers name none of ours; null where nothing is watched. */
  readonly alias: string | null;
  readonly done: ImapDone;
  readonly from: ImapFrom;
};

/** One word of letters, digits, dashes: it stands in logs and metrics. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;
/** RFC 9051 flag-keyword: an atom. */
const KEYWORD = /^[A-Za-z0-9$_.:+-]{1,64}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
/** The word that lets a password cross a network in clear. */
const IN_CLEAR = "none-over-network";
const TOKEN_URL =
  "write the address tokens are had from, such as https://login.microsoftonline.com/TENANT/oauth2/v2.0/token";

const variable = z
  .string()
  .regex(VARIABLE, "write the name of an environment variable such as MAILBOX_PASSWORD, never the secret itself");
const file = z.string().min(1).meta({ example: "password_file: /run/secrets/mailbox" });
const folder = z
  .string()
  .regex(
    /^[^\p{Cc}%*]{1,200}$/u,
    "write the name of one folder as the server has it, such as INBOX; % and * are not taken",
  );

const oauthSchema = z.strictObject({
  token_url: z.string().refine(isTokenUrl, TOKEN_URL),
  client_id: z.string().min(1),
  client_secret_env: variable.optional(),
  client_secret_file: file.optional(),
  refresh_token_env: variable.optional(),
  refresh_token_file: file.optional(),
  scope: z.string().min(1).optional(),
});

const accountSchema = z.strictObject({
  name: z.string().regex(NAME, "write a short name of small letters, digits and dashes, such as billing-inbox"),
  host: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$/, "write a host such as imap.clinic.example"),
  port: z.int().min(1).max(65535).default(993),
  tls: z.enum(["implicit", "starttls", "none", IN_CLEAR]).default("implicit"),
  ca: z.string().min(1).optional(),
  user: z.string().min(1),
  password_env: variable.optional(),
  password_file: file.optional(),
  oauth: oauthSchema.optional(),
  folders: z.array(folder).default(["INBOX"]),
  alias: z.string().regex(ADDRESS, "write one of your addresses, such as billing@clinic.example").optional(),
  done: z
    .strictObject({
      keyword: z
        .union([z.literal(false), z.string().regex(KEYWORD, "write one word such as $Mailward, or false for none")])
        .default("$Mailward"),
      copy_to: folder.optional(),
      move_to: folder.optional(),
    })
    .prefault({}),
  from: z
    .string()
    .refine(isBeginning, "write `now`, or the first day to take mail of, such as 2026-11-01")
    .default("now"),
});

export const imapSchema = z.array(accountSchema).default([]);
type Written = z.infer<typeof accountSchema>;

/** The accounts under `imap:`, with every mistake a schema cannot see pushed to `wrong`. Paths are relative to `base`. */
export function readImap(
  written: readonly Written[],
  base: string,
  problem: Locate,
  wrong: Problem[],
): readonly ImapAccount[] {
  wrong.push(...namedTwice(written, problem), ...watchedTwice(written, problem));
  return written.map((account, index) => {
    const path = ["imap", index];
    wrong.push(...mistakesOf(account, path, problem));
    return {
      name: account.name,
      host: account.host,
      port: account.port,
      tls: account.tls === IN_CLEAR ? "none" : account.tls,
      ca: account.ca === undefined ? null : readCa(resolve(base, account.ca), [...path, "ca"], problem, wrong),
      user: account.user,
      signIn: signInOf(account, base),
      folders: account.folders.map(inboxAsSuch),
      alias: account.alias ?? null,
      done: { keyword: account.done.keyword === false ? null : account.done.keyword, place: placeOf(account.done) },
      from: account.from === "now" ? { kind: "now" } : { kind: "since", date: account.from },
    };
  });
}

function mistakesOf(account: Written, path: Path, problem: Locate): readonly Problem[] {
  const { done, oauth } = account;
  const ways = [account.password_env, account.password_file, oauth].filter((way) => way !== undefined);
  const places = [done.copy_to, done.move_to].filter((place) => place !== undefined);
  const watched = account.folders.map(inboxAsSuch);
  const loop = places.find((place) => watched.includes(inboxAsSuch(place)));
  return [
    ...(ways.length === 1 ? [] : [problem([...path, "name"], oneWay(ways.length))]),
    ...(account.tls === "none" && !isLoopback(account.host)
      ? [
          problem(
            [...path, "tls"],
            `the password would cross the network in clear; write implicit or starttls, or ${IN_CLEAR} if it must be`,
          ),
        ]
      : []),
    ...(account.folders.length > 0 && account.alias === undefined
      ? [
          problem(
            [...path, "name"],
            "this account has no `alias`; add the address its mail counts as sent to when the headers name none of yours, such as `alias: billing@clinic.example`, or `folders: []` if it is only delivered to",
          ),
        ]
      : []),
    ...(new Set(watched).size < watched.length
      ? [problem([...path, "folders"], "a folder stands twice; keep one of the two")]
      : []),
    ...(places.length > 1 ? [problem([...path, "done"], "write `copy_to` or `move_to`, not both")] : []),
    ...(loop === undefined
      ? []
      : [
          problem(
            [...path, "done"],
            `${loop} is watched itself, so its mail would come in again; write another folder`,
          ),
        ]),
    ...(oauth === undefined ? [] : oauthMistakes(oauth, [...path, "oauth"], problem)),
  ];
}

function oneWay(count: number): string {
  const ways = "`password_env`, `password_file` or `oauth`";
  return count === 0
    ? `this account has no way to sign in; write one of ${ways}`
    : `this account has ${count} ways to sign in; keep one of ${ways}`;
}

function oauthMistakes(oauth: NonNullable<Written["oauth"]>, path: Path, problem: Locate): readonly Problem[] {
  const both = oauth.client_secret_env !== undefined && oauth.client_secret_file !== undefined;
  const none = oauth.client_secret_env === undefined && oauth.client_secret_file === undefined;
  return [
    ...(both || none
      ? [problem([...path, "client_id"], "write one of `client_secret_env` and `client_secret_file`")]
      : []),
    ...(oauth.refresh_token_env !== undefined && oauth.refresh_token_file !== undefined
      ? [problem([...path, "refresh_token_env"], "write `refresh_token_env` or `refresh_token_file`, not both")]
      : []),
  ];
}

function namedTwice(written: readonly Written[], problem: Locate): readonly Problem[] {
  return written.flatMap(({ name }, index) =>
    written.findIndex((other) => other.name === name) < index
      ? [problem(["imap", index, "name"], "this name stands twice; give each account one of its own")]
      : [],
  );
}

function watchedTwice(written: readonly Written[], problem: Locate): readonly Problem[] {
  const key = ({ host, port, user }: Written, folder: string) =>
    JSON.stringify([host.toLowerCase(), port, user, inboxAsSuch(folder)]);
  const seen = new Map<string, number>();
  return written.flatMap((account, index) =>
    account.folders.flatMap((folder, place) => {
      const first = seen.get(key(account, folder)) ?? index;
      seen.set(key(account, folder), first);
      return first === index
        ? []
        : [
            problem(
              ["imap", index, "folders", place],
              `this folder is watched by the account ${written[first]?.name} already; keep one of the two`,
            ),
          ];
    }),
  );
}

function signInOf(account: Written, base: string): ImapSignIn {
  const { oauth } = account;
  if (oauth === undefined)
    return { kind: "password", password: secretOf(account.password_env, account.password_file, base) };
  const refresh = oauth.refresh_token_env ?? oauth.refresh_token_file;
  return {
    kind: "oauth",
    oauth: {
      tokenUrl: oauth.token_url,
      clientId: oauth.client_id,
      clientSecret: secretOf(oauth.client_secret_env, oauth.client_secret_file, base),
      refreshToken: refresh === undefined ? null : secretOf(oauth.refresh_token_env, oauth.refresh_token_file, base),
      scope: oauth.scope ?? null,
    },
  };
}

/** Where neither is given there is a mistake, and the value is never used. */
function secretOf(name: string | undefined, file: string | undefined, base: string): Secret {
  return name === undefined ? { kind: "file", path: resolve(base, file ?? "") } : { kind: "environment", name };
}

function placeOf({ copy_to: copy, move_to: move }: Written["done"]): ImapDone["place"] {
  if (move !== undefined) return { kind: "move", folder: move };
  return copy === undefined ? null : { kind: "copy", folder: copy };
}

/** INBOX is the one folder whose case does not matter (RFC 9051 5.1). */
function inboxAsSuch(folder: string): string {
  return folder.toUpperCase() === "INBOX" ? "INBOX" : folder;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function isTokenUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")));
}

function isBeginning(text: string): boolean {
  if (text === "now") return true;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

function readCa(path: string, where: Path, problem: Locate, wrong: Problem[]): Buffer | null {
  try {
    const pem = readFileSync(path);
    createSecureContext({ ca: pem });
    if (pem.includes("BEGIN CERTIFICATE")) return pem;
  } catch {
    // said below, whatever it was
  }
  wrong.push(
    problem(
      where,
      "this file holds no certificate that can be read; write a PEM file that begins with BEGIN CERTIFICATE",
    ),
  );
  return null;
}
