// Forwards that sign in, at a real server that asks for it: the right password delivers, a wrong one keeps the mail waiting.

import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { afterEach, expect, test, vi } from "vitest";
import { mailText, sendMail } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { forwardTo, rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const PASSWORD = "MAILWARD_TEST_FORWARD_PASSWORD";

afterEach(() => {
  delete process.env[PASSWORD];
  vi.useRealTimers();
});

/** Takes mail of `us` with the password `right` only, by this mechanism; keeps what it takes, and counts refusals. */
async function farEnd(mechanism: "PLAIN" | "LOGIN") {
  const taken: string[] = [];
  const counts = { refused: 0 };
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    authMethods: [mechanism],
    disabledCommands: ["STARTTLS"],
    onAuth({ username, password }, _session, done) {
      if (username === "us" && password === "right") return done(null, { user: username });
      counts.refused += 1;
      done(new Error("no"));
    },
    onData(stream, { user }, done) {
      let text = "";
      stream.on("data", (bytes) => (text += String(bytes)));
      stream.on("end", () => {
        taken.push(`${user}: ${text}`);
        done();
      });
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    counts,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

async function gatewayTo(folder: string, port: number, now = Date.now): Promise<TestGateway> {
  const rules = rulesForwardingTo(port);
  const deliver = { ...forwardTo(port, "billing@far.example"), user: "us", passwordEnv: PASSWORD };
  return await testGateway(folder, {
    rules: { ...rules, queues: rules.queues.map((queue) => ({ ...queue, deliver, backup: null })) },
    now,
  });
}

async function send(gateway: TestGateway): Promise<void> {
  const mail = mailText("a bill", "I want to set up a payment plan for my bill.");
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mail)).toMatch(/^250 /);
}

test.each(["PLAIN", "LOGIN"] as const)("a forward signs in by %s and is delivered", async (mechanism) => {
  await using dir = await tempDir();
  await using far = await farEnd(mechanism);
  process.env[PASSWORD] = "right";
  await using gateway = await gatewayTo(dir.path, far.port);
  await send(gateway);
  await until("it is delivered", async () => (await gateway.store.deliveries({ state: "delivered", limit: 1 }))[0]);
  expect(far.taken).toHaveLength(1);
  expect(far.taken[0]).toMatch(/^us: X-Mailward-Ref: /);
});

test("with a wrong password a mail waits and is tried again, without the password in any log, and goes on with the right one", async () => {
  await using dir = await tempDir();
  await using far = await farEnd("PLAIN");
  driveLoops();
  const clock = drivenClock();
  process.env[PASSWORD] = "mistaken-secret";
  {
    await using gateway = await gatewayTo(dir.path, far.port, clock.now);
    await send(gateway);
    await soon("it was tried again and again", () => {
      clock.advance(10_000);
      return far.counts.refused >= 4;
    });
    const row = await soon("it waits", async () => (await gateway.store.deliveries({ state: "waiting", limit: 5 }))[0]);
    expect(row).toMatchObject({ reason: "the destination does not accept our sign-in" });
    expect((await gateway.store.find(row.ref))?.attempts[0]?.code).toMatch(/^535\b/);
    expect(far.taken).toEqual([]);
    expect(gateway.log.join("\n")).not.toMatch(/mistaken-secret|"event":"held"/);
  }
  process.env[PASSWORD] = "right";
  await using _gateway = await gatewayTo(dir.path, far.port, clock.now);
  await soon("it is delivered", () => {
    clock.advance(60_000);
    return far.taken.length === 1;
  });
});
