// Mails with known answers, one JSON object a line: what the starter model is taught from and what is measured on.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NONE } from "../classify/adviser.ts";
import type { Urgency } from "../outcome.ts";

/** A mail somebody has labelled. `type` is a request type, or `none` for mail that only people can place. */
export type LabelledMail = {
  readonly voice: string;
  readonly type: string;
  readonly alias: string;
  readonly language: string;
  readonly subject: string;
  readonly text: string;
  readonly urgency?: Urgency;
  /** false: single sentences that teach words; the model is not asked about them. */
  readonly evaluate?: boolean;
};

/** The mails of a file or of all `.jsonl` files of a folder, or every mistake in them, each with its file and line. */
export type LabelledMails = { readonly mails: readonly LabelledMail[]; readonly mistakes: readonly string[] };

const KEYS = ["voice", "type", "alias", "language", "subject", "text"] as const;

/** Reads labelled mails of these types and of `none`; throws the system's error when the path cannot be read. */
export function labelledMails(path: string, types: readonly string[]): LabelledMails {
  const mails: LabelledMail[] = [];
  const mistakes: string[] = [];
  for (const file of filesOf(path)) {
    for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
      if (line.trim() === "") continue;
      const mail = mailOf(line, [...types, NONE]);
      if (typeof mail === "string") mistakes.push(`${file}:${index + 1}: ${mail}`);
      else mails.push(mail);
    }
  }
  return { mails, mistakes };
}

function filesOf(path: string): readonly string[] {
  try {
    const names = readdirSync(path).filter((name) => name.endsWith(".jsonl"));
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return [path];
    throw error;
  }
}

function mailOf(line: string, types: readonly string[]): LabelledMail | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "this line is no JSON object; write one object a line";
  }
  const row = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const missing = KEYS.filter((key) => typeof row[key] !== "string");
  if (missing.length > 0) return `write text for ${missing.map((key) => `\`${key}\``).join(", ")}`;
  const mail = row as LabelledMail;
  return types.includes(mail.type) ? mail : `there is no type of that name; write one of ${types.join(", ")}`;
}

/** The labelled mail as somebody would have sent it. */
export function mailBytes({ alias, subject, text }: LabelledMail): Uint8Array {
  const encoded = Buffer.from(subject, "utf8").toString("base64");
  const head = [
    "From: writer@example.net",
    `To: ${alias}@example.org`,
    `Subject: =?utf-8?B?${encoded}?=`,
    "Message-ID: <labelled@example.net>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${text.replace(/\r?\n/g, "\r\n")}\r\n`, "utf8");
}
