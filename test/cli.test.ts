// The commands as an operator meets them: the real program, its words, its exit codes, beside a running gateway.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkPassword } from "../src/intake/sign-in.ts";
import { freePort } from "./support/daemon.ts";
import { type LiveGateway, liveGateway } from "./support/live-gateway.ts";
import { MAIN, type Ran, runMailward } from "./support/operator.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";

const MAIL = join(import.meta.dirname, "../fixtures/mail");
const ESCAPE = String.fromCharCode(27);

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
  check: ["--config", "--data", "--rules", "--strict", "--write-schema", "--json"],
  test: ["--config", "--data", "--rules", "--json"],
  explain: ["--alias", "--rules", "--json"],
  send: ["--server", "--from", "--to", "--json", "127.0.0.1:2525"],
  demo: ["--config", "--data", "--server", "--json"],
  outcomes: ["--queue", "--alias", "--urgency", "--since", "--limit", "--json"],
  show: ["--raw", "--json", "<ref>"],
  "queue list": ["--queue", "--limit", "--json"],
  "queue hold": ["--queue", "--alias", "--urgency", "--since", "--until", "--all", "--dry-run", "--why", "--json"],
  "queue release": ["--queue", "--because", "--all", "--dry-run", "--json"],
  "queue retry": ["--queue", "--all", "--dry-run", "--by", "--json"],
  "queue log": ["--limit", "--json"],
  balance: ["--config", "--data", "--by", "mailbox", "--json"],
  canary: ["--alias", "--door", "--imap", "--wait", "--json"],
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
  return runMailward(dir.path, args, env, typed);
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
