// Replay: what other rules would have made of stored mail. Mails go through the real gateway, the command is run as an
// operator runs it, beside the gateway.

import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRules, type RuleSet } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import { talk } from "./support/dialogue.ts";
import { startDns } from "./support/dns.ts";
import { RULES, type TestGateway, testGateway } from "./support/gateway.ts";
import { runMailward } from "./support/operator.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";
import { signed, ZONE } from "./support/zone.ts";

const CASES = join(import.meta.dirname, "../fixtures/replay");
const BEFORE = join(CASES, "before");
const AFTER = join(CASES, "after");

type Line = Readonly<Record<string, unknown>>;

type Send = (raw: string, to: readonly string[], from?: string) => Promise<string>;

/** Sends over one connection, mail after mail; each is decided before the next, and its reference answered. */
async function sender(gateway: TestGateway): Promise<Disposable & { readonly send: Send }> {
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

function rulesIn(folder: string): RuleSet {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded.rules;
}

async function replayed(data: string, ...args: readonly string[]) {
  const ran = await runMailward(CASES, ["replay", "--data", data, ...args]);
  const lines = args.includes("--json")
    ? ran.out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line)
    : [];
  return { ...ran, lines, summary: lines.at(-1) ?? {} };
}

describe("by the rules that decided", () => {
  let dir: TempDir;
  let data: string;
  let rules: string;
  let gateway: TestGateway;
  const sent: string[] = [];
  const stack = new AsyncDisposableStack();

  beforeAll(async () => {
    dir = stack.use(await tempDir());
    rules = join(dir.path, "rules");
    mkdirSync(rules);
    for (const name of globSync("*.yaml", { cwd: RULES })) cpSync(join(RULES, name), join(rules, name));
    const dns = stack.use(await startDns(ZONE));
    const settings = `trust: {staff_domains: [clinic.example]}\nproof: {dns_servers: ["${dns.address}"], timeout_seconds: 4}`;
    gateway = stack.use(await testGateway(dir.path, { settings, rules: rulesIn(rules) }));
    data = join(dir.path, "data");
    using line = await sender(gateway);
    for (const name of globSync("fixtures/{mail,forms}/*.eml").sort()) {
      const raw = readFileSync(name, "latin1").replace(/\r?\n/g, "\r\n");
      const to = ["clinical", "billing", "admissions", "access"][sent.length % 4] ?? "";
      sent.push(await line.send(raw, [`${to}@clinic.example`]));
    }
    await sendSpecial(line.send);
  }, 120_000);

  afterAll(() => stack.disposeAsync());

  /** What takes more than bytes to decide: a thread, proven staff, several aliases, and a mail longer than a page. */
  async function sendSpecial(send: Send): Promise<void> {
    const letter = (id: string, lines: readonly string[], body: string) =>
      [`From: Ana Ruiz <ana.ruiz@example.org>`, `Message-ID: <${id}@example.org>`, ...lines, "", body, ""].join("\r\n");
    const reply = ["Subject: Re: hello", "In-Reply-To: <thread@example.org>"];
    const bills = (id: string) => letter(id, ["Subject: Refund"], "I need a refund for my bill, a payment plan.");
    sent.push(await send(bills("thread"), ["billing@clinic.example"]));
    sent.push(await send(letter("reply", reply, "Thank you."), ["clinical@clinic.example"]));
    // The same Message-ID once more, later and of another type: the reply must not go on with this one.
    const refill = letter("thread", ["Subject: Refill"], "I need a refill of my medication.");
    for (let time = 0; time < 6; time += 1) sent.push(await send(refill + time, ["clinical@clinic.example"]));
    const forward = letter("forward", ["Subject: Fwd: a question", "Date: Mon, 23 Nov 2026 08:00:00 +0000"], FORWARDED);
    const staff = forward.replace("From: Ana Ruiz <ana.ruiz@example.org>", "From: Front Desk <desk@clinic.example>");
    const proven = await signed(staff, "clinic.example", Date.now());
    sent.push(await send(proven, ["access@clinic.example"], "desk@clinic.example"));
    const both = ["billing@clinic.example", "access@clinic.example"];
    sent.push(await send(letter("both", ["Subject: Hello"], "A word."), both));
    const long = letter(
      "long",
      ["Subject: Refund"],
      `I need a refund.\r\n${"A line of no meaning.\r\n".repeat(60_000)}`,
    );
    sent.push(await send(long, ["access@clinic.example"]));
  }

  test("nothing differs: the facts of every mail are put together again as they were", async () => {
    const { code, lines, summary } = await replayed(data, "--rules", rules, "--json");
    expect(lines.filter(({ kind }) => kind === "change")).toEqual([]);
    expect(summary).toMatchObject({ kind: "summary", mails: sent.length, decisions: sent.length + 1, failed: 0 });
    expect(summary).toMatchObject({ compared: sent.length + 1, same: sent.length + 1, sameByOtherRules: 0 });
    expect(code).toBe(0);
  });

  test("and the mails held threads, staff and forms", async () => {
    const rows = await gateway.store.outcomes({ limit: 10_000 });
    const by = new Set(rows.map(({ decidedBy }) => decidedBy));
    expect([...by]).toEqual(expect.arrayContaining(["thread", "override", "field", "scorecard", "alias"]));
  });

  test("only the newest are replayed when so many are asked for", async () => {
    const { summary } = await replayed(data, "--rules", rules, "--json", "--limit", "3");
    expect(summary).toMatchObject({ mails: 3, total: 3 });
  });
});

const FORWARDED = [
  "#billing",
  "",
  "---------- Forwarded message ---------",
  "From: Ana Ruiz <ana.ruiz@example.org>",
  "Date: Sun, 22 Nov 2026 at 18:02",
  "Subject: a question",
  "To: <desk@clinic.example>",
  "",
  "I need a refill of my inhaler before the weekend.",
].join("\r\n");

describe("by changed rules", () => {
  let dir: TempDir;
  let data: string;
  const refs: string[] = [];

  beforeAll(async () => {
    dir = await tempDir();
    await using gateway = await testGateway(dir.path, { rules: rulesIn(BEFORE) });
    using line = await sender(gateway);
    data = join(dir.path, "data");
    for (const name of globSync("*.eml", { cwd: join(CASES, "mails") }).sort()) {
      const raw = readFileSync(join(CASES, "mails", name), "latin1");
      refs.push(await line.send(raw, [/^To: (.*)\r$/m.exec(raw)?.[1] ?? ""]));
    }
  });

  afterAll(() => dir[Symbol.asyncDispose]());

  /** The page with references by their place, so that it reads like the fixtures. */
  const shown = (out: string) => refs.reduce((text, ref, place) => text.replaceAll(ref, `mail-000${place + 1}`), out);

  async function expectPage(name: string, out: string): Promise<void> {
    const file = join(CASES, name);
    if (process.env["UPDATE"] === "1") writeFileSync(file, shown(out));
    expect(shown(out)).toBe(readFileSync(file, "utf8"));
  }

  function labels(...lines: readonly string[]): string {
    const file = join(dir.path, "labels.csv");
    writeFileSync(file, lines.join("\n"));
    return file;
  }

  test("exactly the expected mails change, the dangerous ones first", async () => {
    const { code, out, told } = await replayed(data, "--rules", AFTER);
    expect(told).toBe("");
    await expectPage("page.txt", out);
    expect(code).toBe(0);
  });

  test("two rule sets are compared with each other instead of the record", async () => {
    const { summary } = await replayed(data, "--rules", BEFORE, "--against", AFTER, "--json");
    expect(summary).toMatchObject({ compared: 7, changeQueue: 3, raised: 1, lowered: 1 });
    const self = await replayed(data, "--rules", AFTER, "--against", AFTER, "--json");
    expect(self.summary).toMatchObject({ compared: 7, same: 7, sameByOtherRules: 0 });
  });

  test("without labels the guards that need them are told and break nothing", async () => {
    const { lines, code } = await replayed(data, "--rules", AFTER, "--json");
    const guards = lines.filter(({ kind }) => kind === "guard");
    expect(guards.map(({ state }) => state)).toEqual([
      "not-judged",
      "not-judged",
      "not-judged",
      "kept",
      "kept",
      "kept",
    ]);
    expect(guards[0]?.["says"]).toMatch(/no confirmed labels/);
    expect(code).toBe(0);
  });

  test("with labels a broken guard ends with 1 and is named with its figures", async () => {
    const [refill = "", both = "", worse = "", receipt = "", refund = "", , two = ""] = refs;
    const file = labels(
      "ref,type,urgency",
      `${refill},clinical,`,
      `${both},clinical,P4`,
      `${worse.toLowerCase()},clinical,P2`,
      `${receipt},billing,`,
      `"${refund}", "billing" ,`,
      `${two},clinical,`,
    );
    const { code, out } = await replayed(data, "--rules", AFTER, "--labels", file);
    await expectPage("page-with-labels.txt", out);
    expect(code).toBe(1);
  });

  test("labels by JSON lines; those of mails that were not replayed are named", async () => {
    const file = labels(`{"ref":"${refs[1]}","type":"clinical"}`, "", '{"ref":"MW-00ZZZ0","urgency":"P1"}');
    const { told } = await replayed(data, "--rules", AFTER, "--labels", file);
    expect(told).toContain("labels.csv:3: `MW-00ZZZ0` is no reference of a case");
    const good = labels(`{"ref":"${refs[1]}","type":"clinical"}`, '{"file":"a.eml","urgency":"P1","type":null}');
    const { out, code } = await replayed(data, "--rules", AFTER, "--labels", good);
    expect(out).toContain("Labels for mails that were not replayed (1)\n  a.eml");
    expect(out).toMatch(/kept +clinical recall below 0.99 +1.000: of 1 labelled clinical/);
    expect(out).toMatch(/not judged +P2 recall below 0.9 +no confirmed label says P2/);
    expect(code).toBe(0);
  });

  test("every mistake in the labels is told with its line, and nothing is replayed", async () => {
    const lines = [
      "ref,type,urgency",
      ",clinical,",
      `${refs[0]},clincal,`,
      `${refs[0]},,P7`,
      `${refs[0]},,`,
      "a,b,c,d",
    ];
    const file = labels(...lines, `${refs[0]},clinical,`, `${refs[0]},billing,`);
    const { code, out, told } = await replayed(data, "--rules", AFTER, "--labels", file);
    expect([code, out]).toEqual([2, ""]);
    expect(shown(told).replaceAll(dir.path, "").trimEnd().split("\n")).toEqual([
      "/labels.csv:2: name the mail by `ref` or by `file`, one of the two",
      "/labels.csv:3: there is no request type `clincal`; did you mean `clinical`?",
      "/labels.csv:4: there is no urgency `P7`; write one of `P1`, `P2`, `P3`, `P4`",
      "/labels.csv:5: say what is right: `type`, `urgency` or both",
      "/labels.csv:6: this line has 4 values and the head 3",
      "/labels.csv:8: `mail-0001` has a label already; keep one line for it",
    ]);
    const other = await replayed(data, "--rules", AFTER, "--labels", labels("reference,type", "x,y"));
    expect(other.told).toMatch(/:1: there is no column `reference`.*write a head such as/);
    const none = await replayed(data, "--rules", AFTER, "--labels", join(dir.path, "none.csv"));
    expect([none.code, none.told]).toEqual([
      2,
      expect.stringMatching(/none\.csv: the labels cannot be read \(ENOENT\)/),
    ]);
  });

  test("files are replayed against two rule sets, or judged by labels alone", async () => {
    const mails = join(CASES, "mails");
    const two = await replayed(data, "--mails", mails, "--rules", AFTER, "--against", BEFORE, "--json");
    expect(two.summary).toMatchObject({ mails: 7, compared: 7, changeQueue: 3, raised: 1, lowered: 1 });
    const file = labels("file,type", "1-refill-sent-to-billing.eml,clinical");
    const one = await replayed(data, "--mails", mails, "--rules", AFTER, "--labels", file);
    expect(one.code).toBe(1);
    expect(one.out).toMatch(/BROKEN +clinical recall below 0.99 +0.000: of 1 labelled clinical, 0/);
    expect(one.out).toMatch(/not judged +mails leave clinical above 5 +there is nothing to compare with/);
  });

  test("rules with mistakes are not replayed", async () => {
    const { code, told } = await replayed(data, "--rules", join(CASES, "../rules-bad/points-too-many"));
    expect([code, told]).toEqual([2, expect.stringContaining("`points` must be at most 100")]);
  });

  test("a store without decided mail says so", async () => {
    const { code, told } = await replayed(data, "--rules", AFTER, "--since", "2030-01-01");
    expect([code, told]).toEqual([2, expect.stringMatching(/^No mail was decided since 2030-01-01/)]);
    const folder = join(dir.path, "no-mails");
    mkdirSync(folder);
    const none = await replayed(data, "--rules", AFTER, "--mails", folder);
    expect([none.code, none.told]).toEqual([2, `There is no .eml file in ${folder}.\n`]);
  });

  test("a damaged mail is counted and named, and the others are replayed", async () => {
    const copy = join(dir.path, "damaged");
    cpSync(data, copy, { recursive: true });
    const db = new Database(join(copy, "mailward.db"));
    db.exec("drop trigger body_chunks_stay; update body_chunks set bytes = x'00' where id = (2 << 20)");
    db.close();
    const { code, out } = await replayed(copy, "--rules", AFTER);
    rmSync(copy, { recursive: true });
    expect(shown(out)).toMatch(/Could not be decided \(1\)\n {2}mail-\d+ {2}the body has 1 bytes and not \d+/);
    expect(out).toMatch(/^6 mails by rule set/);
    expect(code).toBe(0);
  });
});
