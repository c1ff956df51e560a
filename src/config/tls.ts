// Certificate and key, read and tried out together, so that a broken one is found now and not by the first patient.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import type { Locate, Problem } from "./yaml.ts";

/** The files' contents, PEM. */
export type TlsFiles = { readonly certificate: Buffer; readonly key: Buffer };

/** The files under `tls:`, or null with every mistake pushed to `wrong`. Paths are relative to `base`. */
export function readTls(
  files: { readonly certificate: string; readonly key: string },
  base: string,
  problem: Locate,
  wrong: Problem[],
): TlsFiles | null {
  const [certificate, key] = (["certificate", "key"] as const).map((name) => {
    try {
      return readFileSync(resolve(base, files[name]));
    } catch {
      wrong.push(problem(["tls", name], "this file cannot be read; write the path of a PEM file this user may read"));
      return null;
    }
  });
  if (!certificate || !key) return null;
  const found = [certificateTrouble(certificate), keyTrouble(key)] as const;
  for (const [index, name] of (["certificate", "key"] as const).entries()) {
    const trouble = found[index];
    if (trouble) wrong.push(problem(["tls", name], trouble));
  }
  if (found.some((trouble) => trouble !== null)) return null;
  if (!belongTogether(certificate, createPrivateKey(key))) {
    wrong.push(problem(["tls", "key"], "this key belongs to another certificate; write the one made with it"));
    return null;
  }
  return { certificate, key };
}

function certificateTrouble(pem: Buffer): string | null {
  try {
    createSecureContext({ cert: pem });
    return null;
  } catch {
    return "this file holds no certificate that can be read; write a PEM file that begins with BEGIN CERTIFICATE";
  }
}

function keyTrouble(pem: Buffer): string | null {
  if (pem.includes("ENCRYPTED"))
    return "this key is locked with a passphrase; write a file without one that only the gateway's user may read";
  try {
    createPrivateKey(pem);
    return null;
  } catch {
    return "this file holds no private key that can be read; write a PEM file that begins with BEGIN PRIVATE KEY";
  }
}

/** The first certificate of the file is the server's own; others are the chain above it. */
function belongTogether(certificate: Buffer, key: KeyObject): boolean {
  return new X509Certificate(certificate).checkPrivateKey(key);
}
