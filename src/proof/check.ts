// SPF, DKIM, ARC and DMARC of one mail, with DNS and the time handed in: the same answers of DNS give the same proof.
// The RFCs are followed strictly, as mailauth can: a proof that staff are believed by must not be a lenient one.

import { arc } from "mailauth/lib/arc/index.js";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { dmarc } from "mailauth/lib/dmarc/index.js";
import { spf } from "mailauth/lib/spf/index.js";
import { type CheckResult, NO_PROOF, type Proof } from "../message.ts";
import { plainAddress } from "./networks.ts";
import { HEADER_BYTES_MAX, headerText, type Sender, view, wanted } from "./wanted.ts";
import { domainOf, isResult, plainName } from "./words.ts";

/**
 * Asks DNS. Rejects with a `code`: ENOTFOUND and ENODATA mean there is no such record, everything else that it could
 * not be found out. MX answers are objects, as node:dns gives them.
 */
export type Resolve = (name: string, type: string) => Promise<string[] | string[][]>;

/** More signatures than this are nobody's honest mail; each costs a hash of the whole body. */
const SIGNATURES_MAX = 10;
/** ... unless they agree on what of the body they hash; hardly anybody signs a part of it (l=), and no two on one mail. */
const LENGTH_TAGS_MAX = 1;
const LENGTH_TAG = /[;:][ \t\r\n]*l[ \t\r\n]*=/i;
/** A signature is about 1 KB. Its list of fields is looked up in all headers, so a long one is work squared. */
const SIGNATURE_BYTES_MAX = 8 * 1024;
/** Lines of a header block with signatures: mailauth unfolds in steps squared; a thousand recipients are 1,000 lines. */
const HEADER_LINES_MAX = 5000;
/** Sets of an ARC chain: RFC 8617 4.2.1 allows 50; each has three headers. */
const ARC_HEADERS_MAX = 150;
/** RFC 5322 2.1.1 allows 998 characters; mailauth copies a line again with every piece of it that comes. */
const LINE_BYTES_MAX = 1024 * 1024;
const NO_RECORD: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

const SIGNATURE_FIELD = /^(dkim|arc)-(?:signature|seal|message-signature|authentication-results)[ \t]*(?::|\r?$)/gim;

type Dkim = Awaited<ReturnType<typeof dkimVerify>>;
type Fact<Key extends keyof Proof> = Proof[Key];

/** What is proven about the sender of a mail. Never rejects. */
export async function checkMail(raw: Uint8Array, sender: Sender, resolve: Resolve, now: number): Promise<Proof> {
  const want = wanted(raw, sender);
  if (!want.spf && !want.signed) return NO_PROOF;
  const dns = watched(resolve);
  const [spfFact, signatures] = await Promise.all([
    want.spf ? checkSpf(sender, dns.resolve) : NO_PROOF.spf,
    readSignatures(raw, want.headerBytes, want.signed, dns.resolve, now),
  ]);
  if (signatures === null) return { ...refused(), spf: spfFact };
  const dkim = dkimFacts(signatures);
  const arcFact = await checkArc(signatures, dns);
  const dmarcFact = await checkDmarc(signatures, spfFact, dkim, dns.resolve);
  return { source: "checked", spf: spfFact, dkim, dmarc: dmarcFact, arc: arcFact };
}

/** Signatures nobody can be asked to look at: not checked, and so no proof. */
function refused(): Omit<Proof, "spf"> {
  return {
    source: "checked",
    dkim: [{ result: "policy", domain: "", selector: "" }],
    dmarc: { result: "permerror", domain: "", policy: "" },
    arc: NO_PROOF.arc,
  };
}

type Watched = { readonly resolve: Resolve; readonly keysMissed: () => boolean };

/** Remembers whether the key of a signature could not be asked for, because ARC calls every failure final. */
function watched(resolve: Resolve): Watched {
  let missed = false;
  const ask: Resolve = async (name, type) => {
    const isKey = /\._domainkey\./i.test(name);
    try {
      return await resolve(name, type);
    } catch (error) {
      if (!isKey || NO_RECORD.has(codeOf(error))) throw error;
      // A name that cannot be asked for has no record; anything else may have one.
      if (codeOf(error) === "EBADNAME") throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
      missed = true;
      throw error;
    }
  };
  return { resolve: ask, keysMissed: () => missed };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

async function checkSpf({ client, envelope }: Sender, resolver: Resolve): Promise<Fact<"spf">> {
  const domain = domainOf(envelope.mailFrom === "" ? client.helo : envelope.mailFrom);
  try {
    const helo = client.helo === "" ? "unknown" : client.helo;
    const ip = plainAddress(client.address);
    const { status } = await spf({ sender: envelope.mailFrom, ip, helo, mta: "unknown", resolver, strict: true });
    return { result: resultOf(status.result), domain };
  } catch {
    return { result: "permerror", domain };
  }
}

/** Null when there are more, or larger, than anybody should have to check. Without signatures only From is read. */
async function readSignatures(
  raw: Uint8Array,
  headerBytes: number,
  signed: boolean,
  resolver: Resolve,
  now: number,
): Promise<Dkim | null> {
  if (headerBytes > HEADER_BYTES_MAX || isUnreasonable(headerText(raw))) return null;
  const bytes = signed ? withCrlf(raw) : view(raw).subarray(0, headerBytes);
  if (bytes === null) return null;
  try {
    return await dkimVerify(bytes, { resolver, curTime: new Date(now), strict: true });
  } catch {
    return null;
  }
}

function isUnreasonable(header: string): boolean {
  let lines = 0;
  for (let at = header.indexOf("\n"); at >= 0; at = header.indexOf("\n", at + 1)) lines += 1;
  if (lines > HEADER_LINES_MAX) return true;
  const starts = [...header.matchAll(SIGNATURE_FIELD)];
  const signatures = starts.filter(([, kind]) => kind?.toLowerCase() === "dkim").length;
  if (signatures > SIGNATURES_MAX || starts.length - signatures > ARC_HEADERS_MAX) return true;
  const fields = starts.map(({ index }) => header.slice(index, fieldEnd(header, index)));
  const limited = fields.filter((field) => LENGTH_TAG.test(field)).length;
  return limited > LENGTH_TAGS_MAX || fields.some((field) => field.length > SIGNATURE_BYTES_MAX);
}

/** Where a header field that begins here ends: at the first line that is not folded. */
function fieldEnd(header: string, start: number): number {
  const next = /\n(?![ \t])/g;
  next.lastIndex = start;
  return next.exec(header)?.index ?? header.length;
}

/**
 * mailauth takes a bare LF for a piece of its own, which for a large mail of LF takes seconds; so they are made CRLF.
 * Null when a line is too long to be checked.
 */
function withCrlf(raw: Uint8Array): Buffer | null {
  const bytes = view(raw);
  let bare = 0;
  let last = -1;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (at - last > LINE_BYTES_MAX) return null;
    if (bytes[at - 1] !== 13) bare += 1;
    last = at;
  }
  if (bytes.length - last > LINE_BYTES_MAX) return null;
  if (bare === 0) return bytes;
  const lines = Buffer.allocUnsafe(bytes.length + bare);
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 10 && bytes[at - 1] !== 13) lines[to++] = 13;
    lines[to++] = byte;
  }
  return lines;
}

function dkimFacts({ results }: Dkim): Fact<"dkim"> {
  return results
    .filter(({ signingDomain, selector, status }) => signingDomain || selector || status.result !== "none")
    .map(({ signingDomain, selector, status }) => ({
      // A signature of only the first bytes (l=) lets anybody add more below.
      result: status.underSized === undefined || status.underSized === 0 ? resultOf(status.result) : "policy",
      domain: plainName(signingDomain ?? ""),
      selector: plainName(selector ?? ""),
    }));
}

async function checkArc(signatures: Dkim, { resolve, keysMissed }: Watched): Promise<Fact<"arc">> {
  const chain = signatures.arc;
  if (chain === undefined) return NO_PROOF.arc;
  const seal: unknown = chain.lastEntry?.["arc-seal"];
  const domain = plainName(sealDomain(seal));
  try {
    // mailauth's types disagree about a chain that is not there; its code takes `false`.
    const { status } = await arc(chain as Parameters<typeof arc>[0], { resolver: resolve, strict: true });
    const result = resultOf(status.result);
    return { result: result === "fail" && keysMissed() ? "temperror" : result, domain };
  } catch {
    return { result: "permerror", domain };
  }
}

function sealDomain(seal: unknown): string {
  const { parsed } = (seal ?? {}) as { parsed?: { d?: { value?: unknown } } };
  return typeof parsed?.d?.value === "string" ? parsed.d.value : "";
}

async function checkDmarc(
  { headerFrom, fromFields }: Dkim,
  spfFact: Fact<"spf">,
  dkim: Fact<"dkim">,
  resolver: Resolve,
): Promise<Fact<"dmarc">> {
  if (headerFrom.length === 0) return NO_PROOF.dmarc;
  const spfDomains = spfFact.result === "pass" ? [spfFact.domain] : [];
  const dkimDomains = dkim.filter(({ result }) => result === "pass").map(({ domain }) => ({ domain }));
  try {
    const answer = await dmarc({ headerFrom, fromFields, spfDomains, dkimDomains, resolver, strict: true });
    // Several authors of several domains, or several From fields: there is nobody to be proven (RFC 9989 5.3.1).
    if (!answer) return { result: "permerror", domain: "", policy: "" };
    const result = resultOf(answer.status.result);
    const unsure = [spfFact, ...dkim].some((each) => each.result === "temperror");
    return {
      // What could not be asked might have passed and been aligned.
      result: result === "fail" && unsure ? "temperror" : result,
      domain: plainName(answer.status.header?.from ?? ""),
      policy: typeof answer.policy === "string" ? answer.policy : "",
    };
  } catch {
    return { result: "permerror", domain: "", policy: "" };
  }
}

function resultOf(word: unknown): CheckResult {
  return typeof word === "string" && isResult(word) ? word : "permerror";
}
