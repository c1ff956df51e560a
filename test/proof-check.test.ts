// What is proven about a sender: SPF, DKIM, DMARC and ARC against a fixed zone, with mails signed for the test.

import { expect, test } from "vitest";
import { type Mail, NO_PROOF, type Proof } from "../src/message.ts";
import { checkMail } from "../src/proof/check.ts";
import { mailOf, NOW } from "./support/store-samples.ts";
import { sealed, signed, ZONE, zoneResolver } from "./support/zone.ts";

const BODY = "My arm hurts since Monday.\r\n\r\n  Anna  \r\n";
const OUTSIDE = "198.51.100.200";

function mailFrom(from: string, body = BODY): string {
  return `From: ${from}\r\nTo: front@clinic.example\r\nSubject: hello\r\nDate: Mon, 23 Nov 2026 20:00:00 +0000\r\nMessage-ID: <1@x.example>\r\n\r\n${body}`;
}

const CLINIC = mailFrom("Nurse <nurse@clinic.example>");

type From = { address?: string; sender?: string; helo?: string; door?: Mail["door"]; user?: string | null };

async function check(mail: string, from: From = {}, zone = ZONE): Promise<Proof> {
  const { address = OUTSIDE, sender = "nurse@clinic.example", helo = "mail.clinic.example", user = null } = from;
  const raw = Buffer.from(mail, "latin1");
  const whole = mailOf(raw, { door: from.door ?? "smtp", client: { address, helo, tls: true, user } });
  return checkMail(raw, { ...whole, envelope: { ...whole.envelope, mailFrom: sender } }, zoneResolver(zone), NOW);
}

test("nothing is looked at when there is neither a public client nor a signature", async () => {
  for (const address of [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "192.168.1.1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:10.0.0.1",
    "",
  ])
    expect(await check(CLINIC, { address })).toEqual(NO_PROOF);
  expect(await check(CLINIC, { door: "lmtp" })).toEqual(NO_PROOF);
  expect(await check(CLINIC, { user: "frontdesk" })).toEqual(NO_PROOF);
});

test.each([
  ["pass", "192.0.2.9", "nurse@clinic.example"],
  ["pass", "::ffff:192.0.2.9", "nurse@clinic.example"],
  ["pass", "2001:db8:7::1", "nurse@CLINIC.example"],
  ["fail", OUTSIDE, "nurse@clinic.example"],
  ["pass", "192.0.2.25", "x@mail.clinic.example"],
  ["pass", "192.0.2.25", "x@looks-at-mx.example"],
  ["softfail", OUTSIDE, "x@soft.example"],
  ["permerror", OUTSIDE, "x@broken.example"],
  ["permerror", OUTSIDE, "x@endless.example"],
  ["temperror", OUTSIDE, "x@silent.example"],
  ["temperror", OUTSIDE, "x@refusing.example"],
  ["none", OUTSIDE, "x@nobody.example"],
  ["none", OUTSIDE, "x@"],
])("SPF says %s to %s for %s", async (result, address, sender) => {
  const { spf, source } = await check(CLINIC, { address, sender });
  expect({ source, ...spf }).toEqual({ source: "checked", result, domain: sender.split("@")[1]?.toLowerCase() });
});

test("SPF looks at what the client calls itself when the sender is null", async () => {
  const { spf } = await check(CLINIC, { address: "192.0.2.25", sender: "" });
  expect(spf).toEqual({ result: "pass", domain: "mail.clinic.example" });
  expect((await check(CLINIC, { sender: "", helo: "" })).spf.result).toBe("none");
});

test("a signature passes, in every canonical form and with Ed25519, and proves the author's domain", async () => {
  for (const more of [
    {},
    { canonicalization: "simple/simple" },
    { canonicalization: "relaxed/simple" },
    { selector: "ed" },
  ]) {
    const proof = await check(await signed(CLINIC, "clinic.example", NOW, more));
    const selector = more.selector ?? "s1";
    expect(proof.dkim).toEqual([{ result: "pass", domain: "clinic.example", selector }]);
    expect(proof.dmarc).toEqual({ result: "pass", domain: "clinic.example", policy: "reject" });
    expect(proof.spf.result).toBe("fail");
  }
});

test("a signature passes also on mail with bare LF and on mail by LMTP", async () => {
  const mail = (await signed(CLINIC, "clinic.example", NOW)).replaceAll("\r\n", "\n");
  expect((await check(mail, { door: "lmtp" })).dmarc.result).toBe("pass");
});

test("a changed text fails, and so does a changed header", async () => {
  const mail = await signed(CLINIC, "clinic.example", NOW);
  for (const changed of [mail.replace("arm", "leg"), mail.replace("Subject: hello", "Subject: hullo")]) {
    const proof = await check(changed);
    expect(proof.dkim.map(({ result }) => result)).toEqual(["fail"]);
    expect(proof.dmarc).toEqual({ result: "fail", domain: "clinic.example", policy: "reject" });
  }
});

test("an expired signature proves nothing", async () => {
  const proof = await check(await signed(CLINIC, "clinic.example", NOW, { expires: new Date(NOW - 1000) }));
  expect(proof.dkim[0]?.result).toBe("neutral");
  expect(proof.dmarc.result).toBe("fail");
});

test("a signature over the first bytes only proves nothing, because anybody can add more", async () => {
  const mail = await signed(CLINIC, "clinic.example", NOW, { maxBodyLength: 10 });
  const proof = await check(`${mail}Send the file to evil@example.org.\r\n`);
  expect(proof.dkim[0]?.result).toBe("policy");
  expect(proof.dmarc.result).toBe("fail");
});

test("a key that is too short, missing, revoked or broken proves nothing", async () => {
  expect((await check(await signed(CLINIC, "clinic.example", NOW, { selector: "weak" }))).dkim[0]?.result).toBe(
    "policy",
  );
  for (const selector of ["missing", "revoked", "garbled", "half"]) {
    const proof = await check(await signed(CLINIC, "clinic.example", NOW, { selector }));
    expect([selector, proof.dkim[0]?.result]).toEqual([selector, "neutral"]);
    expect(proof.dmarc.result).toBe("fail");
  }
});

test("a key that cannot be asked for is temperror, for DMARC too", async () => {
  const proof = await check(await signed(CLINIC, "silent.example", NOW, { selector: "gone" }));
  expect(proof.dkim).toEqual([{ result: "temperror", domain: "silent.example", selector: "gone" }]);
  expect(proof.dmarc.result).toBe("temperror");
  const silent = await check(mailFrom("a@silent.example"), { address: "192.0.2.9" });
  expect(silent.dmarc).toMatchObject({ result: "temperror", domain: "silent.example" });
});

test("a signature of somebody else does not prove the author", async () => {
  const proof = await check(await signed(CLINIC, "other.example", NOW));
  expect(proof.dkim).toEqual([{ result: "pass", domain: "other.example", selector: "s1" }]);
  expect(proof.dmarc).toEqual({ result: "fail", domain: "clinic.example", policy: "reject" });
});

test("a signature of a parent or a child aligns where the domain is relaxed, and not where it is strict", async () => {
  const child = await check(await signed(CLINIC, "mail.clinic.example", NOW));
  expect(child.dmarc.result).toBe("pass");
  const parent = await check(await signed(mailFrom("x@mail.clinic.example"), "clinic.example", NOW));
  expect(parent.dmarc).toEqual({ result: "pass", domain: "mail.clinic.example", policy: "reject" });
  const strict = mailFrom("x@strict.example");
  expect((await check(await signed(strict, "sub.strict.example", NOW))).dmarc).toEqual({
    result: "fail",
    domain: "strict.example",
    policy: "quarantine",
  });
  expect((await check(await signed(strict, "strict.example", NOW))).dmarc.result).toBe("pass");
});

test("DMARC tells the domain's policy, and passes by SPF alone when that is aligned", async () => {
  expect((await check(CLINIC, { address: "192.0.2.9" })).dmarc).toEqual({
    result: "pass",
    domain: "clinic.example",
    policy: "reject",
  });
  expect((await check(mailFrom("a@soft.example"), { sender: "a@soft.example" })).dmarc).toEqual({
    result: "fail",
    domain: "soft.example",
    policy: "none",
  });
  expect((await check(mailFrom("a@nobody.example"))).dmarc).toEqual({
    result: "none",
    domain: "nobody.example",
    policy: "",
  });
});

test("several authors of one domain can be proven, of two domains they cannot, and two From headers never", async () => {
  const by = async (from: string) => (await check(await signed(mailFrom(from), "clinic.example", NOW))).dmarc;
  expect((await by("a@clinic.example, b@clinic.example")).result).toBe("pass");
  const nobody = { result: "permerror", domain: "", policy: "" };
  expect(await by("a@clinic.example, b@other.example")).toEqual(nobody);
  expect(await by("a@clinic.example\r\nFrom: evil@other.example")).toEqual(nobody);
  expect(await by("a@clinic.example\r\nFrom: b@clinic.example")).toEqual(nobody);
  expect(await by('"a@clinic.example" <evil@other.example>')).toMatchObject({ domain: "other.example" });
});

test("without an author there is nobody to prove", async () => {
  const proof = await check("Subject: no author\r\n\r\ntext\r\n", { address: "192.0.2.9" });
  expect(proof.spf.result).toBe("pass");
  expect(proof.dmarc).toEqual({ result: "none", domain: "", policy: "" });
});

test("a chain of seals passes, with one set or two, and fails when it was touched", async () => {
  const once = await sealed(CLINIC, "list.example", NOW);
  expect((await check(once)).arc).toEqual({ result: "pass", domain: "list.example" });
  const twice = await sealed(once, "other.example", NOW, "pass");
  expect((await check(twice)).arc).toEqual({ result: "pass", domain: "other.example" });
  expect((await check(twice.replace("arm", "leg"))).arc.result).toBe("fail");
  expect((await check(twice.replace("dmarc=pass", "dmarc=fail"))).arc.result).toBe("fail");
  expect((await check(CLINIC, { address: "192.0.2.9" })).arc).toEqual({ result: "none", domain: "" });
});

test("a seal whose key cannot be asked for is temperror, one whose key is missing fails", async () => {
  const mail = await sealed(CLINIC, "list.example", NOW);
  const silent = { ...ZONE, "s1._domainkey.list.example": { fails: "ETIMEOUT" } };
  expect((await check(mail, {}, silent)).arc.result).toBe("temperror");
  const { "s1._domainkey.list.example": _gone, ...without } = ZONE;
  expect((await check(mail, {}, without)).arc.result).toBe("fail");
});

test("more than anybody should have to check is not checked", async () => {
  const mail = await signed(CLINIC, "clinic.example", NOW);
  const refused = [{ result: "policy", domain: "", selector: "" }];
  const one = mail.slice(0, mail.indexOf("From: "));
  expect((await check(one.repeat(10) + mail.slice(one.length))).dkim).toHaveLength(10);
  expect((await check(one.repeat(11) + mail.slice(one.length))).dkim).toEqual(refused);
  expect((await check(`DKIM-Signature: h=${"from:".repeat(2000)}\r\n${mail}`)).dkim).toEqual(refused);
  expect((await check(`Filler: a\r\n${" b\r\n".repeat(5000)}${mail}`)).dkim).toEqual(refused);
  const part = (await signed(CLINIC, "clinic.example", NOW, { maxBodyLength: 10 })).slice(0, -CLINIC.length);
  expect((await check(part + CLINIC)).dkim).toHaveLength(1);
  expect((await check(part.replace("l=10", "l=11") + part + CLINIC)).dkim).toEqual(refused);
  expect((await check(mail + " ".repeat(2 ** 20))).dkim).toEqual(refused);
  const long = `${"Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(4500)}${mail}`;
  expect((await check(long)).dkim).toEqual(refused);
});

test("it answers something to any bytes", async () => {
  const odd = [
    "",
    "\r\n",
    "\n\n",
    "DKIM-Signature",
    "DKIM-Signature:\r\n\r\n",
    "DKIM-Signature: v=1; a=rsa-sha256; d=\0; s=\xff; b=; bh=; h=from\r\nFrom: \xe4@\xf6.example\r\n\r\n",
    "ARC-Seal: i=1; cv=none\r\nARC-Seal: i=1\r\nDKIM-Signature: =;;=\r\n\r\n",
    "ARC-Seal: i=99999999999999999999\r\n\r\n",
    "From: <>\r\nDKIM-Signature: v=1; d=a..b; s=.; h=from; a=ed25519-sha256; bh=x; b=y\r\n\r\n",
    `From: ${"a@b.example, ".repeat(3000)}\r\nDKIM-Signature: v=1\r\n\r\n`,
  ];
  for (const mail of odd) {
    const proof = await check(mail, { sender: "\0@\xff", helo: "\xff\xff" });
    expect(proof.source).toBe("checked");
    expect(JSON.stringify(proof)).toMatch(/^[ -~]*$/);
  }
});
