// Where a webhook never sends anything, whatever the rules say: addresses that only this machine can reach, and the open
// network without encryption.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { judge } from "../src/deliver/failure.ts";
import { placeOf } from "../src/deliver/network-places.ts";
import { webhookAdapter } from "../src/deliver/webhook.ts";
import { freePort } from "./support/daemon.ts";
import { httpSink } from "./support/http-sink.ts";
import { NOW } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { atHand, attempt, RAW, selfOf, webhookJob, webhookTo } from "./support/webhook-samples.ts";

describe("nothing is sent", () => {
  test.each([
    ["this machine by its address", "http://127.0.0.1:PORT"],
    ["by another spelling of it", "http://2130706433:PORT"],
    ["and another", "http://0x7f.1:PORT"],
    ["by a name", "http://localhost:PORT"],
    ["by IPv4 in the clothes of IPv6", "http://[::ffff:127.0.0.1]:PORT"],
    ["by nobody's address", "http://0.0.0.0:PORT"],
  ])("to %s unless the queue may: %s", async (_, url) => {
    await using sink = await httpSink();
    const over = { url: url.replace("PORT", String(sink.port)), allowPrivate: false };
    const result = await attempt(sink, over);
    expect(result).toEqual({ kind: "failed", stage: "connect", reply: null, code: "EPRIVATE" });
    const meaning = judge(result, webhookJob(), NOW, 0.5);
    expect(meaning).toMatchObject({ next: { kind: "wait" }, destinationDown: true });
    expect(meaning.text).toMatch(/allow_private: true/);
    expect(sink.connections()).toBe(0);
  });

  test.each(["http://127.0.0.1:PORT", "http://localhost:PORT"])("but to %s where it may", async (url) => {
    await using sink = await httpSink();
    expect(await attempt(sink, { url: url.replace("PORT", String(sink.port)) })).toMatchObject({ kind: "delivered" });
  });

  test.each(["http://169.254.169.254/latest", "http://0.0.0.0:1", "http://[ff02::1]:1", "http://[64:ff9b::7f00:1]:1"])(
    "to %s even where private addresses are allowed",
    async (url) => {
      expect(await attempt({ port: 1 }, { url })).toMatchObject({ stage: "connect", code: "EPRIVATE" });
    },
  );

  test("without encryption out into the world, even where private addresses are allowed", async () => {
    const result = await attempt({ port: 1 }, { url: "http://8.8.8.8:1" });
    expect(result).toMatchObject({ stage: "connect", code: "EPLAIN" });
    expect(judge(result, webhookJob(), NOW, 0.5).text).toMatch(/https:\/\//);
  });

  test("to a far end that is not there", async () => {
    const result = await attempt({ port: await freePort() });
    expect(result).toEqual({ kind: "failed", stage: "connect", reply: null, code: "ECONNREFUSED" });
  });

  test("to what takes the connection and never speaks TLS", async () => {
    const server = createServer((socket) => void socket.on("error", () => undefined));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `https://127.0.0.1:${(server.address() as { port: number }).port}/`;
    await using adapter = webhookAdapter(webhookTo(1, { url }), selfOf(), { connectMs: 50, attemptMs: 60_000 });
    const result = await adapter.deliver(webhookJob(), atHand, RAW);
    server.close();
    expect(result).toEqual({ kind: "failed", stage: "connect", reply: null, code: "ETIMEDOUT" });
  });

  test("to a far end whose certificate nobody here trusts, and it is once it is trusted", async () => {
    await using dir = await tempDir();
    const [cert, key] = [join(dir.path, "cert.pem"), join(dir.path, "key.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const what = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", ...curve, ...what], { stdio: "ignore" });
    const tls = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    await using sink = await httpSink({ tls });
    const over = { url: `https://localhost:${sink.port}/` };
    expect(await attempt(sink, over)).toEqual({ kind: "failed", stage: "connect", reply: null, code: "ETLS" });
    expect(sink.seen).toEqual([]);
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, tls.cert]);
    expect(await attempt(sink, over)).toMatchObject({ kind: "delivered" });
    const byAddress = { url: `https://127.0.0.1:${sink.port}/` };
    expect(await attempt(sink, byAddress)).toMatchObject({ stage: "connect", code: "ETLS" });
    setDefaultCACertificates(before);
  });
});

describe("an address is", () => {
  test.each([
    ["world", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]],
    ["house", ["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"]],
    ["house", ["::1", "fc00::1", "fdff::1", "::ffff:10.0.0.1", "::ffff:7f00:1"]],
    ["nobody", ["0.0.0.0", "169.254.169.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"]],
    [
      "nobody",
      ["::", "fe80::1", "fe80::1%eth0", "ff02::1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "2001:db8::1"],
    ],
    ["nobody", ["::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1", "100::1", "2001::1", "localhost", ""]],
  ])("of the %s: %j", (place, addresses) => {
    expect(addresses.map((address) => [address, placeOf(address)])).toEqual(
      addresses.map((address) => [address, place]),
    );
  });
});
