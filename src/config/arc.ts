// The key our forwards are sealed with: `arc:` in the configuration file.

import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { isDomain } from "./addresses.ts";
import type { Locate, Problem } from "./yaml.ts";

/** RFC 8301 3.2: a shorter RSA key proves nothing. */
const RSA_BITS_MIN = 1024;

export type ArcSettings = { readonly domain: string; readonly selector: string; readonly privateKey: string };

export const arcSchema = z.strictObject({
  domain: z.string().refine(isDomain, "write the domain the key is published under, such as clinic.example"),
  selector: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/, "write the selector of the key's record, such as arc2026"),
  key: z.string().min(1).meta({ example: "key: arc.pem" }),
});

/** The settings with the key's file read, or null with the mistake pushed to `wrong`. The path is relative to `base`. */
export function readArc(
  written: z.infer<typeof arcSchema>,
  base: string,
  problem: Locate,
  wrong: Problem[],
): ArcSettings | null {
  const mistake = (text: string): null => {
    wrong.push(problem(["arc", "key"], text));
    return null;
  };
  try {
    const privateKey = readFileSync(resolve(base, written.key), "utf8");
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(privateKey);
    if (type !== "rsa" && type !== "ed25519") return mistake(`a ${type} key cannot seal; write the file of an RSA key`);
    if (type === "rsa" && (details?.modulusLength ?? 0) < RSA_BITS_MIN)
      return mistake(`this RSA key is too short to be believed; make one of 2048 bits`);
    return { domain: written.domain.toLowerCase(), selector: written.selector, privateKey };
  } catch {
    return mistake(
      "this file holds no private key that can be read; write a PEM file that begins with BEGIN PRIVATE KEY",
    );
  }
}
