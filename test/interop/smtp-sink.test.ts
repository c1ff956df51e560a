// A far end of Postfix's own making that refuses, puts off, hangs up and crawls at every step: nothing is lost, nothing comes
// twice but where its answer was lost, and what became of each mail can be seen.

import { expect, test } from "vitest";
import { type Daemon, freePort, startDaemon, untilListening } from "../support/daemon.ts";
import { mailText, sendMail } from "../support/dialogue.ts";
import { rulesForwardingTo, type TestGateway, testGateway } from "../support/gateway.ts";
import { findProgram, needs } from "../support/interop.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const here = needs("smtp-sink");
const MAILS = 3;

type Sink = AsyncDisposable & { received(): number };

async function startSink(port: number, ...args: readonly string[]): Promise<Sink> {
  let tail = "";
  let received = 0;
  const plain = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const daemon: Daemon = startDaemon(
    findProgram("smtp-sink") ?? "",
    [...plain, "-c", ...args, `127.0.0.1:${port}`, "50"],
    {
      onOutput(text) {
        tail = (tail + text).slice(-200);
        received = Number([...tail.matchAll(/mesg=(\d+)\s/g)].at(-1)?.[1] ?? received);
      },
    },
  );
  await untilListening(daemon, port);
  return { received: () => received, [Symbol.asyncDispose]: () => daemon.stop("SIGTERM") };
}

/** A gateway whose queues hand no mail on to each other. */
async function gatewayTo(port: number, folder: string): Promise<TestGateway> {
  const rules = rulesForwardingTo(port);
  return await testGateway(folder, {
    rules: { ...rules, queues: rules.queues.map((queue) => ({ ...queue, backup: null })) },
  });
}

async function send(gateway: TestGateway): Promise<void> {
  for (let n = 0; n < MAILS; n += 1) {
    const mail = mailText("a bill", "I want to set up a payment plan for my bill.", `${n}@m`);
    expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mail)).toMatch(/^250 /);
  }
}

/** All deliveries are in one of these states, each tried at least once unless its server is known to be away. */
async function settled(gateway: TestGateway): Promise<readonly string[]> {
  return await until("each is somewhere", async () => {
    const rows = await gateway.store.deliveries({ limit: 50 });
    const isDown = gateway.log.some((line) => line.includes('"destination-down"'));
    const done = rows.filter(
      ({ state, attempts }) => state === "held" || (state === "waiting" && (isDown || attempts > 0)),
    );
    return rows.length === MAILS && done.length === MAILS ? rows.map(({ state }) => state) : null;
  });
}

async function arriveAfterwards(gateway: TestGateway, port: number): Promise<number> {
  await using sink = await startSink(port);
  await until(
    "all are delivered",
    async () => {
      await gateway.store.operate({ verb: "retry", filter: {}, at: Date.now(), by: "x", reason: "" });
      return (await gateway.store.deliveries({ state: "delivered", limit: 50 })).length === MAILS;
    },
    60_000,
  );
  for (const row of await gateway.store.balance()) expect(row.missing).toBe(0);
  await until("it has counted them", () => sink.received() >= MAILS);
  return sink.received();
}

const PUT_OFF = ["waiting", "waiting", "waiting"];
const REFUSED = ["held", "held", "held"];

test.skipIf(!here).each([
  ["-r", "connect", PUT_OFF],
  ["-r", "ehlo,helo", PUT_OFF],
  ["-r", "mail", PUT_OFF],
  ["-r", "rcpt", PUT_OFF],
  ["-r", "data", PUT_OFF],
  ["-r", ".", PUT_OFF],
  ["-f", "connect", PUT_OFF],
  ["-f", "mail", REFUSED],
  ["-f", "rcpt", REFUSED],
  ["-f", "data", REFUSED],
  ["-f", ".", REFUSED],
  ["-q", "connect", PUT_OFF],
  ["-q", "ehlo", PUT_OFF],
  ["-q", "mail", PUT_OFF],
  ["-q", "rcpt", PUT_OFF],
  ["-q", "data", PUT_OFF],
  ["-Q", "mail", PUT_OFF],
  ["-Q", "rcpt", PUT_OFF],
  ["-Q", ".", PUT_OFF],
])(
  "smtp-sink %s %s: every mail is put off or held, and arrives once when it is over",
  async (option, command, states) => {
    await using dir = await tempDir();
    const port = await freePort();
    const sink = await startSink(port, option, command);
    await using gateway = await gatewayTo(port, dir.path);
    await send(gateway);
    expect(await settled(gateway)).toEqual(states);
    await sink[Symbol.asyncDispose]();
    expect(await arriveAfterwards(gateway, port)).toBe(MAILS);
  },
);

test.skipIf(!here)(
  "refused and hung up on in the middle of the data, each mail is held, and comes whole when it is let go",
  async () => {
    await using dir = await tempDir();
    const port = await freePort();
    const sink = await startSink(port, "-A", "1");
    await using gateway = await gatewayTo(port, dir.path);
    await send(gateway);
    expect(await settled(gateway)).toEqual(REFUSED);
    await sink[Symbol.asyncDispose]();
    expect(await arriveAfterwards(gateway, port)).toBe(MAILS);
  },
);

test.skipIf(!here)("a far end that crawls has all mail in the end, each once", async () => {
  await using dir = await tempDir();
  const port = await freePort();
  await using sink = await startSink(port, "-w", "1");
  await using gateway = await gatewayTo(port, dir.path);
  await send(gateway);
  await until(
    "all are delivered",
    async () => (await gateway.store.deliveries({ state: "delivered", limit: 9 })).length === MAILS,
  );
  expect(sink.received()).toBe(MAILS);
});

test.skipIf(!here)("a far end that knows no ESMTP has mail that needs none", async () => {
  await using dir = await tempDir();
  const port = await freePort();
  await using sink = await startSink(port, "-e");
  await using gateway = await gatewayTo(port, dir.path);
  await send(gateway);
  await until(
    "all are delivered",
    async () => (await gateway.store.deliveries({ state: "delivered", limit: 9 })).length === MAILS,
  );
  expect(sink.received()).toBe(MAILS);
});
