// npm run bench -- own-text: how much of what people wrote is lost, and how much history is taken for it, on the
// replies of mail-talon-replies and on our own fixtures. The test of the corpus holds these figures as limits.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { SectionKind } from "../../src/message.ts";
import { parse } from "../../src/parse/parse.ts";
import { corpus, filesBelow } from "../support/corpora.ts";
import { printMachine, say } from "./machine.ts";

/** One mail and the words its writer wrote now. */
type Case = { readonly name: string; readonly raw: Buffer; readonly expected: string };

/** Words lost and leaked; `rest` is how many words of the mail are not expected, which is what could leak. */
export type Figures = {
  readonly name: string;
  readonly expected: number;
  readonly rest: number;
  readonly lost: readonly string[];
  readonly leaked: readonly string[];
};

const FIXTURES = resolve(import.meta.dirname, "../../fixtures/replies");
const REPLY_HEAD = "From: a@mail.example\nTo: b@mail.example\nSubject: Re: Test\nIn-Reply-To: <1@mail.example>\n";
const HEARD: ReadonlySet<SectionKind> = new Set(["own", "forwarded"]);

/** What the people of html_replies wrote, as talon's own tests expect it. */
const HTML_REPLY = "Hi. I am fine. Thanks, Alex";
const OUTLOOK = "standard_replies/outlook.eml";

/** Replies of the corpus, each with its own words; null where the corpus is absent. */
export async function measureReplies(): Promise<readonly Figures[] | null> {
  const folder = corpus("mail-talon-replies");
  return folder === null ? null : measure([...plainReplies(folder), ...htmlReplies(folder)]);
}

/** Mails with signatures of the corpus, whose own words are what stands above; null where the corpus is absent. */
export async function measureSignatures(): Promise<readonly Figures[] | null> {
  const folder = corpus("mail-talon-replies");
  return folder === null ? null : measure(signed(folder));
}

/** Our own fixtures. */
export async function measureFixtures(): Promise<readonly Figures[]> {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".eml"));
  return measure(
    names.map((name) => {
      const { own, forwarded } = JSON.parse(readFileSync(join(FIXTURES, name.replace(/eml$/, "json")), "utf8"));
      return { name, raw: readFileSync(join(FIXTURES, name)), expected: `${own} ${forwarded}` };
    }),
  );
}

/** Print the figures, every deviation with its words. */
export async function ownText(): Promise<void> {
  printMachine();
  print("mail-talon-replies: replies, what is not own is history", await measureReplies());
  print("mail-talon-replies: signatures, what is not own is the signature", await measureSignatures());
  print("fixtures/replies", await measureFixtures());
}

function print(title: string, figures: readonly Figures[] | null): void {
  say(`\n${title}`);
  for (const { name, expected, rest, lost, leaked } of figures ?? []) {
    if (figures !== null && figures.length > 50 && lost.length + leaked.length === 0) continue;
    say(`  ${name.padEnd(48)} own ${expected}, lost ${lost.length}; other ${rest}, leaked ${leaked.length}`);
    if (lost.length > 0) say(`      lost: ${lost.slice(0, 12).join(" ")}`);
    if (leaked.length > 0) say(`      leaked: ${leaked.slice(0, 12).join(" ")}`);
  }
  const { lost, leaked, expected, rest } = totals(figures ?? []);
  say(
    `  ${figures?.length ?? 0} mails: lost ${lost} of ${expected} own words (${percent(lost, expected)}), leaked ${leaked} of ${rest} others (${percent(leaked, rest)})`,
  );
}

/** Sums over mails. */
export function totals(figures: readonly Figures[]): Record<"lost" | "leaked" | "expected" | "rest", number> {
  const sum = (of: (each: Figures) => number) => figures.reduce((total, each) => total + of(each), 0);
  return {
    lost: sum(({ lost }) => lost.length),
    leaked: sum(({ leaked }) => leaked.length),
    expected: sum(({ expected }) => expected),
    rest: sum(({ rest }) => rest),
  };
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

async function measure(cases: readonly Case[]): Promise<readonly Figures[]> {
  const figures: Figures[] = [];
  for (const { name, raw, expected } of cases) {
    const { text, sections } = await parse(raw);
    const heard = sections.filter(({ kind }) => HEARD.has(kind)).map(({ start, end }) => text.slice(start, end));
    const [wanted, ours, all] = [wordsOf(expected), wordsOf(heard.join("\n")), wordsOf(text)];
    const found = { lost: without(wanted, ours), leaked: without(ours, wanted) };
    figures.push({ name, expected: wanted.length, rest: without(all, wanted).length, ...found });
  }
  return figures;
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}@.'’-]*[\p{L}\p{N}]/gu) ?? [];
}

/** The words of one text that another has not as often. */
function without(words: readonly string[], taken: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const word of taken) left.set(word, (left.get(word) ?? 0) + 1);
  return words.filter((word) => {
    const count = left.get(word) ?? 0;
    left.set(word, count - 1);
    return count <= 0;
  });
}

/** Mails as mail programs wrote them: as they are, and the HTML of those that have one by itself. */
function plainReplies(folder: string): readonly Case[] {
  const replies = join(folder, "standard_replies");
  const cases = filesBelow(replies)
    .filter((file) => file.endsWith(".eml"))
    .flatMap((file) => {
      const raw = readFileSync(join(replies, file));
      const whole = { name: `standard_replies/${file}`, raw, expected: ownOf(replies, file) };
      const html = htmlPart(raw);
      return html === null ? [whole] : [whole, { ...whole, name: `${whole.name}, HTML alone`, raw: html }];
    });
  const outlook = cases.find(({ name }) => name === OUTLOOK);
  const block = readFileSync(join(folder, "reply-quotations-share-block.eml"));
  return [
    ...cases.map((each) =>
      each.name === `${OUTLOOK}, HTML alone` ? { ...each, expected: "Allo! Follow up MIME!" } : each,
    ),
    ...(outlook === undefined ? [] : [{ ...outlook, name: `${OUTLOOK}, with In-Reply-To`, raw: asReply(outlook.raw) }]),
    { name: "reply-quotations-share-block.eml", raw: block, expected: aboveHistory(block) },
  ];
}

/** "Hello", or what talon expects beside it less the signature, which we tell apart. */
function ownOf(folder: string, file: string): string {
  const beside = join(folder, file.replace(".eml", "_reply_text"));
  if (!existsSync(beside)) return "Hello";
  return readFileSync(beside, "utf8").split(/^(?:-- |Sent from)/m)[0] ?? "";
}

function asReply(raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from("In-Reply-To: <1@mail.example>\n"), raw]);
}

/** The last part of a mail as a mail of its own, where it is HTML. */
function htmlPart(raw: Buffer): Buffer | null {
  const at = raw.toString("latin1").search(/^Content-Type: text\/html/im);
  if (at === -1) return null;
  const part = raw.subarray(at).toString("latin1");
  const end = part.search(/^--.*--\s*$/m);
  return Buffer.from(REPLY_HEAD + (end === -1 ? part : part.slice(0, end)), "latin1");
}

/** What stands above Yahoo's "--- On Wed, 4/4/12 … wrote:" in the HTML; the plain text names somebody else. */
function aboveHistory(raw: Buffer): string {
  const encoded =
    raw
      .toString("latin1")
      .split(/base64\r?\n\r?\n/)
      .at(-1)
      ?.split("--=")[0] ?? "";
  const html = Buffer.from(encoded, "base64").toString("utf8").split("--- On")[0] ?? "";
  return html.replaceAll("&nbsp;", " ").replace(/<[^<>]*>/g, " ");
}

function htmlReplies(folder: string): readonly Case[] {
  const head = Buffer.from(`${REPLY_HEAD}Content-Type: text/html; charset=utf-8\n\n`);
  const asMail = (name: string) => Buffer.concat([head, readFileSync(join(folder, name))]);
  return [
    ...filesBelow(join(folder, "html_replies")).map((file) => {
      const name = `html_replies/${file}`;
      return { name, raw: asMail(name), expected: HTML_REPLY };
    }),
    { name: "OLK_SRC_BODY_SECTION.html", raw: asMail("OLK_SRC_BODY_SECTION.html"), expected: "Reply" },
    { name: "reply-separated-by-hr.html", raw: asMail("reply-separated-by-hr.html"), expected: "Hi there Bob" },
  ];
}

/** Bodies with their signatures beside them, and mails whose lines say what they are. */
function signed(folder: string): readonly Case[] {
  const emails = join(folder, "signature/emails");
  const head = "From: a@mail.example\nSubject: Test\nContent-Type: text/plain; charset=utf-8\n\n";
  return filesBelow(emails).flatMap((file) => {
    const lines = readFileSync(join(emails, file), "utf8").split("\n");
    if (!/_body$|_msg$|_R_S$/.test(file)) return [];
    const start = file.endsWith("_body") ? 0 : lines.findIndex((line) => !/^(?:From|Subject|Date):/.test(line));
    const body = lines.slice(start);
    const raw = Buffer.from(head + body.map((line) => line.replace(/^#(?:sig|reply)#/, "")).join("\n"));
    const beside = join(emails, file.replace(/_body$/, "_signature"));
    const signature = file.endsWith("_body") && existsSync(beside) ? readFileSync(beside, "utf8").trim() : "";
    const own = body
      .filter((line) => !/^#(?:sig|reply)#/.test(line))
      .join("\n")
      .trimEnd();
    return [{ name: file, raw, expected: own.endsWith(signature) ? own.slice(0, own.length - signature.length) : own }];
  });
}
