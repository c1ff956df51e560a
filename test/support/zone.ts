// A zone of DNS as a value, out of fixtures/dns/zone.json, and mails signed with keys made for the test run.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sealMessage } from "mailauth/lib/arc/index.js";
import { dkimSign } from "mailauth/lib/dkim/sign.js";
import type { Resolve } from "../../src/proof/check.ts";

type Records = {
  readonly TXT?: readonly string[];
  readonly A?: readonly string[];
  readonly MX?: readonly { readonly exchange: string; readonly priority: number }[];
  /** Every question about the name ends so. */
  readonly fails?: string;
};

export type Zone = Readonly<Record<string, Records>>;

const FILE: Zone = JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/dns/zone.json"), "utf8"));
const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
const shortKeys = generateKeyPairSync("rsa", { modulusLength: 512 });
const edKeys = generateKeyPairSync("ed25519");

/** The zone with the public keys of the run under the selectors `s1`, `weak` and `ed`. */
export const ZONE: Zone = {
  ...FILE,
  ...Object.fromEntries(
    [
      "clinic.example",
      "mail.clinic.example",
      "strict.example",
      "sub.strict.example",
      "list.example",
      "other.example",
    ].map((domain) => [`s1._domainkey.${domain}`, keyRecord(keys.publicKey, "rsa")]),
  ),
  "weak._domainkey.clinic.example": keyRecord(shortKeys.publicKey, "rsa"),
  "ed._domainkey.clinic.example": {
    TXT: [
      `v=DKIM1; k=ed25519; p=${edKeys.publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("base64")}`,
    ],
  },
};

function keyRecord(key: KeyObject, kind: string): Records {
  return { TXT: [`v=DKIM1; k=${kind}; p=${key.export({ type: "spki", format: "der" }).toString("base64")}`] };
}

/** Asks the zone, as node:dns would answer. */
export function zoneResolver(zone: Zone): Resolve {
  return async (name, type) => {
    const records = zone[name.toLowerCase()];
    if (records === undefined) throw failure("ENOTFOUND");
    if (records.fails !== undefined) throw failure(records.fails);
    if (type === "TXT" && records.TXT) return records.TXT.map((text) => text.match(/.{1,255}/g) ?? [""]);
    if (type === "A" && records.A) return [...records.A];
    if (type === "MX" && records.MX) return records.MX as unknown as string[];
    throw failure("ENODATA");
  };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The private halves, PEM. */
export const PRIVATE = {
  s1: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  weak: shortKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ed: edKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
};

export type Signing = {
  readonly selector?: string;
  readonly expires?: Date;
  readonly maxBodyLength?: number;
  readonly canonicalization?: string;
  readonly headerList?: string[];
};

/** The mail with a DKIM-Signature of the domain on top. */
export async function signed(mail: string, domain: string, now: number, more: Signing = {}): Promise<string> {
  const { selector = "s1", ...rest } = more;
  const privateKey = selector === "weak" ? PRIVATE.weak : selector === "ed" ? PRIVATE.ed : PRIVATE.s1;
  const { signatures, errors } = await dkimSign(mail, {
    canonicalization: "relaxed/relaxed",
    signTime: new Date(now - 60_000),
    signatureData: [{ signingDomain: domain, selector, privateKey, ...rest }],
    ...rest,
  } as Parameters<typeof dkimSign>[1]);
  if (errors?.length) throw new Error(`not signed: ${errors[0]?.err.message}`);
  return signatures + mail;
}

/** The mail with an ARC set of the domain on top, the first or the next. */
export async function sealed(mail: string, domain: string, now: number, cv: "none" | "pass" = "none"): Promise<string> {
  const seal = {
    signingDomain: domain,
    selector: "s1",
    privateKey: PRIVATE.s1,
    cv,
    signTime: new Date(now - 30_000),
    authResults: `${domain}; dmarc=pass header.from=clinic.example`,
  };
  const set = await sealMessage(Buffer.from(mail), seal);
  if (set.length === 0) throw new Error("not sealed");
  return set.toString() + mail;
}
