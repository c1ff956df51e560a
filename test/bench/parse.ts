// Reading mails: every file of the public corpora and every example of ours one after another, time and memory of each,
// and what a mail of usual size costs beside mailparser's own reading of it.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { simpleParser } from "mailparser";
import { parse } from "../../src/parse/parse.ts";
import { corpus, filesBelow } from "../support/corpora.ts";
import { tempDir } from "../support/temp-dir.ts";
import { MEGABYTE, median, printMachine, say } from "./machine.ts";

const GOAL_MS = 1000;
const GOAL_MEGABYTES = 100;
const GOAL_USUAL_MS = 1;
const SHOWN = 10;
const USUAL_BYTES = 10 * 1024;
const WARM_ROUNDS = 300;
const ROUNDS = 1000;
const ROOT = join(import.meta.dirname, "../..");
const CORPORA = (
  "enmime flanker forward-parser james-mime4j nodemailer-mailparser python-email ruby-mail sisimai-bounces " +
  "spamassassin-corpus stalwart-mail-parser talon-replies"
).split(" ");

type Manifest = { readonly dependencies: Readonly<Record<string, string>> };

/** A way the same mail may come: `name` is put behind the file's. */
type Form = { readonly name: string; readonly change: (raw: string) => string };

/** A file in one of its forms, and what reading it cost. */
type Cost = {
  readonly path: string;
  readonly form: Form;
  readonly bytes: number;
  readonly ms: number;
  readonly rise: number;
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export async function parseBench(): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
  printMachine(`mailparser ${dependencies["mailparser"]}`);
  const costs = await everyFile();
  const sorted = costs.map(({ ms }) => ms).sort((a, b) => a - b);
  const slow = costs.filter(({ ms }) => ms >= GOAL_MS).length;
  say(
    `${costs.length} readings of ${costs.length / FORMS.length} files, each as it is, with LF, with CRLF and inside of another mail`,
  );
  say(
    `median ${median(sorted).toFixed(2)} ms, p99 ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1)} ms, all ${(sorted.reduce((sum, ms) => sum + ms, 0) / 1000).toFixed(1)} s`,
  );
  say(`goal each under ${GOAL_MS} ms: ${slow === 0 ? "reached" : `MISSED by ${slow}`}`);
  table(
    "longest",
    costs.toSorted((a, b) => b.ms - a.ms),
    ({ ms }) => `${ms.toFixed(1)} ms`,
  );
  await memoryOfTheWorst(costs);
  await usualMail("plain", usualPlain());
  await usualMail("HTML", usualHtml());
}

const FORMS: readonly Form[] = [
  { name: "", change: (raw) => raw },
  { name: " (LF)", change: (raw) => raw.replaceAll("\r\n", "\n") },
  { name: " (CRLF)", change: (raw) => raw.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n") },
  { name: " (inside)", change: (raw) => `From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n${raw}` },
];

async function everyFile(): Promise<readonly Cost[]> {
  const folders = [...CORPORA.flatMap((name) => corpus(`mail-${name}`) ?? []), join(ROOT, "fixtures")];
  const files = folders.flatMap((folder) => filesBelow(folder).map((path) => join(folder, path)));
  const costs: Cost[] = [];
  for (const [done, path] of files.entries()) {
    if (process.stderr.isTTY && done % 20 === 0) process.stderr.write(`\r${done} of ${files.length} files\x1b[K`);
    const bytes = readFileSync(path, "latin1");
    for (const form of FORMS) costs.push(await costOf(path, form, Buffer.from(form.change(bytes), "latin1")));
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return costs;
}

/** Time of the first reading; memory as heap and buffers that grew, which only shows who is worth a process of its own. */
async function costOf(path: string, form: Form, raw: Buffer): Promise<Cost> {
  if (raw.length > MEGABYTE / 8) collect();
  const before = allocated();
  const began = performance.now();
  await parse(raw);
  const ms = performance.now() - began;
  return { path, form, bytes: raw.length, ms, rise: allocated() - before };
}

function allocated(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The ten whose memory grew most and the ten largest, each again in a process of its own. */
async function memoryOfTheWorst(costs: readonly Cost[]): Promise<void> {
  await using dir = await tempDir();
  const worst = new Set([
    ...costs.toSorted((a, b) => b.rise - a.rise).slice(0, SHOWN),
    ...costs.toSorted((a, b) => b.bytes - a.bytes).slice(0, SHOWN),
  ]);
  const alone = [...worst].map((cost) => ({ ...cost, rise: riseAlone(cost, join(dir.path, "mail")) - cost.bytes }));
  const above = alone.filter(({ rise }) => rise > GOAL_MEGABYTES * MEGABYTE).length;
  table(
    "most memory above their size, each in a process of its own",
    alone.toSorted((a, b) => b.rise - a.rise),
    ({ rise }) => `${(rise / MEGABYTE).toFixed(1)} MB`,
  );
  say(`goal each under ${GOAL_MEGABYTES} MB: ${above === 0 ? "reached" : `MISSED by ${above}`}`);
}

function riseAlone({ path, form }: Cost, copy: string): number {
  writeFileSync(copy, Buffer.from(form.change(readFileSync(path, "latin1")), "latin1"));
  const program = fileURLToPath(new URL("./parse-alone.ts", import.meta.url));
  return Number(execFileSync(process.execPath, [program, copy], { encoding: "utf8" }));
}

function table(title: string, costs: readonly Cost[], figure: (cost: Cost) => string): void {
  say(`\n${title}`);
  for (const cost of costs.slice(0, SHOWN))
    say(
      `  ${figure(cost).padStart(10)}  ${(cost.bytes / 1024).toFixed(0).padStart(7)} KB  ${relative(ROOT, cost.path)}${cost.form.name}`,
    );
}

/** Both readers in turn, so that the machine's moods meet both. */
async function usualMail(name: string, raw: Buffer): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    const [mine, other] = [await timed(() => parse(raw)), await timed(() => simpleParser(raw))];
    if (round >= 0) ours.push(mine);
    if (round >= 0) theirs.push(other);
  }
  const ratio = median(ours) / median(theirs);
  const reached = median(ours) < GOAL_USUAL_MS ? "reached" : "MISSED";
  say(
    `\n${(raw.length / 1024).toFixed(1)} KB ${name}: median ${median(ours).toFixed(3)} ms, mailparser ${median(theirs).toFixed(3)} ms, ${ratio.toFixed(2)} of its time; goal under ${GOAL_USUAL_MS} ms: ${reached}`,
  );
}

async function timed(read: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await read();
  return performance.now() - began;
}

const HEAD =
  "Received: from mx.example.net (mx.example.net [192.0.2.1]) by mail.example.org; Mon, 23 Nov 2026 10:00:00 +0000\r\n" +
  'From: "Ruiz, Ana" <ana@example.net>\r\nTo: Billing <billing@example.org>\r\nSubject: =?utf-8?Q?Re:_Statement_ma=C3=B1ana?=\r\n' +
  "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.net>\r\nIn-Reply-To: <0@example.org>\r\nMIME-Version: 1.0\r\n";
const WORDS =
  "I have a question about the statement you sent last week, the amount on page two is not what my insurance told me. ".split(
    " ",
  );

/** Lines of words, numbered so that no two are alike. */
function lines(count: number, shape: (line: string) => string): string {
  return Array.from({ length: count }, (_, line) =>
    shape(`${line} ${WORDS.slice(line % 12).join(" ")}`.slice(0, 76)),
  ).join("");
}

/** A mail as people write it: some words of their own, a signature, and the rest of the thread below. */
function usualPlain(): Buffer {
  const own = lines(40, (line) => `${line}\r\n`);
  const below = lines(75, (line) => `> ${line}\r\n`);
  return sized(
    `${HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n${own}\r\n-- \r\nAna Ruiz\r\n\r\nOn Mon, Nov 23, 2026 at 9:00 AM Desk <billing@example.org> wrote:\r\n${below}`,
  );
}

function usualHtml(): Buffer {
  const own = lines(
    25,
    (line) =>
      `<p class="MsoNormal" style="margin:0in"><span style="font-size:11.0pt">${line}<o:p></o:p></span></p>\r\n`,
  );
  const below = lines(45, (line) => `<div style="color:#222">${line}<br></div>\r\n`);
  return sized(
    `${HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>p{margin:0}</style></head><body>${own}<div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 23, 2026 Desk wrote:</div><blockquote class="gmail_quote">${below}</blockquote></div></body></html>`,
  );
}

function sized(mail: string): Buffer {
  const raw = Buffer.from(mail);
  if (Math.abs(raw.length - USUAL_BYTES) > USUAL_BYTES / 5)
    throw new Error(`the mail has ${raw.length} bytes, not about ${USUAL_BYTES}`);
  return raw;
}
