// Mails as bytes, short enough to stand in a test.

import { type Mime, readMime } from "../../src/parse/mime.ts";

const crlf = (text: string) => text.replace(/\r?\n/g, "\r\n");
/** Bytes of a mail: each character is one byte, as in a latin1 file. */
export const bytes = (head: string, body = "Hello\n") =>
  Buffer.from(crlf(`From: Ana <ana@example.net>\nSubject: Bill\nMIME-Version: 1.0\n${head}\n\n${body}`), "latin1");
/** A text as the bytes it is in UTF-8, one character a byte. */
export const utf8 = (text: string) => Buffer.from(text).toString("latin1");
/** Read a mail of a head and a body. */
export const read = (head: string, body?: string): Promise<Mime> => readMime(bytes(head, body));
/** The subject as the parser gives it. */
export const subjectOf = (mime: Mime) => mime.headers.get("subject");
/** A mail of parts, in one multipart whose boundary is x. */
export const parts = (type: string, ...content: readonly string[]) =>
  ({
    head: `Content-Type: ${type}; boundary=x`,
    body: `for old programs\n${content.map((part) => `--x\n${part}\n`).join("")}--x--\n`,
  }) as const;
/** Read a mail of parts. */
export const readParts = (type: string, ...content: readonly string[]) => {
  const { head, body } = parts(type, ...content);
  return read(head, body);
};
export const PLAIN = "Content-Type: text/plain\n\n";
export const HTML = "Content-Type: text/html\n\n";
