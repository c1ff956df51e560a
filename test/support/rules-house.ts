// A gateway on a rules folder of its own that a test changes: what is in use, how mails are decided, what is told.

import { join } from "node:path";
import { sendMail } from "./dialogue.ts";
import { type TestGateway, type TestGatewayOptions, testGateway } from "./gateway.ts";
import { type SmallRules, saying, writeSmallRules } from "./small-rules.ts";
import { until } from "./wait.ts";

export const CARE = "care@clinic.example";

type House = AsyncDisposable & {
  readonly gateway: TestGateway;
  readonly folder: string;
  save(rules: SmallRules): Promise<unknown>;
  /** Saves rules and waits until they are those in use; answers their hash. */
  live(rules: SmallRules): Promise<string>;
};

export async function house(path: string, first: SmallRules, options: TestGatewayOptions = {}): Promise<House> {
  const folder = join(path, "rules");
  await writeSmallRules(folder, first);
  const gateway = await testGateway(path, { rulesFolder: folder, ...options });
  return {
    gateway,
    folder,
    save: (rules) => writeSmallRules(folder, rules),
    async live(rules) {
      const before = gateway.rules().hash;
      await writeSmallRules(folder, rules);
      await until("the rules are live", () => gateway.rules().hash !== before);
      return gateway.rules().hash;
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** Sends a mail and answers how it was decided. */
export async function decided(gateway: TestGateway, phrase: string) {
  const reply = await sendMail(gateway.port("smtp"), [CARE], saying(phrase));
  const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
  return until(`${ref} is decided`, async () => (await gateway.store.find(ref))?.outcomes[0]);
}

export function events(gateway: TestGateway, name: string): readonly Record<string, unknown>[] {
  return gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === name);
}

export async function readyz(gateway: TestGateway) {
  const response = await fetch(`http://127.0.0.1:${gateway.http.port}/readyz`);
  return { code: response.status, ...((await response.json()) as Record<string, unknown>) };
}

export async function metric(gateway: TestGateway, name: string): Promise<string | undefined> {
  const page = await (await fetch(`http://127.0.0.1:${gateway.http.port}/metrics`)).text();
  return page
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);
}
