// The commands that ask and act beside a running gateway: what they answer, and what a mail cannot do to a terminal.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "./support/daemon.ts";
import { type LiveGateway, liveGateway } from "./support/live-gateway.ts";
import { mailwardBytes, type Ran, runMailward } from "./support/operator.ts";
import { type TempDir, tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const ESCAPE = String.fromCharCode(27);

type Row = Readonly<Record<string, unknown>> & { readonly ref: string };

let dir: TempDir;
let gateway: LiveGateway;

beforeAll(async () => {
  dir = await tempDir();
  const nobody = await freePort();
  const [smtp, lmtp] = [await freePort(), await freePort()];
  gateway = await liveGateway({
    folder: join(dir.path, "home"),
    deliver: (queue) =>
      queue === "admissions-desk"
        ? { kind: "smtp", host: "127.0.0.1", port: nobody, to: "desk@clinic.example", tls: "none" }
        : { kind: "maildir" },
    settings: {
      workers: 1,
      // Commands that send find the doors in the configuration.
      listen: [
        { protocol: "smtp", port: smtp },
        { protocol: "lmtp", port: lmtp },
      ],
    },
  });
  await mkdir(join(dir.path, "empty"));
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
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
        expect([code, told]).toEqual([2, "Say which: references, or --queue NAME and other filters, or --all.\n"]);
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

  test("filters choose, a dry run changes nothing, and who did what and why is on record", async () => {
    const ref = await sent(await mailTo("admissions", "What time should I arrive for my admission?"));
    await until("its delivery waits", async () => {
      const found = lines((await ask(["queue", "list", "--queue", "admissions-desk", "--json"])).out);
      return found.some((each) => each.ref === ref && each["state"] === "waiting");
    });
    const those = ["--queue", "admissions-desk", "--alias", "admissions", "--since", "1h"];
    const dry = (await ask(["queue", "hold", ...those, "--dry-run"])).out;
    expect(dry).toMatch(/^admissions-desk admissions \S+ \S+: \d+ would be held\. Nothing was changed\.$/m);
    expect(dry).toContain(ref);
    const why = ["--by", "maria", "--why", "the desk moves house"];
    const nobody = await mailward([
      "queue",
      "hold",
      "--alias",
      "billing",
      "--queue",
      "admissions-desk",
      "--config",
      gateway.config,
    ]);
    expect([nobody.code, nobody.out]).toEqual([1, "admissions-desk billing: nothing fits\n"]);
    const old = await mailward(["queue", "hold", ...those, "--until", "2020-01-01", "--config", gateway.config]);
    expect(old.code).toBe(1);
    const { out } = await ask(["queue", "hold", ...those, ...why]);
    const [, held = "0"] = /: (\d+) held$/m.exec(out) ?? [];
    expect(Number(held)).toBeGreaterThan(0);
    const because = ["queue", "release", "--because", "operator", "--json"];
    expect(lines((await ask([...because, "--dry-run"])).out)).toMatchObject([{ dryRun: true, count: Number(held) }]);
    expect(lines((await ask(because)).out)).toMatchObject([{ verb: "release", result: `${held} released` }]);
    const [last, before] = lines((await ask(["queue", "log", "--json"])).out);
    expect(last).toMatchObject({ verb: "release", filter: { reason: "operator" }, changed: Number(held) });
    expect(before).toMatchObject({ verb: "hold", by: "maria", reason: "the desk moves house", changed: Number(held) });
    expect((await ask(["queue", "log"])).out).toMatch(
      /maria +hold +admissions-desk admissions .* the desk moves house$/m,
    );
  });

  test("the balance is drawn up by day and door too, and is exact in each", async () => {
    await sent(await mailTo("billing", "Could I set up a payment plan?"));
    const all = lines((await ask(["balance", "--json"])).out);
    const sum = (rows: readonly Row[]) => rows.reduce((total, row) => total + Number(row["accepted"]), 0);
    for (const by of ["day", "door"]) {
      const rows = lines((await ask(["balance", "--by", by, "--json"])).out);
      expect(sum(rows)).toBe(sum(all));
      expect(rows.every(({ missing }) => missing === 0)).toBe(true);
    }
    expect((await ask(["balance", "--by", "door"])).out).toMatch(/^smtp +\d+/m);
    expect(lines((await ask(["balance", "--by", "mailbox", "--json"])).out)).toEqual([]);
  });

  test("canary sends a mail by each door for each alias, sees it arrive, and leaves no trace in figures", async () => {
    const before = (await ask(["report", "--json"])).out;
    const outcomes = (await ask(["outcomes", "--limit", "1000", "--json"])).out;
    const { out } = await ask(["canary", "--wait", "20", "--json"]);
    const rows = lines(out);
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.map(({ kind }) => kind)).toEqual(rows.map(() => "arrived"));
    expect(new Set(rows.map(({ alias }) => alias))).toContain("clinical");
    expect((await ask(["report", "--json"])).out).toBe(before);
    expect((await ask(["outcomes", "--limit", "1000", "--json"])).out).toBe(outcomes);
    const balance = lines((await ask(["balance", "--json"])).out);
    expect(balance.find(({ alias }) => alias === "(canary)")).toMatchObject({ accepted: rows.length, missing: 0 });
    const odd = await mailward(["canary", "--alias", "no-such", "--config", gateway.config]);
    expect([odd.code, odd.told]).toEqual([2, expect.stringMatching(/^There is no alias no-such\. The rules know: /)]);
    const door = await mailward(["canary", "--door", "uucp", "--config", gateway.config]);
    expect([door.code, door.told]).toEqual([2, expect.stringMatching(/^No door fits\. There are: smtp /)]);
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
    expect(page).toMatch(/^billing-payment-plan +billing +billing +P\d +billing-desk/m);
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
    return found !== undefined && (found["outcomes"] as readonly unknown[]).length > 0;
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
