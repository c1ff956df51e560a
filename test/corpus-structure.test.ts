// Against what two other parsers read in their public test mails: the same subject, addresses and words, however the
// lines end and when wrapped in another mail. Each deviation is listed with its reason, and a list that is not true fails.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readAddresses, readDate } from "../src/parse/headers.ts";
import { type Mime, readMime } from "../src/parse/mime.ts";
import { parse } from "../src/parse/parse.ts";
import { filesBelow } from "./support/corpora.ts";
import { describeCorpus } from "./support/corpus-tests.ts";
import { ADDRESS_DEVIATIONS, DATE_DEVIATIONS, MIME4J_DEVIATIONS, STALWART_DEVIATIONS } from "./support/deviations.ts";

const STALWART = "mail-stalwart-mail-parser";
const MIME4J = "mail-james-mime4j";

/** A public mail is small; a reader that needs this long hangs. */
const HANG_MS = 60_000;

describeCorpus("Stalwart's mails", STALWART, (path) => {
  const folder = join(path, "eml");
  const mails = filesBelow(folder).filter((name) => name.endsWith(".eml"));

  test("are there", () => {
    expect(mails.length).toBeGreaterThan(100);
  });

  test.each([
    ["as they are", "json", (raw: Buffer) => raw],
    ["with CRLF", "crlf.json", withCrlf],
  ] as const)("%s are read as Stalwart reads them", { timeout: HANG_MS }, async (_, ending, prepare) => {
    const found: Record<string, readonly string[]> = {};
    for (const name of mails) {
      const raw = prepare(readFileSync(join(folder, name)));
      const fields = await differences(raw, expectation(join(folder, name.replace(/eml$/, ending))));
      if (fields.length > 0) found[name] = fields;
    }
    const listed = Object.entries(STALWART_DEVIATIONS).map(([name, { fields }]) => [name, fields]);
    expect(found).toEqual(Object.fromEntries(listed));
  });

  test("say the same with LF, with CRLF and inside another mail", { timeout: HANG_MS }, async () => {
    for (const name of mails) await sayTheSame(readFileSync(join(folder, name)), name);
  });
});

describeCorpus("Stalwart's single headers", STALWART, (path) => {
  const vectors = <T>(name: string): readonly { readonly header: string; readonly expected: T }[] =>
    JSON.parse(readFileSync(join(path, name), "utf8"));

  test("with dates are read as Stalwart reads them", () => {
    const dates = vectors<StalwartDate | null>("date.json");
    expect(dates.length).toBeGreaterThan(30);
    const different = dates.filter(({ header, expected }) => readDate(unfolded(header)) !== timeOf(expected));
    expect(different.map(({ header }) => unfolded(header).slice(0, 30))).toEqual(Object.keys(DATE_DEVIATIONS));
  });

  test("with addresses are read as Stalwart reads them", async () => {
    const lists = vectors<Value["Address"]>("address.json");
    expect(lists.length).toBeGreaterThan(50);
    const different: string[] = [];
    for (const { header, expected } of lists) {
      const raw = Buffer.from(`X-A: b\r\nTo: ${header.trim()}\r\n\r\nhello`);
      const read = readAddresses((await readMime(raw)).headers, "to", 100).map(({ address }) => address);
      const wanted = expected?.List ?? expected?.Group?.flatMap((group) => group.addresses) ?? [];
      const missing = wanted.some(({ address }) => address?.includes("@") && !read.includes(address));
      if (missing) different.push(unfolded(header).slice(0, 30));
    }
    expect(different).toEqual(Object.keys(ADDRESS_DEVIATIONS));
  });
});

describeCorpus("mime4j's mails", MIME4J, (folder) => {
  const files = filesBelow(folder);
  const mails = files.filter((name) => name.endsWith(".msg"));

  test("are there", () => {
    expect(mails.length).toBeGreaterThan(70);
  });

  test("give all the texts mime4j decodes", { timeout: HANG_MS }, async () => {
    const found: string[] = [];
    for (const name of mails) {
      const said = plainly(await everyWord(await readMime(readFileSync(join(folder, name))), 0));
      const texts = files.filter((file) => file.startsWith(`${name.slice(0, -4)}_decoded_`) && file.endsWith(".txt"));
      for (const file of texts)
        if (!asWritten(join(folder, file)).some((text) => said.includes(text))) found.push(file);
    }
    expect(found.sort()).toEqual(Object.keys(MIME4J_DEVIATIONS).sort());
  });

  test("give the subjects and addresses that stand in their heads", { timeout: HANG_MS }, async () => {
    for (const name of mails) {
      const fields = headFields(readFileSync(join(folder, name.replace(/msg$/, "xml")), "latin1"));
      const message = await parse(readFileSync(join(folder, name)));
      const subject = fields.get("subject") ?? "";
      if (!subject.includes("=?")) expect([name, plainly(message.subject)]).toEqual([name, subject]);
      for (const [field, found] of [
        ["from", message.from === null ? [] : [message.from]],
        ["to", message.to],
        ["cc", message.cc],
      ] as const) {
        const written = (fields.get(field) ?? "").match(ADDRESS) ?? [];
        const read = found.map(({ address }) => address);
        expect([name, field, written.filter((address) => !read.includes(address))]).toEqual([name, field, []]);
      }
    }
  });

  test("say the same with LF, with CRLF and inside another mail", { timeout: HANG_MS }, async () => {
    for (const name of mails) await sayTheSame(readFileSync(join(folder, name)), name);
  });
});

type StalwartDate = Readonly<
  Record<"year" | "month" | "day" | "hour" | "minute" | "second" | "tz_hour" | "tz_minute", number>
> & { readonly tz_before_gmt: boolean };

/** Milliseconds since 1970; null where Stalwart reads no date, or one no calendar has. */
function timeOf(date: StalwartDate | null): number | null {
  if (date === null) return null;
  const west = (date.tz_before_gmt ? 1 : -1) * (date.tz_hour * 60 + date.tz_minute) * 60_000;
  const time = Date.UTC(date.year, date.month - 1, date.day, date.hour, date.minute, date.second) + west;
  return Number.isNaN(time) ? null : time;
}

function unfolded(header: string): string {
  return header.replace(/\s+/g, " ").trim();
}

type Expected = {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly text: string;
  readonly html: string;
};

async function differences(raw: Buffer, expected: Expected): Promise<readonly string[]> {
  const message = await parse(raw);
  const mime = await readMime(raw);
  const read: Expected = {
    subject: plainly(message.subject),
    from: message.from === null ? "" : spelt([message.from]),
    to: spelt(message.to),
    cc: spelt(message.cc),
    text: plainly(mime.text),
    html: plainly(mime.passages.map((passage) => passage.html).join("\n")),
  };
  return (Object.keys(read) as (keyof Expected)[]).filter((field) => read[field] !== expected[field]);
}

type Address = { readonly name?: string | null; readonly address?: string | null };
type Value = {
  readonly Text?: string;
  readonly Address?: { readonly List?: Address[]; readonly Group?: { addresses: Address[] }[] };
};
type Stalwart = {
  readonly text_body: readonly number[];
  readonly html_body: readonly number[];
  readonly parts: readonly {
    readonly headers: readonly { readonly name: string; readonly value: Value }[];
    readonly body: { readonly Text?: string; readonly Html?: string };
  }[];
};

function expectation(path: string): Expected {
  const json = JSON.parse(readFileSync(path, "utf8")) as Stalwart;
  const values = (name: string) =>
    (json.parts[0]?.headers ?? []).flatMap((header) => (header.name === name ? [header.value] : []));
  const addresses = (name: string) =>
    spelt(values(name).flatMap(({ Address: a }) => a?.List ?? a?.Group?.flatMap((group) => group.addresses) ?? []));
  const bodies = (indexes: readonly number[], form: "Text" | "Html") =>
    plainly(indexes.map((index) => json.parts[index]?.body[form] ?? "").join("\n"));
  return {
    subject: plainly(values("subject")[0]?.Text ?? ""),
    from: addresses("from"),
    to: addresses("to"),
    cc: addresses("cc"),
    text: bodies(json.text_body, "Text"),
    html: bodies(json.html_body, "Html"),
  };
}

function spelt(addresses: readonly Address[]): string {
  return addresses.map(({ name, address }) => `${name ?? ""} <${address ?? ""}>`).join(", ");
}

/** NULs are left out of what is shown, and white space is compared nowhere. */
function plainly(text: string): string {
  return text.replaceAll("\0", "").replace(/\s+/g, " ").trim();
}

/** The words of a mail and of those attached to it. */
async function everyWord(mime: Mime, depth: number): Promise<string> {
  const own = mime.passages.map(({ plain, html }) => `${plain}\n${html}`).join("\n");
  if (depth >= 5) return own;
  const attached = await Promise.all(mime.mails.map(async (mail) => everyWord(await readMime(mail), depth + 1)));
  return [own, ...attached].join("\n");
}

/** What stands in a file, by each of the encodings mime4j's files have. */
function asWritten(path: string): readonly string[] {
  const raw = readFileSync(path);
  return ["utf-8", "windows-1252", "iso-8859-15"].map((label) => plainly(new TextDecoder(label).decode(raw)));
}

const ADDRESS = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;

/** The first of each header of the mail itself, unfolded, out of mime4j's description of it. */
function headFields(xml: string): ReadonlyMap<string, string> {
  const head = xml.slice(0, Math.max(0, xml.indexOf("</header>")));
  const fields = new Map<string, string>();
  for (const [, name, value] of head.matchAll(/<field>\s*([\w-]+)\s*:([^<]*)<\/field>/g)) {
    const key = (name ?? "").toLowerCase();
    if (!fields.has(key)) fields.set(key, plainly(unescaped(value ?? "")));
  }
  return fields;
}

function unescaped(xml: string): string {
  return xml
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

function withCrlf(raw: Buffer): Buffer {
  return Buffer.from(raw.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
}

function withLf(raw: Buffer): Buffer {
  return Buffer.from(raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}

/** A text in UTF-16 that is sent as it is has bytes that only look like line ends. */
const WIDE = /charset="?utf-16/i;

async function sayTheSame(raw: Buffer, name: string): Promise<void> {
  const said = async (mail: Uint8Array) => {
    const mime = await readMime(mail);
    return [name, mime.headers.get("subject"), plainly(mime.text), plainly(mime.html), mime.mails.length];
  };
  const lf = await said(withLf(raw));
  if (!WIDE.test(raw.toString("latin1"))) expect(await said(withCrlf(raw))).toEqual(lf);
  const head = "From: a@b.example\r\nSubject: outer\r\nContent-Type: message/rfc822\r\n\r\n";
  const [inner] = (await readMime(Buffer.concat([Buffer.from(head), raw]))).mails;
  expect(await said(inner ?? new Uint8Array())).toEqual(await said(raw));
}
