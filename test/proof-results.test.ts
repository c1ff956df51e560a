// Authentication-Results (RFC 8601): whose is believed and how it is read, and how ours is written. And which network
// an address is in.

import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_PROOF, type Proof } from "../src/message.ts";
import { authenticationResults, believedProof } from "../src/proof/authentication-results.ts";
import { isPublic, isStaffNetwork, networkList } from "../src/proof/networks.ts";

const MX = "mx.clinic.example";
const TEXT = "\r\nFrom: nurse@clinic.example\r\n\r\nAuthentication-Results: mx.clinic.example; dmarc=pass\r\n";
const believed = (value: string, name = "Authentication-Results:") =>
  believedProof(Buffer.from(`Received: from x\r\n${name}${value}${TEXT}`), MX);

test("the topmost header of the named server is believed, comments, quoted strings, folds and versions read", () => {
  const expected: Proof = {
    source: "header",
    spf: { result: "softfail", domain: "example.org" },
    dkim: [
      { result: "pass", domain: "clinic.example", selector: "s1" },
      { result: "fail", domain: "list.example", selector: "" },
    ],
    dmarc: { result: "pass", domain: "clinic.example", policy: "reject" },
    arc: { result: "pass", domain: "" },
  };
  const values = [
    " mx.clinic.example; spf=softfail smtp.mailfrom=a@example.org; dkim=pass header.d=clinic.example header.s=s1; dkim=fail header.i=@list.example; dmarc=pass policy.dmarc=reject header.from=clinic.example; arc=pass",
    '\r\n (our (own) server) MX.Clinic.Example 1 (version);\r\n\tSPF=SoftFail (a; \\) dmarc=pass) reason="not; listed" smtp.mailfrom="a;b c"@example.org;\r\n\tdkim/1 = pass header . d = Clinic.Example. header.s=S1 header.b=ab/c+d=; dkim=fail (bad "sig) header.i="@list.example";\r\n dmarc=pass (p=REJECT) action=none header.from=clinic.example policy.dmarc=reject;arc=pass;',
  ];
  for (const value of values) expect(believed(value)).toEqual(expected);
  expect(believed(values[0] ?? "", "AUTHENTICATION-RESULTS :")).toEqual(expected);
});

test("a server that has looked at nothing proves nothing", () => {
  for (const value of [" mx.clinic.example; none", " mx.clinic.example 1 ; none (really)"])
    expect(believed(value)).toEqual({ ...NO_PROOF, source: "header" });
});

test("nobody else is believed, nor a header further down", () => {
  const pass = "; dmarc=pass header.from=clinic.example\r\n";
  const below = `Authentication-Results: mx.clinic.example${pass}`;
  for (const top of [
    "mx.clinic.example.evil.example",
    "evil",
    "clinic.example",
    "mx.clinic.example;x",
    '"mx.clinic.example',
  ])
    expect([top, believedProof(Buffer.from(`Authentication-Results: ${top}${pass}${below}\r\n`), MX)]).toEqual([
      top,
      NO_PROOF,
    ]);
  expect(believedProof(Buffer.from(`Subject: a\r\n\r\n${below}`), MX)).toBe(NO_PROOF);
  expect(believedProof(Buffer.from(`X-Authentication-Results: ${MX}${pass}\r\n`), MX)).toBe(NO_PROOF);
  expect(believedProof(Buffer.from(""), MX)).toBe(NO_PROOF);
});

test.each([
  "",
  " ",
  ";dmarc=pass",
  " mx.clinic.example",
  " mx.clinic.example 2; dmarc=pass",
  " mx.clinic.example dmarc=pass",
  " mx.clinic.example; dmarc",
  " mx.clinic.example; dmarc=",
  " mx.clinic.example; =pass",
  " mx.clinic.example; dmarc=pass header.from",
  " mx.clinic.example; dmarc=pass header.from=",
  " mx.clinic.example; dmarc=pass header.=x",
  " mx.clinic.example; dmarc=pass (never ends header.from=clinic.example",
  ' mx.clinic.example; dmarc=pass header.from="clinic.example',
  " mx.clinic.example; dmarc=pass) header.from=clinic.example",
  " mx.clinic.example;; dmarc=pass",
  ` mx.clinic.example; dmarc=pass (${"x".repeat(40_000)})`,
])("what is not well formed proves nothing: %j", (value) => {
  const proof = believed(value);
  expect(proof.dmarc).toEqual(NO_PROOF.dmarc);
});

test("methods, results and versions nobody knows are left out, and two verdicts about the author are none", () => {
  expect(
    believed(` ${MX}; iprev=pass policy.iprev=1.2.3.4; dmarc/2=pass header.from=a.example; spf=bestguesspass`),
  ).toEqual({ ...NO_PROOF, source: "header" });
  const both = ` ${MX}; dmarc=pass header.from=clinic.example; dmarc=fail header.from=evil.example`;
  expect(believed(both).dmarc).toEqual({ result: "permerror", domain: "", policy: "" });
});

test("any bytes are read without trouble, and in linear time", () => {
  const bit = fc.constantFrom(
    ...'( ) \\ " ; = . / a 1 @'.split(" "),
    " ",
    "\r\n",
    "\t",
    "mx.clinic.example",
    "dkim",
    "header.d",
    "none",
    "Authentication-Results:",
  );
  fc.assert(
    fc.property(fc.array(bit), (bits) => believed(bits.join("")).source.length > 0),
    { numRuns: 2000 },
  );
  const started = performance.now();
  for (const hostile of ["(", "\\", '"', '\\"', "a.", "a =", ";", "\r\n ", "(()", "dkim=pass a.b=c "])
    believed(` mx.clinic.example; dkim=pass ${hostile.repeat(Math.floor(30_000 / hostile.length))}`);
  expect(performance.now() - started).toBeLessThan(5000);
});

const CHECKED: Proof = {
  source: "checked",
  spf: { result: "pass", domain: "example.org" },
  dkim: [
    { result: "pass", domain: "clinic.example", selector: "s1" },
    { result: "neutral", domain: "", selector: "" },
  ],
  dmarc: { result: "pass", domain: "clinic.example", policy: "reject" },
  arc: { result: "fail", domain: "list.example" },
};

test("our header says what was found out, folded and in ASCII", () => {
  expect(authenticationResults(MX, CHECKED, "a@example.org")).toBe(
    [
      "Authentication-Results: mx.clinic.example;",
      "\tspf=pass smtp.mailfrom=example.org;",
      "\tdkim=pass header.d=clinic.example header.s=s1;",
      "\tdkim=neutral;",
      "\tdmarc=pass policy.dmarc=reject header.from=clinic.example;",
      "\tarc=fail",
      "",
    ].join("\r\n"),
  );
  expect(authenticationResults(MX, CHECKED, "")).toContain("spf=pass smtp.helo=example.org");
  expect(authenticationResults(MX, NO_PROOF, "")).toBe("Authentication-Results: mx.clinic.example; none\r\n");
});

test("our header read back says the same, and nothing can break out of its line", () => {
  const raw = Buffer.from(`${authenticationResults(MX, CHECKED, "a@example.org")}\r\n`);
  expect(believedProof(raw, MX)).toEqual({ ...CHECKED, source: "header", arc: { result: "fail", domain: "" } });
  const evil = "x\r\nBcc: evil@example.org";
  const odd: Proof = {
    ...CHECKED,
    spf: { result: "pass", domain: evil },
    dkim: [{ result: "pass", domain: evil, selector: evil }],
  };
  expect(authenticationResults(evil, odd, "")).toMatch(/^Authentication-Results: unknown;(?:\r\n\t[ -~]+)+\r\n$/);
});

test("staff are known by network, IPv4 also when it is written as IPv6", () => {
  const networks = networkList(["10.1.0.0/16", "192.0.2.7", "2001:db8:7::/48"]);
  const inside = [
    "10.1.0.0",
    "10.1.255.255",
    "::ffff:10.1.2.3",
    "::FFFF:10.1.2.3",
    "::ffff:a01:203",
    "192.0.2.7",
    "2001:db8:7:1::9",
  ];
  const outside = [
    "10.2.0.0",
    "192.0.2.8",
    "::ffff:10.2.0.1",
    "2001:db8:8::1",
    "",
    "10.1.2.3.4",
    "localhost",
    "::10.1.2.3",
  ];
  expect(inside.filter((address) => !isStaffNetwork(address, networks))).toEqual([]);
  expect(outside.filter((address) => isStaffNetwork(address, networks))).toEqual([]);
  expect(isStaffNetwork("10.1.2.3", networkList([]))).toBe(false);
});

test("an address of the open internet is told from one of this house", () => {
  for (const address of ["198.51.100.1", "2001:db8::1", "::ffff:198.51.100.1", "172.32.0.1", "100.128.0.1"])
    expect([address, isPublic(address)]).toEqual([address, true]);
  const house = [
    "127.0.0.1",
    "10.0.0.1",
    "172.31.0.1",
    "192.168.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "::1",
    "fe80::1%eth0",
    "fd00::1",
  ];
  for (const address of [...house, "::ffff:127.0.0.1", "::ffff:7f00:1", "unknown", ""])
    expect([address, isPublic(address)]).toEqual([address, false]);
});
