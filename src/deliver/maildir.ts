// Delivers into one Maildir per queue (tmp, fsync, new; https://cr.yp.to/proto/maildir.html), readable by any mail client.
// The file's name comes from the delivery, so an attempt repeated after a crash finds its own work instead of doubling it.

import { access, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AttemptResult, Job } from "../outcome.ts";
import type { Adapter } from "./adapter.ts";
import { topHeaders, withHeaders } from "./outgoing.ts";

/** Owner only: it is patients' mail. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * @param folder the Maildir itself; it is made when it is missing
 * @param hostname stands in the trace header
 */
export function maildirAdapter(folder: string, hostname: string): Adapter {
  let ready: Promise<void> | null = null;
  return {
    concurrency: 4,
    destination: null,
    async deliver(job, body) {
      try {
        ready ??= makeFolders(folder);
        await ready;
        if ((job.inDoubt || job.attempt > 1) && (await isThere(folder, job)))
          return { kind: "delivered", code: "already-there" };
        await write(folder, job, hostname, body());
        return { kind: "delivered", code: "maildir" };
      } catch (error) {
        ready = null;
        return failure(error);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The name every attempt of this delivery uses, in the form mail clients sort by: time, id, host. */
export function maildirName(job: Pick<Job, "id" | "mail">): string {
  return `${Math.floor(job.mail.receivedAt / 1000)}.D${job.id}.mailward`;
}

async function makeFolders(folder: string): Promise<void> {
  for (const part of ["tmp", "new", "cur"]) await mkdir(join(folder, part), { recursive: true, mode: FOLDER_MODE });
  for (const parent of [folder, dirname(folder), dirname(dirname(folder))]) await syncFolder(parent);
}

/** A mail client moves what it has seen from new to cur and adds flags behind a colon. */
async function isThere(folder: string, job: Job): Promise<boolean> {
  const name = maildirName(job);
  if (await exists(join(folder, "new", name))) return true;
  return (await readdir(join(folder, "cur"))).some((entry) => entry === name || entry.startsWith(`${name}:`));
}

async function write(folder: string, job: Job, hostname: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const name = maildirName(job);
  const draft = join(folder, "tmp", name);
  const top = finalDeliveryHeaders(job) + topHeaders(hostname, job);
  const file = await open(draft, "w", FILE_MODE);
  try {
    for await (const chunk of withHeaders(top, body)) await writeAll(file, chunk);
    await file.sync();
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, "new", name));
  await syncFolder(join(folder, "new"));
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
}

/** Return-Path is the final delivery's to add (RFC 5321 4.4); Delivered-To tells which alias was written to. */
function finalDeliveryHeaders(job: Job): string {
  const to = job.recipients.map(({ address }) => `Delivered-To: ${printable(address)}\r\n`).join("");
  return `Return-Path: <${printable(job.mail.envelope.mailFrom)}>\r\n${to}`;
}

function printable(address: string): string {
  return Buffer.from(address.replace(/[\p{Cc}\s]/gu, "?")).toString("latin1");
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function failure(error: unknown): AttemptResult {
  const code = error instanceof Error && "code" in error ? String(error.code) : "maildir";
  return { kind: "failed", stage: "connect", reply: null, code };
}
