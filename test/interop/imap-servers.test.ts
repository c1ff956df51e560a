// Watched mailboxes at servers that can do little, at one that wants access tokens, and shared with another gateway.

import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Dovecot, type DovecotOptions, startDovecot } from "../support/dovecot.ts";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { mailProgram, mailSaying, watching } from "../support/imap-box.ts";
import { imapWire } from "../support/imap-wire.ts";
import { needs } from "../support/interop.ts";
import { tempDir } from "../support/temp-dir.ts";
import { until } from "../support/wait.ts";

const here = needs("dovecot");
const PERIODS = { pollMs: 300, silentMs: 60_000, superviseMs: 200 };
const LIMIT_MS = 120_000;

async function gatewayAt(folder: string, at: Pick<Dovecot, "port" | "login">, more = ""): Promise<TestGateway> {
  const file = join(folder, "password");
  writeFileSync(file, `${at.login.password}\n`);
  return await testGateway(join(folder, `gateway-${Math.random()}`), {
    settings: watching(at, file, more),
    imapPeriods: PERIODS,
  });
}

async function up(gateway: TestGateway): Promise<void> {
  await until("it is watched", () => gateway.log.some((line) => line.includes('"imap-up"')));
}

async function subjects(gateway: TestGateway, count: number): Promise<readonly string[]> {
  const rows = await until(`${count} are decided`, async () => {
    const found = await gateway.store.outcomes({ limit: 500 });
    return found.length >= count ? found : null;
  });
  const cases = await Promise.all(rows.map(({ ref }) => gateway.store.find(ref)));
  return cases.map((found) => found?.mail.messageId ?? "").toSorted();
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => `<Mail-${n}@example.net>`).toSorted();

async function withServer(
  options: DovecotOptions,
  use: (dovecot: Dovecot, program: Awaited<ReturnType<typeof mailProgram>>, folder: string) => Promise<void>,
): Promise<void> {
  await using dir = await tempDir();
  await using dovecot = await startDovecot(dir.path, options);
  await using program = await mailProgram(dovecot);
  await use(dovecot, program, dir.path);
}

test.skipIf(!here)(
  "a server with nothing but IMAP4rev1: no IDLE, MOVE, UIDPLUS or CONDSTORE",
  { timeout: LIMIT_MS },
  async () => {
    await withServer({ settings: "imap_capability = IMAP4rev1\n" }, async (dovecot, program, folder) => {
      await using gateway = await gatewayAt(folder, dovecot, ", done: { move_to: Done }");
      await up(gateway);
      for (let n = 0; n < 5; n += 1) await program.put(mailSaying(`Mail ${n}`));
      expect(await subjects(gateway, 5)).toEqual(ids(5));
      await until("all are copied", async () => (await gateway.store.imapFolders())[0]?.unmarked === 0);
      expect(await program.look("Done")).toHaveLength(5);
      expect(await program.look("INBOX")).toHaveLength(5);
      expect(gateway.log.filter((line) => line.includes('"imap-cannot-mark"'))).toHaveLength(1);
    });
  },
);

test.skipIf(!here)(
  "a server that keeps no keywords of ours: mail comes in, once, and the log says what cannot be",
  { timeout: LIMIT_MS },
  async () => {
    await withServer({}, async (dovecot, program, folder) => {
      await using wire = await imapWire(dovecot.port, {
        change: (said) => said.replace(/(PERMANENTFLAGS \([^)]*) \\\*\)/g, "$1)"),
      });
      await using gateway = await gatewayAt(folder, { ...dovecot, port: wire.port });
      await up(gateway);
      for (let n = 0; n < 3; n += 1) await program.put(mailSaying(`Mail ${n}`));
      expect(await subjects(gateway, 3)).toEqual(ids(3));
      await until("nothing is left to be marked", async () => (await gateway.store.imapFolders())[0]?.unmarked === 0);
      expect((await program.look()).map(({ flags }) => flags)).toEqual([[], [], []]);
      expect(gateway.log.filter((line) => line.includes('"imap-cannot-mark"'))).toHaveLength(1);
    });
  },
);

test.skipIf(!here)(
  "two gateways at one mailbox: each has every mail once, no original is lost, and it is told",
  { timeout: LIMIT_MS },
  async () => {
    await withServer({}, async (dovecot, program, folder) => {
      await using one = await gatewayAt(folder, dovecot);
      await using other = await gatewayAt(folder, dovecot);
      await Promise.all([up(one), up(other)]);
      for (let n = 0; n < 20; n += 1) await program.put(mailSaying(`Mail ${n}`));
      for (const gateway of [one, other]) expect(await subjects(gateway, 20)).toEqual(ids(20));
      await until("the originals are marked", async () =>
        (await program.look()).every(({ flags }) => flags.includes("$Mailward")),
      );
      expect(await program.look()).toHaveLength(20);
      await until("it is told", async () => {
        await program.put(mailSaying(`More ${Math.random()}`));
        return [one, other].some(({ log }) => log.some((line) => line.includes('"imap-shared"')));
      });
    });
  },
);

test.skipIf(!here)(
  "two gateways that move originals: none is lost, though the server may let both of them move it",
  { timeout: LIMIT_MS },
  async () => {
    await withServer({}, async (dovecot, program, folder) => {
      await using one = await gatewayAt(folder, dovecot, ", done: { move_to: Done }");
      await using other = await gatewayAt(folder, dovecot, ", done: { move_to: Done }");
      await Promise.all([up(one), up(other)]);
      for (let n = 0; n < 20; n += 1) await program.put(mailSaying(`Mail ${n}`));
      await until("all are moved", async () => (await program.look()).length === 0);
      // Two moves of one mail at the same moment are two copies there: Dovecot copies first and takes away then.
      const moved = (await program.look("Done")).map(({ subject }) => subject);
      expect(new Set(moved).size).toBe(20);
      expect(moved.length).toBeLessThanOrEqual(40);
      const taken = async (gateway: TestGateway) => {
        const rows = await gateway.store.outcomes({ limit: 500 });
        return (await Promise.all(rows.map(({ ref }) => gateway.store.find(ref)))).map(
          (found) => found?.mail.messageId ?? "",
        );
      };
      await until(
        "each is somebody's",
        async () => new Set([...(await taken(one)), ...(await taken(other))]).size === 20,
      );
      for (const gateway of [one, other]) {
        const mine = await taken(gateway);
        expect(new Set(mine).size).toBe(mine.length);
      }
    });
  },
);

/** A server that gives tokens and tells a mail server whether one is good. */
async function tokenServer() {
  const state = { given: 0, refused: new Set<string>(), refreshed: [] as (string | null)[] };
  const server = createServer((request, response) => {
    let form = "";
    request.on("data", (bytes) => (form += String(bytes)));
    request.on("end", () => {
      const json = (body: object) =>
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      if (request.url?.startsWith("/token") === true) {
        state.given += 1;
        state.refreshed.push(new URLSearchParams(form).get("refresh_token"));
        return json({ access_token: `token-${state.given}`, token_type: "Bearer", expires_in: 3600 });
      }
      const token = /token-\d+/.exec(`${request.url} ${form} ${request.headers.authorization}`)?.[0] ?? "";
      return json({
        active: token !== "" && !state.refused.has(token),
        email: "alice",
        username: "alice",
        sub: "alice",
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    ...state,
    state,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.skipIf(!here)(
  "a mailbox that wants access tokens: signed in by XOAUTH2, and anew when a token is refused",
  { timeout: LIMIT_MS },
  async () => {
    await using dir = await tempDir();
    await using tokens = await tokenServer();
    const oauth = join(dir.path, "oauth2.conf");
    writeFileSync(
      oauth,
      `introspection_url = ${tokens.url}/introspect?token=\nintrospection_mode = get\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n`,
      { mode: 0o644 },
    );
    const settings = `auth_mechanisms = plain login xoauth2 oauthbearer\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${oauth}\n}\n`;
    await using dovecot = await startDovecot(dir.path, { settings });
    await using program = await mailProgram(dovecot);
    await using wire = await imapWire(dovecot.port);
    for (const [name, text] of [
      ["client", "quiet"],
      ["refresh", "first"],
    ] as const)
      writeFileSync(join(dir.path, name), text);
    const account = `{ name: desk, host: 127.0.0.1, port: ${wire.port}, tls: none, user: alice, alias: billing@clinic.example, oauth: { token_url: "${tokens.url}/token", client_id: us, client_secret_file: ${join(dir.path, "client")}, refresh_token_file: ${join(dir.path, "refresh")} } }`;
    await using gateway = await testGateway(join(dir.path, "gateway"), {
      settings: `imap: [${account}]`,
      imapPeriods: PERIODS,
    });
    await up(gateway);
    await program.put(mailSaying("Mail 0"));
    expect(await subjects(gateway, 1)).toEqual(ids(1));
    expect(tokens.state.refreshed).toEqual(["first"]);
    // The token is taken back while it is young: the next connection is refused, and asks for another.
    tokens.state.refused.add("token-1");
    wire.drop();
    await until("another token is asked for", () => tokens.state.given === 2);
    await until("it is watched again", () => gateway.log.filter((line) => line.includes('"imap-up"')).length === 2);
    await program.put(mailSaying("Mail 1"));
    expect(await subjects(gateway, 2)).toEqual(ids(2));
  },
);
