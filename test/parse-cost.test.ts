// Mails made to be dear: each has a shape on which a naive reader costs the square of its length. The limit is ten times
// and more what reading takes when the cost is linear, so only the square reaches it.

import { expect, test } from "vitest";
import { parse } from "../src/parse/parse.ts";
import { messageFaults } from "./support/message-faults.ts";

const LIMIT_MS = 10_000;
const MB = 1_000_000;

const HEAD = "From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n";
const PLAIN = `${HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n`;
const HTML = `${HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n`;

/** A piece again and again until it has so many characters. */
const filled = (piece: string, chars: number) => piece.repeat(Math.ceil(chars / piece.length));
const times = (count: number, piece: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => piece(number)).join("");
const mixed = (parts: string) => `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}`;

const DEAR: readonly (readonly [string, () => string])[] = [
  ["100,000 headers", () => `${HEAD}${times(100_000, (n) => `X-${n}: ${n}\r\n`)}\r\nhello`],
  ["100,000 times the same header", () => `${HEAD}${filled("Received: x\r\n", 13 * 100_000)}\r\nhello`],
  ["a header folded 100,000 times", () => `Subject: x\r\n${filled(" y\r\n", 4 * 100_000)}\r\nhello`],
  [
    "a To header folded 100,000 times",
    () => `To: x@y.example\r\n${filled(" ,a@b.example\r\n", 15 * 100_000)}\r\nhello`,
  ],
  [
    "1,000 multiparts in each other",
    () => `${HEAD}${times(1000, (n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`)}\r\nhello`,
  ],
  ["100,000 empty parts", () => mixed(filled("--b\r\n\r\n", 7 * 100_000))],
  ["100,000 parts with a header", () => mixed(filled("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 37 * 100_000))],
  ["10 MB of lines that are nearly boundaries", () => mixed(filled("--bb\r\n--\r\n--b-\r\n", 10 * MB))],
  [
    "a boundary of 1 MB",
    () =>
      `${HEAD}Content-Type: multipart/mixed; boundary="${filled("b", MB)}"\r\n\r\n--${filled("b", MB)}\r\n\r\nhello`,
  ],
  [
    "1,000 mails in each other",
    () => times(1000, () => "From: a@b.example\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n"),
  ],
  [
    "1,000 mails side by side",
    () =>
      mixed(
        times(
          1000,
          (n) => `--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: ${n}\r\n\r\nhello\r\n`,
        ),
      ),
  ],
  ["10 MB of HTML of divs that stay open", () => HTML + filled("<div>x", 10 * MB)],
  ["10 MB of HTML of <", () => HTML + filled("<", 10 * MB)],
  ["10 MB of HTML of comments that stay open", () => HTML + filled("<!--", 10 * MB)],
  ["10 MB of HTML of attributes that stay open", () => HTML + filled('<a b="', 10 * MB)],
  ["10 MB of HTML of attributes without a tag's end", () => HTML + filled("<a b=c ", 10 * MB)],
  ["10 MB of HTML of entities without semicolon", () => HTML + filled("&amp", 10 * MB)],
  ["10 MB of HTML of end tags", () => `${HTML}${filled("<b>", 1500)}${filled("</i></b><b>", 10 * MB)}`],
  ["10 MB of HTML of tables in cells", () => HTML + filled("<table><tr><td>", 10 * MB)],
  ["10 MB of HTML of rows of cells", () => `${HTML}<table>${filled("<tr><td>a<br>b<td>", 10 * MB)}`],
  ["10 MB of HTML of quotations", () => HTML + filled("x:<blockquote type=cite>y</blockquote>", 10 * MB)],
  ["10 MB of HTML of one style", () => `${HTML}<p style="${filled("font-size:0.00;border-left:", 10 * MB)}">x`],
  [
    "10 MB of encoded words that never end, in a header",
    () => `${HEAD}X-Y: ${filled("=?utf-8?Q?", 10 * MB)}\r\n\r\nhello`,
  ],
  [
    "10 MB of encoded words that never end, in the subject",
    () => `From: a@b.example\r\nSubject: ${filled("=?utf-8?Q?", 10 * MB)}\r\n\r\nhello`,
  ],
  [
    "1 MB of encoded words in the subject",
    () => `From: a@b.example\r\nSubject: ${filled("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=\r\n ", MB)}\r\n\r\nhello`,
  ],
  ["1 MB of encoded words in an address", () => `From: ${filled("=?utf-8?B?4pyT?= ", MB)}<a@b.example>\r\n\r\nhello`],
  ["1 MB of addresses", () => `To: ${filled("a@b.example, ", MB)}\r\n\r\nhello`],
  ["1 MB of names with addresses", () => `To: ${filled("a, b <c@d.example>, ", MB)}\r\n\r\nhello`],
  ["1 MB of comments in comments in an address", () => `To: ${filled("(", MB)}\r\n\r\nhello`],
  ["1 MB of quotes in an address", () => `To: ${filled('"', MB)}\r\n\r\nhello`],
  ["1 MB of quotes and backslashes in an address", () => `To: ${filled('"\\', MB)}\r\n\r\nhello`],
  ["1 MB of angle brackets in an address", () => `From: ${filled("<", MB)}\r\n\r\nhello`],
  ["1 MB of groups", () => `To: ${filled("a:b;", MB)}\r\n\r\nhello`],
  ["1 MB of References", () => `${HEAD}References: ${filled("<a@b> <", MB)}\r\n\r\nhello`],
  ["1 MB of a Date", () => `${HEAD}Date: ${filled("Mon, 1 ", MB)}\r\n\r\nhello`],
  ["1 MB of a Date of brackets", () => `${HEAD}Date: 1 Jan 2026 10:00:00 ${filled("(", MB)}\r\n\r\nhello`],
  ["1 MB of Content-Type parameters", () => `${HEAD}Content-Type: text/plain${filled('; a="', MB)}\r\n\r\nhello`],
  [
    "a file name in 100,000 pieces",
    () =>
      mixed(
        `--b\r\nContent-Disposition: attachment${times(100_000, (n) => `;\r\n filename*${n}=x`)}\r\n\r\nx\r\n--b--`,
      ),
  ],
  ["5 MB of > > >", () => PLAIN + filled("> > > > ", 5 * MB)],
  ["5 MB of lines of > > >", () => PLAIN + filled("> > > > x\r\n", 5 * MB)],
  ["5 MB of lines of >>>, ever deeper", () => PLAIN + times(3000, (n) => `${">".repeat(n)}\r\n`)],
  ["5 MB of From: lines", () => PLAIN + filled("From: x\r\n", 5 * MB)],
  ["5 MB of From: and Subject: lines", () => PLAIN + filled("From: x\r\nSubject: y\r\n\r\n", 5 * MB)],
  ["5 MB of separators of forwards", () => PLAIN + filled("-----Original Message-----\r\n", 5 * MB)],
  ["5 MB of On", () => PLAIN + filled("On ", 5 * MB)],
  ["5 MB of lines of On", () => PLAIN + filled("On Monday\r\n", 5 * MB)],
  ["5 MB of lines of wrote:", () => PLAIN + filled("On 1.1.2026 10:00 wrote:\r\n", 5 * MB)],
  ["5 MB of signature marks", () => PLAIN + filled("-- \r\n", 5 * MB)],
  ["5 MB of Key: value lines", () => PLAIN + filled("Key: value\r\n", 5 * MB)],
  ["5 MB of keys without value", () => PLAIN + filled("Key:\r\n", 5 * MB)],
  ["5 MB of {", () => PLAIN + filled("{", 5 * MB)],
  ['5 MB of {"a":', () => PLAIN + filled('{"a":', 5 * MB)],
  ["5 MB of <a>", () => `${HEAD}Content-Type: application/xml\r\n\r\n${filled("<a>", 5 * MB)}`],
  ["5 MB of JSON", () => `${HEAD}Content-Type: application/json\r\n\r\n${filled("[", 5 * MB)}`],
  ["5 MB of white space", () => `${PLAIN}x${filled(" \t", 5 * MB)}x`],
  ["5 MB of empty lines", () => `${PLAIN}x${filled("\r\n", 5 * MB)}x`],
  ["5 MB of addresses in the text", () => PLAIN + filled("a@", 5 * MB)],
  ["5 MB of digits", () => PLAIN + filled("1", 5 * MB)],
  ["5 MB of dashes", () => PLAIN + filled("-", 5 * MB)],
  ["5 MB of underscores in lines", () => PLAIN + filled("________________________________\r\n", 5 * MB)],
  ["10 MB in one line", () => PLAIN + filled("word ", 10 * MB)],
  ["10 MB in one header", () => `X-Y: ${filled("x", 10 * MB)}\r\n\r\nhello`],
  ["10 MB of CR", () => PLAIN + filled("\r", 10 * MB)],
  ["10 MB of base64 of nothing but =", () => `${HEAD}Content-Transfer-Encoding: base64\r\n\r\n${filled("=", 10 * MB)}`],
  [
    "10 MB of quoted-printable of nothing but =",
    () => `${HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n${filled("=", 10 * MB)}`,
  ],
  [
    "10 MB of soft line ends",
    () => `${HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n${filled("x=\r\n", 10 * MB)}`,
  ],
  [
    "10 MB of flowed lines",
    () => `${HEAD}Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n${filled("> x \r\n", 10 * MB)}`,
  ],
  ["10 MB of begin lines of uuencode", () => PLAIN + filled("begin 644 a\r\n", 10 * MB)],
  [
    "5 MB of ISO-2022-JP escapes",
    () => `${HEAD}Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n${filled("\x1b$B", 5 * MB)}`,
  ],
  ["5 MB of UTF-7", () => `${HEAD}Content-Type: text/plain; charset=utf-7\r\n\r\n${filled("+", 5 * MB)}`],
  [
    "5 MB of delivery-status",
    () =>
      `${HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${filled("Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n\r\n", 5 * MB)}\r\n--b--`,
  ],
  [
    "5 MB of a calendar",
    () =>
      `${HEAD}Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n${filled("BEGIN:VEVENT\r\n x\r\n", 5 * MB)}`,
  ],
  [
    "5 MB of winmail.dat",
    () =>
      `${HEAD}Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n\x78\x9f\x3e\x22\x00\x00${filled("\x01\x06\x90\x08\x00\x00\x00\x00\x00\x00\x00", 5 * MB)}`,
  ],
];

test.each(DEAR)("%s", async (_, build) => {
  const raw = Buffer.from(build(), "latin1");
  const began = performance.now();
  const message = await parse(raw);
  expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  expect(messageFaults(message)).toEqual([]);
});
