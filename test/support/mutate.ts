// Damage to mails, by chance that can be repeated: the same seed and number give the same mutant.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "./chance.ts";

/** A mutant is cut at this many characters, so that doubling again and again stays cheap. */
const MUTANT_CHARS_MAX = 48 * 1024;

const FIXTURES = join(import.meta.dirname, "../../fixtures");

type Damage = (mail: string, chance: () => number, others: readonly string[]) => string;

/** Pieces that mean something to some part of the reader. */
const TOKENS = (
  "\0|\r|\n|\r\n|\r\r\n|\r\n\r\n|=|==|=?|?=|=?utf-8?Q?|=?utf-8?B?4pyT|=?iso-2022-jp?B?GyRC|=?x?Q?=00?=|=\r\n|=0|=0D=0A|%00|%|&#x|&#x110000;|&|<!--|-->|<|" +
  "</div>|<blockquote>|<table><tr><td>|<style>|<!--[if|]]>|boundary=|boundary=|; boundary=\"\r\n|--|--x|--x--|\"|(|((((|)|<>|;|,|:|\\|*0*=|*1=utf-8''%|" +
  "> |> > > |-- \r\n|On Monday Ana wrote:\r\n|-----Original Message-----\r\n|---------- Forwarded message ---------\r\n|From: a@b.example\r\n|Von: x\r\nAn: y\r\nBetreff: z\r\n|" +
  'Name: \r\n|{"name": |<?xml version="1.0"?><a>|begin 644 winmail.dat\r\n|\x78\x9f\x3e\x22|BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n|-----BEGIN PGP MESSAGE-----\r\n|\xff|\xc3|\xed\xa0\x80|\xe2\x80\x8b|\xef\xbb\xbf|\x1b$B'
).split("|");

const HEADERS = (
  "Content-Type: multipart/mixed; boundary=x|Content-Type: message/rfc822|Content-Type: text/html|Content-Type: message/delivery-status|Content-Type:|" +
  "Content-Type: text/plain; charset=utf-7; format=flowed; delsp=yes|Content-Type: application/ms-tnef; name=winmail.dat|Content-Type: text/calendar; method=REPLY|" +
  "Content-Transfer-Encoding: base64|Content-Transfer-Encoding: quoted-printable|Content-Transfer-Encoding: x-uuencode|Content-Disposition: attachment; filename*0*=utf-8''%E2; filename*1=x|" +
  "From:|From: =?|From: a, b: c; <<d>>|To: undisclosed-recipients:;|Date: Mon, 99 Foo 20 25:61|Subject: Fwd: Re: Fwd:|Subject: =?utf-8?Q?=C3?= =?utf-8?Q?=A9?=|Message-ID: <>|References: <|" +
  "In-Reply-To: <a b>|Auto-Submitted: ;|List-Id:|Precedence: bulk|Return-Path: <>|X-Failed-Recipients: a@b| folded|\tfolded|: no name|__proto__: x|From nobody Mon"
).split("|");

const CHARSETS =
  'utf-8 utf-7 utf-16 utf-16le us-ascii iso-8859-1 windows-1252 iso-2022-jp gb18030 big5 koi8-r x-unknown x-user-defined replacement "'.split(
    " ",
  );

const pick = <T>(items: readonly T[], chance: () => number): T | undefined =>
  items[Math.floor(chance() * items.length)];
const spot = (length: number, chance: () => number) => Math.floor(chance() * (length + 1));
const splice = (mail: string, at: number, drop: number, put: string) => mail.slice(0, at) + put + mail.slice(at + drop);

/** Replace one line, chosen by chance among those a test allows, by others. */
function atLine(
  mail: string,
  chance: () => number,
  change: (line: string, lines: readonly string[]) => readonly string[],
  among: (line: string) => boolean = () => true,
): string {
  const lines = mail.split("\n");
  const places = lines.flatMap((line, place) => (among(line) ? [place] : []));
  const place = pick(places, chance);
  if (place === undefined) return mail;
  return [...lines.slice(0, place), ...change(lines[place] ?? "", lines), ...lines.slice(place + 1)].join("\n");
}

function headEnd(mail: string): number {
  const at = mail.search(/\r?\n\r?\n/);
  return at < 0 ? mail.length : at;
}

const isBoundary = (line: string) => line.startsWith("--") || /boundary/i.test(line);

const DAMAGES: readonly Damage[] = [
  (mail, chance) => splice(mail, spot(mail.length, chance), 1, String.fromCharCode(Math.floor(chance() * 256))),
  (mail, chance) => {
    const at = spot(mail.length, chance);
    return splice(mail, at, 1, String.fromCharCode((mail.charCodeAt(at) || 0) ^ (1 << Math.floor(chance() * 8))));
  },
  (mail, chance) => mail.slice(0, spot(mail.length, chance)),
  (mail, chance) => mail.slice(spot(mail.length, chance)),
  (mail, chance) => splice(mail, spot(mail.length, chance), Math.floor(chance() * 200), ""),
  (mail, chance) => splice(mail, spot(mail.length, chance), 0, pick(TOKENS, chance) ?? ""),
  (mail, chance) =>
    splice(mail, spot(mail.length, chance), 0, (pick(TOKENS, chance) ?? "").repeat(Math.floor(chance() * 200))),
  (mail, chance) => splice(mail, spot(mail.length, chance), 0, "x".repeat(Math.floor(chance() * 5_000))),
  (mail, chance) => atLine(mail, chance, () => []),
  (mail, chance) => atLine(mail, chance, (line) => [line, line]),
  (mail, chance) => atLine(mail, chance, (line) => Array.from({ length: Math.floor(chance() * 50) }, () => line)),
  (mail, chance) => atLine(mail, chance, (line, lines) => [pick(lines, chance) ?? "", line]),
  (mail, chance) => atLine(mail.slice(0, headEnd(mail)), chance, () => []) + mail.slice(headEnd(mail)),
  (mail, chance) =>
    atLine(mail.slice(0, headEnd(mail)), chance, (line) => [`${pick(HEADERS, chance) ?? ""}\r`, line]) +
    mail.slice(headEnd(mail)),
  (mail, chance) => atLine(mail, chance, (line) => [line, `${pick(HEADERS, chance) ?? ""}\r`]),
  (mail, chance) => atLine(mail, chance, () => [], isBoundary),
  (mail, chance) => atLine(mail, chance, (line) => [line, line, `${line.trimEnd()}--\r`], isBoundary),
  (mail, chance) =>
    atLine(
      mail,
      chance,
      (line) => [
        line.slice(0, spot(line.length, chance)) + (pick(TOKENS, chance) ?? "") + line.slice(spot(line.length, chance)),
      ],
      isBoundary,
    ),
  (mail, chance) => mail.replace(/(charset=)"?[\w-]+"?/i, (_, key: string) => key + (pick(CHARSETS, chance) ?? "")),
  (mail, chance) =>
    mail.replace(
      /(encoding: *)[\w-]+/i,
      (_, key: string) => key + (pick(["base64", "quoted-printable", "8bit", "x-uue", ""], chance) ?? ""),
    ),
  (mail, chance) =>
    mail.replace(
      /(content-type: *)[\w/-]+/i,
      (_, key: string) =>
        key +
        (pick(
          [
            "text/html",
            "text/plain",
            "multipart/alternative",
            "message/rfc822",
            "multipart/report",
            "application/pgp-encrypted",
          ],
          chance,
        ) ?? ""),
    ),
  (mail, chance, others) =>
    mail.slice(0, spot(mail.length, chance)) + (pick(others, chance) ?? "").slice(spot(mail.length, chance)),
  (mail, chance, others) =>
    mail.slice(0, headEnd(mail)) + (pick(others, chance) ?? "").slice(headEnd(pick(others, chance) ?? "")),
  (mail, chance, others) => splice(mail, spot(mail.length, chance), 0, pick(others, chance) ?? ""),
  (mail) => `From: a@b.example\r\nSubject: Fwd: x\r\nContent-Type: message/rfc822\r\n\r\n${mail}`,
  (mail) => mail.replaceAll("\r\n", "\n"),
  (mail) => mail.replaceAll("\r\n", "\r"),
  (mail, chance) => {
    const from = spot(mail.length, chance);
    const piece = mail.slice(from, from + Math.floor(chance() * 2_000));
    return splice(mail, spot(mail.length, chance), 0, piece.repeat(1 + Math.floor(chance() * 5)));
  },
  (mail, chance) =>
    splice(
      mail,
      spot(mail.length, chance),
      0,
      Array.from({ length: Math.floor(chance() * 100) }, () => String.fromCharCode(Math.floor(chance() * 256))).join(
        "",
      ),
    ),
];

/** Every example mail of ours, one character a byte. */
export function exampleMails(): readonly string[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".eml"))
    .sort()
    .map((path) => readFileSync(join(FIXTURES, path), "latin1"));
}

/** The mutant of a seed with this number: a mail with one to five damages. */
export function mutant(seed: number, number: number, mails: readonly string[]): Buffer {
  const chance = seeded(Math.imul(seed, 1_000_003) + number);
  // The first numbers of neighbouring seeds are alike.
  chance();
  let mail = pick(mails, chance) ?? "";
  const damages = 1 + Math.floor(chance() * 5);
  for (let done = 0; done < damages; done++) {
    mail = (pick(DAMAGES, chance)?.(mail, chance, mails) ?? mail).slice(0, MUTANT_CHARS_MAX);
  }
  return Buffer.from(mail, "latin1");
}
