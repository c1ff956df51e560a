// Rule files that are whole and good, and lack a part that hears emergencies, as those that were cut off: they are used
// only when somebody says that it is meant.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { loadRules, type RuleSet, rulesFromSources } from "../src/config/rules.ts";
import { printProblems } from "../src/config/yaml.ts";
import { lostEmergencies, lostProblem } from "../src/rulebook/emergencies.ts";
import { decided, events, house } from "./support/rules-house.ts";
import { smallRules } from "./support/small-rules.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const RULES = join(import.meta.dirname, "../rules");
const EMERGENCY = { phrase: "first bill", emergency: "house on fire" };

test("a file of the default rules cut off before a rule loses what stood behind, by the examples in force", () => {
  const loaded = loadRules(RULES);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  const cut = loaded.sources.map((source) => {
    const at = source.text.indexOf("    - id: unconscious");
    return at < 0 ? source : { ...source, text: source.text.slice(0, at) };
  });
  const next = rulesFromSources(cut, RULES);
  if (next.kind === "problems") throw new Error("a file cut off at the border of a rule is whole to YAML");
  expect(lostEmergencies(loaded.rules, compileRules(next.rules))).toContain("unconscious");
  expect(lostEmergencies(loaded.rules, compileRules(loaded.rules))).toEqual([]);
});

test("a rule under another name, or in other words that hear the same, loses nothing", () => {
  const set = (emergency: string, id: string): RuleSet => {
    const text = smallRules({ phrase: "bill", emergency }).replace("id: emergency", `id: ${id}`);
    const loaded = rulesFromSources([{ file: "rules.yaml", text }], "");
    if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
    return loaded.rules;
  };
  expect(lostEmergencies(set("house on fire", "emergency"), compileRules(set("on fire", "fire")))).toEqual([]);
  expect(lostEmergencies(set("on fire", "fire"), compileRules(set("house on fire", "fire")))).toEqual(["fire"]);
});

test("many lost rules are told in one sentence", () => {
  const { message } = lostProblem("rules", ["a", "b", "c", "d", "e", "f", "g"]);
  expect(message).toContain("7 sorts of emergencies");
  expect(message).toContain("`e` and 2 more");
});

test("files that lose an emergency are not used until somebody asks for it", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, EMERGENCY);
  const { gateway } = home;
  const first = gateway.rules().hash;
  await home.save({ phrase: "second bill" });
  await until("it is refused", () => gateway.rulesStatus().live.problems.length > 0);
  expect(gateway.rulesStatus().live.problems[0]?.message).toContain("`emergency`");
  expect(events(gateway, "rules-mistake")[0]?.["note"]).toContain("SIGHUP");
  expect(await decided(gateway, "house on fire")).toMatchObject({ urgency: "P1", rulesHash: first });
  gateway.lookAtRules();
  await until("it is used", () => gateway.rules().hash !== first);
  expect(await decided(gateway, "house on fire")).toMatchObject({ urgency: "P4" });
  expect(gateway.rulesStatus().live.problems).toEqual([]);
});

test("a start uses what stands in the folder, and says in the log what is no emergency any more", async () => {
  await using dir = await tempDir();
  {
    await using home = await house(dir.path, EMERGENCY);
    expect(await decided(home.gateway, "house on fire")).toMatchObject({ urgency: "P1" });
  }
  await using again = await house(dir.path, { phrase: "first bill" });
  expect(events(again.gateway, "rules-mistake")[0]?.["note"]).toContain("`emergency`");
  expect(readFileSync(join(again.folder, "rules.yaml"), "utf8")).not.toContain("house on fire");
});
