// The shape of the configuration file: every key, what may stand after it, and what is meant when it is left out.
// Whatever is wrong is told in plain words; what concerns several keys at once is looked at in config.ts.

import { isIP } from "node:net";
import { z } from "zod";
import { isDomain, networkMistake, serverMistake } from "./addresses.ts";
import { arcSchema } from "./arc.ts";
import { canarySchema } from "./canary.ts";
import { imapSchema } from "./imap.ts";
import { noticesSchema } from "./notices.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export const HTTP_PORT = 8025;
export const HOSTNAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** What `mailward password` prints: salt and key, base64. */
const PASSWORD_HASH = /^scrypt\$[A-Za-z0-9+/]{8,}={0,2}\$[A-Za-z0-9+/]{8,}={0,2}$/;
const DAY_SECONDS = 86_400;
/** Routing may wait so long for an answer of DNS; more than a minute would be felt at the front desk. */
const PROOF_SECONDS_MIN = 0.1;
const PROOF_SECONDS_MAX = 60;
/** Shorter, nobody would come in time; longer than a month, a link forgotten somewhere would still open a mail. */
const LINK_HOURS_MIN = 0.25;
const LINK_HOURS_MAX = 31 * 24;
const LINK_BASE =
  "write the https:// address under which people reach this gateway's page, such as https://mailward.clinic.example, without ? and #";

const port = z.int().min(0).max(65535).meta({ example: "port: 2525" });
const ip = z
  .string()
  .refine(
    (text) => isIP(text) !== 0,
    "write an IP address such as 127.0.0.1; 0.0.0.0 is every address of this machine",
  );
const host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0,
    "write the IP address of one host, such as 192.0.2.10; names and networks are not taken",
  );
const seconds = z.number().positive().max(DAY_SECONDS);
const hostname = z.string().regex(HOSTNAME, "write a host name such as mail.clinic.example");
const network = withoutMistake(networkMistake);
const dnsServer = withoutMistake(serverMistake);
const domain = z.string().refine(isDomain, "write a domain such as clinic.example, without @ and without *");

const listenerSchema = z.strictObject({
  protocol: z.enum(["smtp", "smtps", "submission", "lmtp"]),
  address: ip.default("127.0.0.1"),
  port,
});

const trustSchema = z.strictObject({
  xclient: z.array(host).default([]),
  proxy: z.array(host).default([]),
  networks: z.array(network).default([]),
  staff_domains: z.array(domain).default([]),
});

const proofSchema = z.strictObject({
  check: z.boolean().default(true),
  dns_servers: z.array(dnsServer).default([]),
  timeout_seconds: z.number().min(PROOF_SECONDS_MIN).max(PROOF_SECONDS_MAX).default(5),
  believe: hostname.optional(),
});

const httpSchema = z.strictObject({
  address: ip.default("127.0.0.1"),
  port: port.default(HTTP_PORT),
  link_base: z.string().refine(isLinkBase, LINK_BASE).optional(),
  link_hours: z.number().min(LINK_HOURS_MIN).max(LINK_HOURS_MAX).default(24),
});

const srsSchema = z.strictObject({ domain });

const limitsSchema = z.strictObject({
  message_megabytes: z.number().min(0.01).max(500).default(35),
  connections: z.int().min(1).default(500),
  connections_per_client: z.int().min(1).default(100),
  recipients: z.int().min(1).max(1000).default(100),
  commands: z.int().min(10).default(20_000),
  idle_seconds: seconds.default(300),
  data_seconds: seconds.default(900),
  decide_seconds: seconds.default(20),
  hops: z.int().min(1).default(50),
});

export const configSchema = z.strictObject({
  hostname: hostname.optional(),
  data: z.string().min(1).optional(),
  rules: z.string().min(1).optional(),
  shadow_rules: z.string().min(1).optional(),
  workers: z.int().min(1).max(64).optional(),
  time_zone: z
    .custom<undefined>(
      (text) => text === undefined,
      "the time zone stands in the rules now: write `calendar: { time_zone: America/Chicago }` there and remove this line",
    )
    .optional(),
  log: z.enum(LOG_LEVELS).default("info"),
  listen: z.array(listenerSchema).min(1).optional(),
  http: httpSchema.optional(),
  tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
  staff: z
    .array(
      z.strictObject({
        user: z.string().min(1),
        // Not a plain string, because a mistake there would quote what it found.
        password: z.custom<string>(
          (text) => typeof text === "string" && PASSWORD_HASH.test(text),
          "write the line that `mailward password` prints, never the password itself",
        ),
      }),
    )
    .default([]),
  imap: imapSchema,
  trust: trustSchema.prefault({}),
  srs: srsSchema.optional(),
  arc: arcSchema.optional(),
  notices: noticesSchema.optional(),
  canary: canarySchema.optional(),
  proof: proofSchema.prefault({}),
  limits: limitsSchema.prefault({}),
});

export type Settings = z.infer<typeof configSchema>;
export type Listener = z.infer<typeof listenerSchema>;

/** Links open patients' mail, so they never cross a network in clear. */
function isLinkBase(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const here = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
  return (protocol === "https:" || (protocol === "http:" && here)) && username + password + search + hash === "";
}

/** A text about which the function has nothing to complain; its complaint is the mistake's text. */
function withoutMistake(mistake: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const message = mistake(text);
    if (message !== null) context.addIssue({ code: "custom", message });
  });
}
