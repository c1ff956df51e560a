// A Dovecot of our own for one user, as a plain user's process on ports of its own: serves a Maildir by IMAP,
// so that tests see what a mail client sees.

import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, startDaemon, untilListening } from "./daemon.ts";
import { asPeer, type PeerUser, peerUser } from "./peer-user.ts";

export type Dovecot = AsyncDisposable & {
  readonly port: number;
  /** The Maildir the user sees as INBOX; owned by the user Dovecot runs as. */
  readonly maildir: string;
  readonly login: { readonly user: string; readonly password: string };
  /** Hands files put into the Maildir by others to Dovecot's user. */
  own(): Promise<void>;
  output(): string;
};

const run = promisify(execFile);
const DOVECOT = "/usr/sbin/dovecot";
const LOGIN = { user: "alice", password: "secret" };

/** What the server is to be able to do, as Dovecot's settings say it; such as `imap_capability = …`. */
export type DovecotOptions = { readonly port?: number; readonly settings?: string };

/** @param folder a folder of its own */
export async function startDovecot(folder: string, options: DovecotOptions = {}): Promise<Dovecot> {
  const user = peerUser();
  const port = options.port ?? (await freePort());
  const home = join(folder, "dovecot");
  const maildir = join(home, "mail", LOGIN.user);
  await chmod(folder, 0o755);
  for (const part of ["run", "state"]) await mkdir(join(home, part), { recursive: true });
  for (const part of ["tmp", "new", "cur"]) await mkdir(join(maildir, part), { recursive: true });
  await writeFile(join(home, "users"), `${LOGIN.user}:{PLAIN}${LOGIN.password}::::::\n`);
  await writeFile(join(home, "dovecot.conf"), configuration(home, user, port) + (options.settings ?? ""));
  const own = async (): Promise<void> => {
    if (process.getuid?.() === 0) await run("chown", ["-R", `${user.uid}:${user.gid}`, home]);
  };
  await own();
  const [program, ...args] = asPeer(user, [DOVECOT, "-F", "-c", join(home, "dovecot.conf")]);
  const daemon = startDaemon(program, args);
  await untilListening(daemon, port);
  return {
    port,
    maildir,
    login: LOGIN,
    own,
    output: daemon.output,
    [Symbol.asyncDispose]: () => daemon.stop("SIGTERM"),
  };
}

function configuration(home: string, user: PeerUser, port: number): string {
  return `
base_dir = ${home}/run
state_dir = ${home}/state
log_path = /dev/stderr
info_log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = ${user.name}
default_internal_group = ${user.group}
default_login_user = ${user.name}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:${home}/mail/%u
passdb {
  driver = passwd-file
  args = ${home}/users
}
userdb {
  driver = static
  args = uid=${user.uid} gid=${user.gid} home=${home}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service auth {
  user = ${user.name}
}
service auth-worker {
  user = ${user.name}
}
`;
}
