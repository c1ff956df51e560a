// The configuration: every kind of mistake is told in plain words, at its place, all at once, and what is right ends as
// one frozen value. A case is a folder in fixtures/config-bad/ with the file and the exact text in expected.txt.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Config, type Flags, loadConfig } from "../src/config/config.ts";
import type { Environment } from "../src/config/env.ts";
import { printProblems } from "../src/config/yaml.ts";
import { NO_ENVIRONMENT } from "./support/gateway.ts";

const BAD = join(import.meta.dirname, "../fixtures/config-bad");
const scratch = mkdtempSync(join(tmpdir(), "mailward-config-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("a mistake in the configuration file", () => {
  const cases = readdirSync(BAD, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

  test("is shown by every case", () => {
    expect(cases.length).toBeGreaterThanOrEqual(30);
  });

  test.each(cases)("%s", (name) => {
    const folder = join(BAD, name);
    const loaded = loadConfig(NO_ENVIRONMENT, { config: join(folder, "mailward.yaml") }, scratch);
    if (loaded.kind !== "problems") throw new Error(`${name} loads without a mistake`);
    const shown = `${printProblems(loaded.problems).replaceAll(folder, name)}\n`;
    const file = join(folder, "expected.txt");
    if (process.env["UPDATE"] === "1") writeFileSync(file, shown);
    if (!existsSync(file)) throw new Error(`${file} is missing; UPDATE=1 writes it, then review it`);
    expect(shown).toBe(readFileSync(file, "utf8"));
  });

  test("never shows a password that stands in it", () => {
    for (const name of cases)
      expect(mistakesIn({}, { config: join(BAD, name, "mailward.yaml") })).not.toMatch(/horse|4711/);
  });
});

describe("a mistake outside the file", () => {
  test("a file that is not there is named", () => {
    expect(mistakesIn({}, { config: "nowhere.yaml" })).toBe(`${join(scratch, "nowhere.yaml")}: there is no such file`);
  });

  test("a folder in its place is named", () => {
    expect(mistakesIn({ config: scratch })).toBe(`${scratch}: this is a directory, not a file`);
  });

  test("every wrong variable is told at once, and with them what is wrong in the file", () => {
    const config = write("log: loud\n");
    const wrong = { hostname: "mail clinic", listenAddress: "localhost", logLevel: "chatty", config };
    expect(mistakesIn(wrong).split("\n").slice(0, 7)).toEqual([
      "environment: MAILWARD_HOSTNAME must be a host name such as mail.clinic.example",
      "",
      "environment: MAILWARD_LISTEN_ADDRESS must be an IP address such as 127.0.0.1 or 0.0.0.0",
      "",
      "environment: MAILWARD_LOG_LEVEL must be one of debug, info, warn, error, silent",
      "",
      `${config}:1:6: \`log\` cannot be the text "loud"; write one of \`debug\`, \`info\`, \`warn\`, \`error\`, \`silent\``,
    ]);
  });

  test.each(Object.keys(NO_ENVIRONMENT))("an empty variable is a mistake and not the current folder: %s", (name) => {
    expect(mistakesIn({ [name]: "" })).toMatch(
      /^environment: MAILWARD_[A-Z_]+ is empty; give it a value, or unset it$/,
    );
  });

  test.each([
    ["config", "config"],
    ["data", "data"],
    ["rules", "rules"],
    ["shadowRules", "shadow-rules"],
  ])("an empty %s is a mistake", (flag, name) => {
    expect(mistakesIn({}, { [flag]: "" })).toBe(`command line: --${name} is empty; write a path after it`);
  });
});

describe("what is not said", () => {
  test("has built-in values that listen on this machine only", () => {
    expect(configOf({}, {})).toMatchObject({
      dataFolder: join(scratch, "data"),
      rulesFolder: join(scratch, "rules"),
      shadowRulesFolder: null,
      workers: Math.max(1, availableParallelism() - 1),
      logLevel: "info",
      listeners: [
        { protocol: "smtp", address: "127.0.0.1", port: 2525 },
        { protocol: "lmtp", address: "127.0.0.1", port: 2424 },
      ],
      http: { address: "127.0.0.1", port: 8025 },
      tls: null,
      staff: [],
      xclientHosts: [],
      proxyHosts: [],
      limits: { messageBytes: 35 * 1024 * 1024, idleMs: 300_000, hops: 50 },
    });
  });

  test.each(["", "# only a remark\n", "limits:\n  {}\n"])("is the same with a file that says nothing: %j", (text) => {
    expect(configOf({}, { config: write(text) })).toMatchObject({ logLevel: "info", limits: { recipients: 100 } });
  });

  test("cannot be changed afterwards", () => {
    expect(Object.isFrozen(configOf({}, {}))).toBe(true);
  });
});

describe("what is said twice", () => {
  const config = write("hostname: file.example\nlog: warn\ndata: in-file\nrules: in-file\n");
  const environment = { hostname: "variable.example", logLevel: "debug", data: "in-variable", rules: "in-variable" };

  test("counts as the environment has it, not the file", () => {
    expect(configOf({ ...environment, config }, {})).toMatchObject({
      hostname: "variable.example",
      logLevel: "debug",
      dataFolder: join(scratch, "in-variable"),
      rulesFolder: join(scratch, "in-variable"),
    });
  });

  test("counts as the command line has it, not the environment", () => {
    expect(configOf(environment, { config, data: "in-flag", rules: "in-flag" })).toMatchObject({
      dataFolder: join(scratch, "in-flag"),
      rulesFolder: join(scratch, "in-flag"),
    });
  });

  test("the file named on the command line is read, not the one in the environment", () => {
    expect(configOf({ config: "nowhere.yaml" }, { config }).hostname).toBe("file.example");
  });
});

test("paths in the file are relative to the file, wherever the command is started", () => {
  const config = write("data: ../store\nrules: rules\nshadow_rules: next\n");
  const loaded = configOf({}, { config });
  const folders = [loaded.dataFolder, loaded.rulesFolder, loaded.shadowRulesFolder];
  expect(folders).toEqual([join(config, "../../store"), join(config, "../rules"), join(config, "../next")]);
});

test("the address in the environment is for the built-in doors; a file says its own", () => {
  const open = { listenAddress: "0.0.0.0" };
  expect(configOf(open, {}).listeners.map(({ address }) => address)).toEqual(["0.0.0.0", "0.0.0.0"]);
  expect(configOf(open, {}).http.address).toBe("0.0.0.0");
  const own = configOf(open, { config: write("listen: [{ protocol: smtp, port: 0 }]\n") });
  expect(own.listeners).toEqual([{ protocol: "smtp", address: "127.0.0.1", port: 0 }]);
});

test("port 0 is any free port and may stand often", () => {
  const doors = "listen: [{ protocol: smtp, port: 0 }, { protocol: lmtp, port: 0 }]\nhttp: { port: 0 }\n";
  expect(configOf({}, { config: write(doors) }).listeners).toHaveLength(2);
});

test("one port on two addresses of this machine is no mistake", () => {
  const doors = "listen: [{ protocol: smtp, port: 25, address: 10.0.0.1 }, { protocol: lmtp, port: 25 }]\n";
  expect(configOf({}, { config: write(doors) }).listeners).toHaveLength(2);
});

test("a certificate and its key are read and kept", () => {
  const tls = `tls: { certificate: ${join(BAD, "certificate.pem")}, key: ${join(BAD, "key.pem")} }\n`;
  const loaded = configOf({}, { config: write(`${tls}listen: [{ protocol: smtps, port: 0 }]\n`) });
  expect(loaded.tls?.certificate.toString()).toContain("BEGIN CERTIFICATE");
});

test("links lead where the file says, without a slash too many, and nowhere unless it says", () => {
  const http = "http: { link_base: 'https://mailward.clinic.example/desk/', link_hours: 1.5 }\n";
  expect(configOf({}, { config: write(http) })).toMatchObject({
    http: { address: "127.0.0.1", port: 8025 },
    links: { base: "https://mailward.clinic.example/desk", lifeMs: 5_400_000 },
  });
  expect(configOf({}, {}).links).toBe(null);
  expect(configOf({}, { config: write("http: { link_base: 'http://localhost:8025' }\n") }).links?.lifeMs).toBe(
    86_400_000,
  );
});

test("limits are told to the gateway in bytes and milliseconds", () => {
  const limits = "limits: { message_megabytes: 0.5, idle_seconds: 1.5, decide_seconds: 2, data_seconds: 60 }\n";
  expect(configOf({}, { config: write(limits) }).limits).toMatchObject({
    messageBytes: 512 * 1024,
    idleMs: 1500,
    decideMs: 2000,
    dataMs: 60_000,
  });
});

test("who counts as staff and how senders are proven", () => {
  const trust = "trust: { networks: [10.1.0.0/16, 192.0.2.7, 2001:db8:7::/48], staff_domains: [Clinic.Example] }\n";
  const proof =
    "proof: { dns_servers: [10.0.0.53, '[2001:db8::53]:5353'], timeout_seconds: 0.5, believe: MX.Clinic.Example }\n";
  expect(configOf({}, { config: write(trust + proof) })).toMatchObject({
    staffNetworks: ["10.1.0.0/16", "192.0.2.7", "2001:db8:7::/48"],
    staffDomains: ["clinic.example"],
    proof: {
      check: true,
      dnsServers: ["10.0.0.53", "[2001:db8::53]:5353"],
      limitMs: 500,
      believe: "mx.clinic.example",
    },
  });
  expect(configOf({}, {})).toMatchObject({
    staffNetworks: [],
    staffDomains: [],
    proof: { check: true, dnsServers: [], limitMs: 5000, believe: null },
  });
});

let files = 0;

function write(text: string): string {
  const file = join(scratch, `${files++}.yaml`);
  writeFileSync(file, text);
  return file;
}

function configOf(environment: Partial<Environment>, flags: Flags): Config {
  const loaded = loadConfig({ ...NO_ENVIRONMENT, ...environment }, flags, scratch);
  if (loaded.kind === "problems") throw new Error(printProblems(loaded.problems));
  return loaded.config;
}

function mistakesIn(environment: Partial<Environment>, flags: Flags = {}): string {
  const loaded = loadConfig({ ...NO_ENVIRONMENT, ...environment }, flags, scratch);
  return loaded.kind === "problems" ? printProblems(loaded.problems) : "no mistake";
}
