// Deliveries by webhook: what is told, how it is signed, and what each answer means.

import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import type { WebhookDelivery } from "../src/config/webhook.ts";
import { judge } from "../src/deliver/failure.ts";
import { webhookAdapter } from "../src/deliver/webhook.ts";
import { type Behaviour, httpSink } from "./support/http-sink.ts";
import { NOW } from "./support/store-samples.ts";
import { atHand, attempt, MARK, RAW, SECRET, selfOf, webhookJob, webhookTo } from "./support/webhook-samples.ts";

const HOUR_MS = 3_600_000;

/** How an answer is judged: what becomes of the mail, and whether the queue waits. */
async function judged(behaviour: Behaviour, over: Partial<WebhookDelivery> = {}) {
  await using sink = await httpSink({ behaviour });
  return judge(await attempt(sink, over), webhookJob(), NOW, 0.5);
}

describe("what is told", () => {
  test("is where the mail belongs, and no word of the mail", async () => {
    await using sink = await httpSink();
    expect(await attempt(sink)).toEqual({ kind: "delivered", code: "http 200" });
    const [request] = sink.seen;
    expect(request).toMatchObject({ method: "POST", path: "/hook" });
    expect(JSON.parse(request?.body ?? "")).toEqual({
      reference: "MW-00038W",
      request_type: "billing",
      urgency: "P2",
      department: "Patient billing",
      queue: "billing-desk",
      review: false,
      decided_by: "scorecard",
      received_at: new Date(webhookJob().mail.receivedAt).toISOString(),
      size: RAW.length,
      delivery: expect.stringMatching(/^D7-[0-9a-f]{32}$/),
    });
    expect(JSON.stringify(request)).not.toContain(MARK);
  });

  test("is that people look first, where they do", async () => {
    await using sink = await httpSink();
    const { label } = webhookJob();
    await attempt(sink, {}, webhookJob({ label: { ...label, decidedBy: "review", requestType: null } }));
    expect(JSON.parse(sink.seen[0]?.body ?? "")).toMatchObject({ review: true, request_type: null });
  });

  test("is sender, subject and the whole mail where the site asks, also of a mail that is not at hand", async () => {
    await using sink = await httpSink();
    const asks = { include: ["sender", "subject"], body: "base64" } as const;
    await using adapter = webhookAdapter(webhookTo(sink.port, asks), selfOf());
    const inPieces = async function* () {
      for (const byte of RAW) yield Buffer.from([byte]);
    };
    await adapter.deliver(webhookJob(), inPieces, null);
    const told = JSON.parse(sink.seen[0]?.body ?? "") as { message: { base64: string } };
    expect(told).toMatchObject({
      sender: { name: `${MARK} from`, address: `${MARK}@home.example` },
      subject: `${MARK} café`,
    });
    expect(Buffer.from(told.message.base64, "base64")).toEqual(RAW);
  });

  test("is a link that ends in time and is the same for a repetition soon after", async () => {
    await using sink = await httpSink();
    let now = NOW;
    const links = { base: "https://mailward.clinic.example", lifeMs: 24 * HOUR_MS, key: "0b".repeat(32) };
    for (const after of [0, 2, 11.9, 12, 100]) {
      now = NOW + after * HOUR_MS;
      await attempt(sink, { body: "link" }, webhookJob(), { links, now: () => now });
    }
    const told = sink.seen.map(
      ({ body }) => (JSON.parse(body) as { message: { url: string; expires_at: string } }).message,
    );
    const held = told.map(({ expires_at }) => (Date.parse(expires_at) - NOW) / HOUR_MS);
    expect(held).toEqual([24, 24, 24, 36, 120]);
    expect(new Set(told.map(({ url }) => url)).size).toBe(3);
    expect(told[0]?.url).toMatch(
      /^https:\/\/mailward\.clinic\.example\/messages\/MW-00038W\?expires=\d+&signature=[0-9a-f]{64}$/,
    );
  });

  test("is nothing when the mail cannot be read", async () => {
    await using sink = await httpSink();
    await using adapter = webhookAdapter(webhookTo(sink.port, { body: "base64" }), selfOf());
    const broken = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from("Sub");
      throw new Error("planted");
    };
    const result = await adapter.deliver(webhookJob(), broken, null);
    expect(result).toMatchObject({ kind: "failed", stage: "ours", code: "body-unreadable" });
    expect(sink.connections()).toBe(0);
  });
});

describe("a request", () => {
  test("is signed over moment and text, and keeps its key over attempts while the moment is new", async () => {
    await using sink = await httpSink({ behaviour: () => ({ status: 503 }) });
    for (const number of [1, 2, 3]) {
      const now = () => NOW + number * 60_000;
      await attempt(sink, {}, webhookJob({ attempt: number, inDoubt: number === 3 }), { now });
    }
    await attempt(sink, {}, webhookJob({ id: 8 }));
    const keys = sink.seen.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    const moments = sink.seen.map(({ headers }) => Number(headers["x-mailward-timestamp"]));
    expect(moments.slice(0, 3)).toEqual([1, 2, 3].map((number) => NOW / 1000 + number * 60));
    for (const { headers, body } of sink.seen) {
      const hmac = createHmac("sha256", SECRET);
      hmac.update(String(headers["x-mailward-timestamp"]));
      hmac.update(".");
      hmac.update(body);
      expect(headers["x-mailward-signature"]).toBe(`sha256=${hmac.digest("hex")}`);
    }
  });

  test("is not sent without the secret that signs it, and is tried again", async () => {
    await using sink = await httpSink();
    const result = await attempt(sink, {}, webhookJob(), { secret: () => null });
    const meaning = judge(result, webhookJob(), NOW, 0.5);
    expect(meaning).toMatchObject({ code: "ENOSECRET", next: { kind: "wait" }, destinationDown: true });
    expect(meaning.text).toMatch(/environment variable/);
    expect(sink.connections()).toBe(0);
  });
});

describe("an answer", () => {
  test.each([200, 201, 202, 204, 299])("%i means delivered", async (status) => {
    const meaning = await judged(() => ({ status }));
    expect(meaning).toMatchObject({ next: { kind: "delivered" }, code: `http ${status}`, destinationDown: false });
  });

  test.each([400, 404, 405, 410, 413, 415, 422, 451])("%i is final for this mail alone", async (status) => {
    const meaning = await judged(() => ({ status }));
    expect(meaning).toMatchObject({
      next: { kind: "hold", reason: "refused" },
      code: `${status} http`,
      destinationDown: false,
    });
  });

  test.each([408, 409, 425, 500, 501, 507])("%i is tried again, and other mail goes on", async (status) => {
    expect(await judged(() => ({ status }))).toMatchObject({ next: { kind: "wait" }, destinationDown: false });
  });

  test.each([429, 502, 503, 504])("%i is tried again, and the queue waits", async (status) => {
    expect(await judged(() => ({ status }))).toMatchObject({ next: { kind: "wait" }, destinationDown: true });
  });

  test.each([401, 403])("%i is a wrong token, which shelves no mail", async (status) => {
    const meaning = await judged(() => ({ status }));
    expect(meaning).toMatchObject({ next: { kind: "wait" }, destinationDown: true });
    expect(meaning.text).toBe("the destination does not accept our sign-in");
  });

  test.each([301, 302, 303, 307, 308])("%i is not followed, and the operator is told", async (status) => {
    await using elsewhere = await httpSink();
    const location = `http://127.0.0.1:${elsewhere.port}/`;
    const meaning = await judged(() => ({ status, headers: { Location: location } }));
    expect(meaning).toMatchObject({ next: { kind: "wait" }, code: `${status} http`, destinationDown: true });
    expect(meaning.text).toMatch(/redirect, which is not followed/);
    expect(elsewhere.connections()).toBe(0);
  });

  test.each([
    ["seconds", "7200", 2 * HOUR_MS],
    ["a moment", new Date(NOW + 3 * HOUR_MS).toUTCString(), 3 * HOUR_MS],
    ["more than a day", "999999", 24 * HOUR_MS],
  ])("with Retry-After as %s is waited for that long", async (_, value, ms) => {
    const { next, pauseMs } = await judged(() => ({ status: 429, headers: { "Retry-After": value } }));
    expect(next).toEqual({ kind: "wait", until: NOW + ms });
    expect(pauseMs).toBe(5 * 60_000);
  });

  test.each(["soon", "-5", "0", "", "Mon, 01 Jan 2001 00:00:00 GMT", "2026-11-24"])(
    "with Retry-After %j is waited for as always",
    async (value) => {
      const { next, pauseMs } = await judged(() => ({ status: 503, headers: { "Retry-After": value } }));
      expect(next).toEqual({ kind: "wait", until: NOW + 30_000 });
      expect(pauseMs).toBe(0);
    },
  );

  test("without end is cut off, and its status counts", async () => {
    const server = createServer((socket) => {
      const more = () => void (socket.writable && socket.write(`400\r\n${"x".repeat(1024)}\r\n`, more));
      socket.on("error", () => undefined).write("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", more);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const result = await attempt({ port: (server.address() as { port: number }).port });
    server.close();
    expect(result).toEqual({ kind: "delivered", code: "http 201" });
  });

  test("of any length and content is not kept", async () => {
    const body = `${MARK} `.repeat(100_000);
    const meaning = await judged(() => ({ status: 422, headers: { "X-Reason": MARK }, body }));
    expect(meaning.next.kind).toBe("hold");
    expect(JSON.stringify(meaning)).not.toContain(MARK);
  });

  test("that is a hang-up may mean that the mail is there", async () => {
    const meaning = await judged(() => "hang-up");
    expect(meaning).toMatchObject({ next: { kind: "wait" }, code: "ECONNRESET", destinationDown: true });
    expect(meaning.text).toMatch(/it may have the message/);
  });

  test("that is no HTTP is tried again", async () => {
    const server = createServer((socket) => void socket.on("error", () => undefined).end(`220 ${MARK} ESMTP\r\n`));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const result = await attempt({ port: (server.address() as { port: number }).port });
    server.close();
    expect(result).toMatchObject({ kind: "failed", stage: "content", reply: null, code: "HPE_INVALID_CONSTANT" });
  });

  test("that never comes is given up", async () => {
    await using sink = await httpSink({ behaviour: () => "silent" });
    await using adapter = webhookAdapter(webhookTo(sink.port), selfOf(), { connectMs: 60_000, attemptMs: 50 });
    const result = await adapter.deliver(webhookJob(), atHand, RAW);
    expect(result).toEqual({ kind: "failed", stage: expect.any(String), reply: null, code: "ETIMEDOUT" });
  });

  test("that never comes ends with the gateway", async () => {
    await using sink = await httpSink({ behaviour: () => "silent" });
    const adapter = webhookAdapter(webhookTo(sink.port), selfOf());
    const result = adapter.deliver(webhookJob(), atHand, RAW);
    await expect.poll(() => sink.seen.length, { timeout: 20_000 }).toBe(1);
    await adapter[Symbol.asyncDispose]();
    expect(await result).toEqual({ kind: "failed", stage: "content", reply: null, code: "ECONNECTION" });
  });
});
