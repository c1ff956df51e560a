// Mailboxes watched by IMAP, as the configuration file names them: what may be written, and what is wrong with it.

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { z } from "zod";
import { secretFromEnvironment } from "./env.ts";
import type { Locate, Problem } from "./yaml.ts";

const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const KEYWORD = /^[$A-Za-z0-9_-]{1,64}$/;
const PORTS = { implicit: 993, starttls: 143, none: 143 } as const;
const secret = z.string().min(1);
const folder = z.string().min(1).max(500);

const oauthSchema = z.strictObject({
  token_url: z.url({ protocol: /^https?$/, error: "write the address tokens are asked of, beginning with https://" }),
  client_id: secret,
  client_secret_env: secret.optional(),
  client_secret_file: secret.optional(),
  refresh_token_env: secret.optional(),
  refresh_token_file: secret.optional(),
  scope: z.string().min(1).optional(),
});

const doneSchema = z.strictObject({
  keyword: z.string().regex(KEYWORD, "write one word of letters and digits, such as $Mailward").optional(),
  copy_to: folder.optional(),
  move_to: folder.optional(),
});

export const imapSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "write a short name in lower case, such as front-desk"),
  host: z.string().min(1),
  port: z.int().min(1).max(65535).optional(),
  tls: z.enum(["implicit", "starttls", "none"]).default("implicit"),
  user: z.string().min(1),
  password_env: secret.optional(),
  password_file: secret.optional(),
  oauth: oauthSchema.optional(),
  folders: z.array(folder).min(1).default(["INBOX"]),
  address: z
    .string()
    .regex(/^[^\s<>@]+@[^\s<>@]+$/, "write the address this mailbox is of, such as billing@clinic.example"),
  done: doneSchema.default({ keyword: "$Mailward" }),
  since: z.string().regex(DAY, "write a day such as 2026-11-01").optional(),
});

type ImapSettings = z.infer<typeof imapSchema>;

/** How the gateway signs in. */
export type ImapSignIn =
  | { readonly kind: "password"; readonly password: string }
  | {
      readonly kind: "oauth";
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      /** null: the client's own credentials are all it has. */
      readonly refreshToken: string | null;
      readonly scope: string | null;
    };

export type ImapAccount = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: "implicit" | "starttls" | "none";
  readonly user: string;
  readonly signIn: ImapSignIn;
  readonly folders: readonly string[];
  /** Whose mail it is where the headers do not say. */
  readonly address: string;
  /** What is done to the original once it is ours; it is never deleted. */
  readonly done: { readonly keyword: string | null; readonly copyTo: string | null; readonly moveTo: string | null };
  /** At the first connection mail from this moment on is fetched; null: only what comes from then on. */
  readonly since: number | null;
};

/** The mailboxes under `imap:`; every mistake is pushed to `wrong`. Paths are relative to `base`. */
export function imapAccounts(
  settings: readonly ImapSettings[],
  base: string,
  problem: Locate,
  wrong: Problem[],
): readonly ImapAccount[] {
  return settings.flatMap((account, index) => {
    const say = (path: readonly (string | number)[], message: string): null => {
      wrong.push(problem(["imap", index, ...path], message));
      return null;
    };
    if (settings.findIndex(({ name }) => name === account.name) < index)
      say(["name"], "this name stands twice; give each mailbox one of its own");
    if (account.tls === "none" && !isOwnMachine(account.host))
      say(
        ["tls"],
        "without encryption only a server on this machine is asked; write `tls: implicit` or `tls: starttls`",
      );
    if (account.done.copy_to !== undefined && account.done.move_to !== undefined)
      say(["done"], "write `copy_to` or `move_to`, not both");
    const signIn = signInOf(account, base, say);
    const { copy_to: copyTo = null, move_to: moveTo = null, keyword = null } = account.done;
    return signIn === null
      ? []
      : [
          {
            name: account.name,
            host: account.host,
            port: account.port ?? PORTS[account.tls],
            tls: account.tls,
            user: account.user,
            signIn,
            folders: account.folders,
            address: account.address,
            done: { keyword, copyTo, moveTo },
            since: account.since === undefined ? null : Date.parse(`${account.since}T00:00:00Z`),
          },
        ];
  });
}

type Say = (path: readonly (string | number)[], message: string) => null;

function signInOf({ oauth, password_env, password_file }: ImapSettings, base: string, say: Say): ImapSignIn | null {
  const given = [oauth, password_env, password_file].filter((each) => each !== undefined);
  if (given.length !== 1)
    return say([], "write one of `password_env`, `password_file` and `oauth`: how the gateway signs in there");
  if (oauth === undefined) {
    const password = secretOf({ env: password_env, file: password_file }, "password", [], base, say);
    return password === null ? null : { kind: "password", password };
  }
  const { client_secret_env, client_secret_file, refresh_token_env, refresh_token_file } = oauth;
  const path = ["oauth"];
  const clientSecret = secretOf({ env: client_secret_env, file: client_secret_file }, "client_secret", path, base, say);
  const hasRefresh = refresh_token_env !== undefined || refresh_token_file !== undefined;
  const refreshToken = hasRefresh
    ? secretOf({ env: refresh_token_env, file: refresh_token_file }, "refresh_token", path, base, say)
    : null;
  if (clientSecret === null || (hasRefresh && refreshToken === null)) return null;
  const { token_url: tokenUrl, client_id: clientId, scope = null } = oauth;
  return { kind: "oauth", tokenUrl, clientId, clientSecret, refreshToken, scope };
}

/** A secret out of the environment or a file, without the line end editors put there. */
function secretOf(
  { env, file }: { readonly env: string | undefined; readonly file: string | undefined },
  name: string,
  path: readonly string[],
  base: string,
  say: Say,
): string | null {
  if ((env === undefined) === (file === undefined))
    return say(path, `write one of \`${name}_env\` and \`${name}_file\`, never the secret itself`);
  if (env !== undefined) {
    const found = secretFromEnvironment(env);
    return found === null || found === ""
      ? say([...path, `${name}_env`], `${env} is not set in the environment`)
      : found;
  }
  try {
    return readFileSync(resolve(base, file ?? ""), "utf8").replace(/\r?\n$/, "");
  } catch {
    return say([...path, `${name}_file`], "this file cannot be read; write the path of a file this user may read");
  }
}

function isOwnMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
