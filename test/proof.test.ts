// The prover: a thread of its own that asks DNS, and that neither a silent server nor a hostile mail can stop.

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Mail, NO_PROOF } from "../src/message.ts";
import { openPatience } from "../src/proof/patience.ts";
import { type ProverOptions, startProver } from "../src/proof/proof.ts";
import { UNKNOWN_PROOF } from "../src/proof/unknown.ts";
import { startDns } from "./support/dns.ts";
import { mailOf } from "./support/store-samples.ts";
import { until } from "./support/wait.ts";
import { signed, ZONE } from "./support/zone.ts";

const CLINIC = "From: nurse@clinic.example\r\nTo: front@clinic.example\r\nSubject: hello\r\n\r\nMy arm hurts.\r\n";
/** Nothing here takes so long; only a prover that does not keep its word is stopped by it. */
const FOREVER_MS = 30_000;

function from(address: string, door: Mail["door"] = "smtp"): Mail {
  const mail = mailOf(Buffer.from(""), { door, client: { address, helo: "x.example", tls: false, user: null } });
  return { ...mail, envelope: { ...mail.envelope, mailFrom: "nurse@clinic.example" } };
}

const OUTSIDE = from("198.51.100.200");
const INSIDE = from("192.168.1.20", "lmtp");

function proverAt(server: string, more: Partial<ProverOptions> = {}) {
  const events: string[] = [];
  const note = (event: string, fields?: { reason?: string }) =>
    void events.push(fields?.reason === undefined ? event : `${event} ${fields.reason}`);
  const log = { debug: note, info: note, warn: note, error: note };
  const resolver = { kind: "servers", servers: [server] } as const;
  const prover = startProver({
    check: true,
    resolver,
    limitMs: FOREVER_MS,
    believe: null,
    log,
    now: Date.now,
    ...more,
  });
  return Object.assign(prover, { events });
}

test("SPF, DKIM and DMARC are asked for and answered over the network", async () => {
  await using dns = await startDns(ZONE);
  await using prover = proverAt(dns.address);
  const mail = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  expect(await prover.check(mail, OUTSIDE)).toEqual({
    source: "checked",
    spf: { result: "fail", domain: "clinic.example" },
    dkim: [{ result: "pass", domain: "clinic.example", selector: "s1" }],
    dmarc: { result: "pass", domain: "clinic.example", policy: "reject" },
    arc: { result: "none", domain: "" },
  });
  expect(await prover.check(mail, from("192.0.2.3"))).toMatchObject({ spf: { result: "pass" } });
  expect(await prover.check(Buffer.from(CLINIC), OUTSIDE)).toMatchObject({ dkim: [], dmarc: { result: "fail" } });
  const touched = Buffer.from(mail.toString().replace("arm", "leg"));
  expect(await prover.check(touched, INSIDE)).toMatchObject({ dkim: [{ result: "fail" }], dmarc: { result: "fail" } });
});

test("what DNS has answered is not asked again, and many who ask at the same time ask once", async () => {
  await using dns = await startDns(ZONE, "slow");
  await using prover = proverAt(dns.address);
  const mail = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  const proofs = await Promise.all(Array.from({ length: 20 }, () => prover.check(mail, INSIDE)));
  expect(new Set(proofs.map(({ dmarc }) => dmarc.result))).toEqual(new Set(["pass"]));
  await prover.check(mail, INSIDE);
  expect(dns.questions.filter((question) => question === "TXT s1._domainkey.clinic.example")).toHaveLength(1);
});

test("mail of nobody outside and without a signature is answered at once, without a thread and without DNS", async () => {
  await using dns = await startDns(ZONE);
  await using prover = proverAt(dns.address, { workerUrl: new URL("./support/dead-worker.ts", import.meta.url) });
  for (const mail of [INSIDE, from("127.0.0.1"), from("198.51.100.1", "submission"), from("", "imap")])
    expect(await prover.check(Buffer.from(CLINIC), mail)).toBe(NO_PROOF);
  await using off = proverAt(dns.address, { check: false });
  expect(await off.check(Buffer.from(CLINIC), OUTSIDE)).toBe(NO_PROOF);
  expect(dns.questions).toEqual([]);
});

test.each(["servfail", "garbage"] as const)("a DNS server that says %s is temperror", async (mode) => {
  await using dns = await startDns(ZONE, mode);
  await using prover = proverAt(dns.address, { limitMs: 2000 });
  const mail = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  expect(await prover.check(mail, OUTSIDE)).toMatchObject({
    spf: { result: "temperror", domain: "clinic.example" },
    dkim: [{ result: "temperror", domain: "clinic.example" }],
    dmarc: { result: "temperror", domain: "clinic.example" },
  });
});

test("a dead DNS server is temperror within the limit, what was asked is told, and many wait together", async () => {
  await using dns = await startDns(ZONE, "dead");
  await using prover = proverAt(dns.address, { limitMs: 1000 });
  const mail = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  await prover.check(mail, INSIDE); // starts the thread
  const started = performance.now();
  const proofs = await Promise.all(Array.from({ length: 50 }, () => prover.check(mail, OUTSIDE)));
  expect(performance.now() - started).toBeLessThan(FOREVER_MS / 2);
  for (const proof of proofs) expect([proof.spf.result, proof.dmarc.result]).toEqual(["temperror", "temperror"]);
  expect(prover.replaced).toBe(0);
  expect(prover.events).toEqual(["dns-silent"]);
  dns.mode = "answers";
  await until("DNS is heard again", async () => {
    await prover.check(mail, OUTSIDE);
    return prover.events.includes("dns-answering");
  });
  expect(await prover.check(mail, OUTSIDE)).toMatchObject({ dmarc: { result: "pass" } });
});

test.each([
  ["dies", "proof-crashed"],
  ["throws", "proof-crashed"],
  ["hangs", "proof-stuck"],
])("a mail on which the thread %s is unknown, and the next is checked by another thread", async (poison, reason) => {
  await using dns = await startDns(ZONE);
  const workerUrl = new URL("./support/odd-prover.ts", import.meta.url);
  await using prover = proverAt(dns.address, { workerUrl, limitMs: 4000 });
  const mail = await signed(CLINIC, "clinic.example", Date.now());
  const good = Buffer.from(mail);
  expect(await prover.check(good, INSIDE)).toMatchObject({ dmarc: { result: "pass" } });
  expect(await prover.check(Buffer.from(`X-Poison: ${poison}\r\n${mail}`), INSIDE)).toEqual(UNKNOWN_PROOF);
  await until("the thread is replaced", () => prover.replaced === 1);
  await until("a good mail is checked", async () => (await prover.check(good, INSIDE)).dmarc.result === "pass");
  expect(prover.events).toContain(`prover-replaced ${reason}`);
});

test("a thread that cannot start leaves every check unknown within the limit, and is not started all day", async () => {
  const workerUrl = new URL("./support/dead-worker.ts", import.meta.url);
  await using prover = proverAt("127.0.0.1:9", { workerUrl, limitMs: 300 });
  const proofs = await Promise.all(Array.from({ length: 10 }, () => prover.check(Buffer.from(CLINIC), OUTSIDE)));
  for (const proof of proofs) expect(proof).toEqual(UNKNOWN_PROOF);
  expect(prover.replaced).toBeLessThan(3);
});

test("what is under way when the prover ends is answered", async () => {
  await using dns = await startDns(ZONE, "dead");
  const prover = proverAt(dns.address);
  const checks = [1, 2, 3].map(() => prover.check(Buffer.from(CLINIC), OUTSIDE));
  await sleep(1);
  await prover[Symbol.asyncDispose]();
  expect(await Promise.all(checks)).toEqual([UNKNOWN_PROOF, UNKNOWN_PROOF, UNKNOWN_PROOF]);
  expect(await prover.check(Buffer.from(CLINIC), OUTSIDE)).toEqual(UNKNOWN_PROOF);
});

test("a large mail is checked, and one that hangs its thread leaves small ones alone", async () => {
  await using dns = await startDns(ZONE);
  const workerUrl = new URL("./support/odd-prover.ts", import.meta.url);
  await using prover = proverAt(dns.address, { workerUrl });
  const large = await signed(`${CLINIC}${"Since Monday it hurts.\r\n".repeat(60_000)}`, "clinic.example", Date.now());
  expect(await prover.check(Buffer.from(large), INSIDE)).toMatchObject({ dmarc: { result: "pass" } });
  const hangs = prover.check(Buffer.from(`X-Poison: hangs\r\n${large}`), INSIDE);
  const small = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  expect(await prover.check(small, INSIDE)).toMatchObject({ dmarc: { result: "pass" } });
  expect(prover.replaced).toBe(0);
  await prover[Symbol.asyncDispose]();
  expect(await hangs).toEqual(UNKNOWN_PROOF);
});

test("the bytes handed in stay as they were, also when they are part of a larger block", async () => {
  await using dns = await startDns(ZONE);
  await using prover = proverAt(dns.address);
  const mail = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  const block = Buffer.concat([Buffer.from("before"), mail, Buffer.from("behind")]);
  const before = Buffer.from(block);
  const part = block.subarray(6, 6 + mail.length);
  expect(await prover.check(part, INSIDE)).toMatchObject({ dmarc: { result: "pass" } });
  expect(block.equals(before)).toBe(true);
});

test("mail by LMTP or IMAP is believed what the named server says on top, and is checked where that says nothing", async () => {
  await using dns = await startDns(ZONE);
  await using prover = proverAt(dns.address, { believe: "mx.clinic.example" });
  const said = "Authentication-Results: mx.clinic.example; dmarc=pass header.from=clinic.example\r\n";
  const believed = { source: "header", dmarc: { result: "pass", domain: "clinic.example" } };
  for (const door of ["lmtp", "imap"] as const)
    expect(await prover.check(Buffer.from(said + CLINIC), from("10.0.0.1", door))).toMatchObject(believed);
  expect(await prover.check(Buffer.from(said + CLINIC), OUTSIDE)).toMatchObject({ source: "checked" });
  expect(await prover.check(Buffer.from(CLINIC), INSIDE)).toBe(NO_PROOF);
  const own = Buffer.from(await signed(CLINIC, "clinic.example", Date.now()));
  expect(await prover.check(own, INSIDE)).toMatchObject({ source: "checked", dmarc: { result: "pass" } });
});

test("after twenty silences in a row a check waits half a second, and one in thirty seconds waits in full", () => {
  const patience = openPatience(5000);
  for (let silence = 1; silence < 20; silence++) expect(patience.heard("silent", 0)).toBe(null);
  expect(patience.next(0)).toBe(5000);
  expect(patience.heard("unasked", 0)).toBe(null);
  expect(patience.heard("silent", 0)).toBe("silent");
  expect(patience.next(1)).toBe(500);
  expect(patience.heard("silent", 1)).toBe(null);
  expect(patience.next(30_000)).toBe(5000);
  expect(patience.next(30_001)).toBe(500);
  expect(patience.heard("answered", 30_002)).toBe("answering");
  expect(patience.next(30_003)).toBe(5000);
  expect(openPatience(200).next(0)).toBe(200);
});
