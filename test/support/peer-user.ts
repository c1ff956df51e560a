// The plain user some real programs want to run as: the machine's own where there is one, else whoever we are.

import { readFileSync } from "node:fs";

export type PeerUser = { readonly name: string; readonly group: string; readonly uid: number; readonly gid: number };

/** `.ci/run` makes the first; every Debian has the second. */
const NAMES = ["mailward-peer", "nobody"];

/** For root: a user without powers. For anybody else: that user. */
export function peerUser(): PeerUser {
  const entries = rows("/etc/passwd");
  const uid = process.getuid?.() ?? 0;
  const wanted = uid === 0 ? NAMES : [entries.find((entry) => Number(entry[2]) === uid)?.[0] ?? ""];
  const found = wanted.map((name) => entries.find((entry) => entry[0] === name)).find((entry) => entry !== undefined);
  if (found === undefined) throw new Error(`this machine has no user ${wanted.join(" or ")}`);
  const [name = "", , uidText, gidText] = found;
  const group = rows("/etc/group").find((entry) => entry[2] === gidText)?.[0] ?? name;
  return { name, group, uid: Number(uidText), gid: Number(gidText) };
}

/** The command as root must say it to have the plain user run it; for anybody else the command itself. */
export function asPeer(user: PeerUser, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  if (process.getuid?.() !== 0) return command;
  return ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", ...command];
}

function rows(file: string): string[][] {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
}
