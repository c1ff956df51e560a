// Access tokens for mailboxes, from a server of our own: asked for once, renewed before they end, and never told.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Secret } from "../src/config/imap.ts";
import { openLog } from "../src/log.ts";
import { tokenSource } from "../src/mailbox/oauth.ts";
import { drivenClock } from "./support/driven.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { runMailward } from "./support/operator.ts";
import { NOW } from "./support/store-samples.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

type Answer = { readonly status: number; readonly body: string };

/** A token server; `asked` are the forms it was sent. */
async function tokenServer(answers: Answer[]) {
  const asked: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    let form = "";
    request.on("data", (bytes) => (form += String(bytes)));
    request.on("end", () => {
      asked.push(new URLSearchParams(form));
      const { status, body } = answers.shift() ?? { status: 500, body: "" };
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/token`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function given(token: string, more: object = {}): Answer {
  return { status: 200, body: JSON.stringify({ access_token: token, expires_in: 1000, ...more }) };
}

function source(tokenUrl: string, refreshToken: Secret | null) {
  const lines: string[] = [];
  const clock = { at: NOW };
  const log = openLog({ level: "debug", style: "json", write: (line) => lines.push(line) });
  process.env["MAILWARD_TEST_CLIENT_SECRET"] = "quiet";
  const clientSecret = { kind: "environment", name: "MAILWARD_TEST_CLIENT_SECRET" } as const;
  const settings = { tokenUrl, clientId: "us", clientSecret, refreshToken, scope: "mail" };
  return { lines, clock, source: tokenSource("desk", settings, { now: () => clock.at, log }) };
}

/** A refresh token in a file of its own. */
function refreshFile(folder: string): Secret & { readonly kind: "file" } {
  const path = join(folder, "refresh-token");
  writeFileSync(path, "first\n");
  return { kind: "file", path };
}

test("a token is asked for once, used for 80 % of its life, and renewed with what the server gave last, which is kept", async () => {
  await using dir = await tempDir();
  const file = refreshFile(dir.path);
  await using server = await tokenServer([given("one", { refresh_token: "next" }), given("two")]);
  const { source: tokens, clock } = source(server.url, file);
  expect(await Promise.all([tokens.token(), tokens.token()])).toEqual(["one", "one"]);
  expect(readFileSync(file.path, "utf8")).toBe("next\n");
  expect(tokens.expiresAt()).toBe(NOW + 1_000_000);
  clock.at += 799_000;
  expect(await tokens.token()).toBe("one");
  clock.at += 2_000;
  expect(await tokens.token()).toBe("two");
  expect(server.asked.map((form) => form.get("refresh_token"))).toEqual(["first", "next"]);
  expect(Object.fromEntries(server.asked[0] ?? [])).toMatchObject({
    grant_type: "refresh_token",
    client_id: "us",
    client_secret: "quiet",
    scope: "mail",
  });
});

test("without a refresh token the client's own credentials are sent; a token the mail server refuses is not used again", async () => {
  await using server = await tokenServer([given("one"), given("two")]);
  const { source: tokens } = source(server.url, null);
  expect(await tokens.token()).toBe("one");
  expect(server.asked[0]?.get("grant_type")).toBe("client_credentials");
  tokens.refused();
  expect(await tokens.token()).toBe("two");
});

test("the first refresh that fails is told, once; the old token is used while it lives, and then none", async () => {
  await using dir = await tempDir();
  const refused = { status: 400, body: '{"error":"invalid_grant","error_description":"quiet words"}' };
  await using server = await tokenServer([given("one"), refused, { status: 200, body: "no json" }, given("two")]);
  const { source: tokens, clock, lines } = source(server.url, refreshFile(dir.path));
  await tokens.token();
  clock.at += 900_000;
  expect(await tokens.token()).toBe("one");
  // The server is left alone for half a minute.
  expect(await tokens.token()).toBe("one");
  expect(server.asked).toHaveLength(2);
  clock.at += 200_000;
  await expect(tokens.token()).rejects.toMatchObject({ reason: "token-server", code: "no-token" });
  expect(lines.filter((line) => line.includes('"event":"token-refused"'))).toHaveLength(1);
  expect(lines.join("")).toContain('"code":"invalid_grant"');
  clock.at += 31_000;
  await tokens.keepFresh();
  expect(await tokens.token()).toBe("two");
  expect(lines.join("")).toContain('"event":"token-renewed"');
  expect(lines.join("")).not.toMatch(/quiet|first/);
});

async function page(gateway: TestGateway, path: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${gateway.http.port}${path}`)).text();
}

test("a refresh that fails is shown by log, page, metric and status while the old token still lives", async () => {
  await using dir = await tempDir();
  const hour = { expires_in: 3600 };
  const refused = { status: 400, body: '{"error":"invalid_grant"}' };
  await using server = await tokenServer([given("one", hour), refused, refused, given("two", hour)]);
  writeFileSync(join(dir.path, "client"), "quiet\n");
  const oauth = `{ token_url: "${server.url}", client_id: us, client_secret_file: ${join(dir.path, "client")} }`;
  const account = `{ name: desk, host: 127.0.0.1, port: 9, tls: none, user: us, folders: [], oauth: ${oauth} }`;
  const clock = drivenClock();
  await using gateway = await testGateway(dir.path, {
    settings: `imap: [${account}]`,
    imapPeriods: { pollMs: 60_000, silentMs: 60_000, superviseMs: 50 },
    now: clock.now,
  });
  const ready = async () => JSON.parse(await page(gateway, "/readyz")) as { degraded: boolean; tokens: object[] };
  const endsAt = clock.now() + 3_600_000;
  await until("it has a token", async () => (await ready()).tokens[0]);
  await until("it is known when that ends", () => server.asked.length === 1);
  expect(await ready()).toMatchObject({ degraded: false, tokens: [{ account: "desk", failures: 0 }] });
  clock.advance(50 * 60_000);
  await until("the refresh failed", () => gateway.log.some((line) => line.includes('"token-refused"')));
  expect(await ready()).toMatchObject({ degraded: true, tokens: [{ failures: 1, expiresAt: endsAt }] });
  expect(await page(gateway, "/metrics")).toContain('mailward_imap_token_failures{account="desk"} 1');
  writeFileSync(join(dir.path, "asking.yaml"), `http: { port: ${gateway.http.port} }\n`);
  const { code, out } = await runMailward(dir.path, ["status", "--config", "asking.yaml"]);
  expect(code).toBe(1);
  expect(out).toMatch(/^token desk +cannot be renewed \(1 time\); the old one runs out \d{4}-/m);
  clock.advance(31_000);
  await until("it failed again", () => server.asked.length === 3);
  clock.advance(31_000);
  await until("it was renewed", async () => !(await ready()).degraded);
  const told = gateway.log.map((line) => JSON.parse(line) as { event: string; level: number });
  expect(told.filter(({ event }) => event === "token-refused")).toMatchObject([{ level: 50 }]);
});
