// The parts of a mail: a person's words in order, names of files, attached mails, reports, invitations, what Outlook
// packs, and what is broken about parts.

import { describe, expect, test } from "vitest";
import { type Mime, readMime } from "../src/parse/mime.ts";
import { HTML, PLAIN, read, readParts, subjectOf, utf8 } from "./support/mail-bytes.ts";
import { packedMail } from "./support/tnef.ts";

describe("texts", () => {
  test("of several parts stand in their order, forms of the same together", async () => {
    const alternative = "Content-Type: multipart/alternative; boundary=y\n\n--y\n";
    const mime = await readParts(
      "multipart/mixed",
      `${PLAIN}above`,
      `${alternative}${PLAIN}plain\n--y\n${HTML}<b>rich</b>\n--y--`,
      `${HTML}<i>below</i>`,
    );
    expect(mime.passages).toEqual([
      { plain: "above", html: "" },
      { plain: "plain", html: "<b>rich</b>" },
      { plain: "", html: "<i>below</i>" },
    ]);
    expect([mime.text, mime.html, mime.htmlBeside]).toEqual(["above\nplain", "<i>below</i>", true]);
  });

  test("under a text in two forms are part of both", async () => {
    const mime = await readParts(
      "multipart/mixed",
      `Content-Type: multipart/alternative; boundary=y\n\n--y\n${PLAIN}plain\n--y\n${HTML}<b>rich</b>\n--y--`,
      `${PLAIN}1 < 2`,
    );
    expect([mime.text, mime.html, mime.htmlBeside]).toEqual(["plain\n1 < 2", "<b>rich</b><br/>\n1 &lt; 2", false]);
  });

  test("that are forms of the same are one", async () => {
    const mime = await readParts(
      "multipart/alternative",
      `${PLAIN}plain`,
      "Content-Type: text/enriched\n\n<bold>rich</bold> << 3",
      `${HTML}<b>rich</b>`,
    );
    expect([mime.passages, mime.htmlBeside]).toEqual([[{ plain: "plain", html: "<b>rich</b>" }], false]);
  });

  test("with a name behind the first part are files, unless there is nothing else", async () => {
    const named = "Content-Type: text/plain; name=list.txt\n\nmilk";
    const file = [{ name: "list.txt", type: "text/plain", sizeBytes: 4 }];
    const beside = await readParts("multipart/mixed", `${PLAIN}see file`, named);
    expect([beside.text, beside.attachments]).toEqual(["see file", file]);
    const alone = await readParts("multipart/mixed", `${PLAIN} `, named);
    expect([alone.text, alone.attachments]).toEqual(["milk", file]);
  });

  test("that are attached are files, but a mail that is one is read", async () => {
    const attached = "Content-Type: text/plain\nContent-Disposition: attachment";
    expect((await readParts("multipart/mixed", `${PLAIN}hello`, `${attached}\n\nmilk`)).text).toBe("hello");
    expect((await read(attached, "milk")).text).toBe("milk");
  });

  test("that flow are joined, and quoted lines are left alone", async () => {
    const body = "one \ntwo\n> three \n> four\n-- \nAna";
    expect((await read("Content-Type: text/plain; format=flowed", body)).text).toBe(
      "one two\n> three \n> four\n-- \nAna",
    );
    const delSp = "Content-Type: text/plain; format=flowed; delsp=yes";
    expect((await read(delSp, "日 \n本".replace(/[^\n ]/g, utf8))).text).toBe("日本");
  });

  test.each([
    ["base64 with spaces and signs between", "base64", "Y2hl!c3Qg *cGFp bg==\n"],
    ["base64 in two ends", "base64", "Y2hlc3Q=\nIHBhaW4=\n"],
    ["quoted-printable with a broken code", "quoted-printable", "chest=\n pain"],
    ["quoted-printable in lower case", "Quoted-Printable", "chest=20pai=6e"],
    ["a name nobody knows", "8-bit-clean", "chest pain"],
  ])("in %s are decoded as far as they go", async (_, encoding, body) => {
    const mime = await read(`Content-Transfer-Encoding: ${encoding}`, body);
    expect([mime.text.trim(), mime.defects]).toEqual(["chest pain", []]);
  });

  test("with files written into them are read without", async () => {
    const mime = await read("X-A: b", "see file\nbegin 644 cat.txt\n#0V%T\n`\nend\nbegin with rest\n");
    expect(mime.text).toBe("see file\nbegin with rest\n");
    expect(mime.attachments).toEqual([{ name: "cat.txt", type: "application/octet-stream", sizeBytes: 3 }]);
  });

  test("that are such a file are unpacked", async () => {
    const head = "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode";
    expect((await read(head, "begin 644 cat.txt\n#0V%T\n`\nend\n")).text).toBe("Cat");
  });
});

describe("files", () => {
  test.each([
    ["plain", "filename=a.pdf", "a.pdf"],
    ["with percent signs", "filename*=utf-8''Ma%C3%B1ana.pdf", "Mañana.pdf"],
    ["in Latin 1", "filename*=iso-8859-1'es'Ma%F1ana.pdf", "Mañana.pdf"],
    ["in passages", "filename*0*=utf-8''Ma%C3%B1; filename*1=ana; filename*2=.pdf", "Mañana.pdf"],
    ["in passages out of order", "filename*1=ana.pdf; filename*0*=utf-8''Ma%C3%B1", "Mañana.pdf"],
    ["as an encoded word", 'filename="=?utf-8?q?Ma=C3=B1ana=2Epdf?="', "Mañana.pdf"],
    ["as raw UTF-8", `filename="${utf8("Mañana.pdf")}"`, "Mañana.pdf"],
    ["as raw Latin 1", 'filename="Ma\xf1ana.pdf"', "Mañana.pdf"],
  ])("have names %s", async (_, parameter, name) => {
    const file = `Content-Type: application/pdf\nContent-Disposition: attachment; ${parameter}\n\n%PDF`;
    expect((await readParts("multipart/mixed", `${PLAIN}hello`, file)).attachments).toEqual([
      { name, type: "application/pdf", sizeBytes: 4 },
    ]);
  });

  test("of any size are counted and not held", async () => {
    const size = 20 * 1024 * 1024;
    const file = `Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n${Buffer.alloc(size).toString("base64")}`;
    const raw = Buffer.from(
      `From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n--x\n${file}\n--x--\n`,
    );
    const mime = await readMime(raw);
    expect([mime.text, mime.attachments]).toEqual(["hello", [{ name: "", type: "image/png", sizeBytes: size }]]);
  });

  test("kept elsewhere are named", async () => {
    const file =
      'Content-Type: message/external-body; access-type=URL; name="x.pdf"\n\nContent-Type: application/pdf\n';
    expect((await readParts("multipart/mixed", `${PLAIN}hello`, file)).attachments).toMatchObject([
      { name: "x.pdf", type: "message/external-body" },
    ]);
  });
});

describe("attached mails", () => {
  const inner = "From: c@d.example\nSubject: inner\n\nchest pain\n";
  const subjects = async (mime: Mime) =>
    Promise.all(mime.mails.map(async (mail) => [subjectOf(await readMime(mail)), (await readMime(mail)).text.trim()]));

  test.each([
    ["as they are", `Content-Type: message/rfc822\n\n${inner}`],
    [
      "in base64",
      `Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n${Buffer.from(inner).toString("base64")}`,
    ],
    ["by name", `Content-Type: application/octet-stream; name=mail.eml\n\n${inner}`],
    ["in UTF-8", `Content-Type: message/global\n\n${inner}`],
    ["as a first passage", `Content-Type: message/partial; number=1; total=2; id=a\n\n${inner}`],
  ])("%s come out", async (_, part) => {
    const mime = await readParts("multipart/mixed", `${PLAIN}see below`, part);
    expect([mime.text, await subjects(mime)]).toEqual(["see below", [["inner", "chest pain"]]]);
  });

  test("of a digest need no type, and one that is the whole mail comes out", async () => {
    expect(await subjects(await readParts("multipart/digest", `\n${inner}`))).toEqual([["inner", "chest pain"]]);
    expect(await subjects(await read("Content-Type: message/rfc822", inner))).toEqual([["inner", "chest pain"]]);
  });

  test("below a large file are read all the same", async () => {
    const file = `Content-Type: application/pdf\n\n${"%PDF".repeat(1024 * 1024)}`;
    const mime = await readParts("multipart/mixed", file, `Content-Type: message/rfc822\n\n${inner}`);
    expect(await subjects(mime)).toEqual([["inner", "chest pain"]]);
  });

  test("beyond ten are only named", async () => {
    const mime = await readParts("multipart/digest", ...Array.from({ length: 30 }, () => `\n${inner}`));
    expect([mime.mails.length, mime.attachments.length]).toEqual([10, 30]);
  });
});

describe("reports and invitations", () => {
  test("of a bounce come apart from its text", async () => {
    const status = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\nStatus: 5.1.1";
    const mime = await readParts(
      "multipart/report; report-type=delivery-status",
      `${PLAIN}Not delivered.`,
      `Content-Type: message/delivery-status\n\n${status}`,
      "Content-Type: text/rfc822-headers\n\nSubject: hello",
    );
    expect([mime.text, mime.reports.map((report) => report.replaceAll("\r", ""))]).toEqual([
      "Not delivered.",
      [status],
    ]);
    expect(mime.partTypes).toEqual([
      "multipart/report",
      "text/plain",
      "message/delivery-status",
      "text/rfc822-headers",
    ]);
  });

  test.each(["message/global-delivery-status", "message/feedback-report"])("of type %s are kept", async (type) => {
    const { reports } = await readParts("multipart/report", `Content-Type: ${type}\n\nVersion: 1`);
    expect(reports).toEqual(["Version: 1"]);
  });

  test("beyond what a mail needs are left out", async () => {
    const report = `Content-Type: message/delivery-status\n\n${"Status: 5.1.1\n".repeat(10_000)}`;
    const { reports } = await readParts("multipart/report", ...Array.from({ length: 20 }, () => report));
    expect([reports.length, Math.max(...reports.map(({ length }) => length))]).toEqual([10, 64 * 1024]);
  });

  test("say what is asked, what, where and why", async () => {
    const event =
      'BEGIN:VCALENDAR\nMETHOD:request\nBEGIN:VTIMEZONE\nDESCRIPTION:no\nEND:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY;LANGUAGE=en:Visit\\, Dr. Ru\n iz\nLOCATION;ALTREP="http://x:1":Room 5\nDESCRIPTION:Bring\\nyour card\nEND:VEVENT\nEND:VCALENDAR';
    const mime = await read("Content-Type: text/calendar; charset=utf-8", event);
    expect([mime.calendarMethod, mime.calendarText, mime.text]).toEqual([
      "REQUEST",
      "Visit, Dr. Ruiz\nRoom 5\nBring\nyour card",
      "",
    ]);
    expect((await read("Content-Type: text/calendar; method=CANCEL", event)).calendarMethod).toBe("CANCEL");
  });
});

describe("mails from Outlook", () => {
  const winmail = (packed: Buffer, ...beside: readonly string[]) =>
    readParts(
      "multipart/mixed",
      ...beside,
      `Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n${packed.toString("base64")}`,
    );
  const files = [{ name: "Mañana report.pdf", bytes: 300 }];

  test("are unpacked: text and names of files", async () => {
    const mime = await winmail(packedMail({ text: "chest pain", files }));
    expect([mime.text, mime.defects]).toEqual(["chest pain", []]);
    expect(mime.attachments.map(({ name, sizeBytes }) => [name, sizeBytes])).toContainEqual(["Mañana report.pdf", 300]);
  });

  test("with a text nobody but Outlook reads say so, unless it stands beside", async () => {
    const mime = await winmail(packedMail({ rtf: true, files }));
    expect([mime.defects, mime.attachments.length]).toEqual([["outlook-packed"], 2]);
    expect((await winmail(packedMail({ rtf: true, files }), `${PLAIN}chest pain`)).defects).toEqual([]);
  });

  test("cut anywhere or with wrong bytes never fail", async () => {
    const packed = packedMail({ text: "chest pain", files });
    for (let at = 0; at < packed.length; at += 3) {
      expect((await winmail(packed.subarray(0, at))).attachments.length).toBeGreaterThan(0);
      const wrong = Buffer.from(packed);
      wrong[at] = 0xff;
      expect((await winmail(wrong)).attachments.length).toBeGreaterThan(0);
    }
  });
});

describe("parts", () => {
  test.each([
    ["without a boundary named", "multipart/mixed", `--x\n${PLAIN}chest pain\n--x--\n`, []],
    ["with another boundary than named", "multipart/mixed; boundary=y", `--x\n${PLAIN}chest pain\n--x--\n`, []],
    ["with no boundary at all", "multipart/mixed; boundary=y", "chest pain", ["unreadable-structure"]],
    [
      "inside one whose boundary is not named",
      "multipart/mixed; boundary=x",
      `--x\nContent-Type: multipart/alternative\n\n--y\n${PLAIN}chest pain\n--y--\n--x--\n`,
      ["unreadable-structure"],
    ],
    [
      "with the boundary of the outer one",
      "multipart/mixed; boundary=x",
      `--x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n${PLAIN}chest pain\n--x--\n--x--\n`,
      [],
    ],
    ["of a text that names a boundary", "text/plain; boundary=x", `--x\n${PLAIN}chest pain\n--x--\n`, []],
  ])("%s are read", async (_, type, body, defects) => {
    const mime = await read(`Content-Type: ${type}`, body);
    expect(mime.text).toContain("chest pain");
    expect(mime.defects).toEqual(defects);
  });
});
