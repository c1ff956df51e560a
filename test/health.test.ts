// The page machines look at: whether the process lives, whether it can take mail, and what was counted.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../src/config/config.ts";
import { startGateway } from "../src/gateway.ts";
import { openLog } from "../src/log.ts";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { freePort } from "./support/daemon.ts";
import { mailText, sendMail, talk } from "./support/dialogue.ts";
import { defaultRules, NO_ENVIRONMENT, rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const BILL = () => mailText("A bill", "Could I set up a payment plan?");

test("/healthz and /readyz answer 200 when all is well", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  expect(await get(gateway, "/healthz")).toMatchObject({ code: 200, body: '{"status":"ok"}' });
  const ready = await get(gateway, "/readyz");
  expect(ready.code).toBe(200);
  expect(JSON.parse(ready.body)).toMatchObject({
    ready: true,
    undecided: 0,
    waiting: 0,
    held: 0,
    destinationsDown: [],
    model: expect.stringMatching(/^starter-[0-9a-f]{8}$/),
  });
});

test("a path that is not there is 404, and nothing can be changed", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  for (const path of ["/", "/outcomes", "/metrics/", "/healthz/../data"])
    expect((await get(gateway, path)).code).toBe(404);
  expect((await get(gateway, "/healthz", "POST")).code).toBe(404);
});

const AILMENTS: Readonly<Record<string, () => Promise<never>>> = {
  "that fails": () => Promise.reject(new StoreTrouble("broken", "planted")),
  "that never answers": () => new Promise(() => undefined),
};

test.each(Object.entries(AILMENTS))(
  "with a store %s the gateway lives, is not ready and says so",
  async (_, counts) => {
    await using dir = await tempDir();
    const ill = { now: false };
    const wrapStore = (store: Store) => ({ ...store, counts: () => (ill.now ? counts() : store.counts()) });
    await using gateway = await testGateway(dir.path, { wrapStore });
    ill.now = true;
    expect((await get(gateway, "/healthz")).code).toBe(200);
    const ready = await get(gateway, "/readyz");
    expect(ready.code).toBe(503);
    expect(JSON.parse(ready.body)).toEqual({
      ready: false,
      trouble: "the store does not answer; is the disk full or gone?",
    });
    const page = await metrics(gateway);
    expect([page.get("mailward_store_answers"), page.get("mailward_undecided")]).toEqual([0, Number.NaN]);
    ill.now = false;
    expect((await get(gateway, "/readyz")).code).toBe(200);
  },
);

test("a destination that is down is named and leaves the gateway ready", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(await freePort()) });
  await sendMail(gateway.port("smtp"), ["billing@clinic.example"], BILL());
  const answer = await until("the destination is down", async () => {
    const { code, body } = await get(gateway, "/readyz");
    const { destinationsDown } = JSON.parse(body) as { destinationsDown: readonly string[] };
    return destinationsDown.length > 0 ? { code, destinationsDown } : null;
  });
  // All queues lead to that one server.
  expect(answer).toEqual({ code: 200, destinationsDown: gateway.rules().queues.map(({ name }) => name) });
});

test("/metrics is Prometheus text and counts what happened to mail", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  const port = gateway.port("smtp");
  const again = BILL();
  for (const mail of [BILL(), again, again]) await sendMail(port, ["billing@clinic.example"], mail);
  const loop = "Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000\r\n".repeat(60);
  await sendMail(port, ["clinical@clinic.example"], loop + BILL());
  using stranger = await talk(port);
  await stranger.reply();
  await stranger.say("EHLO client.example");
  await stranger.say("MAIL FROM:<patient@home.example>");
  expect(await stranger.say("RCPT TO:<nobody@clinic.example>")).toMatch(/^550/);
  const page = await until("two mails are delivered and the balance is known", async () => {
    const now = await metrics(gateway);
    const done = now.get('mailward_attempts_total{queue="billing-desk",result="delivered"}') === 2;
    return done && now.get("mailward_balance_missing") === 0 ? now : null;
  });
  const counted = (start: string) =>
    [...page].filter(([name]) => name.startsWith(start)).reduce((sum, [, value]) => sum + value, 0);
  expect(page.get('mailward_accepted_total{door="smtp",alias="billing"}')).toBe(2);
  expect(page.get('mailward_accepted_total{door="smtp",alias="clinical"}')).toBe(1);
  expect(page.get("mailward_duplicates_total")).toBe(1);
  expect(counted("mailward_refused_total{")).toBe(1);
  expect(counted('mailward_decided_total{queue="billing-desk"')).toBe(2);
  expect(page.get("mailward_decide_seconds_count")).toBe(2);
  expect(page.get("mailward_held_messages")).toBe(1);
  expect(page.get("mailward_held_deliveries")).toBe(0);
  expect(page.get("mailward_undecided")).toBe(0);
  expect(page.get("mailward_oldest_waiting_timestamp_seconds")).toBe(0);
  expect(page.get("mailward_in_doubt_total")).toBe(0);
  expect(page.get("mailward_store_answers")).toBe(1);
});

test("no page waits for the balance, which looks at every mail there ever was, and few pages ask for it", async () => {
  await using dir = await tempDir();
  let asked = 0;
  const wrapStore = (store: Store) => ({
    ...store,
    balance: () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    },
  });
  await using gateway = await testGateway(dir.path, { wrapStore });
  for (let n = 0; n < 5; n += 1) expect((await metrics(gateway)).get("mailward_balance_missing")).toBeNaN();
  expect(asked).toBe(1);
});

test("a mail that is nowhere shows as missing", async () => {
  await using dir = await tempDir();
  const row = { alias: "billing", accepted: 3, delivered: 1, waiting: 0, held: 0, missing: 2 };
  await using gateway = await testGateway(dir.path, {
    wrapStore: (store) => ({ ...store, balance: () => Promise.resolve([row]) }),
  });
  await until("it is counted", async () => (await metrics(gateway)).get("mailward_balance_missing") === 2);
});

test("the page listens only where it is told to", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path);
  expect(gateway.http.address).toBe("127.0.0.1");
  await expect(fetch(`http://127.0.0.2:${gateway.http.port}/healthz`)).rejects.toThrow();
});

test("a port of the page that is in use stops the start, names itself and leaves nothing running", async () => {
  await using dir = await tempDir();
  await using first = await testGateway(join(dir.path, "first"));
  const file = join(dir.path, "mailward.yaml");
  writeFileSync(file, `http: {port: ${first.http.port}}\nlisten: [{protocol: smtp, port: 0}]\nworkers: 1\n`);
  const loaded = loadConfig(NO_ENVIRONMENT, { config: file }, dir.path);
  if (loaded.kind === "problems") throw new Error("the test's own configuration is wrong");
  const log = openLog({ level: "silent", style: "json" });
  const start = () => startGateway({ config: loaded.config, rules: defaultRules(), log });
  await expect(start()).rejects.toMatchObject({ code: "EADDRINUSE", port: first.http.port });
  await first[Symbol.asyncDispose]();
  await using second = await start();
  expect((await get(second, "/healthz")).code).toBe(200);
});

async function get(gateway: Pick<TestGateway, "http">, path: string, method = "GET") {
  const response = await fetch(`http://127.0.0.1:${gateway.http.port}${path}`, { method });
  return { code: response.status, body: await response.text(), type: response.headers.get("content-type") };
}

/** The page by name and labels; a line Prometheus could not read is an error. */
async function metrics(gateway: TestGateway): Promise<ReadonlyMap<string, number>> {
  const { code, body, type } = await get(gateway, "/metrics");
  expect([code, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const lines = body.split("\n").filter((line) => line !== "" && !/^# (HELP|TYPE) [a-z0-9_]+ \S/.test(line));
  return new Map(
    lines.map((line) => {
      const match = /^([a-z0-9_]+(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) (-?[\d.e+-]+|NaN|\+Inf)$/i.exec(line);
      if (match === null) throw new Error(`not Prometheus text: ${line}`);
      return [match[1] ?? "", match[2] === "+Inf" ? Number.POSITIVE_INFINITY : Number(match[2])];
    }),
  );
}
