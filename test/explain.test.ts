// The commands `explain` and `check` as an operator meets them: what they print and with which code they end.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const MAILS = join(ROOT, "fixtures/mail");
const scratch = mkdtempSync(join(tmpdir(), "mailward-explain-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("explain", () => {
  test("prints one line a file with --json, for many files at once", () => {
    const files = readdirSync(MAILS).flatMap((name) => (name.endsWith(".eml") ? [join(MAILS, name)] : []));
    const { status, lines } = run(["explain", "--json", ...files]);
    expect(status).toBe(0);
    expect(lines.map((line) => JSON.parse(line).file)).toEqual(files);
  });

  test("says everything a program needs", () => {
    const { lines } = run(["explain", "--json", mail("billing-question-sent-to-access")]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      alias: "access",
      kind: "person",
      requestType: "billing",
      urgency: "P4",
      department: "Patient billing",
      queue: "billing-desk",
      review: false,
      decidedBy: "scorecard",
      score: expect.any(Number),
      originalSender: "ana.ruiz@example.net",
      defects: [],
    });
  });

  test("takes the alias it is told, by name or address, and refuses one that is not ours", () => {
    const alias = (given: string) =>
      run(["explain", "--json", "--alias", given, mail("billing-question-sent-to-access")]);
    expect(JSON.parse(alias("billing").lines[0] ?? "").alias).toBe("billing");
    expect(JSON.parse(alias("Nurse@clinic.example").lines[0] ?? "").alias).toBe("clinical");
    expect(alias("nobody")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("clinical, billing"),
    });
  });

  test("prefers the address a mail server wrote over the sender's", () => {
    const raw = "Delivered-To: access@clinic.example\nTo: billing@clinic.example\n\nHello\n";
    expect(JSON.parse(run(["explain", "--json", "-"], raw).lines[0] ?? "")).toMatchObject({
      file: "-",
      alias: "access",
    });
  });

  test("shows people the scorecard with the words that were found", () => {
    const { stdout } = run(["explain", mail("p1-chest-pain-sent-to-billing")]);
    expect(stdout).toContain("rule chest-pain ");
    expect(stdout).toMatch(/»chest pain«/);
    expect(stdout).toMatch(/P1, at once: rule chest-pain/);
    expect(stdout).toContain("Nurse triage, queue clinical-triage");
  });

  test("lets no control characters of a mail through", () => {
    const raw = "From: \x1b]0;x\x07 <a@b.example>\nSubject: \x1b[31mred refill\n\n\x1b[2J my refill \u202e\n";
    const { stdout } = run(["explain", "-"], raw);
    expect(stdout).toContain("refill");
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  });

  test("goes on after a file it cannot read, and ends with 2", () => {
    const { status, lines, stderr } = run(["explain", "--json", "nowhere.eml", ROOT, mail("html-only")]);
    expect([status, lines.length]).toEqual([2, 1]);
    expect(stderr).toContain("nowhere.eml: cannot be read: there is no such file");
    expect(stderr).toContain("this is a folder");
  });

  test("says what is wrong with the rules instead of deciding by half of them", () => {
    const { status, stderr } = run([
      "explain",
      "--rules",
      join(ROOT, "fixtures/rules-bad/unknown-key"),
      mail("html-only"),
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("did you mean `points`?");
  });
});

describe("check", () => {
  test("counts what is in force", () => {
    const { status, stdout } = run(["check"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/clinical +\d+ +\d+/);
    expect(stdout).toContain("No mistakes.");
  });

  test("shows every mistake with its place and ends with 1", () => {
    const { status, stdout } = run(["check", "--rules", join(ROOT, "fixtures/rules-bad/many-mistakes-at-once")]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/rules\.yaml:15:7: unknown key `anny`; did you mean `any`\?\n +15 \| +anny/);
    expect(stdout).toContain("2 mistakes.");
  });

  test("tells mistakes of configuration and rules together, for programs too", () => {
    const config = join(scratch, "mailward.yaml");
    writeFileSync(config, "hostnam: x\n");
    const { status, lines } = run([
      "check",
      "--json",
      "--config",
      config,
      "--rules",
      join(ROOT, "fixtures/rules-bad/unknown-queue"),
    ]);
    const files = JSON.parse(lines[0] ?? "").problems.map((problem: { file: string }) => problem.file);
    expect(status).toBe(1);
    expect(files).toEqual([config, expect.stringContaining("unknown-queue")]);
  });
});

function mail(name: string): string {
  return join(MAILS, `${name}.eml`);
}

function run(args: readonly string[], input = "") {
  const env = { PATH: process.env["PATH"], NO_COLOR: "1" };
  const node = spawnSync(process.execPath, [join(ROOT, "src/main.ts"), ...args], {
    cwd: ROOT,
    env,
    input,
    encoding: "utf8",
  });
  const { status, stdout, stderr } = node;
  return { status, stdout, stderr, lines: stdout.split("\n").filter((line) => line !== "") };
}
