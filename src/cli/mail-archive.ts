// Mails out of an archive, one after the other: a folder of `.eml` files, a Maildir, or an mbox file of any size.

import { createReadStream, type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CannotDo } from "./operator.ts";

/** A mail of an archive, and what to call it. */
export type ArchivedMail = { readonly name: string; readonly raw: Uint8Array };

/** A longer mail of an mbox file is one that was never ended. */
const MAIL_BYTES_MAX = 100 * 1024 * 1024;
const NEWLINE = 0x0a;
const FROM = Buffer.from("From ");

/** The mails at a path, in order. Throws `CannotDo` when it cannot be read. */
export async function* mailsIn(path: string): AsyncGenerator<ArchivedMail, void, void> {
  try {
    if (statSync(path).isDirectory()) {
      for (const file of filesIn(path)) yield { name: file, raw: new Uint8Array(readFileSync(file)) };
    } else yield* mailsOfMbox(path);
  } catch (error) {
    if (error instanceof CannotDo) throw error;
    throw new CannotDo(
      `${path}: this archive of mails cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
}

/** Files ending in `.eml`, and all files of folders called `cur` and `new`, as a Maildir has them. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isMail(entry))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isMail({ name, parentPath }: Dirent): boolean {
  return name.toLowerCase().endsWith(".eml") || /[/\\](?:cur|new)$/.test(parentPath);
}

/** Mails begin at lines "From …" after an empty line; such lines of a mail itself are marked with ">", which is taken off. */
async function* mailsOfMbox(path: string): AsyncGenerator<ArchivedMail, void, void> {
  let lines: Buffer[] = [];
  let size = 0;
  let count = 0;
  let begun = false;
  const mail = (): ArchivedMail => ({ name: `${path}#${count}`, raw: new Uint8Array(Buffer.concat(lines)) });
  for await (const line of linesOf(path)) {
    const afterEmpty = lines.length === 0 || isEmpty(lines.at(-1) ?? line);
    if (afterEmpty && line.subarray(0, FROM.length).equals(FROM)) {
      if (begun) yield mail();
      begun = true;
      count += 1;
      lines = [];
      size = 0;
      continue;
    }
    if (!begun)
      throw new CannotDo(
        `${path}: this is no mbox file: its first line does not begin with "From ". Name a folder, or an mbox file.`,
      );
    lines.push(/^>+From /.test(line.toString("latin1", 0, 20)) ? line.subarray(1) : line);
    size += line.length;
    if (size > MAIL_BYTES_MAX)
      throw new CannotDo(
        `${path}: mail ${count} is longer than 100 MB, so the file is damaged. Mend it, or leave it out.`,
      );
  }
  if (begun) yield mail();
}

function isEmpty(line: Buffer): boolean {
  return line.length === 1 || (line.length === 2 && line[0] === 0x0d);
}

/** Lines with their ends, as bytes. */
async function* linesOf(path: string): AsyncGenerator<Buffer, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      yield bytes.subarray(from, at + 1);
      from = at + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) yield rest;
}
