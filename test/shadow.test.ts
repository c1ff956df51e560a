// `report --shadow`: what rules tried out would have done otherwise, as sums and as an operator meets it.

import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shadowPage } from "../src/cli/shadow-page.ts";
import { shadowSums } from "../src/cli/shadow-sums.ts";
import { refOf } from "../src/store/ref.ts";
import type { ComparedAnswer, ShadowGroup } from "../src/store/shadow.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite.ts";
import { RULES, testGateway } from "./support/gateway.ts";
import { runMailward } from "./support/operator.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const BILLING: ComparedAnswer = { requestType: "billing", urgency: "P4", queue: "desk", review: false };
const CLINICAL: ComparedAnswer = { requestType: "clinical", urgency: "P1", queue: "nurses", review: false };

describe("the sums", () => {
  test("count what is the same and what is not", () => {
    const sums = sumsOf(100, [group(BILLING, CLINICAL, 3), group(BILLING, BILLING, 5, ["silent"])]);
    expect(sums).toMatchObject({ asked: 100, agree: 97, differ: 3 });
    expect(sums.queues).toMatchObject([{ live: "desk", shadow: "nurses", count: 3 }]);
    expect(sums.urgencies).toMatchObject([{ live: "P4", shadow: "P1", count: 3 }]);
    expect(sums.types).toMatchObject([{ live: "billing", shadow: "clinical", count: 3 }]);
    expect([sums.raised.count, sums.lowered.count, sums.leaving.count]).toEqual([3, 0, 0]);
  });

  test("a mail leaves clinical when it is another type, or only a guess", () => {
    const leaving = (live: ComparedAnswer, shadow: ComparedAnswer) => sumsOf(1, [group(live, shadow, 1)]).leaving.count;
    const guess = { ...CLINICAL, queue: "review", review: true };
    expect(leaving(CLINICAL, { ...BILLING, urgency: "P1" })).toBe(1);
    expect(leaving(CLINICAL, guess)).toBe(1);
    expect(leaving(guess, { ...BILLING, queue: "review", review: true })).toBe(0);
    expect(leaving(CLINICAL, { ...CLINICAL, queue: "other-nurses" })).toBe(0);
    expect(leaving(BILLING, CLINICAL)).toBe(0);
  });

  test("a lower urgency is one with a higher number", () => {
    const { lowered, raised } = sumsOf(9, [
      group(CLINICAL, { ...CLINICAL, urgency: "P2" }, 4),
      group({ ...CLINICAL, urgency: "P3" }, CLINICAL, 5),
    ]);
    expect([lowered.count, raised.count]).toEqual([4, 5]);
  });

  test("a rule is counted where it spoke alone, and where that changed the answer", () => {
    const { rules } = sumsOf(50, [
      group(BILLING, BILLING, 7, ["quiet", "loud"]),
      group(BILLING, CLINICAL, 2, ["loud"]),
    ]);
    expect(rules.map(({ rule, spoke, changed }) => [rule, spoke.count, changed.count])).toEqual([
      ["loud", 9, 2],
      ["quiet", 7, 0],
    ]);
  });

  test("the newest five mails of several groups are named", () => {
    const first = { ...group(BILLING, CLINICAL, 4), refs: [9, 7, 5, 3].map(refOf) };
    const second = { ...group({ ...BILLING, review: true }, CLINICAL, 4), refs: [8, 6, 4, 2].map(refOf) };
    expect(sumsOf(8, [first, second]).queues).toMatchObject([{ count: 8, refs: [9, 8, 7, 6, 5].map(refOf) }]);
  });
});

describe("the page", () => {
  test("says first what may be dangerous", () => {
    const page = shadowPage(sumsOf(1000, [group(CLINICAL, BILLING, 2), group(BILLING, CLINICAL, 40, ["tried"])]));
    const at = (words: string) => page.indexOf(words);
    expect(page).toContain("958 the same (95.8 %), 42 otherwise");
    expect(at("leave clinical")).toBeGreaterThan(0);
    expect(at("leave clinical")).toBeLessThan(at("lose urgency"));
    expect(at("lose urgency")).toBeLessThan(at("queue live"));
    expect(page).toMatch(/^tried +40 +40 /m);
  });

  test("fits 80 columns", () => {
    const page = shadowPage(
      sumsOf(1_000_000, [
        group(
          { ...CLINICAL, queue: "outpatient-registration" },
          { ...BILLING, queue: "surgery-registration" },
          123_456,
          ["pre-registration-of-outpatients"],
        ),
      ]),
    );
    for (const line of page.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("says what to do when nothing was tried out", () => {
    expect(shadowPage(sumsOf(0, []))).toContain("mode: shadow");
  });
});

test("a rule with `mode: shadow` decides nothing, and the report says what it would have done", async () => {
  await using dir = await tempDir();
  const rules = join(dir.path, "rules");
  await cp(RULES, rules, { recursive: true });
  await addShadowRule(rules);
  const data = join(dir.path, "home/data");
  {
    await using gateway = await testGateway(join(dir.path, "home"), { rulesFolder: rules });
    const file = join(dir.path, "mail.eml");
    await writeFile(
      file,
      "From: ana@example.net\r\nTo: billing@clinic.example\r\n\r\nThe zebrafish: a payment plan?\r\n",
    );
    const sent = await runMailward(dir.path, ["send", "--server", `127.0.0.1:${gateway.port("smtp")}`, file]);
    expect(sent.told).toBe("");
    await until("it is decided", async () => {
      await using store = await openSqliteStore({ folder: data, mode: "operator" });
      return (await store.outcomes({ limit: 1 })).length > 0;
    });
  }
  const { code, out } = await runMailward(dir.path, ["report", "--shadow", "--json", "--data", data]);
  expect(code).toBe(0);
  const rule = JSON.parse(out).rules.find((each: { rule: string }) => each.rule === "zebrafish");
  expect(JSON.parse(out)).toMatchObject({ asked: 1, agree: 0, differ: 1, raised: { count: 1 } });
  expect(rule).toMatchObject({ rule: "zebrafish", spoke: { count: 1 }, changed: { count: 1 } });
  const shown = await runMailward(dir.path, ["show", rule.spoke.refs[0], "--data", data]);
  expect(shown.out).toContain("queue billing-desk");
  const wrong = await runMailward(dir.path, ["report", "--shadow", "--by", "rule", "--data", data]);
  expect(wrong.code).toBe(2);
});

/** Into the default rules, beside their P1 rules. */
async function addShadowRule(folder: string): Promise<void> {
  const file = join(folder, "urgency.yaml");
  const text = await readFile(file, "utf8");
  const rule = "    - id: zebrafish\n      mode: shadow\n      any: [zebrafish]\n";
  const changed = text.replace(/^( +)P1:\n/m, (head) => `${head}${rule}`);
  expect(changed).not.toBe(text);
  await writeFile(file, changed);
}

function sumsOf(asked: number, groups: readonly ShadowGroup[]) {
  return shadowSums({ asked, first: 0, last: 1000, groups });
}

function group(live: ComparedAnswer, shadow: ComparedAnswer, count: number, onlyRules: readonly string[] = []) {
  return { live, shadow, onlyRules, count, refs: [refOf(1)] };
}
