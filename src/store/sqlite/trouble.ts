// What the database's error codes mean to the gateway: one place, and a sentence that says what to do.

import type { StoreTrouble } from "../store.ts";
import type { Answer, Trouble } from "./thread-words.ts";

/** Trouble met inside a thread, before it crosses to the client as a `Trouble`. */
export class ThreadTrouble extends Error {
  readonly reason: StoreTrouble["reason"];
  constructor(reason: StoreTrouble["reason"], message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** The answer to a call that failed: trouble of the machine, or a mistake in the call. */
export function answerOf(error: unknown, folder: string): Answer {
  return troubleOf(error, folder) ?? { kind: "mistake", message: messageOf(error), detail: detailOf(error) };
}

/** The trouble an error stands for; null when it is none of the machine's doing. */
export function troubleOf(error: unknown, folder: string): Trouble | null {
  if (error instanceof ThreadTrouble) {
    return { kind: "trouble", reason: error.reason, message: error.message, detail: detailOf(error.cause) };
  }
  const code = codeOf(error);
  const meaning = meaningOf(code, folder);
  if (meaning === null) return null;
  return { kind: "trouble", ...meaning, detail: `${code}: ${messageOf(error)}` };
}

type Meaning = { readonly reason: StoreTrouble["reason"]; readonly message: string };

function meaningOf(code: string, folder: string): Meaning | null {
  const [name, ...rest] = code.split("_").slice(1);
  if (code === "ENOSPC" || code === "EDQUOT") return fullIn(folder);
  if (/^E[A-Z]+$/.test(code)) return closedFolder(folder);
  switch (name ?? "") {
    case "FULL":
      return fullIn(folder);
    case "BUSY":
    case "LOCKED":
      return { reason: "busy", message: `Another program holds the store in ${folder}. Close it, or try again soon.` };
    case "IOERR":
      return {
        reason: "broken",
        message: `The disk under ${folder} does not read or write (${rest.join(" ").toLowerCase() || "error"}). Look at the system log and at the disk.`,
      };
    case "CORRUPT":
    case "NOTADB":
      return {
        reason: "broken",
        message: `The store in ${folder} is damaged. Stop the gateway, keep a copy of the folder, and restore the last backup.`,
      };
    case "CANTOPEN":
    case "READONLY":
    case "PERM":
    case "AUTH":
      return closedFolder(folder);
    case "NOMEM":
      return { reason: "broken", message: "There is no memory left for the store. Give the gateway more memory." };
    default:
      return null;
  }
}

function fullIn(folder: string): Meaning {
  return { reason: "full", message: `The disk under ${folder} is full. Make room; the gateway goes on by itself.` };
}

function closedFolder(folder: string): Meaning {
  const message = `The folder ${folder} cannot be read and written by this user. Check its owner and permissions.`;
  return { reason: "broken", message };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : "";
}
