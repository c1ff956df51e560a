// A real IMAP server behind a wire that can be made to misbehave, a mail program at it, and gateways that watch it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { FolderStatus } from "../../src/intake/imap-watch.ts";
import { type Dovecot, startDovecot } from "./dovecot.ts";
import { type TestGateway, testGateway } from "./gateway.ts";
import { mailProgram, watching } from "./imap-box.ts";
import { type ImapWireOptions, imapWire } from "./imap-wire.ts";
import { runMailward } from "./operator.ts";
import { tempDir } from "./temp-dir.ts";
import { until } from "./wait.ts";

export const LIMIT_MS = 120_000;
export const PERIODS = { pollMs: 300, silentMs: 60_000, superviseMs: 200 };
/** Further settings of a mailbox whose old mail is wanted, too. */
export const BACK_FILL = ", from: 2026-01-01";

export type House = {
  readonly dovecot: Dovecot;
  readonly program: Awaited<ReturnType<typeof mailProgram>>;
  start(more?: string): Promise<TestGateway>;
};

/** A server, a mail program at it, and gateways that come to it by the wire. */
export async function withHouse(wireOptions: ImapWireOptions, use: (house: House) => Promise<void>): Promise<void> {
  await using dir = await tempDir();
  await using dovecot = await startDovecot(dir.path);
  await using program = await mailProgram(dovecot);
  await using wire = await imapWire(dovecot.port, wireOptions);
  const start = (more = "") => gatewayAt(dir.path, { ...dovecot, port: wire.port }, more);
  await use({ dovecot, program, start });
}

export async function gatewayAt(
  folder: string,
  at: Pick<Dovecot, "port" | "login">,
  more: string,
  imapPeriods = PERIODS,
): Promise<TestGateway> {
  const file = join(folder, "password");
  writeFileSync(file, `${at.login.password}\n`);
  return await testGateway(join(folder, "gateway"), { settings: watching(at, file, more), imapPeriods });
}

export async function decided(gateway: TestGateway, count: number): Promise<void> {
  await until(`${count} mails are decided`, async () => (await taken(gateway)) >= count);
}

export async function taken(gateway: TestGateway): Promise<number> {
  return (await gateway.store.outcomes({ limit: 1000 })).length;
}

export function lines(gateway: TestGateway, event: string): readonly string[] {
  return gateway.log.filter((line) => line.includes(`"event":"${event}"`));
}

export async function readiness(
  gateway: TestGateway,
): Promise<{ readonly degraded: boolean; readonly mailbox: FolderStatus }> {
  const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/readyz`);
  const { degraded, mailboxes } = (await answer.json()) as { degraded: boolean; mailboxes: FolderStatus[] };
  const [mailbox] = mailboxes;
  if (mailbox === undefined) throw new Error("no mailbox is watched");
  return { degraded, mailbox };
}

export async function reconcile(gateway: TestGateway): Promise<void> {
  const asked = await runMailward(gateway.folder, ["imap", "reconcile", "--data", join(gateway.folder, "data")]);
  expect(asked.code, asked.told).toBe(0);
}

export const unmarked = async (gateway: TestGateway) => (await gateway.store.imapFolders())[0]?.unmarked;
