// A gateway whose queues are folders of one mail account, and what people do there.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RuleSet } from "../../src/config/rules.ts";
import { mailText } from "./dialogue.ts";
import type { Dovecot } from "./dovecot.ts";
import { defaultRules, type TestGateway, testGateway } from "./gateway.ts";
import type { mailProgram } from "./imap-box.ts";
import { until } from "./wait.ts";

export const PERIODS = { pollMs: 150, silentMs: 60_000, superviseMs: 100 };
export const DESK = "Queues/billing-desk";
export const NURSES = "Queues/clinical-triage";
export type Original = "keep" | "copy" | "move" | "tag";

/** Every queue in a folder named after it. */
export function rulesWith(original: Original): RuleSet {
  const rules = defaultRules();
  const queues = rules.queues.map((queue) => {
    const place = { kind: "imap", account: "desk", folder: `Queues/${queue.name}` } as const;
    return { ...queue, deliver: { ...place, original, keyword: `$${queue.name}`, urgencyKeyword: true } };
  });
  return { ...rules, queues };
}

export async function gatewayAt(
  dovecot: Pick<Dovecot, "port" | "login">,
  folder: string,
  original: Original,
  folders: string,
  imapPeriods = PERIODS,
): Promise<TestGateway> {
  const secret = join(folder, "secret");
  await writeFile(secret, dovecot.login.password);
  const settings = `imap: [{ name: desk, host: 127.0.0.1, port: ${dovecot.port}, tls: none, user: ${dovecot.login.user}, password_file: ${secret}, folders: [${folders}], alias: billing@clinic.example }]`;
  const rules = rulesWith(original);
  return await testGateway(join(folder, "gateway"), { settings, rules, imapPeriods });
}

export async function delivered(gateway: TestGateway, count: number): Promise<void> {
  await until("it is delivered", async () => {
    const rows = await gateway.store.deliveries({ state: "delivered", limit: 50 });
    return rows.length === count;
  });
}

export async function moveAll(
  program: Awaited<ReturnType<typeof mailProgram>>,
  from: string,
  to: string,
): Promise<void> {
  const lock = await program.client.getMailboxLock(from);
  try {
    await program.client.noop();
    await program.client.messageMove("1:*", to);
  } finally {
    lock.release();
  }
}

export const onlyCase = async (gateway: TestGateway) => {
  const [row] = await gateway.store.outcomes({ limit: 1 });
  const found = await gateway.store.find(row?.ref ?? "");
  if (found === null) throw new Error("no case");
  return found;
};

export const BILL = mailText("a question", "I want to set up a payment plan for my bill.", "1@m");
