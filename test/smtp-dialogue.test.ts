// Conversations with the doors, byte for byte: each file in fixtures/smtp is one, and says what must be kept.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Case } from "../src/store/store.ts";
import { type Talk, talk } from "./support/dialogue.ts";
import { type TestGateway, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/smtp");
const files = readdirSync(FOLDER).filter((file) => file.endsWith(".dialogue"));

test("there are dialogues", () => expect(files.length).toBeGreaterThan(20));

test.each(files)("%s", async (file) => {
  const lines = readFileSync(join(FOLDER, file), "latin1")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const settings = lines
    .filter((line) => line.startsWith("! "))
    .map((line) => line.slice(2))
    .join("\n");
  const door = lines.find((line) => line.startsWith("@ "))?.slice(2) ?? "smtp";
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { settings });
  using client = await talk(gateway.port(door));
  await follow(unrolled(lines), client, gateway);
});

/** `+N … -` repeats the lines between. */
function unrolled(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex((line) => /^\+\d+$/.test(line));
  if (from < 0) return lines;
  const to = lines.indexOf("-", from);
  const times = Number(lines[from]!.slice(1));
  const inner = Array.from({ length: times }, () => lines.slice(from + 1, to)).flat();
  return [...lines.slice(0, from), ...inner, ...lines.slice(to + 1)];
}

async function follow(lines: readonly string[], client: Talk, gateway: TestGateway): Promise<void> {
  let reply = "";
  let fresh = false; // several `<` may look at one reply; a new one is read when the reply before was asked about and matched
  for (const [index, line] of lines.entries()) {
    const rest = line.slice(line.indexOf(" ") + 1);
    if (line.startsWith("< ")) {
      const sameAgain = fresh && /^(\.\*|\^)/.test(rest);
      if (!sameAgain) reply = await client.reply();
      fresh = true;
      expect(reply, `line ${index + 1}: ${line}`).toMatch(new RegExp(sameAgain ? rest : `^(?:${rest})`, "s"));
      continue;
    }
    fresh = false;
    if (line.startsWith("> ")) client.write(`${rest}\r\n`);
    else if (line.startsWith(">> ")) client.write(unescaped(rest));
    else if (line.startsWith("*")) client.write(unescaped(rest).repeat(Number(line.slice(1, line.indexOf(" ")))));
    else if (line === "~") client[Symbol.dispose]();
    else if (line.startsWith("= ")) await check(rest, gateway);
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(r|n|0|x[0-9a-f]{2})/g, (_all, code: string) =>
    code.startsWith("x")
      ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
      : { r: "\r", n: "\n", "0": "\0" }[code]!,
  );
}

async function check(what: string, gateway: TestGateway): Promise<void> {
  const kept = /^(nothing|\d+) kept$/.exec(what)?.[1];
  if (kept !== undefined) {
    const expected = kept === "nothing" ? 0 : Number(kept);
    const cases = await allCases(gateway, expected);
    expect(cases.length).toBe(expected);
    return;
  }
  const [found] = await allCases(gateway, 1);
  if (what.startsWith("client ")) expect(found?.mail.client.address).toBe(what.slice(7));
  else if (what.startsWith("dsn ")) {
    const { envelope } = found!.mail;
    const { dsnNotify, dsnOriginal } = found!.routings[0]!.recipient;
    expect([envelope.dsnReturn, envelope.dsnEnvelopeId, dsnNotify.join(","), dsnOriginal].join(" ")).toBe(
      what.slice(4),
    );
  } else throw new Error(`a check nobody knows: ${what}`);
}

/** Every case in the store, once all are decided; at least `least`. */
async function allCases(gateway: TestGateway, least: number): Promise<readonly Case[]> {
  const rows = await until("all mail is decided", async () => {
    const counts = await gateway.store.counts();
    const outcomes = await gateway.store.outcomes({ limit: 1000 });
    return counts.undecided === 0 && outcomes.length >= least ? outcomes : null;
  });
  const refs = [...new Set(rows.map(({ ref }) => ref))];
  const cases = await Promise.all(refs.map((ref) => gateway.store.find(ref)));
  return cases.filter((found) => found !== null);
}
