// Delivery by webhook as an admin writes it: `deliver: { kind: webhook }` of a queue, and what is wrong with it. Secrets
// are only named here; deliver/ reads them at each attempt.

import { z } from "zod";
import type { Locate, Path, Problem } from "./yaml.ts";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ADDRESS = /^[^\s<>@]+@[^\s<>@]+$/;

const variable = z
  .string()
  .regex(
    VARIABLE,
    "write the name of an environment variable such as MAILWARD_HELPDESK_TOKEN, never the secret itself",
  );
const line = z.string().regex(/^[^\p{Cc}]{1,200}$/u, "write it in one line");

/** What more of a mail is told than where it belongs. */
const INCLUDED = ["sender", "subject"] as const;

export const webhookSchema = z.strictObject({
  kind: z.literal("webhook").describe("Posted as JSON to a helpdesk or another program."),
  url: z
    .string()
    .refine(
      isWebAddress,
      "write an address such as https://helpdesk.clinic.example/hooks/mail, with neither name and password nor #",
    )
    .meta({
      description: "Where to post; of a helpdesk its own address.",
      example: "url: https://helpdesk.clinic.example",
    }),
  format: z
    .enum(["mailward", "zammad", "zendesk"])
    .default("mailward")
    .describe("Whose words are spoken: our own, or those of a helpdesk that makes a ticket of each mail."),
  body: z
    .enum(["none", "link", "base64"])
    .default("none")
    .describe("What is told of the mail itself: nothing, a signed link that runs out, or the whole mail."),
  include: z.array(z.enum(INCLUDED)).default([]).meta({
    description: "What else is told, and then lies in the helpdesk, too: the sender, the subject.",
    example: "include: [sender, subject]",
  }),
  secret_env: variable.optional().meta({
    description: "The environment variable with the secret that each request is signed with.",
    example: "secret_env: MAILWARD_HOOK_SECRET",
  }),
  token_env: variable.optional().meta({
    description: "The environment variable with the helpdesk's API token.",
    example: "token_env: MAILWARD_HELPDESK_TOKEN",
  }),
  user: line.optional().meta({
    description: "Zendesk: the agent the token belongs to, by the mail address.",
    example: "user: mailward@clinic.example",
  }),
  group: line.optional().meta({
    description: "Zammad: the group that gets the tickets.",
    example: "group: Billing",
  }),
  customer: z.string().regex(ADDRESS, "write one address, such as mail@clinic.example").optional().meta({
    description: "Zammad: the customer of tickets whose sender is not told.",
    example: "customer: mail@clinic.example",
  }),
  allow_private: z
    .boolean()
    .default(false)
    .describe("Whether it may be on this machine or in the house's own network; only there may it be http://."),
});

type Written = z.output<typeof webhookSchema>;

export type WebhookBody = "none" | "link" | "base64";

/** Whose words are spoken. The names of environment variables, never secrets. */
export type WebhookFormat =
  | { readonly kind: "mailward"; readonly secretEnv: string }
  | {
      readonly kind: "zammad";
      readonly tokenEnv: string;
      readonly group: string;
      readonly customer: string;
      readonly secretEnv: string | null;
    }
  | { readonly kind: "zendesk"; readonly tokenEnv: string; readonly user: string; readonly secretEnv: string | null };

export type WebhookDelivery = {
  readonly kind: "webhook";
  readonly url: string;
  readonly format: WebhookFormat;
  readonly body: WebhookBody;
  readonly include: readonly (typeof INCLUDED)[number][];
  readonly allowPrivate: boolean;
};

/** Keys that a format cannot do without, and why. */
const NEEDED: Readonly<Record<Written["format"], readonly (readonly [keyof Written, string])[]>> = {
  mailward: [["secret_env", "the environment variable with the secret that requests are signed with"]],
  zammad: [
    ["token_env", "the environment variable with the API token"],
    ["group", "the group that gets the tickets"],
    ["customer", "the customer of tickets whose sender is not told"],
  ],
  zendesk: [
    ["token_env", "the environment variable with the API token"],
    ["user", "the mail address of the agent the token belongs to"],
  ],
};

/** Keys that only some formats know. */
const KEYS_OF_SOME = ["token_env", "user", "group", "customer"] as const;

/** What a schema cannot see of one queue's webhook; `path` leads to its `deliver`. */
export function webhookMistakes(written: Written, path: Path, problem: Locate): readonly Problem[] {
  const needed = NEEDED[written.format];
  const missing = needed.flatMap(([key, what]) =>
    written[key] === undefined
      ? [problem([...path, "kind"], `\`format: ${written.format}\` needs \`${key}\`: ${what}`)]
      : [],
  );
  const idle = KEYS_OF_SOME.flatMap((key) =>
    written[key] !== undefined && !needed.some(([name]) => name === key)
      ? [problem([...path, key], `\`format: ${written.format}\` has no use for \`${key}\`; remove it`, "key")]
      : [],
  );
  return [...missing, ...idle, ...bodyMistake(written, path, problem), ...plainMistake(written, path, problem)];
}

function bodyMistake({ format, body }: Written, path: Path, problem: Locate): readonly Problem[] {
  if (format !== "zendesk" || body !== "base64") return [];
  return [problem([...path, "body"], "Zendesk takes no mail with a ticket; write `body: link` or `body: none`")];
}

function plainMistake({ url, allow_private }: Written, path: Path, problem: Locate): readonly Problem[] {
  if (allow_private || new URL(url).protocol === "https:") return [];
  const message =
    "the way there would not be encrypted; write https://, or add `allow_private: true` for a program in your own network";
  return [problem([...path, "url"], message)];
}

/** A webhook without mistakes as a plain value. */
export function webhookDelivery(written: Written): WebhookDelivery {
  const { kind, url, body, include, allow_private: allowPrivate } = written;
  return { kind, url, format: formatOf(written), body, include, allowPrivate };
}

/** What `NEEDED` asks for is there; the empty texts are never used. */
function formatOf(written: Written): WebhookFormat {
  const secretEnv = written.secret_env ?? null;
  const { format: kind, token_env: tokenEnv = "", group = "", customer = "", user = "" } = written;
  switch (kind) {
    case "mailward":
      return { kind, secretEnv: secretEnv ?? "" };
    case "zammad":
      return { kind, tokenEnv, group, customer, secretEnv };
    case "zendesk":
      return { kind, tokenEnv, user, secretEnv };
  }
}

/** A name and a password in an address would end in logs; what stands behind # is never sent. */
function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username + password + hash === "";
}
