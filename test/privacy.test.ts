// No word of a patient leaves by a side door: marked words are pushed through everything that can happen to a mail, and
// looked for in everything that machines and operators read without opening it.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hashPassword } from "../src/intake/sign-in.ts";
import { openLog } from "../src/log.ts";
import type { Store } from "../src/store/store.ts";
import { StoreTrouble } from "../src/store/store.ts";
import { makeCertificate } from "./support/certificate.ts";
import { type Talk, talk } from "./support/dialogue.ts";
import { driveLoops, drivenClock, soon } from "./support/driven.ts";
import { rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";

/** In every place a patient's word can stand. Letters only, so that it fits each of them. */
const MARK = "zebrafinch";
const ODD = new URL("support/odd-worker.ts", import.meta.url);
const LISTEN = "[{protocol: smtp, port: 0}, {protocol: submission, port: 0}, {protocol: lmtp, port: 0}]";
const SETTINGS = "limits: {decide_seconds: 0.4, message_megabytes: 0.5, connections_per_client: 20}";
const TO = `billing+${MARK}@clinic.example`;

beforeEach(driveLoops);
afterEach(() => void vi.useRealTimers());

function marked(id: string, top: readonly string[] = [], text = "a payment plan"): string {
  return [
    ...top,
    `From: "${MARK} from" <${MARK}-from@home.example>`,
    `To: ${MARK}to <${MARK}-to@clinic.example>`,
    `Cc: ${MARK}cc <${MARK}-cc@home.example>`,
    `Reply-To: ${MARK}-reply@home.example`,
    `Subject: ${MARK} subject`,
    `Message-ID: <${id}.${MARK}@home.example>`,
    "Date: Mon, 23 Nov 2026 08:00:00 +0000",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "",
    `${MARK} body: ${text}`,
    "--b",
    `Content-Type: application/pdf; name="${MARK}.pdf"`,
    `Content-Disposition: attachment; filename="${MARK}.pdf"`,
    "",
    `${MARK} attached`,
    "--b--",
    "",
  ].join("\r\n");
}

const BROKEN = [
  `Content-Type: multipart/${MARK}; boundary="${MARK}`,
  `Subject: =?${MARK}?Q?=ZZ?=`,
  `From: <<${MARK}@@`,
  `Content-Transfer-Encoding: ${MARK}`,
  "",
  `--${MARK}`,
  `Content-Type: text/html; charset=${MARK}`,
  "",
  `<${MARK}\0 \xff\xfe`,
  "",
].join("\r\n");

async function client(gateway: TestGateway, door = "smtp"): Promise<Talk> {
  const opened = await talk(gateway.port(door));
  await opened.reply();
  await opened.say(`${door === "lmtp" ? "LHLO" : "EHLO"} ${MARK}.home.example`);
  return opened;
}

async function sendBy(opened: Talk, mail: string, to = TO): Promise<string> {
  await opened.say(`MAIL FROM:<${MARK}-sender@home.example>`);
  await opened.say(`RCPT TO:<${to}> ORCPT=rfc822;${MARK}@home.example`);
  await opened.say("DATA");
  opened.write(`${mail}.\r\n`);
  return await opened.reply();
}

async function send(gateway: TestGateway, mail: string, door?: string): Promise<string> {
  using opened = await client(gateway, door);
  return await sendBy(opened, mail);
}

/** What machines and operators read: the log, the pages and the rows about attempts and deliveries. */
async function sideDoors(gateway: TestGateway): Promise<readonly string[]> {
  const pages = ["healthz", "readyz", "metrics", MARK].map(async (page) => {
    const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/${page}`);
    return page === MARK ? "" : await answer.text(); // a path nobody serves quotes itself to the one who asked only
  });
  const rows = await gateway.store.deliveries({ limit: 1000 });
  const cases = await Promise.all(rows.map(({ ref }) => gateway.store.find(ref)));
  const attempts = cases.flatMap((found) => found?.attempts ?? []);
  const held = await gateway.store.heldMessages(1000);
  expect(rows.length + held.length).toBeGreaterThan(0);
  return [
    ...gateway.log,
    ...(await Promise.all(pages)),
    ...[...rows, ...attempts, ...held].map((row) => JSON.stringify(row)),
  ];
}

/** The same lines as a person at a terminal sees them. */
function forPeople(lines: readonly string[]): readonly string[] {
  const shown: string[] = [];
  const log = openLog({ level: "debug", style: "people", write: (line) => shown.push(line) });
  for (const line of lines) {
    const { event, level: _level, time: _time, ...fields } = JSON.parse(line);
    log.info(event, fields);
  }
  return shown;
}

async function nothingMarked(gateway: TestGateway, events: readonly string[]): Promise<void> {
  const seen = new Set(gateway.log.map((line) => JSON.parse(line).event));
  for (const event of events) expect(seen, "the scenario must have happened").toContain(event);
  const everything = [...(await sideDoors(gateway)), ...forPeople(gateway.log)];
  const mark = new RegExp(`${MARK}|${Buffer.from(MARK).toString("base64").slice(0, 10)}`, "i");
  expect(everything.filter((line) => mark.test(line))).toEqual([]);
}

async function settled(gateway: TestGateway, attempted: number): Promise<void> {
  await soon("all is decided and tried", async () => {
    const rows = await gateway.store.deliveries({ limit: 1000 });
    const tried = rows.filter(({ attempts, state }) => attempts > 0 && state !== "leased");
    return (await gateway.store.counts()).undecided === 0 && tried.length >= attempted;
  });
}

test("accepting, refusing, deciding, holding and delivering tell no marked word", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink();
  const options = { rules: rulesForwardingTo(sink.port), workerUrl: ODD, listen: LISTEN };
  const staff = `staff: [{user: ${MARK}, password: "${await hashPassword(MARK)}"}]`;
  const settings = [SETTINGS, makeCertificate(dir.path), staff].join("\n");
  await using gateway = await testGateway(dir.path, { ...options, settings });
  expect(await send(gateway, marked("1"))).toMatch(/^250/);
  expect(await send(gateway, marked("1"))).toMatch(/^250 2\.0\.0 Already|^250/);
  expect(await send(gateway, marked("2"), "lmtp")).toMatch(/^250/);
  expect(await send(gateway, BROKEN)).toMatch(/^250/);
  expect(await send(gateway, `${marked("3")}bare\n${MARK}\r\n`)).toMatch(/^550/);
  expect(await send(gateway, marked("4", [], `${MARK} `.repeat(60_000)))).toMatch(/^552/);
  expect(await send(gateway, marked("5", Array(60).fill(`Received: from ${MARK} by ${MARK}`)))).toMatch(/^250/);
  for (const mark of ["dies", "hangs", "throws"]) {
    expect(await send(gateway, marked(`6${mark}`, [`X-Poison: ${mark}`, `X-Note: ${MARK}`]))).toMatch(/^250/);
  }
  using odd = await client(gateway);
  expect(await odd.say(`RCPT TO:<${MARK}@clinic.example>`)).toMatch(/^503/);
  await odd.say(`MAIL FROM:<${MARK}@home.example>`);
  expect(await odd.say(`RCPT TO:<${MARK}@clinic.example>`)).toMatch(/^550/);
  await odd.say(`${MARK} ${MARK}`);
  using desk = await client(gateway, "submission");
  await desk.say("STARTTLS");
  await desk.encrypt();
  await desk.say(`EHLO ${MARK}`);
  const auth = (password: string) => `AUTH PLAIN ${Buffer.from(`\0${MARK}\0${password}`).toString("base64")}`;
  expect(await desk.say(auth(`${MARK}x`))).toMatch(/^535/);
  expect(await desk.say(auth(MARK))).toMatch(/^235/);
  expect(await sendBy(desk, marked("7"))).toMatch(/^250/);
  await soon("held", async () => (await gateway.store.heldMessages(10)).length === 4);
  await settled(gateway, 4);
  const events = ["accepted", "duplicate", "refused", "decided", "delivered", "held", "loop-held", "decider-replaced"];
  await nothingMarked(gateway, [...events, "internal-error", "signed-in", "sign-in-failed"]);
});

test.each([
  ["refuses and quotes the address back", { kind: "answer", at: "rcpt", line: `550 5.1.1 <${MARK}@far> ${MARK}` }],
  ["defers and quotes the mail back", { kind: "answer", at: "dot", line: `451 4.0.0 ${MARK} said "${MARK}"` }],
  ["puts a word where the code should be", { kind: "answer", at: "rcpt", line: `550-5.1.${MARK} x\r\n550 ${MARK}` }],
  ["greets with the word", { kind: "answer", at: "greeting", line: `554 ${MARK}` }],
  ["talks marked nonsense", { kind: "answer", at: "data", line: MARK }],
] as const)("a far end that %s puts no word of it into our logs and rows", async (_what, behaviour) => {
  await using dir = await tempDir();
  await using sink = await smtpSink({ behaviour });
  await using gateway = await testGateway(dir.path, { rules: rulesForwardingTo(sink.port), now: drivenClock().now });
  expect(await send(gateway, marked("far"))).toMatch(/^250/);
  await settled(gateway, 1);
  await nothingMarked(gateway, ["accepted", "decided"]);
});

test("a store in trouble, and errors that quote what they choked on, tell no marked word", async () => {
  await using dir = await tempDir();
  const trouble = () => Promise.reject(new StoreTrouble("broken", `near "${MARK}"`, new Error(MARK)));
  let sick = true;
  const wrapStore = (store: Store): Store => ({
    ...store,
    accept: (mail) => (sick ? trouble() : store.accept(mail)),
    record: (decided) => (sick ? Promise.reject(new TypeError(`${MARK} is not iterable`)) : store.record(decided)),
    finish: (finish) => (sick ? trouble() : store.finish(finish)),
  });
  await using gateway = await testGateway(dir.path, { wrapStore });
  expect(await send(gateway, marked("sick"))).toMatch(/^451/);
  sick = false;
  expect(await send(gateway, marked("sick"))).toMatch(/^250/);
  await settled(gateway, 1);
  await nothingMarked(gateway, ["store-trouble", "accepted", "delivered"]);
});
