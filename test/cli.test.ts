// The commands as an operator meets them: the real program, its words, its exit codes, beside a running gateway.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkPassword } from "../src/intake/sign-in.ts";
import { freePort } from "./support/daemon.ts";
import { type LiveGateway, liveGateway } from "./support/live-gateway.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const MAIL = join(import.meta.dirname, "../fixtures/mail");
const ESCAPE = String.fromCharCode(27);

type Ran = { readonly code: number; readonly out: string; readonly told: string };
type Row = Readonly<Record<string, unknown>> & { readonly ref: string };

let dir: TempDir;
let gateway: LiveGateway;

beforeAll(async () => {
  dir = await tempDir();
  const nobody = await freePort();
  gateway = await liveGateway({
    folder: join(dir.path, "home"),
    deliver: (queue) =>
      queue === "admissions-desk"
        ? { kind: "smtp", host: "127.0.0.1", port: nobody, to: "desk@clinic.example", tls: "none" }
        : { kind: "maildir" },
    settings: { workers: 1 },
  });
  await mkdir(join(dir.path, "empty"));
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  serve: ["--config", "--data", "--rules", "--json"],
  check: ["--config", "--data", "--rules", "--json"],
  explain: ["--alias", "--rules", "--json"],
  send: ["--server", "--from", "--to", "--json", "127.0.0.1:2525"],
  demo: ["--config", "--data", "--server", "--json"],
  outcomes: ["--queue", "--alias", "--urgency", "--since", "--limit", "--json"],
  show: ["--raw", "--json", "<ref>"],
  "queue list": ["--queue", "--limit", "--json"],
  "queue hold": ["--queue", "--all", "--json"],
  "queue release": ["--queue", "--all", "--json"],
  "queue retry": ["--queue", "--all", "--json"],
  balance: ["--config", "--data", "--json"],
  report: ["--by", "--per", "--since", "--json"],
  password: ["--json"],
};

describe("help", () => {
  test.each(Object.entries(COMMANDS))("of `%s` names its options and ends with 0", async (command, options) => {
    const { code, out } = await mailward([...command.split(" "), "--help"]);
    expect(code).toBe(0);
    for (const option of options) expect(out).toContain(option);
    expect(out).not.toContain("{");
  });

  test("of the whole names every command and what the exit codes mean", async () => {
    const { code, out } = await mailward(["--help"]);
    expect(code).toBe(0);
    for (const command of Object.keys(COMMANDS)) expect(out).toMatch(new RegExp(`^  ${command.split(" ")[0]}\\b`, "m"));
    expect(out).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /);
  });

  test("is what a command without a verb gets, with exit code 2", async () => {
    for (const args of [[], ["queue"]]) {
      const { code, told } = await mailward(args);
      expect(code).toBe(2);
      expect(told).toContain("Usage: mailward");
    }
  });

  test("the version is the package's", async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../package.json"), "utf8")) as Row;
    expect(await mailward(["--version"])).toMatchObject({ code: 0, out: `${String(version)}\n` });
  });
});

describe("a slip of the finger ends with 2 and says what to write", () => {
  test.each([
    [["outcoms"], "Did you mean outcomes?"],
    [["outcomes", "--queu", "x"], "Did you mean --queue?"],
    [["outcomes", "--limit", "x"], "Write a whole number above 0."],
    [["outcomes", "--limit", "0"], "Write a whole number above 0."],
    [["outcomes", "--since", "yesterday"], "Write a time span such as 15m, 12h or 30d"],
    [["outcomes", "--urgency", "P5"], "Allowed choices are P1, P2, P3, P4."],
    [["report", "--by", "colour"], "Allowed choices are"],
    [["show"], "missing required argument 'ref'"],
    [["send", "--server", "localhost", "x.eml"], "Write host:port, such as 127.0.0.1:2525."],
    [["send", "--server", "localhost:99999", "x.eml"], "Write host:port"],
    [["balance", "--data", ""], "--data is empty; write a path after it"],
  ])("%j", async (args, words) => {
    const { code, told } = await mailward(args);
    expect(code).toBe(2);
    expect(told).toContain(words);
    expect(told).not.toMatch(/^ +at /m);
  });
});

test.each([
  ["outcomes"],
  ["balance"],
  ["report"],
  ["demo"],
  ["show", "MW-000012"],
  ["queue", "list"],
  ["queue", "retry", "--all"],
])("without a data folder `%s` ends with 2 and a sentence", async (...command) => {
  const { code, out, told } = await mailward([...command, "--data", join(dir.path, "empty")]);
  expect([code, out]).toEqual([2, ""]);
  expect(told).toMatch(/^There is no mail store in .*empty yet\. Start the gateway once .*\n$/);
});

test("a broken configuration ends with 2 and its mistake", async () => {
  const config = await write("broken.yaml", "lisen: []\n");
  const { code, told } = await mailward(["balance", "--config", config]);
  expect([code, told]).toEqual([2, expect.stringContaining("unknown key `lisen`; did you mean `listen`?")]);
});

describe("send", () => {
  test("to a port where nobody listens ends with 2 and says where", async () => {
    const server = `127.0.0.1:${await freePort()}`;
    const { code, told } = await mailward(["send", "--server", server, join(MAIL, "billing-payment-plan.eml")]);
    expect(code).toBe(2);
    expect(told).toMatch(new RegExp(`^Nobody takes mail on ${server}\\. .*\\n$`));
  });

  test("of a mail that is refused ends with 1 and what the server said", async () => {
    const { code, out } = await send(["--to", "nobody@clinic.example", join(MAIL, "billing-payment-plan.eml")]);
    expect([code, out]).toEqual([1, expect.stringMatching(/refused +550 5\.1\.1/)]);
  });

  test("goes on after a refused mail", async () => {
    const nobody = await write("nobody.eml", "From: a@home.example\r\nSubject: x\r\n\r\nx\r\n");
    const good = await mailTo("billing", "Could I set up a payment plan?");
    const { code, out } = await send(["--json", nobody, good]);
    expect([code, lines(out).map(({ kind }) => kind)]).toEqual([1, ["refused", "accepted"]]);
  });

  test("of a file that is not there sends nothing and ends with 2", async () => {
    const { code, told } = await send([join(dir.path, "nowhere.eml")]);
    expect([code, told]).toEqual([2, expect.stringContaining("nowhere.eml cannot be read.")]);
  });
});

describe("beside a running gateway", () => {
  test("show gives everything known of a case, and --raw the bytes exactly", async () => {
    const body = `Could I set up a payment plan?\r\n${"€ é \u0000 line\r\n".repeat(20_000)}`;
    const file = await mailTo("billing", body);
    const ref = await sent(file);
    const shown = await ask(["show", ref]);
    expect(shown.out).toContain(`decision for billing@`);
    expect(shown.out).toMatch(/rule payment-plan \("payment plan", text \d+-\d+\)/);
    expect(shown.out).toContain("queue billing-desk");
    expect(lines((await ask(["show", ref, "--json"])).out)[0]?.ref).toBe(ref);
    const raw = (await mailwardBytes(["show", ref, "--raw", "--config", gateway.config])).toString("latin1");
    const original = await readFile(file, "latin1");
    expect(raw === original).toBe(true);
  });

  test("show of a reference nobody has ends with 2", async () => {
    for (const ref of ["MW-ZZZZZZ", "no-such-thing", `${ESCAPE}[31mred`]) {
      const { code, told } = await mailward(["show", ref, "--config", gateway.config]);
      expect([code, told]).toEqual([2, expect.stringMatching(/^There is no case .* in this store\./)]);
      expect(told).not.toContain(ESCAPE);
    }
  });

  test("outcomes can be asked for a queue, an alias, an urgency, a time and a number", async () => {
    await sent(await mailTo("clinical", "I have chest pain and cannot breathe."));
    await sent(await mailTo("billing", "Could I set up a payment plan?"));
    await sent(await mailTo("billing", "Could I set up a payment plan?"));
    const rows = async (...args: string[]) => lines((await ask(["outcomes", "--json", ...args])).out);
    expect(new Set((await rows("--queue", "billing-desk")).map(({ queue }) => queue))).toEqual(
      new Set(["billing-desk"]),
    );
    expect(new Set((await rows("--alias", "clinical")).map(({ alias }) => alias))).toEqual(new Set(["clinical"]));
    expect(new Set((await rows("--urgency", "P1")).map(({ urgency }) => urgency))).toEqual(new Set(["P1"]));
    expect(await rows("--limit", "2")).toHaveLength(2);
    expect((await rows("--since", "1h")).length).toBeGreaterThan(2);
    expect(await rows("--since", "2100-01-01")).toEqual([]);
    expect((await ask(["outcomes", "--since", "2100-01-01"])).out).toMatch(/^Nothing was decided yet that fits\./);
  });

  test("queue hold, release and retry do nothing unless it is said to what, and end with 1 when nothing fits", async () => {
    for (const verb of ["hold", "release", "retry"]) {
      for (const args of [[], ["--all", "--queue", "billing-desk"], ["MW-000012", "--all"]]) {
        const { code, told } = await mailward(["queue", verb, ...args, "--config", gateway.config]);
        expect([code, told]).toEqual([2, "Say which: references, or --queue NAME, or --all.\n"]);
      }
      const nothing = await mailward(["queue", verb, "--queue", "no-such-queue", "--config", gateway.config]);
      expect([nothing.code, nothing.out]).toEqual([1, "no-such-queue: nothing fits\n"]);
    }
  });

  test("a delivery that waits is listed, can be held, released and tried at once, and the balance stays exact", async () => {
    const ref = await sent(await mailTo("admissions", "What time should I arrive for my admission?"));
    const row = await until("its delivery waits for the next attempt", async () => {
      const found = lines((await ask(["queue", "list", "--queue", "admissions-desk", "--json"])).out);
      return found.find((each) => each.ref === ref && each["state"] === "waiting");
    });
    expect(row).toMatchObject({ kind: "delivery", queue: "admissions-desk" });
    expect((await ask(["queue", "list"])).out).toMatch(new RegExp(`^${ref} +admissions-desk +P\\d +waiting`, "m"));
    expect((await ask(["queue", "hold", ref])).out).toBe(`${ref}: 1 held\n`);
    expect((await ask(["queue", "list"])).out).toMatch(
      new RegExp(`^${ref} +admissions-desk +P\\d +held.*operator$`, "m"),
    );
    const held = (await ask(["balance"])).out;
    expect(held).toMatch(/^admissions +1 +0 +0 +1 +0$/m);
    expect(held).toContain("Exact: every accepted mail is delivered, waiting or held.");
    expect((await ask(["queue", "release", ref])).out).toBe(`${ref}: 1 released\n`);
    const rows = lines((await ask(["balance", "--json"])).out);
    expect(rows.map(({ missing }) => missing)).toEqual(rows.map(() => 0));
  });

  test("report draws a bar for each queue, rule and day", async () => {
    await sent(await mailTo("billing", "Could I set up a payment plan?"));
    const { out } = await ask(["report"]);
    expect(out).toMatch(
      /^by queue\nqueue +mails\n(?:\S+ +\d+ +[█▉▊▋▌▍▎▏]+\n)+\nby day\nday +mails\n\d{4}-\d\d-\d\d +\d+ +█+\n$/,
    );
    expect((await ask(["report", "--by", "rule", "--per", "hour"])).out).toMatch(/^payment-plan +\d+ +[█▉▊▋▌▍▎▏]+$/m);
    expect(lines((await ask(["report", "--json"])).out)[0]).toMatchObject({
      by: expect.any(String),
      count: expect.any(Number),
    });
    expect((await ask(["report", "--since", "2100-01-01"])).out).toBe("Nothing was decided in that time.\n");
  });

  test("demo shows where each example mail went, and can be run twice", async () => {
    const first = lines((await demo(["--json"])).out);
    const second = lines((await demo(["--json"])).out);
    expect(first.length).toBeGreaterThan(80);
    expect(second.map(({ file, queue }) => [file, queue])).toEqual(first.map(({ file, queue }) => [file, queue]));
    expect(new Set([...first, ...second].flatMap(({ ref }) => ref)).size).toBeGreaterThan(first.length);
  });

  test("demo draws for people what went where", async () => {
    const page = (await demo([])).out;
    expect(page).toMatch(/^billing-payment-plan +billing +billing +P4 billing-desk/m);
    expect(page).toMatch(/^queue +mails\n(?:\S+ +\d+ +[█▉▊▋▌▍▎▏]+\n)+/m);
  });
});

describe("control characters out of a mail", () => {
  const EVIL = `${ESCAPE}[2J${ESCAPE}]0;owned\u0007\u009b31m`;

  test("never reach the terminal", async () => {
    const file = await write(
      `${EVIL.replaceAll("/", "")}evil.eml`,
      `From: "${EVIL}" <a${ESCAPE}[2J@home.example>\r\nTo: billing@clinic.example\r\nSubject: ${EVIL} bill\r\n\r\npayment ${EVIL} plan\r\n`,
    );
    const reply = await send(["--from", "a@home.example", "--to", "billing@clinic.example", "--", file]);
    const ref = /MW-\w+/.exec(reply.out)?.[0] ?? "";
    await decided(ref);
    const outputs = [
      reply,
      await ask(["show", ref]),
      await ask(["outcomes"]),
      await ask(["queue", "list"]),
      await ask(["explain", file]),
      await send(["--to", `x${EVIL}@clinic.example`, "--", file]),
    ];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const { out, told } of outputs) expect(out + told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe("on and off a terminal", () => {
  test("no colour is written where there is no terminal, nor with NO_COLOR; FORCE_COLOR=1 asks for it", async () => {
    const colours = async (env: object) => (await ask(["balance"], env)).out.includes(ESCAPE);
    expect(await colours({})).toBe(false);
    expect(await colours({ NO_COLOR: "1" })).toBe(false);
    expect(await colours({ FORCE_COLOR: "1" })).toBe(true);
  });

  test("whoever stops reading ends the command without a word", async () => {
    const child = spawn(process.execPath, [
      MAIN,
      "explain",
      "--rules",
      join(import.meta.dirname, "../rules"),
      ...Array.from({ length: 200 }, () => join(MAIL, "billing-payment-plan.eml")),
    ]);
    let told = "";
    child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code] = (await once(child, "close")) as [number | null];
    expect([code, told]).toEqual([0, ""]);
  });
});

describe("password", () => {
  test("makes the hash of what is typed, that the door accepts", async () => {
    const { code, out } = await mailward(["password"], {}, "correct horse battery\n");
    expect(code).toBe(0);
    expect(await checkPassword("correct horse battery", out.trim())).toBe(true);
    expect(await checkPassword("correct horse battery\n", out.trim())).toBe(false);
    const { out: json } = await mailward(["password", "--json"], {}, "correct horse battery");
    expect(await checkPassword("correct horse battery", (JSON.parse(json) as { password: string }).password)).toBe(
      true,
    );
  });

  test("that is short is refused with 2, and is not repeated", async () => {
    const { code, out, told } = await mailward(["password"], {}, "elevenchars\n");
    expect([code, out]).toEqual([2, ""]);
    expect(told).toBe("The password is shorter than 12 characters. Please choose a longer one.\n");
  });
});

function mailward(args: readonly string[], env: object = {}, typed = ""): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: dir.path, env: { ...plainEnvironment(), ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, told) => resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, told }),
    );
    child.stdin?.end(typed);
  });
}

function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env;
  return rest;
}

function mailwardBytes(args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 } as const;
    execFile(process.execPath, [MAIN, ...args], options, (error, out) => (error ? reject(error) : resolve(out)));
  });
}

/** A question about the running gateway, which must end well. */
async function ask(args: readonly string[], env: object = {}): Promise<Ran> {
  const [verb = "", ...rest] = args;
  const ran = await mailward(
    [verb, ...(verb === "queue" ? rest.splice(0, 1) : []), "--config", gateway.config, ...rest],
    env,
  );
  expect(ran.told).toBe("");
  expect(ran.code).toBe(0);
  return ran;
}

function send(args: readonly string[]): Promise<Ran> {
  return mailward(["send", "--server", `127.0.0.1:${gateway.port("smtp")}`, ...args]);
}

async function demo(args: readonly string[]): Promise<Ran> {
  return await ask(["demo", "--server", `127.0.0.1:${gateway.port("smtp")}`, ...args]);
}

/** Sends a file and answers its reference once it is decided. */
async function sent(file: string): Promise<string> {
  const { out } = await send(["--json", file]);
  const [row] = lines(out);
  if (row?.["kind"] !== "accepted") throw new Error(`not accepted: ${out}`);
  await decided(row.ref);
  return row.ref;
}

async function decided(ref: string): Promise<void> {
  await until(`${ref} is decided`, async () => {
    const [found] = lines((await ask(["show", ref, "--json"])).out);
    return (found?.["outcomes"] as readonly unknown[]).length > 0;
  });
}

let files = 0;

function mailTo(alias: string, body: string): Promise<string> {
  const id = `${files}-${process.pid}@home.example`;
  const head = `From: Pat <pat@home.example>\r\nTo: ${alias}@clinic.example\r\nSubject: A question\r\nMessage-ID: <${id}>\r\n`;
  return write(`${alias}.eml`, `${head}\r\n${body}\r\n`);
}

async function write(name: string, text: string): Promise<string> {
  const file = join(dir.path, `${files++}-${name}`);
  await writeFile(file, text);
  return file;
}

function lines(out: string): readonly Row[] {
  return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Row]));
}
