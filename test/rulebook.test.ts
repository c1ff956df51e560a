// The rule files as the gateway lives with them: what makes a set good or bad, examples decided as mails are, and the two
// commands that show it.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { loadRules } from "../src/config/rules.ts";
import { printProblems, type Source } from "../src/config/yaml.ts";
import type { Decided } from "../src/outcome.ts";
import { parse } from "../src/parse/parse.ts";
import { decideMessage } from "../src/pipeline.ts";
import { exampleFacts, exampleMessage } from "../src/rulebook/example-mail.ts";
import { rulesWithExamples, runExamples } from "../src/rulebook/examples.ts";
import { formerRules, readRulebook, rulebookFromSources } from "../src/rulebook/rulebook.ts";
import { runMailward } from "./support/operator.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";

const ROOT = join(import.meta.dirname, "..");
const RULES = join(ROOT, "rules");
const LINT = join(ROOT, "fixtures/rules-lint");
const FAILING = join(LINT, "example-fails-no-phrase");

let dir: TempDir;
beforeAll(async () => {
  dir = await tempDir();
});
afterAll(() => dir[Symbol.asyncDispose]());

function goodRules(folder: string) {
  const loaded = loadRules(folder);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded;
}

function sourcesOf(folder: string): readonly Source[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return names.map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
}

describe("a rulebook", () => {
  test("of the default rules is good, compiled, and brings its files", () => {
    const book = readRulebook(RULES, "2026-11-23");
    if (book.kind === "bad") throw new Error(printProblems(book.problems));
    expect(book.compiled.set).toBe(book.rules);
    expect(book.sources.map(({ text }) => text)).toEqual(sourcesOf(RULES).map(({ text }) => text));
  });

  test("is the same from texts at hand as from a folder", () => {
    const [kept, read] = [rulebookFromSources(sourcesOf(RULES), "", null), readRulebook(RULES, null)];
    expect(kept.kind === "good" && kept.rules).toEqual(read.kind === "good" && read.rules);
  });

  test("is bad with a failing example, told at its place", () => {
    const book = readRulebook(FAILING, null);
    expect(book.kind === "bad" && book.problems).toMatchObject([{ line: 27, column: 17, code: "example-fails" }]);
  });

  test("is bad with files that do not load", () => {
    expect(readRulebook(join(ROOT, "fixtures/rules-bad/unknown-key"), null).kind).toBe("bad");
    expect(readRulebook(join(dir.path, "nowhere"), null).kind).toBe("bad");
  });

  test("of former times is taken as it was, whatever its examples say now", () => {
    expect(formerRules(sourcesOf(FAILING))?.set.hash).toBe(goodRules(FAILING).rules.hash);
    expect(formerRules([{ file: "rules.yaml", text: "no: rules" }])).toBeNull();
  });
});

describe("examples", () => {
  const loaded = goodRules(RULES);
  const compiled = compileRules(loaded.rules);
  const texts = rulesWithExamples(loaded.rules).flatMap(({ examples }) => [...examples.match, ...examples.not]);

  test("of the default rules hold", () => {
    expect(runExamples(loaded, compiled).map(({ finding }) => finding.message)).toEqual([]);
  });

  test("are decided as the same words in a mail", async () => {
    const plain = texts.filter(
      ({ forwarded, attachment, headers }) => !forwarded && !attachment && headers.length === 0,
    );
    expect(plain.length).toBeGreaterThan(100);
    for (const example of plain) {
      const facts = exampleFacts(example, null);
      const head = ["From: ", "Date: Mon, 23 Nov 2026 10:00:00 +0000", 'Content-Type: text/plain; charset="utf-8"'];
      const from = example.from ?? "";
      const lines = [`From: ${from}`, `Subject: ${example.subject}`, ...head.slice(1), "", example.text];
      const mail = await parse(Buffer.from(lines.filter((line) => line !== "From: ").join("\r\n")));
      const sent = decideMessage(mail, facts, compiled);
      expect(answer(sent), example.text).toEqual(answer(decideMessage(exampleMessage(example), facts, compiled)));
    }
  });

  test("tell how far they are, up to the end", () => {
    const heard: [number, number][] = [];
    runExamples(loaded, compiled, (done, all) => heard.push([done, all]));
    expect(heard.at(-1)).toEqual([texts.length, texts.length]);
  });

  test("change what they say when their rule loses what it looks for", () => {
    const text = readFileSync(join(LINT, "examples-that-hold/rules.yaml"), "utf8");
    expect(text).toContain("any: [payment plan]");
    const changed = [{ file: "rules.yaml", text: text.replace("any: [payment plan]", "any: [payment scheme]") }];
    const book = rulebookFromSources(changed, "", null);
    expect(book.kind === "bad" && book.problems.length).toBe(3);
  });
});

/** What rules made of a mail, without places in it: sections are trimmed differently. */
function answer({ outcomes }: Decided) {
  return outcomes.map(({ requestType, urgency, decision, evidence }) => ({
    requestType,
    urgency,
    queue: decision.queue,
    rules: evidence.flatMap((each) => ("rule" in each ? [`${each.kind} ${each.rule}`] : [])),
  }));
}

describe("mailward test", () => {
  test("ends with 0 when all examples hold, and shows who has which", async () => {
    const { code, out } = await run("test", "--rules", join(LINT, "examples-that-hold"));
    expect(code).toBe(0);
    expect(out).toMatch(/^billing +2 +1 +1 +0$/m);
    expect(out).toMatch(/^P2 +2 +1 +1 +0$/m);
    expect(out).toMatch(/^departments +2 +0 +0 +0$/m);
    expect(out).toContain(
      "Without a `match` example: refill, refund, chest-pain, getting-worse, to-nurses, to-billing",
    );
    expect(out).toContain("6 examples, and all do what they say.");
  });

  test("ends with 1 when one fails, and shows it with its place", async () => {
    const { code, out } = await run("test", "--rules", FAILING);
    expect(code).toBe(1);
    expect(out).toContain("rules.yaml:27:17: this example should match but does not: none of its phrases is there");
    expect(out).toContain("1 of 1 example does not do what it says.");
  });

  test("gives programs the same", async () => {
    const { code, out } = await run("test", "--json", "--rules", FAILING);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      good: false,
      examples: 1,
      failed: [{ rule: "plan", wanted: "match", line: 27 }],
    });
  });

  test("ends with 2 when the files do not load", async () => {
    const { code, told } = await run("test", "--rules", join(ROOT, "fixtures/rules-bad/unknown-key"));
    expect(code).toBe(2);
    expect(told).toContain("unknown key `point`");
  });
});

describe("mailward check", () => {
  test("ends with 0 on warnings, with 1 when they count", async () => {
    const folder = join(LINT, "queue-without-anybody");
    const { code, out } = await run("check", "--rules", folder);
    expect(code).toBe(0);
    expect(out).toContain("No mistakes, 3 warnings.");
    expect((await run("check", "--strict", "--rules", folder)).code).toBe(1);
    expect((await run("check", "--strict", "--rules", join(LINT, "nothing-to-say"))).code).toBe(0);
  });

  test("tells errors before warnings, each with its code", async () => {
    const folder = join(dir.path, "both");
    cpSync(join(LINT, "example-fails-no-phrase"), folder, { recursive: true });
    const file = join(folder, "rules.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("owner: Nurses, ", ""));
    const { code, out } = await run("check", "--rules", folder);
    expect(code).toBe(1);
    expect(out.indexOf("[example-fails]")).toBeLessThan(out.indexOf("[queue-without-owner]"));
    expect(out).toContain("1 mistake, 1 warning.");
  });

  test("shows the rollout checklist with its marks", async () => {
    const { out } = await run("check", "--rules", join(LINT, "queue-without-anybody"));
    expect(out).toMatch(/^billing-desk +✗ none +✗ none +✗ none +business +maildir +- +✓ never closed$/m);
    expect(out).toMatch(/^on-call +✓ Nurse on call +- +✓ charge-nurse +always /m);
    expect(out).toMatch(/^billing +billing +1\.5 +- +✓ billing-desk$/m);
    expect(out).toMatch(/^examples +✗ 0 of 6 rules have both kinds$/m);
    expect(out).toMatch(/^guards +✗ 0 under `never`$/m);
  });

  test("gives programs errors, warnings, counts and the checklist", async () => {
    const { code, out } = await run("check", "--json", "--rules", join(LINT, "never-wins-lower-level"));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      good: false,
      problems: [{ code: "never-wins", severity: "error", line: 30 }],
      warnings: [],
      rules: { departments: 2 },
      checklist: {
        queues: [{ name: "nurses" }, {}, {}, {}],
        rules: [{ item: "examples", good: false }, {}, {}, {}, {}],
      },
    });
  });

  test("writes the schema for editors into the folder", async () => {
    const folder = join(dir.path, "own");
    mkdirSync(folder);
    expect((await run("check", "--write-schema", "--rules", folder)).code).toBe(0);
    expect(readFileSync(join(folder, "rules.schema.json"), "utf8")).toBe(
      readFileSync(join(RULES, "rules.schema.json"), "utf8"),
    );
    rmSync(folder, { recursive: true });
    const gone = await run("check", "--write-schema", "--rules", folder);
    expect(gone.code).toBe(2);
    expect(gone.told).toContain("cannot be written");
  });
});

function run(...args: readonly string[]) {
  return runMailward(dir.path, args);
}
