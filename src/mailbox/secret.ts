// A secret is read when it is needed and kept nowhere.

import { readFileSync } from "node:fs";
import { secretFromEnvironment } from "../config/env.ts";
import type { Secret } from "../config/imap.ts";
import { SignInTrouble } from "./trouble.ts";

/** Without the line end that editors leave. Throws `SignInTrouble` when there is none. */
export function readSecret(secret: Secret): string {
  const text = secret.kind === "environment" ? secretFromEnvironment(secret.name) : fromFile(secret.path);
  const trimmed = text?.replace(/[\r\n]+$/, "") ?? "";
  if (trimmed === "")
    throw new SignInTrouble("secret-missing", secret.kind === "environment" ? "variable-not-set" : "file-not-readable");
  return trimmed;
}

function fromFile(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
