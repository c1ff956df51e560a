// Signatures of a mail hold after a forward, and what we found out about its sender is sealed for those behind us.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { authenticate } from "mailauth";
import { expect, test } from "vitest";
import { once } from "../src/deliver/body-stream.ts";
import { smtpAdapter } from "../src/deliver/smtp.ts";
import { sealer } from "../src/gateway/sealer.ts";
import { openLog } from "../src/log.ts";
import { sendMail } from "./support/dialogue.ts";
import { startDns } from "./support/dns.ts";
import { forwardTo, rulesForwardingTo, testGateway } from "./support/gateway.ts";
import { type SmtpSink, smtpSink } from "./support/smtp-sink.ts";
import { NOW } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";
import { webhookJob } from "./support/webhook-samples.ts";
import { PRIVATE, sealed, signed, ZONE, zoneResolver } from "./support/zone.ts";

const BODY = `${"A payment plan, please. Line that is a little longer than others.\r\n".repeat(40)}..dots\r\n\r\n\r\n`;
const PLAIN = `From: Ana <ana@clinic.example>\r\nTo: billing@clinic.example\r\nSubject:  a   bill \r\nMessage-ID: <1@m>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n${BODY}`;

async function forwarded(mail: string, arc: boolean): Promise<string> {
  await using dir = await tempDir();
  await using dns = await startDns(ZONE);
  await using sink = await smtpSink();
  writeFileSync(join(dir.path, "arc.pem"), PRIVATE.s1);
  const seal = arc ? "arc: { domain: list.example, selector: s1, key: arc.pem }" : "";
  const settings = `proof: {dns_servers: ["${dns.address}"]}\n${seal}`;
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), settings });
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mail, "ana@clinic.example")).toMatch(/^250 /);
  return await arrival(sink);
}

async function arrival(sink: SmtpSink): Promise<string> {
  await until("it arrives", () => sink.taken.length === 1);
  return sink.taken[0]?.raw.toString("latin1") ?? "";
}

/** What a far end finds out. */
async function found(mail: string) {
  const options = { ip: "192.0.2.99", helo: "mx.far.example", sender: "x@other.example", mta: "far.example" };
  const { dkim, arc } = await authenticate(Buffer.from(mail, "latin1"), {
    ...options,
    resolver: zoneResolver(ZONE),
    disableBimi: true,
  });
  return { dkim: dkim.results.map(({ status }) => status.result), arc: arc ? arc.status.result : "none" };
}

test("a signed mail is still signed behind a forward", async () => {
  const mail = await forwarded(await signed(PLAIN, "clinic.example", Date.now()), false);
  expect(mail).toMatch(/^X-Mailward-Ref: /);
  expect(await found(mail)).toEqual({ dkim: ["pass"], arc: "none" });
  // The far end sees when it is not.
  expect((await found(mail.replace("payment plan", "payment_plan"))).dkim).toEqual(["neutral"]);
});

test("with a key forwards are sealed, and a chain that holds goes on", async () => {
  const mail = await signed(PLAIN, "clinic.example", Date.now());
  const first = await forwarded(mail, true);
  expect(first.match(/^ARC-Seal: i=1;/gm)).toHaveLength(1);
  expect(await found(first)).toEqual({ dkim: ["pass"], arc: "pass" });
  expect(first).toMatch(/^ARC-Authentication-Results: i=1; mx\.clinic\.example;/m);
  const second = await forwarded(await sealed(mail, "other.example", Date.now()), true);
  expect(second).toMatch(/^ARC-Seal: i=2;/m);
  expect(await found(second)).toEqual({ dkim: ["pass"], arc: "pass" });
});

test("a chain that does not hold is not sealed again", async () => {
  const broken = (await sealed(PLAIN, "other.example", Date.now())).replace("payment plan", "payment_plan");
  const mail = await forwarded(broken, true);
  expect(mail.match(/^ARC-Seal:/gm)).toHaveLength(1);
});

test("a seal that fails keeps no mail back: it leaves without, and the log says so", async () => {
  const lines: string[] = [];
  const log = openLog({ level: "debug", style: "json", write: (line) => lines.push(line) });
  const arc = { domain: "list.example", selector: "s1", privateKey: "no key" };
  const seal = sealer({ arc, hostname: "mx.clinic.example" }, log, () => NOW);
  await using sink = await smtpSink();
  const self = { hostname: "mx.clinic.example", srs: null, now: () => NOW, seal, mx: null };
  await using adapter = smtpAdapter({ ...forwardTo(sink.port, "x@far.example"), auth: null }, self);
  const raw = Buffer.from(PLAIN);
  const result = await adapter.deliver(webhookJob(), () => once(raw), raw);
  expect(result.kind).toBe("delivered");
  expect(await arrival(sink)).not.toMatch(/^ARC-/m);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: "not-sealed", level: 40 }]);
});
