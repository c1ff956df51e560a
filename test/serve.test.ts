// `mailward serve` as a process: what it says, how it ends, and what it answers when it cannot start.

import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { startDaemon } from "./support/daemon.ts";
import { mailText, readyToSend, sendMail } from "./support/dialogue.ts";
import { balance, type Home, type LiveGateway, makeHome, startAgain } from "./support/live-gateway.ts";
import { asPeer, peerUser } from "./support/peer-user.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const BILLING = "billing@clinic.example";
const maildirs = () => ({ kind: "maildir" }) as const;

test("it says each door and that it is ready, and the way down when it is stopped", async () => {
  await using dir = await tempDir();
  await using gateway = await startAgain(await home(dir.path));
  await gateway.stop();
  const events = gateway
    .output()
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  expect(events).toMatchObject([
    { event: "model-live", version: expect.stringMatching(/^starter-[0-9a-f]{8}$/), stage: "starter" },
    { event: "listening", protocol: "smtp", listenAddress: "127.0.0.1", port: gateway.port("smtp") },
    { event: "listening", protocol: "lmtp", port: gateway.port("lmtp") },
    { event: "ready", rulesHash: expect.stringMatching(/^[0-9a-f]{16}$/) },
    { event: "draining" },
    { event: "stopped" },
  ]);
  expect(gateway.ended()).toBe(0);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s under load finishes mail in the middle of DATA and loses none",
  async (signal) => {
    await using dir = await tempDir();
    const place = await home(dir.path);
    await using gateway = await startAgain(place);
    const port = gateway.port("smtp");
    for (let n = 0; n < 30; n += 1)
      await sendMail(port, [BILLING], mailText("A bill", "Could I set up a payment plan?"));
    using late = await readyToSend(port, [BILLING]);
    expect(await late.say("DATA")).toMatch(/^354/);
    late.write(mailText("A long bill", "payment plan\r\n".repeat(5_000)));
    process.kill(gateway.pid, signal);
    await until("it drains", () => gateway.output().includes('"draining"'));
    process.kill(gateway.pid, "SIGTERM"); // as a supervisor does that is not sure it was heard
    late.write(".\r\n");
    expect(await late.reply()).toMatch(/^250 /);
    await until("it has ended", () => gateway.ended() !== null);
    expect(gateway.ended()).toBe(0);
    const [row] = (await balance(gateway)).filter(({ alias }) => alias === "billing");
    expect(row).toMatchObject({ accepted: 31, missing: 0 });
    await using again = await startAgain(place);
    await until("everything is delivered", async () =>
      (await balance(again)).every((each) => each.delivered === each.accepted),
    );
  },
);

test("Ctrl-C a second time stops at once with 130, and what was accepted stays accepted", async () => {
  await using dir = await tempDir();
  await using gateway = await startAgain(await home(dir.path));
  await sendMail(gateway.port("smtp"), [BILLING], mailText("A bill", "payment plan"));
  using late = await readyToSend(gateway.port("smtp"), [BILLING]);
  await late.say("DATA");
  process.kill(gateway.pid, "SIGINT");
  await until("it drains", () => gateway.output().includes('"draining"'));
  await until("it has ended", () => gateway.ended() !== null || !interrupt(gateway));
  expect(gateway.ended()).toBe(130);
  expect((await balance(gateway)).map(({ accepted, missing }) => [accepted, missing])).toEqual([[1, 0]]);
});

type Trouble = (place: Home, folder: string) => Promise<AsyncDisposable | void>;

const TROUBLE: Readonly<Record<string, readonly [Trouble, RegExp]>> = {
  "a port in use": [
    async ({ config }) => {
      const port = await takenPort();
      await change(config, { listen: [{ protocol: "smtp", port: port.port }] });
      return port;
    },
    /^Port 127\.0\.0\.1:\d+ is in use by another program\. Stop it, or choose another port under `listen:` or `http:` in the configuration file\.\n$/,
  ],
  "a port of the health page in use": [
    async ({ config }) => {
      const port = await takenPort();
      await change(config, { http: { port: port.port } });
      return port;
    },
    /^Port 127\.0\.0\.1:\d+ is in use by another program\. Stop it,/,
  ],
  "an address this machine does not have": [
    ({ config }) => change(config, { listen: [{ protocol: "smtp", address: "192.0.2.1", port: 0 }] }),
    /^This machine has no address 192\.0\.2\.1\. Correct it under `listen:`/,
  ],
  "a file in place of the data folder": [
    async ({ config }, folder) => {
      await writeFile(join(folder, "file"), "");
      await change(config, { data: join(folder, "file") });
    },
    /^The folder .*file cannot be read and written by this user\. Check its owner and permissions\./,
  ],
  "a data folder in use by another gateway": [
    (place) => startAgain(place),
    /^Another gateway runs on the folder .*data\. Stop it first, or give this one a folder of its own\./,
  ],
  "a rule file with a typo": [
    async (_, folder) => {
      const file = join(folder, "rules", "rules.yaml");
      await writeFile(file, (await readFile(file, "utf8")).replace("request_types:", "request_tipes:"));
    },
    /rules\.yaml:\d+:1: unknown key `request_tipes`; did you mean `request_types`\?\n +\d+ \| request_tipes:\n/,
  ],
  "no rules folder": [
    async (_, folder) => {
      await rm(join(folder, "rules"), { recursive: true });
    },
    /rules: there is no such directory/,
  ],
  "a store of a newer version": [
    async ({ dataFolder }) => {
      new Database(join(dataFolder, "mailward.db")).exec("pragma user_version = 9999").close();
    },
    /^The store in .* was written by a newer Mailward \(version 9999, this program knows \d+\)\. Install that one again; nothing was changed\./,
  ],
  "a mistake in the configuration": [
    ({ config }) => change(config, { lisen: [] }),
    /config\.yaml:\d+:1: unknown key `lisen`; did you mean `listen`\?/,
  ],
};

test.each(Object.entries(TROUBLE))("%s ends the start with 2 and says what to do", async (_, [plant, words]) => {
  await using dir = await tempDir();
  const place = await home(dir.path);
  await using _other = (await plant({ ...place, log: join(dir.path, "other.log") }, dir.path)) ?? nothing;
  const { code, said } = await failedStart([process.execPath, "--no-memory-protection-keys"], place.config);
  expect(said).toMatch(words);
  expect(said).not.toMatch(/^ +at |Error:/m);
  expect(code).toBe(2);
});

test("a data folder this user may not read ends the start with 2 and says what to do", async () => {
  const folder = await mkdtemp("/tmp/mailward-closed-");
  try {
    await chmod(folder, 0o755); // the unprivileged user must come as far as the data
    const place = await home(folder);
    const closed = join(folder, "closed");
    await mkdir(closed, { mode: 0o000 });
    await change(place.config, { data: closed });
    const { code, said } = await failedStart(
      asPeer(peerUser(), [process.execPath, "--no-memory-protection-keys"]),
      place.config,
    );
    expect(said).toMatch(
      /^The folder .*closed cannot be read and written by this user\. Check its owner and permissions\./,
    );
    expect(said).not.toMatch(/^ +at |Error:/m);
    expect(code).toBe(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };

function home(folder: string): Promise<Home> {
  return makeHome({ folder, deliver: maildirs, settings: { workers: 1 } });
}

/** Answers true when the signal was sent; a process that is gone cannot take one. */
function interrupt(gateway: LiveGateway): boolean {
  try {
    return process.kill(gateway.pid, "SIGINT");
  } catch {
    return false;
  }
}

async function failedStart([program = "", ...before]: readonly string[], config: string) {
  await using daemon = startDaemon(program, [...before, MAIN, "serve", "--config", config]);
  await until("it has given up", () => daemon.ended() !== null);
  const said = daemon
    .output()
    .split("\n")
    // Log lines, and what Node says of a thread that is ended while it loads its libraries.
    .filter(
      (line) =>
        !/^(?:\{|\(node:\d+\) Warning: Accessing non-existent property|\(Use `node --trace-warnings)/.test(line),
    )
    .join("\n");
  return { code: daemon.ended(), said };
}

async function change(config: string, settings: object): Promise<void> {
  await writeFile(config, stringify({ ...(parse(await readFile(config, "utf8")) as object), ...settings }));
}

async function takenPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
