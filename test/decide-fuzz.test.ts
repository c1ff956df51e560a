// No bytes make decide throw, hang or waver: random ones, the example mails damaged at random, and, where the public
// corpora are at hand, every mail in them.

import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileRules } from "../src/classify/compile.ts";
import { loadRules } from "../src/config/rules.ts";
import { decide } from "../src/pipeline.ts";
import { facts } from "./support/facts.ts";

const ROOT = join(import.meta.dirname, "..");
const CORPORA = join(ROOT, "../shared/data");
const loaded = loadRules(join(ROOT, "rules"));
if (loaded.kind === "problems") throw new Error("the default rules have mistakes");
const rules = compileRules(loaded.rules);
const given = facts({ mailFrom: "", aliases: ["billing", ""] });

const folder = join(ROOT, "fixtures/mail");
const mails = readdirSync(folder).flatMap((name) => (name.endsWith(".eml") ? [readFileSync(join(folder, name))] : []));

/** Pieces that mean something to a parser of mail, so that random bytes reach its corners. */
const piece = fc.oneof(
  fc.constantFrom(
    "\r\n",
    "\n",
    "\r",
    "\0",
    ": ",
    "--x",
    "--x--",
    "\r\n\r\n",
    "=?utf-8?B?",
    "?=",
    "=?utf-8?Q?=",
    "=\r\n",
    "\xff",
  ),
  fc.constantFrom(
    "Content-Type: multipart/mixed; boundary=x\r\n",
    "Content-Type: text/html\r\n",
    "Content-Type: message/rfc822\r\n",
  ),
  fc.constantFrom(
    "Content-Type:\r\n",
    'Content-Type: text/plain; charset="utf-16"\r\n',
    "Content-Transfer-Encoding: base64\r\n",
  ),
  fc.constantFrom(
    "Content-Disposition: attachment; filename*0*=utf-7''x\r\n",
    "From: \r\n",
    "To: a:b;<<>>\r\n",
    "Date: \r\n",
    "<p",
    "<!--",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
);

async function sameTwice(raw: Uint8Array): Promise<void> {
  const [first, second] = [await decide(raw, given, rules), await decide(raw, given, rules)];
  expect(second).toEqual(first);
  expect(structuredClone(first)).toEqual(first);
}

test("random bytes", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), sameTwice), { numRuns: 300 });
});

test("random pieces of mails", async () => {
  const raw = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(""), "latin1"));
  await fc.assert(fc.asyncProperty(raw, sameTwice), { numRuns: 1500 });
});

test("example mails damaged at random", async () => {
  expect(mails.length).toBeGreaterThanOrEqual(60);
  const damaged = fc
    .record({
      mail: fc.constantFrom(...mails),
      at: fc.nat(),
      drop: fc.nat({ max: 40 }),
      put: fc.array(piece, { maxLength: 3 }),
    })
    .map(({ mail, at, drop, put }) => {
      const start = at % (mail.length + 1);
      return Buffer.concat([mail.subarray(0, start), Buffer.from(put.join(""), "latin1"), mail.subarray(start + drop)]);
    });
  await fc.assert(fc.asyncProperty(damaged, sameTwice), { numRuns: 1500 });
});

test("every mail of the public corpora, where they are at hand", async () => {
  if (!atHand()) return;
  const files = globSync("mail-*/**/*", { cwd: CORPORA, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(1000);
  for (const file of files) await decide(readFileSync(join(file.parentPath, file.name)), given, rules);
});

function atHand(): boolean {
  const there = existsSync(CORPORA);
  if (!there)
    process.stderr.write(`NOT TRIED: the public corpora are not in ${CORPORA}; decide met only our own mails\n`);
  return there;
}
