// `mailward demo`: sends the example mails to a running gateway and shows where each one went and why, as it happens.

import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import type { Config } from "../config/config.ts";
import { addressesIn, type MailClient, openMailClient, type Server } from "../deliver/mail-client.ts";
import { type RecipientLookup, recipientLookup } from "../intake/recipients.ts";
import type { Case, OutcomeRow, Store } from "../store/store.ts";
import { CannotDo, type OperatorFlags, print, printJson, withStore, withStoreFlags } from "./operator.ts";
import { because, urgencyPaint } from "./outcomes.ts";
import { parseServer } from "./send.ts";
import { rulesFrom } from "./serve.ts";
import { bar, paint, safe, table } from "./terminal.ts";

const MAILS = join(import.meta.dirname, "../../fixtures/mail");
/** How long one mail may take to be decided and delivered before the demo goes on without it. */
const PATIENCE_MS = 5_000;
const LOOK_MS = 20;

type DemoFlags = OperatorFlags & { readonly server?: Server };

export function demoCommand(): Command {
  return withStoreFlags(new Command("demo"))
    .description("send the example mails to a running gateway and watch where they go")
    .option("--rules <folder>", "the gateway's rule set (else MAILWARD_RULES, else ./rules)")
    .option("--server <host:port>", "the gateway (else the smtp door of its configuration)", parseServer)
    .action((flags: DemoFlags) =>
      withStore(flags, async (store, config) => {
        const lookup = recipientLookup(rulesFrom(config));
        using client = await openMailClient(flags.server ?? smtpDoor(config));
        const shown = await demo(store, client, lookup, flags.json === true);
        if (!flags.json) print(summary(shown, config));
      }),
    );
}

function smtpDoor({ listeners }: Config): Server {
  const door = listeners.find(({ protocol, port }) => protocol === "smtp" && port !== 0);
  if (door === undefined)
    throw new CannotDo("The configuration names no smtp door with a port. Say --server HOST:PORT.");
  const everywhere = door.address === "0.0.0.0" || door.address === "::";
  return { host: everywhere ? "127.0.0.1" : door.address, port: door.port };
}

async function demo(
  store: Store,
  client: MailClient,
  lookup: RecipientLookup,
  json: boolean,
): Promise<readonly OutcomeRow[]> {
  const shown: OutcomeRow[] = [];
  const slow = new Set<string>();
  if (!json) print(paint("bold", line("mail", "to", "type", "urg", "queue", "delivery", "because")));
  for (const file of exampleMails()) {
    const raw = freshCopy(readFileSync(join(MAILS, file)));
    const to = addressesIn(raw, ["to", "cc"]).filter((address) => lookup(address) !== null);
    if (to.length === 0) continue;
    const reply = await client.send(addressesIn(raw, ["from"])[0] ?? "", to, raw);
    const found = reply.kind === "accepted" && reply.ref !== null ? await waitFor(store, reply.ref, slow) : null;
    const rows = found?.outcomes ?? [];
    if (rows.length === 0 && json) printJson({ file, ...reply });
    else if (rows.length === 0) print(`${line(file.replace(/\.eml$/, ""), reply.kind)} ${safe(reply.text)}`);
    for (const row of rows) {
      shown.push(row);
      if (json) printJson({ file, ...row });
      else print(demoLine(file, row));
    }
  }
  return shown;
}

function exampleMails(): readonly string[] {
  const files = readdirSync(MAILS).filter((file) => file.endsWith(".eml"));
  if (files.length === 0) throw new CannotDo(`There are no example mails in ${MAILS}.`);
  return files.sort();
}

/** A Message-ID and Date of now, or the gateway would take a second demo for a sender's retry. */
function freshCopy(raw: Buffer): Buffer {
  const text = raw.toString("latin1");
  const end = text.search(/\r?\n\r?\n/);
  const header = text
    .slice(0, end < 0 ? text.length : end)
    .replace(/^(?:message-id|date)[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n/gim, "");
  const fresh = `Message-ID: <${randomUUID()}@demo.example>\r\nDate: ${new Date().toUTCString().replace("GMT", "+0000")}\r\n`;
  return Buffer.from(fresh + header + (end < 0 ? "" : text.slice(end)), "latin1");
}

/**
 * The case once every delivery of it is done or waits for something else than us. A queue that was waited for in vain
 * is put among the slow ones, which nobody waits for again.
 */
async function waitFor(store: Store, ref: string, slow: Set<string>): Promise<Case | null> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await store.find(ref);
    const decided = found !== null && found.outcomes.length > 0;
    const open = found?.deliveries.filter(({ attempts, state }) => attempts === 0 || state === "leased") ?? [];
    if (decided && open.every(({ queue }) => slow.has(queue))) return found;
    if (Date.now() > until) {
      for (const { queue } of open) slow.add(queue);
      return found;
    }
    await pause(LOOK_MS);
  }
}

const WIDTHS = [34, 12, 11, 4, 14, 10] as const;

function line(...cells: readonly string[]): string {
  return cells.map((cell, column) => (WIDTHS[column] === undefined ? cell : fit(cell, WIDTHS[column]))).join(" ");
}

function fit(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width);
}

function demoLine(file: string, row: OutcomeRow): string {
  const queue = row.queue + (row.review ? " ?" : "");
  const plain = line(
    file.replace(/\.eml$/, ""),
    row.alias,
    row.requestType ?? "unknown",
    row.urgency,
    queue,
    row.deliveryState,
    because(row),
  );
  return plain.replace(` ${row.urgency} `, ` ${urgencyPaint(row.urgency)} `);
}

function summary(rows: readonly OutcomeRow[], { dataFolder }: Config): string {
  const counts = new Map<string, number>();
  for (const { queue } of rows) counts.set(queue, (counts.get(queue) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return [
    "",
    table(
      ["queue", "mails", ""],
      sorted.map(([queue, count]) => [queue, count, bar(count, most)]),
    ),
    "",
    "A ? marks mail that people look at first.",
    ...(sorted[0] === undefined
      ? []
      : [`A queue is a Maildir, read like any mailbox: mutt -f ${join(dataFolder, "mail", sorted[0][0])}`]),
    "Look closer: `npm run -s mailward -- outcomes`, `… show REF`, `… balance`, `… report`.",
  ].join("\n");
}
