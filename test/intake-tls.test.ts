// Encrypted doors, staff signing in, and the limits on connections, as a client meets them.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { hashPassword } from "../src/intake/sign-in.ts";
import { makeCertificate } from "./support/certificate.ts";
import { mailText, sendMail, type Talk, talk } from "./support/dialogue.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const LISTEN = "[{protocol: smtp, port: 0}, {protocol: smtps, port: 0}, {protocol: submission, port: 0}]";
const USER = "front-desk";
const PASSWORD = "correct horse";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const plainAuth = (password: string) => `AUTH PLAIN ${base64(`\0${USER}\0${password}`)}`;

async function encryptedGateway(dir: TempDir, settings = ""): Promise<TestGateway> {
  const staff = `staff: [{user: ${USER}, password: "${await hashPassword(PASSWORD)}"}]`;
  return await testGateway(dir.path, {
    listen: LISTEN,
    settings: [makeCertificate(dir.path), staff, settings].join("\n"),
  });
}

async function greet(port: number, options: { readonly tls?: boolean } = {}): Promise<{ client: Talk; ehlo: string }> {
  const client = await talk(port, options);
  expect(await client.reply()).toMatch(/^220 /);
  return { client, ehlo: await client.say("EHLO desk.clinic.example") };
}

async function startTls(port: number): Promise<{ client: Talk; ehlo: string }> {
  const { client, ehlo } = await greet(port);
  expect(ehlo).toContain("STARTTLS");
  expect(await client.say("STARTTLS")).toMatch(/^220 /);
  await client.encrypt();
  return { client, ehlo: await client.say("EHLO desk.clinic.example") };
}

/** One mail over a connection that is ready for it; answers the reply to its last dot. */
async function send(client: Talk): Promise<string> {
  expect(await client.say("MAIL FROM:<desk@clinic.example>")).toMatch(/^250/);
  expect(await client.say("RCPT TO:<billing@clinic.example>")).toMatch(/^250/);
  expect(await client.say("DATA")).toMatch(/^354/);
  client.write(`${mailText("from the desk", "a payment plan")}.\r\n`);
  return await client.reply();
}

async function mailOf(gateway: TestGateway) {
  const [row] = await until("decided", async () => {
    const rows = await gateway.store.outcomes({ limit: 10 });
    return rows.length > 0 ? rows : null;
  });
  return (await gateway.store.find(row!.ref))!.mail;
}

test("after STARTTLS a mail is taken, and it is known that it came encrypted", async () => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const { client, ehlo } = await startTls(gateway.port("smtp"));
  using _ = client;
  expect(ehlo).not.toContain("STARTTLS");
  expect(ehlo).toMatch(/AUTH PLAIN LOGIN/);
  expect(await send(client)).toMatch(/^250/);
  expect(await mailOf(gateway)).toMatchObject({ door: "smtp", client: { tls: true, user: null } });
});

test("after STARTTLS a client must greet again: what it said in clear counts for nothing (RFC 3207 4.2)", async () => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const { client } = await greet(gateway.port("smtp"));
  using _ = client;
  await client.say("MAIL FROM:<someone@home.example>");
  expect(await client.say("STARTTLS")).toMatch(/^220 /);
  await client.encrypt();
  expect(await client.say("RCPT TO:<billing@clinic.example>")).toMatch(/^503 /);
});

test("implicit TLS: encrypted from the first byte, and AUTH is offered at once", async () => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const { client, ehlo } = await greet(gateway.port("smtps"), { tls: true });
  using _ = client;
  expect(ehlo).toContain("AUTH");
  expect(await client.say(plainAuth(PASSWORD))).toMatch(/^235 /);
  expect(await send(client)).toMatch(/^250/);
  expect(await mailOf(gateway)).toMatchObject({ door: "submission", client: { tls: true, user: USER } });
});

test.each([
  ["PLAIN", [plainAuth(PASSWORD)]],
  ["LOGIN", ["AUTH LOGIN", base64(USER), base64(PASSWORD)]],
])("staff sign in by AUTH %s after TLS, and mail carries the account and the door", async (_method, lines) => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const { client } = await startTls(gateway.port("submission"));
  using _ = client;
  for (const line of lines.slice(0, -1)) expect(await client.say(line)).toMatch(/^334 /);
  expect(await client.say(lines.at(-1)!)).toMatch(/^235 /);
  expect(await send(client)).toMatch(/^250/);
  expect(await mailOf(gateway)).toMatchObject({ door: "submission", client: { tls: true, user: USER } });
});

test("AUTH in clear is refused, so that no password crosses the wire", async () => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  for (const door of ["smtp", "submission"]) {
    const { client } = await greet(gateway.port(door));
    using _ = client;
    expect(await client.say("EHLO again.example")).not.toContain("AUTH");
    expect(await client.say(plainAuth(PASSWORD))).toMatch(/^5(38|30|00|02|03) /);
  }
});

test.each([
  ["a wrong password", plainAuth("incorrect horse")],
  ["no password", plainAuth("")],
  ["an unknown user", `AUTH PLAIN ${base64(`\0nobody\0${PASSWORD}`)}`],
])("%s is 535, and the port for staff still takes no mail", async (_what, line) => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const { client } = await startTls(gateway.port("submission"));
  using _ = client;
  expect(await client.say(line)).toMatch(/^535 5\.7\.8/);
  expect(await client.say("MAIL FROM:<desk@clinic.example>")).toMatch(/^530 /);
  expect(await gateway.store.balance()).toEqual([]);
});

test("the port for staff refuses mail from anybody who has not signed in", async () => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const clear = await greet(gateway.port("submission"));
  using _clear = clear.client;
  expect(await clear.client.say("MAIL FROM:<desk@clinic.example>")).toMatch(/^530 /);
  const encrypted = await startTls(gateway.port("submission"));
  using _encrypted = encrypted.client;
  expect(await encrypted.client.say("MAIL FROM:<desk@clinic.example>")).toMatch(/^530 /);
});

test("commands sent in clear together with STARTTLS are never carried out", async () => {
  await using dir = await tempDir();
  await using gateway = await encryptedGateway(dir);
  const { client } = await greet(gateway.port("smtp"));
  using _ = client;
  const injected = "MAIL FROM:<evil@home.example>\r\nRCPT TO:<billing@clinic.example>\r\n";
  client.write(`STARTTLS\r\nEHLO injected.example\r\n${injected}`);
  expect(await client.reply()).toMatch(/^220 /);
  const secured = await client.encrypt().then(
    () => true,
    () => false,
  );
  if (secured) expect(await client.say("DATA")).not.toMatch(/^(250|354)/);
  expect(await gateway.store.balance()).toEqual([]);
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mailText("next", "hello"))).toMatch(/^250/);
});

test("a client may have so many connections and no more, and one that ends makes room", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { settings: "limits: {connections_per_client: 2}" });
  const port = gateway.port("smtp");
  using first = (await greet(port)).client;
  const { client: second } = await greet(port);
  using third = await talk(port);
  expect(await third.reply()).toMatch(/^421 4\.7\.0 Too many connections/);
  expect(await third.reply()).toBe("closed");
  expect(await first.say("NOOP")).toMatch(/^250/);
  second[Symbol.dispose]();
  await until("there is room again", async () => {
    using next = await talk(port);
    return (await next.reply()).startsWith("220 ");
  });
});

test("all clients together may have so many connections and no more", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { settings: "limits: {connections: 2}" });
  const port = gateway.port("smtp");
  using _first = (await greet(port)).client;
  using _second = (await greet(port)).client;
  using third = await talk(port);
  expect(await third.reply()).toMatch(/^421 /);
});

test("a port in use stops the start, and leaves nothing running", async () => {
  await using dir = await tempDir();
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const listen = `[{protocol: smtp, port: 0}, {protocol: lmtp, port: ${port}}]`;
  await expect(testGateway(dir.path, { listen })).rejects.toMatchObject({ code: "EADDRINUSE", port });
  other.close();
  await once(other, "close");
  await using gateway = await testGateway(dir.path, { listen });
  expect(gateway.port("lmtp")).toBe(port);
});
