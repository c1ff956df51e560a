// A Postfix of our own: a throwaway instance that relays everything it is given to one next hop. Runs only as root,
// as Postfix does. Its parts, limits and queue are its own; the system's Postfix is not touched.

import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Daemon, freePort, startDaemon, untilListening } from "./daemon.ts";

export type Postfix = AsyncDisposable & {
  readonly port: number;
  /** What it logged so far. */
  log(): Promise<string>;
};

export type PostfixOptions = {
  /** A folder of its own. */
  readonly folder: string;
  /** Where it relays to, as transport and next hop: `smtp:[127.0.0.1]:2525`, `lmtp:inet:127.0.0.1:2424`. */
  readonly next: string;
  /** Further lines of main.cf. */
  readonly settings?: readonly string[];
};

const run = promisify(execFile);
const POSTFIX = "/usr/sbin/postfix";

/** Debian's services, with the greeter on a port of its own. */
const SERVICES = `
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n -  0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -  - trivial-rewrite
bounce    unix  - - n -  0 bounce
defer     unix  - - n -  0 bounce
trace     unix  - - n -  0 bounce
verify    unix  - - n -  1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -  - proxymap
proxywrite unix - - n -  1 proxymap
smtp      unix  - - n -  - smtp
relay     unix  - - n -  - smtp
lmtp      unix  - - n -  - lmtp
showq     unix  n - n -  - showq
error     unix  - - n -  - error
retry     unix  - - n -  - error
discard   unix  - - n -  - discard
anvil     unix  - - n -  1 anvil
scache    unix  - - n -  1 scache
postlog   unix-dgram n - n - 1 postlogd
`;

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const port = await freePort();
  const config = join(options.folder, "postfix");
  await writeInstance(config, port, options);
  const daemon = startDaemon(POSTFIX, ["-c", config, "start-fg"]);
  await untilListening(daemon, port);
  return {
    port,
    log: async () => `${await readFile(join(config, "mail.log"), "utf8").catch(() => "")}${daemon.output()}`,
    [Symbol.asyncDispose]: () => stop(config, daemon),
  };
}

async function writeInstance(config: string, port: number, options: PostfixOptions): Promise<void> {
  // The daemons run as the user postfix and must reach their queue through every folder above it.
  await chmod(options.folder, 0o755);
  for (const folder of ["", "queue", "lib"]) await mkdir(join(config, folder), { recursive: true });
  const { uid, gid } = await idsOf("postfix");
  await chown(join(config, "lib"), uid, gid);
  await writeFile(join(config, "main.cf"), `${mainCf(config, options).join("\n")}\n`);
  await writeFile(join(config, "master.cf"), `127.0.0.1:${port} inet n - n - - smtpd${SERVICES}`);
}

function mainCf(config: string, options: PostfixOptions): readonly string[] {
  return [
    "compatibility_level = 3.6",
    `queue_directory = ${config}/queue`,
    `data_directory = ${config}/lib`,
    `maillog_file = ${config}/mail.log`,
    `maillog_file_prefixes = ${options.folder}`,
    "mail_owner = postfix",
    "setgid_group = postdrop",
    "command_directory = /usr/sbin",
    "daemon_directory = /usr/lib/postfix/sbin",
    "myhostname = postfix.test.example",
    "inet_interfaces = 127.0.0.1",
    "inet_protocols = ipv4",
    "mynetworks = 127.0.0.0/8",
    "mydestination =",
    "local_recipient_maps =",
    "alias_maps =",
    "smtpd_relay_restrictions = permit_mynetworks, reject",
    "smtpd_peername_lookup = no",
    "smtp_dns_support_level = disabled",
    "smtp_host_lookup = native",
    `default_transport = ${options.next}`,
    `relay_transport = ${options.next}`,
    ...(options.settings ?? []),
  ];
}

async function stop(config: string, daemon: Daemon): Promise<void> {
  if (daemon.ended() === null) await run(POSTFIX, ["-c", config, "stop"]).catch(() => daemon.stop("SIGTERM"));
  await daemon.stop("SIGTERM");
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((entry) => entry.startsWith(`${user}:`));
  if (line === undefined) throw new Error(`there is no user ${user} on this machine`);
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}
