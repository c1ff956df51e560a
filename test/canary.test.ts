// Trials of the gateway by itself: told apart from patients' mail by a signature, alarms where one does not arrive.

import { expect, test } from "vitest";
import { canaryLocal, withCanaries } from "../src/intake/canary.ts";
import { recipientLookup } from "../src/intake/recipients.ts";
import { CANARY_ALIAS } from "../src/message.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { defaultRules, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const KEY = "11".repeat(32);

test("only an address signed with our key is a trial; all others are mail for the alias", () => {
  const lookup = withCanaries(recipientLookup(defaultRules()), KEY);
  const local = canaryLocal(KEY, "billing", "k3");
  expect(local.length).toBeLessThanOrEqual(64);
  const at = (text: string) => lookup(`${text}@clinic.example`);
  expect(at(local)).toEqual({ alias: CANARY_ALIAS, tag: "billing:k3" });
  expect(at(local.toUpperCase())).toEqual({ alias: CANARY_ALIAS, tag: "billing:k3" });
  const others = [
    canaryLocal("22".repeat(32), "billing", "k3"),
    local.replace("+canary-k3", "+canary-k4"),
    local.replace(/^billing/, "clinical"),
    local.slice(0, -1),
    "billing+canary-k3",
    "billing+canary",
    "billing",
  ];
  for (const other of others) expect(at(other)?.alias).toMatch(/^(billing|clinical)$/);
  expect(at("nobody+canary-k3")).toBeNull();
});

const SETTINGS = "canary: {every_minutes: 1, missing_after_minutes: 0.1}";

test("trials come through every door, are counted by none, and one that is lost is an alarm", async () => {
  await using dir = await tempDir();
  const lost = { all: false };
  await using gateway = await testGateway(dir.path, {
    settings: SETTINGS,
    canaryEveryMs: 300,
    wrapStore: (store) => ({
      ...store,
      // Deliveries of trials that are not taken from the store.
      claim: (request) => (lost.all && request.queue === CANARY_ALIAS ? Promise.resolve([]) : store.claim(request)),
      record: (decided) =>
        store.record(
          lost.all ? { ...decided, outcomes: decided.outcomes.map((each) => ({ ...each, leaseTo: null })) } : decided,
        ),
    }),
  });
  const page = async (path: string) => (await fetch(`http://127.0.0.1:${gateway.http.port}${path}`)).text();
  await until("trials have arrived", () => gateway.log.some((line) => line.includes('"event":"canary"')));
  const metrics = await page("/metrics");
  expect(metrics).toMatch(/^mailward_canary_missing\{door="smtp \d+"\} 0$/m);
  expect(metrics).toMatch(/^mailward_canary_seconds\{door="lmtp \d+"\} [\d.e-]+$/m);
  expect(metrics).not.toMatch(/^mailward_(accepted|decided|attempts)_total\{/m);
  expect(
    await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mailText("a bill", "A payment plan, please.")),
  ).toMatch(/^250 /);
  await until("a mail is counted", async () => /^mailward_accepted_total\{.*\} 1$/m.test(await page("/metrics")));
  await until("it is decided", async () => (await gateway.store.outcomes({ limit: 50 })).length > 0);
  expect((await gateway.store.outcomes({ limit: 50 })).map(({ alias }) => alias)).toEqual(["billing"]);
  lost.all = true;
  await until("one is missing", () => gateway.log.some((line) => line.includes('"canary-missing"')), 30_000);
  await until("the page counts it", async () =>
    /^mailward_canary_missing\{door="smtp \d+"\} [1-9]\d*$/m.test(await page("/metrics")),
  );
});
