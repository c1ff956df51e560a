// `mailward status` beside a real gateway: all is well, something is wrong, nobody is there; as a page and as JSON.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Readiness } from "../src/console/health.ts";
import { freePort } from "./support/daemon.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { runMailward } from "./support/operator.ts";
import { writeSmallRules } from "./support/small-rules.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

async function house(path: string, settings = ""): Promise<TestGateway> {
  await writeSmallRules(join(path, "rules"), { phrase: "first bill" });
  return testGateway(path, { rulesFolder: join(path, "rules"), settings });
}

async function status(folder: string, port: number, ...more: readonly string[]) {
  await writeFile(join(folder, "asking.yaml"), `http: { port: ${port} }\n`);
  return runMailward(folder, ["status", "--config", "asking.yaml", ...more]);
}

test("all is well: rules, folder, doors and what waits, and exit code 0", async () => {
  await using dir = await tempDir();
  await using gateway = await house(dir.path);
  const { code, out, told } = await status(dir.path, gateway.http.port);
  expect([code, told]).toEqual([0, ""]);
  expect(out).toContain("All is well.");
  expect(out).toMatch(
    new RegExp(`^rules +${gateway.rules().hash} since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$`, "m"),
  );
  expect(out).toMatch(new RegExp(`^rules folder +${join(dir.path, "rules")}$`, "m"));
  expect(out).toMatch(new RegExp(`^smtp +127\\.0\\.0\\.1:${gateway.port("smtp")}$`, "m"));
  expect(out).toMatch(/^undecided +0$/m);
  expect(out).toMatch(/^held +0$/m);
});

test("rules with a mistake: its place with a caret, the set in use, and exit code 1", async () => {
  await using dir = await tempDir();
  await using gateway = await house(dir.path);
  await writeFile(join(dir.path, "rules", "rules.yaml"), "domains: clinic.example\n");
  await until("it is refused", () => gateway.rulesStatus().live.problems.length > 0);
  const { code, out } = await status(dir.path, gateway.http.port);
  expect(code).toBe(1);
  expect(out).toContain("Something is wrong.");
  expect(out).toContain(`${gateway.rules().hash} since`);
  expect(out).toMatch(/^rules last changed +\d{4}-.*, and not used: \d+ mistakes$/m);
  expect(out).toMatch(
    /rules\.yaml:1:10: `domains` must be a list.*\n {2}1 \| domains: clinic\.example\n {4}\| {10}\^{14}$/m,
  );
});

test("shadow rules with a mistake are shown and leave all well", async () => {
  await using dir = await tempDir();
  const beside = join(dir.path, "beside");
  await writeSmallRules(beside, { phrase: "second bill" });
  await using gateway = await house(dir.path, `shadow_rules: ${beside}`);
  await until("the shadow is in use", () => gateway.rulesStatus().shadow?.hash);
  await writeFile(join(beside, "rules.yaml"), "domains: clinic.example\n");
  await until("it is refused", () => (gateway.rulesStatus().shadow?.problems.length ?? 0) > 0);
  const { code, out } = await status(dir.path, gateway.http.port);
  expect(code).toBe(0);
  expect(out).toMatch(/^shadow +[0-9a-f]{16} since/m);
  expect(out).toContain("The shadow folder has");
});

test("--json gives the answer of the health page", async () => {
  await using dir = await tempDir();
  await using gateway = await house(dir.path);
  const { code, out } = await status(dir.path, gateway.http.port, "--json");
  const answer = JSON.parse(out) as Readiness;
  expect(code).toBe(0);
  expect(answer).toMatchObject({ ready: true, degraded: false, rules: { live: { hash: gateway.rules().hash } } });
});

test("nobody there: exit code 2, and what to do", async () => {
  await using dir = await tempDir();
  const { code, out, told } = await status(dir.path, await freePort());
  expect([code, out]).toEqual([2, ""]);
  expect(told).toMatch(/^No gateway answers at http:\/\/127\.0\.0\.1:\d+\/readyz\. Start it/);
});
