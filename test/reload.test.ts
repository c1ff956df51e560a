// Rules change while mail flows: what is saved decides soon, what has mistakes never does, and no mail is lost or decided
// by half a rule set. Everything is real: files, watch, threads, store, sockets.

import { mkdirSync, writeFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Store, StoreTrouble } from "../src/store/store.ts";
import { sendMail, talk } from "./support/dialogue.ts";
import { testGateway } from "./support/gateway.ts";
import { CARE, decided, events, house, metric, readyz } from "./support/rules-house.ts";
import { saying, smallRules, writeSmallRules } from "./support/small-rules.ts";
import { smtpSink } from "./support/smtp-sink.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

test("a save decides the next mails, and each outcome names the set that decided it", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const { gateway } = home;
  const first = gateway.rules().hash;
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "desk", rulesHash: first });
  expect(await decided(gateway, "second bill")).toMatchObject({ queue: "review", rulesHash: first });
  const second = await home.live({ phrase: "second bill" });
  expect(await decided(gateway, "second bill")).toMatchObject({ queue: "desk", rulesHash: second });
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "review", rulesHash: second });
  expect(events(gateway, "rules-live")).toMatchObject([{ rulesHash: second, stage: "live" }]);
  expect(await gateway.store.rulesOf(first)).toMatchObject([{ file: "rules.yaml" }]);
  expect(await gateway.store.lastRules()).toMatchObject({ hash: second });
  expect(await metric(gateway, 'mailward_rules_reloads_total{set="live",result="live"}')).toBe("1");
  expect(await metric(gateway, `mailward_rules_info{set="live",hash="${first}"}`)).toBeUndefined();
  expect(await metric(gateway, `mailward_rules_info{set="live",hash="${second}"}`)).toBe("1");
});

const BROKEN: Readonly<Record<string, (good: string) => string>> = {
  "a typo": (good) => good.replace("departments:", "departmants:"),
  "half a file": (good) => good.slice(0, good.length / 2),
  "an example that does not fit": (good) => good.replace("about the", "about another"),
  "nothing at all": () => "",
};

test.each(Object.entries(BROKEN))("%s keeps the rules in use, is told, and mending it is told", async (_, spoil) => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const { gateway, folder } = home;
  const first = gateway.rules().hash;
  // The rule's phrase changes, so that an example which does not change with it fails.
  const spoilt = spoil(smallRules({ phrase: "second bill" })).replace("second bill please", "first bill please");
  await writeFile(join(folder, "rules.yaml"), spoilt);
  await until("it is refused", () => gateway.rulesStatus().live.problems.length > 0);
  expect(gateway.rules().hash).toBe(first);
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "desk", rulesHash: first });
  const { problems } = gateway.rulesStatus().live;
  const [problem] = problems;
  expect(await readyz(gateway)).toMatchObject({
    code: 200,
    ready: true,
    degraded: true,
    rules: { live: { hash: first, problems } },
  });
  expect(events(gateway, "rules-mistake")[0]).toMatchObject({
    level: 50,
    file: problem?.file,
    line: problem?.line,
    column: problem?.column,
    note: problem?.message,
  });
  expect(await metric(gateway, 'mailward_rules_good{set="live"}')).toBe("0");
  await home.save({ phrase: "first bill" });
  await until("it is mended", () => gateway.rulesStatus().live.problems.length === 0);
  expect(await readyz(gateway)).toMatchObject({ code: 200, degraded: false });
  expect(await metric(gateway, 'mailward_rules_good{set="live"}')).toBe("1");
  expect(gateway.rules().hash).toBe(first);
});

test("fifty saves while mail flows: every mail is decided once, by a set that was live, and none is lost", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "bill number 0" }, { settings: "workers: 2" });
  const { gateway, folder } = home;
  const saving = { done: false };
  const refs: string[] = [];
  const sending = (async () => {
    while (!saving.done || refs.length < 200) {
      const reply = await sendMail(gateway.port("smtp"), [CARE], saying(`bill number ${refs.length % 50}`));
      refs.push(/^250.*Accepted as (\S+)/.exec(reply)?.[1] ?? `not accepted: ${reply}`);
    }
  })();
  for (let n = 1; n <= 50; n += 1) {
    await writeFile(join(folder, "rules.new"), smallRules({ phrase: `bill number ${n}` }));
    await rename(join(folder, "rules.new"), join(folder, "rules.yaml"));
    const sent = refs.length;
    await until("two more mails are in", () => refs.length >= sent + 2);
  }
  await until("the last save is live", () => gateway.rules().types[0]?.rules[0]?.any[0] === "bill number 50");
  saving.done = true;
  await sending;
  const found = await until("all are decided", async () => {
    const rows = await gateway.store.outcomes({ limit: 10_000 });
    return rows.length >= refs.length ? rows : null;
  });
  expect(found.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
  const hashes = new Set(found.map(({ rulesHash }) => rulesHash));
  expect(hashes.size).toBeGreaterThan(1);
  const phrases = new Map<string, string | undefined>();
  for (const hash of hashes) {
    const kept = await gateway.store.rulesOf(hash);
    phrases.set(hash, /any: \["(.*)"\]/.exec(kept?.[0]?.text ?? "")?.[1]);
  }
  for (const { rulesHash, queue, outcome } of found) {
    const phrase = phrases.get(rulesHash);
    const hit = outcome.evidence.find((each) => each.kind === "rule");
    expect(hit === undefined ? "review" : "desk").toBe(queue);
    if (hit !== undefined) expect(JSON.stringify(hit)).toContain(phrase);
  }
  const row = await until("the balance is exact", async () => {
    const [only] = await gateway.store.balance();
    return only?.delivered === refs.length ? only : null;
  });
  expect(row).toMatchObject({ accepted: refs.length, waiting: 0, held: 0, missing: 0 });
}, 90_000);

test("a folder that goes leaves the rules in use, and is used again when it is back", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const { gateway, folder } = home;
  await rm(folder, { recursive: true });
  await until("it is told", () => gateway.rulesStatus().live.problems.length > 0);
  expect(gateway.rulesStatus().live.problems[0]?.message).toBe("there is no such directory");
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "desk" });
  await home.live({ phrase: "second bill" });
  expect(gateway.rulesStatus().live.problems).toEqual([]);
});

test("an alias added by a save is accepted, one taken away is refused with the new words of help", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "bill", aliases: ["care", "old"] });
  const rcpt = async (alias: string) => {
    using client = await talk(home.gateway.port("smtp"));
    await client.reply();
    await client.say("EHLO client.example");
    await client.say("MAIL FROM:<patient@home.example>");
    return await client.say(`RCPT TO:<${alias}@clinic.example>`);
  };
  expect(await rcpt("old")).toMatch(/^250/);
  expect(await rcpt("new")).toMatch(/^550.*call 555-0100/);
  await home.live({ phrase: "bill", aliases: ["care", "new"], call: "555-0199" });
  expect(await rcpt("new")).toMatch(/^250/);
  expect(await rcpt("old")).toMatch(/^550.*call 555-0199/);
});

test("a queue that goes has its waiting mail held, and when it is back the mail goes on by itself", async () => {
  await using dir = await tempDir();
  await using sink = await smtpSink({ behaviour: { kind: "answer", at: "greeting", line: "421 4.3.0 not now" } });
  const to = (port: number) => `{ kind: smtp, host: 127.0.0.1, port: ${port}, to: desk@queues.example, tls: none }`;
  const first = { phrase: "bill", deliver: to(sink.port) };
  await using home = await house(dir.path, first);
  const { store } = home.gateway;
  await decided(home.gateway, "bill");
  await until("it waits", async () => (await store.deliveries({ state: "waiting", limit: 9 })).length === 1);
  await home.live({ phrase: "bill", queue: "claims" });
  const [held] = await until("it is held", async () => {
    const rows = await store.deliveries({ state: "held", limit: 9 });
    return rows.length > 0 ? rows : null;
  });
  expect(held).toMatchObject({ queue: "desk", reason: "no-such-queue" });
  expect(await decided(home.gateway, "bill")).toMatchObject({ queue: "claims" });
  await home.live({ phrase: "bill", queue: "desk" }); // and its destination is another now
  await until(
    "the first is delivered",
    async () => (await store.deliveries({ queue: "desk", state: "delivered", limit: 9 })).length === 1,
  );
  expect(events(home.gateway, "released")).toMatchObject([{ queue: "desk", count: 1 }]);
});

test("a start with broken files uses the last good set, says so, and takes the mended files", async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, "rules");
  let first: string;
  {
    await using home = await house(dir.path, { phrase: "first bill" });
    first = home.gateway.rules().hash;
  }
  writeFileSync(join(folder, "rules.yaml"), "domains: [clinic.example\n");
  await using gateway = await testGateway(dir.path, { rulesFolder: folder });
  expect(gateway.rules().hash).toBe(first);
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "desk", rulesHash: first });
  expect(await readyz(gateway)).toMatchObject({ code: 200, degraded: true });
  expect(events(gateway, "rules-mistake")).toHaveLength(1);
  await writeSmallRules(folder, { phrase: "second bill" });
  await until("they are live", () => gateway.rules().hash !== first);
  expect(gateway.rulesStatus().live.problems).toEqual([]);
});

test("a first start with broken files starts nothing and names every mistake", async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, "rules");
  mkdirSync(folder);
  writeFileSync(join(folder, "a.yaml"), "domains: [clinic.example\n");
  writeFileSync(join(folder, "b.yaml"), "help: {\n");
  const start = () => testGateway(dir.path, { rulesFolder: folder });
  await expect(start()).rejects.toThrow(/a\.yaml:[\s\S]*b\.yaml:/);
  await rm(join(folder, "b.yaml"));
  await writeSmallRules(folder, { phrase: "bill" });
  await rm(join(folder, "a.yaml"));
  await using gateway = await start();
  expect(await decided(gateway, "bill")).toMatchObject({ queue: "desk" });
});

test("rules that cannot be kept do not go live before they are", async () => {
  await using dir = await tempDir();
  const ill = { now: false };
  const keepRules =
    (store: Store): Store["keepRules"] =>
    (rules) =>
      ill.now ? Promise.reject(new StoreTrouble("full", "planted")) : store.keepRules(rules);
  await using home = await house(
    dir.path,
    { phrase: "first bill" },
    { wrapStore: (store) => ({ ...store, keepRules: keepRules(store) }) },
  );
  const { gateway } = home;
  const first = gateway.rules().hash;
  ill.now = true;
  await home.save({ phrase: "second bill" });
  await until("it is told", () => gateway.rulesStatus().live.problems.length > 0);
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "desk", rulesHash: first });
  ill.now = false;
  gateway.lookAtRules();
  await until("they are live", () => gateway.rules().hash !== first);
  expect(gateway.rulesStatus().live.problems).toEqual([]);
});

test("shadow rules are decided beside the live ones, reloaded too, and their mistakes touch nothing", async () => {
  await using dir = await tempDir();
  const beside = join(dir.path, "beside");
  await writeSmallRules(beside, { phrase: "second bill" });
  await using home = await house(dir.path, { phrase: "first bill" }, { settings: `shadow_rules: ${beside}` });
  const { gateway } = home;
  const shadow = () => gateway.rulesStatus().shadow;
  const hash = await until("the shadow is in use", () => shadow()?.hash);
  expect(hash).not.toBe(gateway.rules().hash);
  expect(await decided(gateway, "first bill")).toMatchObject({ queue: "desk", rulesHash: gateway.rules().hash });
  expect(await gateway.store.lastRules()).toMatchObject({ hash: gateway.rules().hash });
  expect(await gateway.store.rulesOf(hash)).not.toBeNull();
  await writeFile(join(beside, "rules.yaml"), "domains: [");
  await until("its mistake is told", () => (shadow()?.problems.length ?? 0) > 0);
  expect(shadow()?.hash).toBe(hash);
  expect(await readyz(gateway)).toMatchObject({ code: 200, degraded: false });
  expect(events(gateway, "rules-mistake")).toMatchObject([{ level: 40, stage: "shadow" }]);
  await home.live({ phrase: "third bill" }); // the live ones change all the same, and the shadow stays beside them
  await writeSmallRules(beside, { phrase: "fourth bill" });
  await until("the other shadow is in use", () => shadow()?.hash !== hash);
  expect(await decided(gateway, "third bill")).toMatchObject({ queue: "desk" });
});
