// Replay: what other rules would have made of stored mail. Mails go through the real gateway, the command is run as an
// operator runs it.

import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testGateway } from "./support/gateway.ts";
import { replayed, rulesIn, sender } from "./support/replayed.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";

const CASES = join(import.meta.dirname, "../fixtures/replay");
const BEFORE = join(CASES, "before");
const AFTER = join(CASES, "after");

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
