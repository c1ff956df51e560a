// Rule files in the house's form: what comes out means the same, has every comment, and comes out of itself unchanged.
// `mailward rules fmt` and `rules new` are run as people run them.

import { spawn } from "node:child_process";
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { loadRules } from "../src/config/rules.ts";
import { formatRules } from "../src/config/rules-format.ts";

const ROOT = join(import.meta.dirname, "..");
const RULES = join(ROOT, "rules");
const folder = mkdtempSync(join(tmpdir(), "mailward-format-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the form of a rule file", () => {
  const files = [RULES, join(RULES, "examples/multi-site")].flatMap((dir) =>
    readdirSync(dir)
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => join(dir, name)),
  );

  test.each(files)("%s has it", (file) => {
    expect(formatted(readFileSync(file, "utf8"))).toBe(readFileSync(file, "utf8"));
  });

  test("keeps comments above, beside and below, and the order a reader asks for", () => {
    const before = [
      "# the head",
      "",
      "request_types:",
      "  billing:",
      "    # about plans",
      "    - any:  [\"payment plan\",   'plan, with a comma'] # beside",
      "      points: 3",
      "      id: plan # its name",
      "",
      "    - { id: other, points: 2, any: [word] }",
      "    # below",
      "",
    ].join("\r\n");
    expect(formatted(before)).toBe(
      [
        "# the head",
        "",
        "request_types:",
        "  billing:",
        "    # about plans",
        "    - id: plan # its name",
        "      points: 3",
        '      any: [payment plan, "plan, with a comma"] # beside',
        "",
        "    - { id: other, points: 2, any: [word] }",
        "    # below",
        "",
      ].join("\n"),
    );
  });

  test("breaks long lists behind commas, at 120 signs", () => {
    const phrases = Array.from({ length: 60 }, (_, i) => `phrase number ${i}`);
    const lines = formatted(`words:\n  many: ${JSON.stringify(phrases)}\n`).split("\n");
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
    expect(parse(lines.join("\n"))).toEqual({ words: { many: phrases } });
  });

  test("writes lists with comments inside as lines", () => {
    const before = "words:\n  list: [one, # first\n    two]\n";
    expect(formatted(before)).toBe("words:\n  list:\n    - one # first\n    - two\n");
  });

  test.each([
    ["", "\n"],
    ["# only a comment\n", "# only a comment\n"],
    ["a: [b]\n\n# the end\n", "a: [b]\n\n# the end\n"],
    ["\uFEFFdomains: [a.example]", "domains: [a.example]\n"],
    [
      "a: '555-0100'\nb: \"yes\"\nc: 'null'\nd: '1'\ne: 'x: y'\nf: 'it''s'\n",
      'a: "555-0100"\nb: yes\nc: "null"\nd: "1"\ne: "x: y"\nf: it\'s\n',
    ],
    ["base: &b [one, two]\nother: *b\n", "base: &b [one, two]\nother: *b\n"],
    ["a: |\n  two\n  lines\n", "a: |\n  two\n  lines\n"],
    ["a: {}\nb: []\nc:\n", "a: {}\nb: []\nc:\n"],
  ])("%j becomes %j", (before, after) => {
    expect(formatted(before)).toBe(after);
  });

  test("leaves a file alone that is no YAML", () => {
    expect(formatRules({ file: "x.yaml", text: "a: [" }).kind).toBe("problems");
  });

  test("means the same and comes out of itself, whatever stands in the file and wherever comments do", () => {
    const word = fc.string({ unit: "grapheme", maxLength: 12 });
    const list = fc.array(word, { minLength: 1, maxLength: 40 });
    const rule = fc.record({
      any: list,
      id: word,
      points: fc.nat(9),
      note: word,
      examples: fc.record({ match: list, not: list }),
    });
    const file = fc.record({
      words: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), list),
      urgency: fc.record({ P1: fc.array(rule, { maxLength: 3 }) }),
    });
    fc.assert(
      fc.property(file, fc.array(fc.nat(200), { maxLength: 6 }), (value, places) => {
        const lines = stringify(value, { lineWidth: 0 }).split("\n");
        const isBlock = lines.some((line) => /[|>][+-]?\d?$/.test(line));
        if (!isBlock) for (const at of places) lines.splice(at % lines.length, 0, `# comment ${at}`);
        const before = lines.join("\n");
        const result = formatRules({ file: "x.yaml", text: before });
        if (result.kind === "problems") throw new Error("stringify wrote what cannot be read");
        if (result.kind === "refused") return;
        expect(parse(result.text)).toEqual(parse(before));
        for (const comment of before.match(/^# comment \d+$/gm) ?? []) expect(result.text).toContain(comment);
        expect(formatted(result.text)).toBe(result.text);
      }),
      { numRuns: 300 },
    );
  });
});

describe("mailward rules fmt", () => {
  test("writes what is not in the form, keeps rights and links, and then has nothing to do", async () => {
    const rules = rulesCopy("fmt");
    const file = join(rules, "words.yaml");
    const good = readFileSync(file, "utf8");
    writeFileSync(file, good.replace("words:", "words:   # lists"), { mode: 0o640 });
    cpSync(file, join(folder, "far.yaml"));
    rmSync(file);
    symlinkSync(join(folder, "far.yaml"), file);
    expect(await run("fmt", "--rules", rules, "--check")).toMatchObject({
      code: 1,
      out: expect.stringContaining("would change"),
    });
    expect(await run("fmt", "--rules", rules)).toMatchObject({ code: 0, out: expect.stringContaining("formatted") });
    expect(readFileSync(file, "utf8")).toBe(good.replace("words:\n", "words:\n  # lists\n"));
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]);
    expect((await run("fmt", "--rules", rules, "--check")).code).toBe(0);
  });

  test("leaves a broken file alone and says where it is broken", async () => {
    const rules = rulesCopy("broken");
    writeFileSync(join(rules, "words.yaml"), "words: [");
    const ran = await run("fmt", "--rules", rules);
    expect(ran).toMatchObject({ code: 1, out: expect.stringContaining("words.yaml:1:") });
    expect(readFileSync(join(rules, "words.yaml"), "utf8")).toBe("words: [");
  });

  test("of a folder that is not there cannot be done", async () => {
    expect((await run("fmt", "--rules", join(folder, "nowhere"))).code).toBe(2);
  });
});

describe("mailward rules new", () => {
  const asked = ["--words", "massage gun, pistola de masaje", "--for", "billing", "--strength", "clear"];
  const examples = ["--match", "Is my massage gun covered?", "--not", "A massage helps my back."];

  test("writes a rule from its options, which then decides", async () => {
    const rules = rulesCopy("new");
    const mode = statSync(join(rules, "routing.yaml")).mode;
    expect(await run("new", "--rules", rules, ...asked, ...examples, "--yes")).toMatchObject({ code: 0 });
    const loaded = loadRules(rules);
    if (loaded.kind === "problems") throw new Error("the rules do not load any more");
    const added = loaded.rules.types.find(({ name }) => name === "billing")?.rules.at(-1);
    expect(added).toMatchObject({
      id: "massage-gun",
      any: ["massage gun", "pistola de masaje"],
      strength: { kind: "hint", points: 3 },
    });
    expect(statSync(join(rules, "routing.yaml")).mode).toBe(mode);
    const [before, after] = [RULES, rules].map((dir) => readFileSync(join(dir, "routing.yaml"), "utf8"));
    const added_ = (after ?? "").split("\n").filter((line) => !(before ?? "").split("\n").includes(line));
    expect(added_.length).toBeLessThanOrEqual(5);
  });

  test("asks what options do not say, and asks again after a bad answer", async () => {
    const rules = rulesCopy("asks");
    const answers = [
      "massage gun",
      "biling",
      "P3",
      "none",
      "My massage gun broke.",
      "A massage helps.",
      "yes",
      "",
    ].join("\n");
    const ran = await run("new", "--rules", rules, { input: answers });
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("Write one of clinical, billing") });
    expect(readFileSync(join(rules, "urgency.yaml"), "utf8")).toContain("- id: massage-gun");
  });

  test("gives a second rule of the same words another name", async () => {
    const rules = rulesCopy("twice");
    const words = ["--words", "massage gun, first", "--for", "billing", "--strength", "hint", ...examples, "--yes"];
    await run("new", "--rules", rules, ...words);
    await run("new", "--rules", rules, ...words.with(1, "massage gun, second"));
    expect(readFileSync(join(rules, "routing.yaml"), "utf8")).toContain("- id: massage-gun-2");
  });

  test.each([
    [
      "an example that does not match",
      [...asked, "--match", "Something else.", "--not", "x y"],
      "should match but does not",
    ],
    ["an id that is taken", [...asked, ...examples, "--id", "refill"], "is used already"],
    ["a type that is not there", [...asked.with(3, "parking"), ...examples], "Write one of"],
  ])("does not write a rule with %s", async (_, options, told) => {
    const rules = rulesCopy("refused");
    const ran = await run("new", "--rules", rules, ...options, "--yes");
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.out).toContain(told);
    expect(readFileSync(join(rules, "routing.yaml"), "utf8")).toBe(readFileSync(join(RULES, "routing.yaml"), "utf8"));
  });

  test("does not write without a yes, nor when answers run out", async () => {
    const rules = rulesCopy("no");
    expect((await run("new", "--rules", rules, ...asked, ...examples, { input: "no\n" })).code).toBe(1);
    expect((await run("new", "--rules", rules, { input: "massage gun\n" })).code).toBe(2);
    expect(readFileSync(join(rules, "routing.yaml"), "utf8")).toBe(readFileSync(join(RULES, "routing.yaml"), "utf8"));
  });
});

function formatted(before: string): string {
  const result = formatRules({ file: "x.yaml", text: before });
  if (result.kind !== "text") throw new Error(JSON.stringify(result));
  return result.text;
}

function rulesCopy(name: string): string {
  const copy = join(folder, `${name}-${readdirSync(folder).length}`);
  cpSync(RULES, copy, { recursive: true });
  return copy;
}

/** Run `mailward rules …`; the last argument may say what stands on standard input. */
async function run(
  ...given: (string | { readonly input: string })[]
): Promise<{ readonly code: number; readonly out: string }> {
  const words = given.filter((each) => typeof each === "string");
  const input = given.find((each) => typeof each !== "string")?.input ?? "";
  const child = spawn(process.execPath, [join(ROOT, "src/main.ts"), "rules", ...words], { cwd: folder });
  child.stdin.end(input);
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out: out + err };
}
