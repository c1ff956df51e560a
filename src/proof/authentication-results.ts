// The Authentication-Results header (RFC 8601): ours as we write it, and that of a mail server we were told to believe.

import { type CheckResult, NO_PROOF, type Proof } from "../message.ts";
import { type Result, readResults } from "./results-header.ts";
import { headerText } from "./wanted.ts";
import { domainOf, isResult, plainName } from "./words.ts";

/** Signatures told of; a server that lists more lists somebody's attack. */
const SIGNATURES_MAX = 10;

/**
 * Our header, folded, in ASCII, with its last line end. `; none` when nothing was looked at.
 * @param mailFrom the envelope's sender, because of a null sender SPF looks at what the client calls itself
 */
export function authenticationResults(hostname: string, proof: Proof, mailFrom: string): string {
  const said = proof.source === "none" ? [] : methods(proof, mailFrom);
  return `Authentication-Results: ${authservId(hostname)};${said.length === 0 ? " none" : said.map((each) => `\r\n\t${each}`).join(";")}\r\n`;
}

function authservId(hostname: string): string {
  return /^[A-Za-z0-9._-]{1,255}$/.test(hostname) ? hostname : "unknown";
}

function methods({ spf, dkim, dmarc, arc }: Proof, mailFrom: string): readonly string[] {
  const signatures = dkim.map((each) =>
    method("dkim", each.result, [
      ["header.d", each.domain],
      ["header.s", each.selector],
    ]),
  );
  return [
    ...(spf.result === "none" && spf.domain === ""
      ? []
      : [method("spf", spf.result, [[mailFrom === "" ? "smtp.helo" : "smtp.mailfrom", spf.domain]])]),
    ...(signatures.length === 0 ? ["dkim=none"] : signatures),
    ...(dmarc.result === "none" && dmarc.domain === ""
      ? []
      : [
          method("dmarc", dmarc.result, [
            ["policy.dmarc", dmarc.policy],
            ["header.from", dmarc.domain],
          ]),
        ]),
    ...(arc.result === "none" ? [] : [`arc=${arc.result}`]),
  ];
}

function method(name: string, result: CheckResult, properties: readonly (readonly [string, string])[]): string {
  const told = properties.filter(([, value]) => value !== "" && plainName(value) === value);
  return [`${name}=${result}`, ...told.map(([property, value]) => `${property}=${value}`)].join(" ");
}

/**
 * What a mail server we named has found out, as its header tells. Only the topmost Authentication-Results counts:
 * whatever stands below may have come with the mail. Anything that is not well formed proves nothing.
 * @param authservId whom to believe, in lower case
 */
export function believedProof(raw: Uint8Array, authservId: string): Proof {
  const value = topmost(headerText(raw));
  const header = value === null ? null : readResults(value);
  if (header === null || header.authservId.toLowerCase() !== authservId.toLowerCase()) return NO_PROOF;
  const of = (name: string) => header.results.filter((each) => each.method === name && isResult(each.result));
  const [dmarc, ...moreDmarc] = of("dmarc");
  const spf = of("spf").find((each) => each.properties.has("smtp.mailfrom")) ?? of("spf")[0];
  return {
    source: "header",
    spf: { result: wordOf(spf), domain: domainOf(property(spf, "smtp.mailfrom", "smtp.helo")) },
    dkim: of("dkim")
      .filter((each) => each.result !== "none")
      .slice(0, SIGNATURES_MAX)
      .map((each) => ({
        result: wordOf(each),
        domain: domainOf(property(each, "header.d", "header.i")),
        selector: plainName(property(each, "header.s")),
      })),
    // Two verdicts about the one author: nobody can say which is his.
    dmarc:
      moreDmarc.length > 0
        ? { result: "permerror", domain: "", policy: "" }
        : {
            result: wordOf(dmarc),
            domain: domainOf(property(dmarc, "header.from")),
            policy: plainName(property(dmarc, "policy.dmarc")),
          },
    arc: { result: wordOf(of("arc")[0]), domain: "" },
  };
}

function wordOf(found: Result | undefined): CheckResult {
  return found !== undefined && isResult(found.result) ? found.result : "none";
}

function property(found: Result | undefined, ...names: readonly string[]): string {
  for (const name of names) {
    const value = found?.properties.get(name);
    if (value !== undefined) return value;
  }
  return "";
}

/** The value of the first header of the name, folds included; null when there is none. */
function topmost(header: string): string | null {
  const name = /^authentication-results[ \t]*:/im.exec(header);
  if (name === null) return null;
  const start = name.index + name[0].length;
  const end = /\n(?![ \t])/g;
  end.lastIndex = start;
  return Buffer.from(header.slice(start, end.exec(header)?.index ?? header.length), "latin1").toString();
}
