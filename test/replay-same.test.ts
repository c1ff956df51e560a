// Stored mail replayed by the rules that decided it: nothing may differ, which proves that what was known of each mail
// is put together again as it was. Mails of all sorts go through the real gateway, which goes on running.

import { cpSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDns } from "./support/dns.ts";
import { RULES, type TestGateway, testGateway } from "./support/gateway.ts";
import { replayed, rulesIn, type Send, sender } from "./support/replayed.ts";
import { tempDir } from "./support/temp-dir.ts";
import { signed, ZONE } from "./support/zone.ts";

describe("by the rules that decided", () => {
  let data: string;
  let rules: string;
  let gateway: TestGateway;
  const sent: string[] = [];
  const stack = new AsyncDisposableStack();

  beforeAll(async () => {
    const dir = stack.use(await tempDir());
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
