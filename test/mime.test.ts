// The bytes of a mail as mail programs and broken relays really write them: line ends, heads, character sets, and what
// is written to harm a reader.

import { describe, expect, test } from "vitest";
import { headerLookup, readAddresses } from "../src/parse/headers.ts";
import { readMime } from "../src/parse/mime.ts";
import { bytes, PLAIN, parts, read, subjectOf, utf8 } from "./support/mail-bytes.ts";

describe("lines", () => {
  const mail = bytes("To: b@c.example", "chest pain\n\nsince noon\n").toString("latin1");

  test.each([
    ["LF alone", mail.replaceAll("\r\n", "\n"), []],
    ["CR alone", mail.replaceAll("\r\n", "\r"), ["bare-cr"]],
    ["CR CR LF", mail.replaceAll("\r\n", "\r\r\n"), ["bare-cr"]],
    ["an mbox line on top", `From ana@example.net Mon Nov 23 10:00:00 2026\r\n${mail}`, []],
    ["a quoted mbox line on top", `>From ana@example.net Mon Nov 23 10:00:00 2026\r\n${mail}`, []],
    ["empty lines on top", `\r\n\r\n${mail}`, []],
    ["a byte order mark on top", `${utf8("\ufeff")}${mail}`, []],
    ["white space before the colons", mail.replaceAll(": ", " : "), []],
    ["a line of white space under the head", mail.replace("\r\n\r\n", "\r\n \r\n"), []],
    ["no line between head and text", mail.replace("\r\n\r\n", "\r\n"), []],
    ["a broken line in the head", mail.replace("Subject", "oops, this line is lost\r\nSubject"), []],
  ])("of a mail with %s are read", async (_, text, defects) => {
    const mime = await readMime(Buffer.from(text, "latin1"));
    expect([subjectOf(mime), mime.text.trim().split(/\s+/), mime.defects]).toEqual([
      "Bill",
      ["chest", "pain", "since", "noon"],
      defects,
    ]);
  });

  test("without any header are all text", async () => {
    const mime = await readMime(Buffer.from("Dear team,\nnote: chest pain\n\nFrom: me\n"));
    expect([mime.text, mime.defects]).toEqual(["Dear team,\nnote: chest pain\n\nFrom: me\n", ["no-headers"]]);
  });

  test("of headers beyond number keep those that matter", async () => {
    const mime = await readMime(
      Buffer.from(`From: a@b.example\n${"X-Filler: x\n".repeat(100_000)}Subject: late\n\nchest pain\n`),
    );
    expect([subjectOf(mime), mime.text, mime.defects]).toEqual(["late", "chest pain\n", ["too-many-headers"]]);
  });
});

describe("headers", () => {
  test.each([
    ["words cut inside a character", "=?utf-8?q?Ma=C3?= =?utf-8?q?=B1ana?=", "Mañana"],
    ["words cut inside base64", "=?utf-8?b?TWHD?=\n =?utf-8?b?sWFu?= =?utf-8?b?YQ==?=", "Mañana"],
    ["base64 cut anywhere", "=?utf-8?b?TWHDsW?= =?utf-8?b?FuYQ==?=", "Mañana"],
    ["both encodings beside each other", "=?utf-8?q?Ma=C3?= =?utf-8?b?sWFuYQ==?=", "Mañana"],
    ["two character sets beside each other", "=?iso-8859-1?q?Ma=F1?= =?utf-8?q?ana?=", "Mañana"],
    ["lower case and a language", "=?iso-8859-1*es?q?ma=f1ana?=", "mañana"],
    ["raw UTF-8", utf8("Mañana"), "Mañana"],
    ["raw windows-1252", "Ma\xf1ana \x80", "Mañana €"],
    ["a character set nobody knows", "=?x-nobody?q?Ma=C3=B1ana?=", "Mañana"],
    ["a wrong character set", "=?utf-8?q?Ma=F1ana?=", "Mañana"],
    ["UTF-7", "=?utf-7?q?Ma+APE-ana?=", "Mañana"],
    ["Japanese", "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"],
    ["spaces inside a word", "=?utf-8?q?Ma=C3=B1ana 7?=", "Mañana 7"],
    ["text around a word", "Re: =?utf-8?q?Ma=C3=B1ana?= (7)", "Re: Mañana (7)"],
    ["a word without end", "=?utf-8?q?Ma", "=?utf-8?q?Ma"],
    ["no word at all", "2 =? 3 ?= 4", "2 =? 3 ?= 4"],
    ["a line break in a word", "=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"],
  ])("with %s are read", async (_, written, subject) => {
    const mail = bytes("X-A: b").toString("latin1").replace("Subject: Bill", `Subject: ${written}`);
    expect(subjectOf(await readMime(Buffer.from(mail, "latin1")))).toBe(subject);
  });

  test.each([
    ["in quotes", '"=?utf-8?q?Ru=C3=ADz=2C_Ana?=" <a@b.example>', "Ruíz, Ana"],
    ["with a comma inside", "=?utf-8?q?Ru=C3=ADz=2C_Ana?= <a@b.example>", "Ruíz, Ana"],
    ["in a comment", "a@b.example (=?utf-8?q?Ana_Ru=C3=ADz?=)", "Ana Ruíz"],
    ["as raw windows-1252", "Ana Ru\xedz <a@b.example>", "Ana Ruíz"],
  ])("give the name of a sender %s", async (_, from, name) => {
    const mail = bytes("X-A: b").toString("latin1").replace("Ana <ana@example.net>", from);
    const mime = await readMime(Buffer.from(mail, "latin1"));
    expect(readAddresses(mime.headers, "from", 1)).toEqual([{ name, address: "a@b.example" }]);
  });

  test("given twice count by their first", async () => {
    const mime = await read("Subject: other\nContent-Type: text/plain\nContent-Type: text/html");
    expect([subjectOf(mime), mime.partTypes]).toEqual(["Bill", ["text/plain"]]);
  });

  test("are looked up as UTF-8", async () => {
    expect(headerLookup((await read(`X-Name: ${utf8("Mañana")}`)).headerLines)("x-name")).toEqual(["Mañana"]);
  });
});

describe("characters", () => {
  const type = (charset: string) => `Content-Type: text/plain; charset=${charset}`;

  test.each([
    ["UTF-8 without a label", "X-A: b", utf8("Mañana €"), "Mañana €", []],
    ["windows-1252 without a label", "X-A: b", "Ma\xf1ana \x80", "Mañana €", []],
    ["UTF-8 as ASCII", type("us-ascii"), utf8("Mañana"), "Mañana", []],
    ["UTF-8 as Latin 1", type("iso-8859-1"), utf8("Mañana"), "Mañana", []],
    ["windows-1252 as UTF-8", type("utf-8"), "Ma\xf1ana", "Mañana", []],
    ["windows-1252 as Latin 1", type("iso-8859-1"), "\x93Ma\xf1ana\x94", "“Mañana”", []],
    ["ASCII in a set nobody knows", type("default_charset"), "manana", "manana", []],
    ["8 bits in a set nobody knows", type("x-nobody"), "Ma\xf1ana", "Mañana", ["broken-encoding"]],
    ["UTF-8 with a hole", type("utf-8"), `${utf8("Mañana")} \xff`, "Mañana \ufffd", ["broken-encoding"]],
    ["a misspelt label", type('"UFT-8"'), utf8("Mañana"), "Mañana", []],
    ["a label without semicolon", "Content-Type: text/plain charset=koi8-r", "\xf2", "Р", []],
    ["Russian", type("koi8-r"), "\xe2\xcf\xcc\xd8", "Боль", []],
    ["Chinese", type("gb2312"), "\xcc\xdb", "疼", []],
    ["UTF-7", type("unicode-1-1-utf-7"), "Ma+APE-ana +-", "Mañana +", []],
    ["no type at all", "Content-Type: ", utf8("Mañana"), "Mañana", []],
    ["a type nobody understands", "Content-Type: text", utf8("Mañana"), "Mañana", []],
  ])("of %s are read", async (_, head, body, text, defects) => {
    const mime = await read(head, body);
    expect([mime.text, mime.defects]).toEqual([text, defects]);
  });
});

describe("encrypted mails are said to be so:", () => {
  const encrypted = ["encrypted"];
  test.each([
    ["PGP/MIME", parts("multipart/encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1"), encrypted],
    ["S/MIME", { head: "Content-Type: application/pkcs7-mime; smime-type=enveloped-data", body: "AA==" }, encrypted],
    ["packed signature", { head: "Content-Type: application/x-pkcs7-mime; name=smime.p7m", body: "AA==" }, encrypted],
    ["PGP in the text", { head: "X-A: b", body: "\n-----BEGIN PGP MESSAGE-----\n\nhQ\n" }, encrypted],
    ["not a signature beside the text", parts("multipart/signed", `${PLAIN}hello`), []],
    ["not a quoted PGP block", { head: "X-A: b", body: "look:\n-----BEGIN PGP MESSAGE-----\n" }, []],
  ])("%s", async (_, { head, body }, defects) => {
    expect((await read(head, body)).defects).toEqual(defects);
  });
});

describe("mails that break off", () => {
  test.each([
    ["a multipart never closed", "Content-Type: multipart/mixed; boundary=x", `--x\n${PLAIN}chest pain`],
    ["base64", "Content-Transfer-Encoding: base64", "Y2hlc3QgcGFpbiA"],
    ["quoted-printable", "Content-Transfer-Encoding: quoted-printable", "chest pain =C"],
  ])("in %s are read and said to", async (_, head, body) => {
    const mime = await read(head, body);
    expect(mime.text).toContain("chest pain");
    expect(mime.defects).toEqual(["truncated"]);
  });

  test.each([
    ["base64", "Content-Transfer-Encoding: base64", "Y2hlc3QgcGFpbg==\n"],
    ["quoted-printable", "Content-Transfer-Encoding: quoted-printable", "chest pain=\n"],
    [
      "a boundary without the white space it was named with",
      'Content-Type: multipart/mixed; boundary="x "',
      `--x\n${PLAIN}hello\n--x--\n`,
    ],
  ])("are not those that end in %s", async (_, head, body) => {
    expect((await read(head, body)).defects).toEqual([]);
  });
});

describe("hostile mails are read in bounded time:", () => {
  const MB = 1024 * 1024;
  const nested = (depth: number) =>
    Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`).join("");

  test.each([
    ["1,000 multiparts inside each other", `From: a@b.example\n${nested(1000)}${PLAIN}chest pain\n`],
    [
      "many lines like boundaries inside many parts",
      `From: a@b.example\n${nested(900)}${PLAIN}chest pain\n${"--\n".repeat(2 * MB)}`,
    ],
    ["a head of folds", `From: a@b.example\nSubject: a${"\n ".repeat(MB)}b\n\nchest pain\n`],
    ["a head of encoded words without end", `From: a@b.example\nSubject: ${"=?a?q?x ".repeat(8000)}\n\nchest pain\n`],
    ["recipients in open brackets", `From: a@b.example\nTo: ${'(<"'.repeat(20_000)}\n\nchest pain\n`],
    ["files that only begin", `From: a@b.example\n\nchest pain\n${"begin 644 a\n".repeat(300_000)}`],
    [
      "UTF-7 that never ends",
      `From: a@b.example\nContent-Type: text/plain; charset=utf-7\n\nchest pain${"+".repeat(4 * MB)}`,
    ],
    ["NULs", `From: a@b.example\n\nchest pain${"\0".repeat(4 * MB)}`],
    ["lines of CR", `From: a@b.example\r\rchest pain${"\r".repeat(10 * MB)}`],
  ])("%s", { timeout: 20_000 }, async (_, text) => {
    expect((await readMime(Buffer.from(text, "latin1"))).text).toContain("chest pain");
  });

  test("a large mail too deep to be taken apart is given up", async () => {
    const raw = `From: a@b.example\n${nested(40)}${PLAIN}chest pain\n${"filler\n".repeat(100_000)}`;
    expect((await readMime(Buffer.from(raw))).defects).toEqual(["unreadable-structure"]);
  });

  test("folds with nothing in them do not hide a header", async () => {
    const mime = await readMime(Buffer.from(`From: a@b.example\nSubject: a${"\n ".repeat(20_000)}\n b\n\nhello`));
    expect([subjectOf(mime), mime.defects]).toEqual(["a b", []]);
  });

  test("every beginning of a mail, and every byte of it changed", { timeout: 60_000 }, async () => {
    const { head, body } = parts("multipart/mixed", `${PLAIN}hello`, "Content-Type: message/rfc822\n\nSubject: b\n\nc");
    const raw = bytes(head, body);
    for (let at = 0; at < raw.length; at++) {
      await readMime(raw.subarray(0, at));
      for (const byte of [0, 0x0a, 0x0d, 0x3a, 0xff]) {
        const wrong = Buffer.from(raw);
        wrong[at] = byte;
        await readMime(wrong);
      }
    }
  });
});
