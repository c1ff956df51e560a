// A queue whose mail becomes tickets: the whole gateway, and stand-ins of Zammad and Zendesk that check what they are sent.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { WebhookDelivery } from "../src/config/webhook.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { defaultRules, type TestGateway, type TestGatewayOptions, testGateway } from "./support/gateway.ts";
import { AGENT, type Helpdesk, TOKEN, zammad, zendesk } from "./support/helpdesks.ts";
import { type HttpSink, httpSink } from "./support/http-sink.ts";
import { tempDir } from "./support/temp-dir.ts";
import { MARK, webhookTo } from "./support/webhook-samples.ts";

const TOKEN_ENV = "MAILWARD_TEST_HELPDESK_TOKEN";
const SECRET_ENV = "MAILWARD_TEST_HOOK_SECRET";
const MINUTE_MS = 60_000;
const BILL = `${MARK}: I want to set up a payment plan for my bill.`;
const ZAMMAD = { kind: "zammad", tokenEnv: TOKEN_ENV, group: "Billing", customer: AGENT, secretEnv: null } as const;
const ZENDESK = { kind: "zendesk", tokenEnv: TOKEN_ENV, user: AGENT, secretEnv: null } as const;

beforeAll(() => {
  process.env[TOKEN_ENV] = TOKEN;
  process.env[SECRET_ENV] = "secret";
});
afterAll(() => {
  delete process.env[TOKEN_ENV];
  delete process.env[SECRET_ENV];
});
beforeEach(driveLoops);
afterEach(() => void vi.useRealTimers());

/** A gateway whose billing queue is delivered to a sink; all others go to Maildirs. */
async function gatewayTo(
  { port }: HttpSink,
  folder: string,
  over: Partial<WebhookDelivery>,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const rules = defaultRules();
  const deliver = webhookTo(port, { url: `http://127.0.0.1:${port}/`, ...over });
  const queues = rules.queues.map((queue) => (queue.name === "billing-desk" ? { ...queue, deliver } : queue));
  const http = "{port: 0, link_base: 'https://mailward.clinic.example/'}";
  return await testGateway(folder, { http, rules: { ...rules, queues }, ...options });
}

async function send(gateway: TestGateway, id: string, body = BILL, to = "billing@clinic.example"): Promise<void> {
  const text = mailText(`${MARK} plan`, body, id);
  expect(await sendMail(gateway.port("smtp"), [to], text, `${MARK}@home.example`)).toMatch(/^250 /);
}

/** The one delivery of the queue, once it is as it should be. */
async function settled(gateway: TestGateway, state: string, attempts: number) {
  return await soon(`${state} after ${attempts} attempts`, async () => {
    const rows = await gateway.store.deliveries({ queue: "billing-desk", limit: 10 });
    return rows.length === 1 && rows[0]?.state === state && rows[0].attempts === attempts ? rows[0] : null;
  });
}

async function attemptsOf(gateway: TestGateway, ref: string) {
  return (await gateway.store.find(ref))?.attempts ?? [];
}

/** What operators and machines read. */
async function told(gateway: TestGateway, ref: string): Promise<string> {
  return gateway.log.join("") + JSON.stringify(await attemptsOf(gateway, ref));
}

const DESKS: readonly (readonly [string, WebhookDelivery["format"], () => Helpdesk, (ticket: object) => void])[] = [
  [
    "Zammad",
    ZAMMAD,
    () => zammad(["Users", "Billing"]),
    (ticket) =>
      expect(ticket).toEqual({
        title: expect.stringMatching(/^Mail MW-\w{6}: billing, P\d$/),
        group: "Billing",
        customer_id: `guess:${AGENT}`,
        priority_id: expect.any(Number),
        tags: expect.stringMatching(/^mailward,p\d,billing$/),
        article: {
          subject: expect.stringMatching(/^Mail MW-/),
          body: expect.stringContaining("Queue: billing-desk"),
          content_type: "text/plain",
          type: "note",
          internal: true,
          sender: "Customer",
        },
      }),
  ],
  [
    "Zendesk",
    ZENDESK,
    zendesk,
    (ticket) =>
      expect(ticket).toEqual({
        subject: expect.stringMatching(/^Mail MW-\w{6}: billing, P\d$/),
        comment: { body: expect.stringContaining("Queue: billing-desk"), public: false },
        priority: expect.stringMatching(/^(urgent|high|normal|low)$/),
        tags: ["mailward", expect.stringMatching(/^p\d$/), "billing"],
        external_id: expect.stringMatching(/^MW-/),
      }),
  ],
];

test.each(DESKS)("a mail becomes a ticket in %s, without a word of the mail", async (_, format, make, look) => {
  await using dir = await tempDir();
  const desk = make();
  await using sink = await httpSink({ behaviour: desk.behaviour });
  await using gateway = await gatewayTo(sink, dir.path, { format });
  await send(gateway, "1@m");
  const { ref } = await settled(gateway, "delivered", 1);
  expect(desk.tickets).toHaveLength(1);
  look(desk.tickets[0] ?? {});
  expect(sink.seen[0]?.body).toContain(ref);
  expect(sink.seen[0]?.body).not.toContain(MARK);
  expect((await attemptsOf(gateway, ref)).map(({ code }) => code)).toEqual(["http 201"]);
});

test.each(DESKS)(
  "the ticket in %s names the sender and leads to the mail where the site asks",
  async (_, format, make) => {
    await using dir = await tempDir();
    const desk = make();
    await using sink = await httpSink({ behaviour: desk.behaviour });
    await using gateway = await gatewayTo(sink, dir.path, { format, include: ["sender", "subject"], body: "link" });
    await send(gateway, "1@m");
    await settled(gateway, "delivered", 1);
    const text = JSON.stringify(desk.tickets[0]);
    expect(text).toContain(`${MARK} plan`);
    expect(text).not.toContain("payment plan for my bill");
    expect(text).toContain("patient@home.example");
    const link = /https:\/\/mailward\.clinic\.example(\/messages\/MW-\w+\?expires=\d+&signature=[0-9a-f]{64})/.exec(
      text,
    );
    const page = await fetch(`http://127.0.0.1:${gateway.http.port}${link?.[1]}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("payment plan for my bill");
  },
);

test("Zammad gets the whole mail as a file where the site asks", async () => {
  await using dir = await tempDir();
  const desk = zammad(["Billing"]);
  await using sink = await httpSink({ behaviour: desk.behaviour });
  await using gateway = await gatewayTo(sink, dir.path, { format: ZAMMAD, body: "base64" });
  await send(gateway, "1@m");
  const { ref } = await settled(gateway, "delivered", 1);
  const { attachments } = (desk.tickets[0] ?? {})["article"] as { attachments: readonly Record<string, string>[] };
  expect(attachments[0]).toMatchObject({ filename: `${ref}.eml`, "mime-type": "message/rfc822" });
  expect(Buffer.from(attachments[0]?.["data"] ?? "", "base64").toString()).toContain("payment plan for my bill");
});

test.each(DESKS)(
  "%s with a wrong token keeps its mail waiting, and takes it when that is put right",
  async (_, format, make) => {
    await using dir = await tempDir();
    const clock = drivenClock();
    const desk = make();
    await using sink = await httpSink({ behaviour: desk.behaviour });
    process.env[TOKEN_ENV] = "wrong";
    await using gateway = await gatewayTo(sink, dir.path, { format }, { now: clock.now });
    await send(gateway, "1@m");
    const { reason, ref } = await settled(gateway, "waiting", 1);
    expect(reason).toBe("the destination does not accept our sign-in");
    process.env[TOKEN_ENV] = TOKEN;
    clock.advance(MINUTE_MS);
    await settled(gateway, "delivered", 2);
    expect(desk.tickets).toHaveLength(1);
    expect((await attemptsOf(gateway, ref)).map(({ code }) => code)).toEqual(["401 http", "http 201"]);
  },
);

test("a ticket that Zammad refuses is held for a person, and what it said is kept nowhere", async () => {
  await using dir = await tempDir();
  const desk = zammad(["Users"]);
  await using sink = await httpSink({ behaviour: desk.behaviour });
  await using gateway = await gatewayTo(sink, dir.path, { format: ZAMMAD, include: ["sender"] });
  await send(gateway, "1@m");
  const { reason, ref } = await settled(gateway, "held", 1);
  expect(reason).toBe("refused");
  expect(await told(gateway, ref)).not.toMatch(/lookup value|zebrafinch/);
});

test("a Zendesk that made the ticket and whose answer was lost makes no second one", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  const desk = zendesk();
  await using sink = await httpSink({
    behaviour: (request) => {
      const reply = desk.behaviour(request);
      return sink.seen.length === 1 ? "hang-up" : reply;
    },
  });
  await using gateway = await gatewayTo(sink, dir.path, { format: ZENDESK, body: "link" }, { now: clock.now });
  await send(gateway, "1@m");
  await settled(gateway, "waiting", 1);
  clock.advance(MINUTE_MS);
  await settled(gateway, "delivered", 2);
  expect(sink.seen).toHaveLength(2);
  expect(desk.tickets).toHaveLength(1);
});

test("a helpdesk that asks for patience gets it, and other queues go on", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  const desk = zendesk();
  desk.instead.push({ status: 429, headers: { "Retry-After": "3600" } });
  await using sink = await httpSink({ behaviour: desk.behaviour });
  await using gateway = await gatewayTo(sink, dir.path, { format: ZENDESK }, { now: clock.now });
  const start = clock.now();
  await send(gateway, "1@m");
  const { nextAt } = await settled(gateway, "waiting", 1);
  expect(nextAt - start).toBe(60 * MINUTE_MS);
  await send(gateway, "2@m");
  await send(gateway, "3@m", "I need a refill of my prescription.", "clinical@clinic.example");
  await soon("the other queue has its mail", async () => {
    const rows = await gateway.store.deliveries({ state: "delivered", limit: 10 });
    return rows.length === 1 && rows[0]?.queue !== "billing-desk";
  });
  clock.advance(4 * MINUTE_MS);
  await expectStill(sink, 1);
  clock.advance(MINUTE_MS);
  await soon("the second is delivered after the queue's pause", () => desk.tickets.length === 1);
  clock.advance(56 * MINUTE_MS);
  await soon("and the first after its own", () => desk.tickets.length === 2);
});

/** While the loops tick a few times. */
async function expectStill(sink: HttpSink, requests: number): Promise<void> {
  let ticks = 0;
  await soon("the loops have ticked", () => (ticks += 1) > 20);
  expect(sink.seen).toHaveLength(requests);
}

test("rules that ask for links are not started with where links lead nowhere", async () => {
  await using dir = await tempDir();
  const rules = defaultRules();
  const [first, ...others] = rules.queues;
  const deliver = webhookTo(1, { body: "link" });
  const start = testGateway(dir.path, { rules: { ...rules, queues: [{ ...first!, deliver }, ...others] } });
  await expect(start).rejects.toThrow(/link to each mail.*add `http: \{ link_base:/);
});
