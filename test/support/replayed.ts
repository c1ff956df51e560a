// For tests of replay: mails through the real gateway, each decided before the next, and the command on what it stored.

import { loadRules, type RuleSet } from "../../src/config/rules.ts";
import { printProblems } from "../../src/config/yaml.ts";
import { talk } from "./dialogue.ts";
import type { TestGateway } from "./gateway.ts";
import { type Ran, runMailward } from "./operator.ts";
import { until } from "./wait.ts";

type Line = Readonly<Record<string, unknown>>;

export type Send = (raw: string, to: readonly string[], from?: string) => Promise<string>;

/** Sends over one connection, mail after mail; each is decided before the next, and its reference answered. */
export async function sender(gateway: TestGateway): Promise<Disposable & { readonly send: Send }> {
  const client = await talk(gateway.port("smtp"));
  await client.reply();
  await client.say("EHLO client.example");
  return {
    async send(raw, to, from = "ana.ruiz@example.org") {
      await client.say(`MAIL FROM:<${from}>`);
      for (const address of to) await client.say(`RCPT TO:<${address}>`);
      await client.say("DATA");
      client.write(`${raw.replace(/(^|\n)\./g, "$1..")}${raw.endsWith("\r\n") ? "" : "\r\n"}.\r\n`);
      const reply = await client.reply();
      const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? `not accepted: ${reply}`;
      await until(`${ref} is decided`, async () => (await gateway.store.find(ref))?.outcomes.length);
      return ref;
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** The rules of a folder, which must be good. */
export function rulesIn(folder: string): RuleSet {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded.rules;
}

/** `mailward replay` on a data folder; with --json also its lines, of which the last is the summary. */
export async function replayed(
  data: string,
  ...args: readonly string[]
): Promise<Ran & { readonly lines: readonly Line[]; readonly summary: Line }> {
  const ran = await runMailward(".", ["replay", "--data", data, ...args]);
  const lines = args.includes("--json")
    ? ran.out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line)
    : [];
  return { ...ran, lines, summary: lines.at(-1) ?? {} };
}
