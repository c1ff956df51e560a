// Access tokens for mailboxes, from a server of our own: asked for once, renewed before they end, and never told.

import { createServer } from "node:http";
import { expect, test } from "vitest";
import { NoToken, tokenSource } from "../src/intake/imap-token.ts";
import { openLog } from "../src/log.ts";
import { NOW } from "./support/store-samples.ts";

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

function source(tokenUrl: string, refreshToken: string | null) {
  const lines: string[] = [];
  const clock = { at: NOW };
  const log = openLog({ level: "debug", style: "json", write: (line) => lines.push(line) });
  const signIn = {
    kind: "oauth",
    tokenUrl,
    clientId: "us",
    clientSecret: "quiet",
    refreshToken,
    scope: "mail",
  } as const;
  return { lines, clock, token: tokenSource(signIn, { now: () => clock.at, log, account: "desk" }) };
}

test("a token is asked for once, used for 80 % of its life, and renewed with what the server gave last", async () => {
  await using server = await tokenServer([given("one", { refresh_token: "next" }), given("two")]);
  const { token, clock } = source(server.url, "first");
  expect(await Promise.all([token(), token()])).toEqual(["one", "one"]);
  clock.at += 799_000;
  expect(await token()).toBe("one");
  clock.at += 2_000;
  expect(await token()).toBe("two");
  expect(server.asked.map((form) => form.get("refresh_token"))).toEqual(["first", "next"]);
  expect(Object.fromEntries(server.asked[0] ?? [])).toMatchObject({
    grant_type: "refresh_token",
    client_id: "us",
    client_secret: "quiet",
    scope: "mail",
  });
});

test("without a refresh token the client's own credentials are sent", async () => {
  await using server = await tokenServer([given("one")]);
  expect(await source(server.url, null).token()).toBe("one");
  expect(server.asked[0]?.get("grant_type")).toBe("client_credentials");
});

test("the first refresh that fails is told; the old token is used while it lives, and then none", async () => {
  const refused = { status: 400, body: '{"error":"invalid_grant","error_description":"quiet words"}' };
  await using server = await tokenServer([given("one"), refused, { status: 200, body: "no json" }, given("", {})]);
  const { token, clock, lines } = source(server.url, "first");
  await token();
  clock.at += 900_000;
  expect(await token()).toBe("one");
  expect(lines.join("")).toContain('"event":"imap-no-token"');
  expect(lines.join("")).toContain('"code":"invalid_grant"');
  clock.at += 200_000;
  await expect(token()).rejects.toThrow(NoToken);
  await expect(token()).rejects.toMatchObject({ code: "no-token" });
  expect(lines.join("")).not.toMatch(/quiet|first/);
});
