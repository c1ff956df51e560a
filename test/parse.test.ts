// Reading a mail: headers, text, kind and defects, and that nothing depends on clock, machine or mood of the bytes.

import { describe, expect, test } from "vitest";
import { TEXT_CHARS_MAX } from "../src/parse/body.ts";
import { DEFECT_TEXT, parse } from "../src/parse/parse.ts";

const mail = (head: string, body = "Hello") => Buffer.from(`${head}\n\n${body}\n`.replace(/\n/g, "\r\n"));
const HTML = "From: a@b.example\nContent-Type: text/html; charset=utf-8";

describe("headers", () => {
  test("give sender, recipients, ids and date", async () => {
    const message = await parse(
      mail(
        'From: "Ruiz, Ana" <ana@example.net>\nReply-To: home@example.net\nTo: Desk: a@c.example, B <b@c.example>;\nCc: c@c.example\nSubject: =?utf-8?Q?Ma=C3=B1ana?= \n =?utf-8?Q?_temprano?=\nDate: Mon, 23 Nov 2026 10:00:00 +0100 (CET)\nMessage-ID: <1@example.net>\nIn-Reply-To: <0@c.example>\nReferences: <9@c.example>\n <0@c.example>',
      ),
    );
    expect(message).toMatchObject({
      from: { name: "Ruiz, Ana", address: "ana@example.net" },
      replyTo: { address: "home@example.net" },
      to: [
        { name: "", address: "a@c.example" },
        { name: "B", address: "b@c.example" },
      ],
      cc: [{ address: "c@c.example" }],
      subject: "Mañana temprano",
      date: Date.UTC(2026, 10, 23, 9),
      messageId: "<1@example.net>",
      inReplyTo: "<0@c.example>",
      references: ["<9@c.example>", "<0@c.example>"],
      defects: [],
    });
  });

  test.each([
    ["Mon, 23 Nov 2026 10:00:00", Date.UTC(2026, 10, 23, 10)],
    ["23 Nov 2026 10:00 GMT", Date.UTC(2026, 10, 23, 10)],
    ["Mon, 23 Nov 2026 10:00:00 EST", Date.UTC(2026, 10, 23, 15)],
  ])("the date %s is read the same in every time zone", async (date, time) => {
    expect((await parse(mail(`From: a@b.example\nDate: ${date}`))).date).toBe(time);
  });

  test("an unreadable date is null and a defect, never now", async () => {
    const message = await parse(mail("From: a@b.example\nDate: the other day"));
    expect([message.date, message.defects]).toEqual([null, ["unreadable-date"]]);
  });

  test("of names objects have are harmless", async () => {
    const message = await parse(mail("From: a@b.example\n__proto__: x\nconstructor: y\nSubject: hello"));
    expect(message.subject).toBe("hello");
  });

  test("without end are read as far as they fit", async () => {
    const message = await parse(
      mail(`From: a@b.example\n${"X-Filler: x\n".repeat(200_000)}Subject: late`, "chest pain"),
    );
    expect(message.defects).toContain("too-many-headers");
    expect(message.text).toContain("chest pain");
  });
});

describe("text", () => {
  test.each([
    ["addresses of links and pictures", '<a href="https://x.example/login">here</a><img alt="portal" src="x">', "here"],
    [
      "head, style and script",
      "<head><title>password</title><style>p{}</style></head><script>login()</script><p>hello</p>",
      "hello",
    ],
  ])("from HTML leaves out %s", async (_, html, text) => {
    expect((await parse(mail(HTML, html))).text.trim()).toBe(text);
  });

  test("from HTML keeps words in different cells and paragraphs apart", async () => {
    const { text } = await parse(mail(HTML, "<table><tr><td>one</td><td>two</td></tr></table><p>three</p><p>four</p>"));
    expect(text.split(/\s+/).filter(Boolean)).toEqual(["one", "two", "three", "four"]);
  });

  test("from deep or endless HTML is cut with a defect, and its beginning is read", async () => {
    for (const html of [
      `<p>chest pain</p>${"<b>".repeat(50_000)}x`,
      `<p>chest pain</p>${"<p>filler</p>".repeat(100_000)}`,
    ]) {
      const message = await parse(mail(HTML, html));
      expect(message.defects).toContain("html-cut");
      expect(message.text).toContain("chest pain");
    }
  });

  test("longer than the limit is cut with a defect", async () => {
    const message = await parse(mail("From: a@b.example", "word ".repeat(TEXT_CHARS_MAX / 4)));
    expect(message.text.length).toBe(TEXT_CHARS_MAX);
    expect(message.defects).toEqual(["text-cut"]);
  });

  test("of attachments is not kept, but counted", async () => {
    const body = `--x\nContent-Type: text/plain\n\nhello\n--x\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n${Buffer.alloc(3000, 65).toString("base64")}\n--x--`;
    const message = await parse(mail("From: a@b.example\nContent-Type: multipart/mixed; boundary=x", body));
    expect(message.text.trim()).toBe("hello");
    expect(message.attachments).toEqual([{ name: "a.pdf", type: "application/pdf", sizeBytes: 3000 }]);
  });

  test("of too many parts is still read as plain text", async () => {
    const body = "--x\nContent-Type: text/plain\n\nchest pain\n".repeat(1500);
    const message = await parse(mail("From: a@b.example\nContent-Type: multipart/mixed; boundary=x", body));
    expect(message.defects).toEqual(["unreadable-structure"]);
    expect(message.text).toContain("chest pain");
  });
});

test("every defect has a sentence", () => {
  for (const sentence of Object.values(DEFECT_TEXT)) expect(sentence).toMatch(/^[A-Z].*\.$/);
});

test("an empty mail is a mail", async () => {
  expect(await parse(new Uint8Array())).toMatchObject({ text: "", subject: "", from: null, kind: "person" });
});
