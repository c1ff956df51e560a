// Printed heads of mails one by one: labels, separators, addresses, dates and prefixes of subjects as mail programs
// write them, and what finding them costs in a hostile text.

import { describe, expect, test } from "vitest";
import { readPrintedAddresses } from "../src/parse/address-list.ts";
import { readForward } from "../src/parse/forward.ts";
import { findHeaderBlocks } from "../src/parse/header-block.ts";
import { subjectKind, withoutPrefixes } from "../src/parse/subject-words.ts";
import { readWrittenDate } from "../src/parse/written-date.ts";

describe("header blocks", () => {
  test("stand where they say, with the separator above and the text below", () => {
    const text = "Hi\n\n---------- Forwarded message ---------\nFrom: A <a@x.example>\nTo: b@y.example\n\n\nBody\n";
    const [block] = findHeaderBlocks(text);
    expect(text.slice(block?.start, block?.start === undefined ? 0 : block.start + 10)).toBe("----------");
    expect(text.slice(block?.end)).toBe("Body\n");
  });

  test("of a thread are found one by one", () => {
    const one = (name: string) =>
      `From: ${name} <${name}@x.example>\nSent: 5 May 2026\nTo: b@y.example\nSubject: s\n\nWords\n\n`;
    const blocks = findHeaderBlocks(`${one("a")}${one("b")}________________\n${one("c")}`);
    expect(blocks.map(({ from }) => from?.name)).toEqual(["a", "b", "c"]);
  });

  test("an empty subject does not take the first words of the letter", () => {
    const text = "From: A <a@x.example>\nSent: 5 May 2026\nTo: b@y.example\nSubject:\n\nHello there\n";
    const [block] = findHeaderBlocks(text);
    expect([block?.subject, text.slice(block?.end)]).toEqual(["", "Hello there\n"]);
  });

  test("words right below the headers are not taken for more of them", () => {
    const text = "From: A <a@x.example>\nSent: 5 May 2026\nTo: b@y.example\nSubject: s\nWrite to me at a@x.example\n";
    const [block] = findHeaderBlocks(text);
    expect(text.slice(block?.end)).toBe("Write to me at a@x.example\n");
  });

  test("a date the writer noted above a quoted block stays the writer's", () => {
    const text = "Date: 5 May\n\nFrom: A <a@x.example>\nSent: 6 May 2026\nTo: b@y.example\nSubject: s\n\nHello\n";
    expect(findHeaderBlocks(text)[0]?.start).toBe(text.indexOf("From:"));
  });
});

/** As Outlook prints them: from, sent, to, subject. */
const LANGUAGES: readonly (readonly string[])[] = [
  ["From", "Sent", "To", "Subject"],
  ["De", "Enviado el", "Para", "Asunto"],
  ["De\u00a0", "Envoyé\u00a0", "À\u00a0", "Objet\u00a0"],
  ["Von", "Gesendet", "An", "Betreff"],
  ["Da", "Inviato", "A", "Oggetto"],
  ["De", "Enviada em", "Para", "Assunto"],
  ["Van", "Verzonden", "Aan", "Onderwerp"],
  ["Fra", "Sendt", "Til", "Emne"],
  ["Från", "Skickat", "Till", "Ämne"],
  ["Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"],
  ["Od", "Wysłano", "Do", "Temat"],
  ["Od", "Odesláno", "Komu", "Předmět"],
  ["Od", "Odoslané", "Komu", "Predmet"],
  ["Šalje", "Poslano", "Prima", "Predmet"],
  ["Feladó", "Elküldve", "Címzett", "Tárgy"],
  ["De la", "Trimis", "Către", "Subiect"],
  ["От", "Отправлено", "Кому", "Тема"],
  ["Від", "Надіслано", "Кому", "Тема"],
  ["Kimden", "Gönderilen", "Kime", "Konu"],
  ["Saatja", "Saadetud", "Saaja", "Teema"],
  ["Από", "Στάλθηκε", "Προς", "Θέμα"],
  ["差出人", "送信日時", "宛先", "件名"],
  ["发件人", "发送时间", "收件人", "主题"],
  ["보낸 사람", "보낸 날짜", "받는 사람", "제목"],
];

test.each(LANGUAGES)("the labels %s, %s, %s, %s are known", (from, sent, to, subject) => {
  const values = ["Ana Ruiz <ana@x.example>", "2026-05-05 10:00", "desk@y.example", "Bill"];
  for (const [colon, gap] of [
    [": ", "\n"],
    ["：", "\n"],
    [":\t", "\n"],
    [":\n", "\n"],
    [": ", "\n\n"],
  ]) {
    const head = [from, sent, to, subject].map((label, i) => `${label}${colon}${values[i]}`).join(gap);
    const [block] = findHeaderBlocks(`Hello\n\n${head}\n\nBody\n`);
    expect(block).toMatchObject({
      from: { name: "Ana Ruiz", address: "ana@x.example" },
      to: [{ address: "desk@y.example" }],
      dateText: values[1],
      subject: "Bill",
    });
  }
});

test.each([
  ["John Doe <j@x.example>", [["John Doe", "j@x.example"]]],
  ["John Doe [mailto:j@x.example]", [["John Doe", "j@x.example"]]],
  ["<j@x.example>", [["", "j@x.example"]]],
  ["j@x.example<mailto:j@x.example>", [["", "j@x.example"]]],
  ["'j@x.example' <j@x.example>", [["", "j@x.example"]]],
  [
    "Doe, John; Smith, Ann",
    [
      ["Doe, John", ""],
      ["Smith, Ann", ""],
    ],
  ],
  [
    "Doe, John <j@x.example>, Ann <a@x.example>",
    [
      ["Doe, John", "j@x.example"],
      ["Ann", "a@x.example"],
    ],
  ],
  [
    '"Doe, John" <j@x.example>; a@x.example;',
    [
      ["Doe, John", "j@x.example"],
      ["", "a@x.example"],
    ],
  ],
  ["Front Desk", [["Front Desk", ""]]],
  ["", []],
])("the printed addresses %s are read", (printed, expected) => {
  expect(readPrintedAddresses(printed).map(({ name, address }) => [name, address])).toEqual(expected);
});

test.each([
  ["Wed, Oct 27, 2021 at 9:31 AM", "2021-10-27T09:31"],
  ["Thursday, 28 October 2021 at 12:46", "2021-10-28T12:46"],
  ["25 October 2021 at 11:17:21 EEST", "2021-10-25T08:17:21"],
  ["26 de octubre de 2021, 14:25:08 EEST", "2021-10-26T11:25:08"],
  ["mié, 27 oct 2021 a las 9:31", "2021-10-27T09:31"],
  ["26. lokakuuta 2021 klo 14.25.08 UTC+3", "2021-10-26T11:25:08"],
  ["2021. október 26. 14:25:08 EEST", "2021-10-26T11:25:08"],
  ["2022年9月19日月曜日 17:55:44 -0400", "2022-09-19T21:55:44"],
  ["26 Ekim 2021 14:25:08 GMT+3", "2021-10-26T11:25:08"],
  ["ср, 27 окт. 2021 г. в 09:31", "2021-10-27T09:31"],
  ["11/19/26 9:12 PM (GMT-06:00)", "2026-11-20T03:12"],
  ["quarta, 27/10/2021 à(s) 09:31", "2021-10-27T09:31"],
  ["Wed, 3 Nov 2021 15:51:30 +0100", "2021-11-03T14:51:30"],
  ["02/10/2023 4:52 PM EST", "2023-02-10T21:52"],
])("the printed date %s is read", (printed, expected) => {
  expect(new Date(readWrittenDate(printed) ?? 0).toISOString().slice(0, expected.length)).toBe(expected);
});

test.each([["02/10/2023 16:52"], ["26. listopada 2021"], ["yesterday"], ["31 February 2024"], [""]])(
  "the printed date %j is not guessed",
  (printed) => {
    expect(readWrittenDate(printed)).toBeNull();
  },
);

test.each([
  ["Fwd: x", "forward"],
  ["FW : x", "forward"],
  ["[EXTERNAL] RV: x", "forward"],
  ["[Fwd: x]", "forward"],
  ["İLT: x", "forward"],
  ["转发：x", "forward"],
  ["Re: Fwd: x", "reply"],
  ["RE[2]: x", "reply"],
  ["YNT: x", "reply"],
  ["VS: x", "vs"],
  ["Refill: x", "none"],
  ["x", "none"],
])("the subject %s is one of kind %s", (subject, kind) => {
  expect(subjectKind(subject)).toBe(kind);
});

test("prefixes are taken off a subject, whatever their number", () => {
  expect(withoutPrefixes("[EXT] Re: FW: AW: Labs: Monday")).toBe("Labs: Monday");
});

describe("a hostile text costs its length", () => {
  const LIMIT_MS = 20_000;
  const MEGABYTES = 5;
  const full = (piece: string) => piece.repeat(Math.ceil((MEGABYTES * 1024 * 1024) / piece.length));
  test.each([
    ["From lines", "From: x\n"],
    ["From lines with addresses", "From: x <x@y.example>\n"],
    ["whole blocks", "From: x <x@y.example>\nDate: 5 May 2026\nSubject: s\n"],
    ["headers without a From", "To: a@b.example\nSubject: s\nReply-To: x\n"],
    ["other headers without end", "Reply-To: x\n"],
    ["quote marks", "> > > > "],
    ["quoted From lines", "> > > > From: x\n"],
    ["separators", "---------- Forwarded message ---------\n"],
    ["rules", "________________\n\n"],
    ["dashes", "-"],
    ["colons", "From: a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a:a\n"],
    ["one line of labels", "From: To: Cc: "],
    ["at signs", "From: @@@@@@@@@@@@@@@@@@@\n"],
    ["lists that never end", "To: a@b.example,\n"],
    ["quotes", 'From: "<"<"<"<"<"<"<"<"<"<\n'],
    ["attributions", "On 5 May 2026 Ana <a@b.example> wrote:\n"],
    ["digits", "On 1 2 3 4 5 6 7 8 9 wrote 1 2 3 4 5 6\n"],
    ["empty lines", "\n"],
    ["labels alone", "From:\nTo:\n"],
  ])("%s", { timeout: 4 * LIMIT_MS }, (_, piece) => {
    const text = full(piece);
    const begun = performance.now();
    readForward(text, "Fwd: x", findHeaderBlocks(text), false);
    expect(performance.now() - begun).toBeLessThan(LIMIT_MS);
  });
});
