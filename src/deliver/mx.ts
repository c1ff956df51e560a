// Which servers take mail for a domain, and in which order (RFC 5321 5.1, RFC 7505).

import { Resolver } from "node:dns/promises";
import type { Failure } from "../outcome.ts";

/** Answers are kept so long: a server that moves keeps the old one for hours, and a queue is not to ask for every mail. */
const KEPT_MS = 5 * 60_000;
/** More servers than this are not tried for one mail. */
const HOSTS_MAX = 5;
const TIMEOUT_MS = 5000;
const NO_RECORD: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

export type MailHosts =
  | { readonly kind: "hosts"; readonly hosts: readonly string[] }
  | ({ readonly kind: "failed" } & Failure);

export type MxLookup = (domain: string) => Promise<MailHosts>;

export type MxOptions = {
  /** Whom DNS is asked of, such as "10.0.0.53"; none: the servers of this machine. */
  readonly servers: readonly string[];
  /** Ourselves: mail is never sent on to us or to a server that is preferred less (RFC 5321 5.1). */
  readonly hostname: string;
  readonly now: () => number;
  /** 0 up to 1; orders servers that are preferred alike. */
  readonly chance: () => number;
};

/** Looks servers up; a domain without MX is its own server. */
export function mxLookup({ servers, hostname, now, chance }: MxOptions): MxLookup {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  const kept = new Map<string, { readonly hosts: MailHosts; readonly until: number }>();
  return async (domain) => {
    const known = kept.get(domain);
    if (known !== undefined && known.until > now()) return known.hosts;
    const hosts = await lookUp(domain, resolver, hostname, chance);
    if (hosts.kind === "hosts") kept.set(domain, { hosts, until: now() + KEPT_MS });
    return hosts;
  };
}

async function lookUp(domain: string, resolver: Resolver, hostname: string, chance: () => number): Promise<MailHosts> {
  try {
    const records = await resolver.resolveMx(domain);
    const [first] = records;
    // RFC 7505: this domain takes no mail.
    if (records.length === 1 && first !== undefined && (first.exchange === "" || first.exchange === "."))
      return { kind: "failed", stage: "envelope", reply: 556, code: "5.1.10" };
    const ours = records.find(({ exchange }) => sameHost(exchange, hostname));
    const hosts = records
      .filter(({ priority }) => ours === undefined || priority < ours.priority)
      .map((record) => ({ ...record, place: chance() }))
      .sort((a, b) => a.priority - b.priority || a.place - b.place)
      .map(({ exchange }) => exchange)
      .slice(0, HOSTS_MAX);
    if (hosts.length === 0) return { kind: "failed", stage: "connect", reply: null, code: "ELOOP" };
    return { kind: "hosts", hosts };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (NO_RECORD.has(code)) return { kind: "hosts", hosts: [domain] };
    return { kind: "failed", stage: "connect", reply: null, code };
  }
}

function sameHost(one: string, other: string): boolean {
  return one.toLowerCase().replace(/\.$/, "") === other.toLowerCase();
}
