// The mail accounts we sign in to by IMAP, as they stand under `imap:` in the configuration file, and which of them the
// rules name that are not there.

import { isIP } from "node:net";
import { z } from "zod";
import type { RuleSet } from "./rules.ts";
import { nowhere, type Problem } from "./yaml.ts";

const IMAPS_PORT = 993;
const ENCRYPTION = ["implicit", "starttls", "none"] as const;

/** An account at a mail server. */
export type ImapAccount = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** From the first byte, after STARTTLS (refused when the server has none), or not: on this machine only. */
  readonly tls: (typeof ENCRYPTION)[number];
  readonly user: string;
  /** The environment variable that holds the password. */
  readonly passwordEnv: string;
};

const accountSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "write a name such as desk-mail: small letters, digits and -"),
    host: z.string().min(1),
    port: z.int().min(1).max(65535).default(IMAPS_PORT),
    tls: z.enum(ENCRYPTION).default("implicit"),
    user: z.string().min(1),
    password_env: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, "write the name of an environment variable, such as DESK_PASSWORD"),
  })
  .refine(({ tls, host }) => tls !== "none" || isThisMachine(host), {
    path: ["tls"],
    message: "`none` would send the password in clear; it is taken only for a server on this machine (127.0.0.1)",
  });

export const imapSchema = z.array(accountSchema).superRefine((accounts, context) => {
  accounts.forEach(({ name }, index) => {
    if (accounts.findIndex((other) => other.name === name) === index) return;
    context.addIssue({
      code: "custom",
      path: [index, "name"],
      message: "this account stands twice; keep one of the two",
    });
  });
});

export function imapAccounts(accounts: z.output<typeof imapSchema>): readonly ImapAccount[] {
  return accounts.map(({ password_env: passwordEnv, ...account }) => ({ ...account, passwordEnv }));
}

/** A mistake for each queue that is delivered to an account the configuration does not have. */
export function unknownAccounts(
  { queues }: RuleSet,
  accounts: readonly ImapAccount[],
  file: string,
): readonly Problem[] {
  const known = accounts.map(({ name }) => name);
  const list = known.length === 0 ? "it lists none" : `it lists ${known.join(", ")}`;
  return queues.flatMap(({ name, deliver }) => {
    if (deliver.kind !== "imap" || known.includes(deliver.account)) return [];
    const message = `queue ${name} is delivered to the IMAP account \`${deliver.account}\`, which is not under \`imap:\` in the configuration; ${list}`;
    return [nowhere(file, message)];
  });
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
