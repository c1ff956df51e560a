// `mailward send FILE…`: sends mail files by SMTP, as a mail program would. Exit code 1 when one was refused.

import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { addressesIn, openMailClient, type Reply, type Server } from "../deliver/mail-client.ts";
import { CannotDo, plainErrors, print, printJson } from "./operator.ts";
import { safe, table } from "./terminal.ts";

type SendFlags = {
  readonly server: Server;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly json?: boolean;
};

const SERVER_DEFAULT: Server = { host: "127.0.0.1", port: 2525 };

export function sendCommand(): Command {
  return new Command("send")
    .description("send mail files to a server by SMTP")
    .argument("<file...>", "files that hold one mail each (.eml)")
    .addOption(
      new Option("--server <host:port>", "where to")
        .argParser(parseServer)
        .default(SERVER_DEFAULT, `${SERVER_DEFAULT.host}:${SERVER_DEFAULT.port}`),
    )
    .option("--from <address>", "the envelope's sender (else the From header)")
    .option("--to <address>", "a recipient of the envelope, may stand often (else the To and Cc headers)", oneMore)
    .option("--json", "one JSON value a line, for programs")
    .action((files: string[], flags: SendFlags) => plainErrors(() => sendAll(files, flags)));
}

/** An option that took all words after it would take the files too. */
function oneMore(address: string, before: readonly string[] = []): readonly string[] {
  return [...before, address];
}

export function parseServer(text: string): Server {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65535)
    throw new InvalidArgumentError("Write host:port, such as 127.0.0.1:2525.");
  return { host: match[1] as string, port: Number(match[2]) };
}

async function sendAll(files: readonly string[], flags: SendFlags): Promise<void> {
  const mails = files.map((file) => ({ file, raw: readMail(file) }));
  using client = await openMailClient(flags.server);
  const rows: string[][] = [];
  for (const { file, raw } of mails) {
    const to = flags.to ?? addressesIn(raw, ["to", "cc"]);
    const from = flags.from ?? addressesIn(raw, ["from"])[0] ?? "";
    const reply: Reply = to.length === 0 ? noRecipient() : await client.send(from, to, raw);
    if (reply.kind === "refused") process.exitCode = 1;
    if (flags.json) printJson({ file, ...reply });
    else rows.push([safe(file), reply.kind, safe(reply.text)]);
  }
  if (!flags.json) print(table(["file", "", "the server said"], rows));
}

function noRecipient(): Reply {
  return { kind: "refused", text: "not sent: the file names no recipient; say --to ADDRESS" };
}

function readMail(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new CannotDo(`${safe(file)} cannot be read. Is the name right, and may this user read it? Nothing was sent.`);
  }
}
