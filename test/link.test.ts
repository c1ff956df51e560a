// A signed link to one mail: it gives that mail to whoever holds it until it runs out, and nothing else to anybody.

import { expect, test } from "vitest";
import { linkTo } from "../src/deliver/links.ts";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { drivenClock } from "./support/driven.ts";
import { type TestGateway, type TestGatewayOptions, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const HOUR_MS = 3_600_000;
const HTTP = "{port: 0, link_base: 'https://mailward.clinic.example', link_hours: 2}";
const MAIL = mailText("zebrafinch", "zebrafinch: a payment plan, please.", "1@m");

async function gatewayIn(folder: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await testGateway(folder, { http: HTTP, ...options });
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], MAIL)).toMatch(/^250 /);
  return gateway;
}

async function refOfOnly(gateway: TestGateway): Promise<string> {
  return await until("it is decided", async () => (await gateway.store.deliveries({ limit: 1 }))[0]?.ref);
}

/** A link as a delivery tells it, as a path of the page. */
async function linkOf(gateway: TestGateway, ref: string, now: number): Promise<URL> {
  const links = {
    base: `http://127.0.0.1:${gateway.http.port}`,
    lifeMs: 2 * HOUR_MS,
    key: await gateway.store.linkKey(),
  };
  return new URL(linkTo(links, { ref, createdAt: now }, now).url);
}

async function get(url: URL, method = "GET") {
  const response = await fetch(url, { method });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test("a link gives the mail as it was received, as a file that nothing keeps or shows", async () => {
  await using dir = await tempDir();
  await using gateway = await gatewayIn(dir.path);
  const ref = await refOfOnly(gateway);
  const { status, text, headers } = await get(await linkOf(gateway, ref, Date.now()));
  expect([status, text]).toEqual([200, MAIL]);
  expect(Object.fromEntries(headers)).toMatchObject({
    "content-type": "message/rfc822",
    "content-disposition": `attachment; filename="${ref}.eml"`,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  const opened = gateway.log.filter((line) => line.includes('"link-opened"'));
  expect(opened.map((line) => (JSON.parse(line) as { ref: string }).ref)).toEqual([ref]);
  expect(gateway.log.join("")).not.toContain("zebrafinch");
});

test("a large mail comes whole", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { http: HTTP });
  const large = mailText("large", "0123456789 ".repeat(100_000).replace(/(.{70})/g, "$1\r\n"), "2@m");
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], large)).toMatch(/^250 /);
  const { text } = await get(await linkOf(gateway, await refOfOnly(gateway), Date.now()));
  expect(text === large).toBe(true);
});

test("a link that has run out says so", async () => {
  await using dir = await tempDir();
  const clock = drivenClock();
  await using gateway = await gatewayIn(dir.path, { now: clock.now });
  const url = await linkOf(gateway, await refOfOnly(gateway), clock.now());
  clock.advance(2 * HOUR_MS - 2000);
  expect((await get(url)).status).toBe(200);
  clock.advance(2000);
  const { status, text, headers } = await get(url);
  expect([status, text]).toEqual([403, expect.stringMatching(/^This link has run out\./)]);
  expect(headers.get("cache-control")).toBe("no-store");
});

const CHANGES: Readonly<Record<string, (url: URL, otherRef: string) => void>> = {
  "a later end": (url) => url.searchParams.set("expires", String(Number(url.searchParams.get("expires")) + 1)),
  "another mail": (url, otherRef) => (url.pathname = `/messages/${otherRef}`),
  "another spelling of the mail": (url) => (url.pathname = url.pathname.toLowerCase()),
  "one other digit": (url) => {
    const signature = url.searchParams.get("signature") ?? "";
    url.searchParams.set(
      "signature",
      signature.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
    );
  },
  "a shorter signature": (url) => url.searchParams.set("signature", (url.searchParams.get("signature") ?? "").slice(1)),
  "no signature": (url) => url.searchParams.delete("signature"),
  "no end": (url) => url.searchParams.delete("expires"),
  "two ends": (url) => url.searchParams.append("expires", "9999999999"),
  "a signature in capitals": (url) =>
    url.searchParams.set("signature", (url.searchParams.get("signature") ?? "").toUpperCase().replace(/^/, " ")),
  nothing: (url) => (url.search = ""),
};

test.each(Object.keys(CHANGES))("a link with %s is refused, and nothing of the mail is told", async (name) => {
  await using dir = await tempDir();
  await using gateway = await gatewayIn(dir.path);
  const other = mailText("other", "another payment plan", "3@m");
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], other)).toMatch(/^250 /);
  const refs = await until("both are decided", async () => {
    const rows = await gateway.store.deliveries({ limit: 2 });
    return rows.length === 2 ? rows.map(({ ref }) => ref) : null;
  });
  const url = await linkOf(gateway, refs[0] ?? "", Date.now());
  CHANGES[name]?.(url, refs[1] ?? "");
  const { status, text } = await get(url);
  expect([status, text]).toEqual([403, expect.stringMatching(/^This link is not right\./)]);
});

test("a link of another gateway, and one of other ways to ask, give nothing", async () => {
  await using dir = await tempDir();
  await using gateway = await gatewayIn(dir.path);
  const url = await linkOf(gateway, await refOfOnly(gateway), Date.now());
  for (const method of ["POST", "PUT", "DELETE", "HEAD"]) expect((await get(url, method)).status).toBe(404);
  const links = { base: url.origin, lifeMs: 2 * HOUR_MS, key: "00".repeat(32) };
  const foreign = new URL(linkTo(links, { ref: await refOfOnly(gateway), createdAt: Date.now() }, Date.now()).url);
  expect((await get(foreign)).status).toBe(403);
});

test("a link to no mail of ours, and a store in trouble, are told apart", async () => {
  await using dir = await tempDir();
  let isIll = false;
  const broken = (): AsyncIterable<Uint8Array> => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new StoreTrouble("broken", "planted")) }),
  });
  const wrapStore = (store: Store) => ({ ...store, readBody: (id: number) => (isIll ? broken() : store.readBody(id)) });
  await using gateway = await gatewayIn(dir.path, { wrapStore });
  for (const ref of ["MW-0003SQ", "nonsense"]) {
    expect(await get(await linkOf(gateway, ref, Date.now()))).toMatchObject({ status: 404 });
  }
  isIll = true;
  const { status, text } = await get(await linkOf(gateway, await refOfOnly(gateway), Date.now()));
  expect([status, text]).toEqual([503, expect.stringMatching(/cannot be read now/)]);
});

test("without an address for links there is no such page", async () => {
  await using dir = await tempDir();
  await using gateway = await gatewayIn(dir.path, { http: "{port: 0}" });
  expect((await get(await linkOf(gateway, await refOfOnly(gateway), Date.now()))).status).toBe(404);
});
