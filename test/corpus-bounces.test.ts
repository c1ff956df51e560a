// The public corpora of bounces and of people's mail: nothing a machine sent would be answered, kinds are right by the
// files' names, failed recipients are found. Each deviation stands here with its reason; a new one fails, a gone one too.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { MailKind, Message } from "../src/message.ts";
import { parse } from "../src/parse/parse.ts";
import { filesBelow } from "./support/corpora.ts";
import { describeCorpus } from "./support/corpus-tests.ts";

/** Folders of single mails; mailbox/ holds files of many mails, obsoleted/ answers of web services in JSON. */
const SINGLE_MAILS = /^(?:maildir|to-be-debugged-because)\//;

type Read = { readonly file: string; readonly expected: MailKind; readonly message: Message };

/** Mails of another kind than their name says, and why. */
const OTHER_KINDS: Readonly<Record<string, readonly [MailKind, string]>> = {
  "maildir/bsd/arf-26.eml": ["auto-reply", "Apple Mail unsubscribes for a person; no report, and it says auto-replied"],
  "maildir/bsd/lhost-amazonses-10.eml": [
    "person",
    "a web service's notice as JSON by a no-reply sender; nothing of a bounce by mail",
  ],
  "maildir/bsd/lhost-sendmail-14.eml": ["person", "a person forwards a bounce"],
  "maildir/err/make-test-36.eml": ["person", "a person forwards a bounce"],
};

/** Mails that are not a machine's and may be answered. */
const ANSWERED: Readonly<Record<string, string>> = {
  "maildir/bsd/lhost-sendmail-14.eml": "a person forwards a bounce",
  "maildir/err/make-test-36.eml": "a person forwards a bounce",
};

/** Bounces of which no recipient is read. */
const UNNAMED: Readonly<Record<string, string>> = {
  "maildir/bsd/lhost-einsundeins-03.eml": "made anonymous: the recipient is called as the bounce's own",
  "maildir/bsd/lhost-exim-44.eml": "a pipe of the server is named, no address",
  "maildir/bsd/lhost-postfix-50.eml": "the bounce returned another bounce, which alone names somebody",
  "maildir/bsd/lhost-postfix-64.eml": "the report says that it is not available",
  "maildir/mac/lhost-v5sendmail-01.eml": "only the host is named",
  "maildir/bsd/lhost-x5-01.eml": "the report is inside the attached mail",
  "maildir/dos/lhost-x5-01.eml": "the report is inside the attached mail",
  "maildir/mac/lhost-x5-01.eml": "the report is inside the attached mail",
};

function expectedKind(file: string): MailKind {
  if (file.includes("/not/")) return "person";
  if (basename(file).startsWith("arf")) return "feedback-report";
  return basename(file).startsWith("rfc3834") ? "auto-reply" : "bounce";
}

async function readAll(folder: string, wanted: RegExp): Promise<readonly Read[]> {
  const all: Read[] = [];
  for (const file of filesBelow(folder).filter((name) => wanted.test(name))) {
    all.push({ file, expected: expectedKind(file), message: await parse(readFileSync(join(folder, file))) });
  }
  return all;
}

const share = (part: readonly unknown[], whole: readonly unknown[]) => (100 * part.length) / Math.max(1, whole.length);
const percent = (part: readonly unknown[], whole: readonly unknown[]) =>
  `${part.length} of ${whole.length} (${share(part, whole).toFixed(1)} %)`;

describeCorpus("bounces, auto-replies and reports", "mail-sisimai-bounces", async (path) => {
  const all = await readAll(path, SINGLE_MAILS);
  const machines = all.filter(({ expected }) => expected !== "person");
  const bounces = all.filter(({ expected, file }) => expected === "bounce" && OTHER_KINDS[file] === undefined);

  test("are there", () => {
    expect(machines.length).toBeGreaterThan(400);
    expect(all.length - machines.length).toBe(2);
  });

  test("would not be answered", () => {
    const answered = machines.filter(({ message }) => message.refusals.length === 0).map(({ file }) => file);
    expect(answered.sort()).toEqual(Object.keys(ANSWERED).sort());
  });

  test("are of the kind their name says", () => {
    const others = all.filter(({ expected, message }) => message.kind !== expected);
    for (const kind of ["bounce", "feedback-report", "auto-reply"] as const) {
      const named = all.filter(({ expected }) => expected === kind);
      process.stdout.write(
        `${kind}: ${percent(
          named.filter(({ message }) => message.kind === kind),
          named,
        )} of the right kind\n`,
      );
    }
    const found = others
      .filter(({ expected }) => expected !== "person")
      .map(({ file, message }) => [file, message.kind]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(OTHER_KINDS).map(([file, [kind]]) => [file, kind])),
    );
  });

  test("name the failed recipient", () => {
    const named = bounces.filter(({ message }) => message.failures.some(({ recipient }) => recipient?.includes("@")));
    const withStatus = bounces.filter(({ message }) => message.failures.some(({ status }) => status !== null));
    process.stdout.write(
      `failed recipient found: ${percent(named, bounces)}; status: ${percent(withStatus, bounces)}\n`,
    );
    const unnamed = bounces.filter((each) => !named.includes(each)).map(({ file }) => file);
    expect(unnamed.sort()).toEqual(Object.keys(UNNAMED).sort());
    expect(share(withStatus, bounces)).toBeGreaterThan(75);
  });

  test("whose report tells recipients are read as the report says", () => {
    const told = bounces.flatMap(({ file, message }) => {
      const raw = readFileSync(join(path, file), "latin1").replace(/\r\n?/g, "\n");
      const lines =
        raw.match(/^(?:final|original)-recipient:[ \t]*(?:rfc822[ \t]*;)?[ \t]*<?[^\s<>=;]+@[^\s<>;]+>?[ \t]*$/gim) ??
        [];
      const named = lines.map((line) => line.replace(/^[^:]*:|.*;|[<>\s]/g, "").toLowerCase());
      return named.length === 0
        ? []
        : [{ file, named, read: message.failures.map(({ recipient }) => recipient?.toLowerCase() ?? "") }];
    });
    expect(told.length).toBeGreaterThan(200);
    const wrong = told.filter(({ named, read }) => !read.every((recipient) => named.includes(recipient)));
    expect(wrong).toEqual([]);
  });

  test("that are none are routed like any mail", () => {
    for (const { message } of all.filter(({ expected }) => expected === "person")) {
      expect([message.kind, message.refusals, message.failures]).toEqual(["person", [], []]);
    }
  });
});

describeCorpus("people's mail, easy ham", "mail-spamassassin-corpus", async (path) => {
  const all = await readAll(path, /^easy-ham-/);
  const refused = all.filter(({ message }) => message.refusals.length > 0);

  test("is refused an answer only where it came through a list", () => {
    expect(all.length).toBeGreaterThan(600);
    process.stdout.write(`easy ham: ${percent(refused, all)} would not be answered, nearly all through lists\n`);
    const byList = new Set(["precedence", "list"]);
    const otherwise = refused.filter(({ message }) => !message.refusals.some(({ sign }) => byList.has(sign)));
    expect(otherwise.map(({ file, message }) => [file, message.refusals])).toEqual([]);
  });

  test("is hardly ever taken for a machine's", () => {
    const machines = all.filter(({ message }) => !["person", "list", "bulk"].includes(message.kind));
    expect(Object.fromEntries(machines.map(({ file, message }) => [file.slice(0, 16), message.kind]))).toEqual({
      // Real bounces that went to a list, and an out-of-office notice by Notes.
      "easy-ham-1/01436": "bounce",
      "easy-ham-2/00236": "auto-reply",
      "easy-ham-2/01311": "bounce",
    });
  });
});
