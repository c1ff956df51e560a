// Proposals from corrections: words that tell the corrected mail from all other, from more than one writer, and a rule
// of them that an admin can take or refuse for good.

import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wordsOf } from "../src/classify/words.ts";
import { phrasePrint, type SeenMail, type Settled, proposals as settledProposals } from "../src/rulebook/proposals.ts";
import { sendMail } from "./support/dialogue.ts";
import { RULES, testGateway } from "./support/gateway.ts";
import { runMailward } from "./support/operator.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

let count = 0;

const NOTHING: Settled = { known: () => new Set(), answered: new Set() };

function proposals(mails: readonly SeenMail[], corrections: number, settled: Settled = NOTHING) {
  return settledProposals(mails, corrections, settled);
}

function seen(type: string, text: string, over: Partial<SeenMail> = {}): SeenMail {
  count += 1;
  return {
    ref: `MW-${count}`,
    type,
    corrected: false,
    sender: `s${count}@example.net`,
    words: [wordsOf(text)],
    capitals: [wordsOf(text).map(() => false)],
    people: [],
    ...over,
  };
}

function corrected(text: string, sender?: string): SeenMail {
  return seen("access", text, { corrected: true, ...(sender === undefined ? {} : { sender }) });
}

const FOBS = ["my door fob is dead", "the door fob again", "please renew my door fob today"];

test("words of several corrections become a proposal, measured on all mail", () => {
  const others = [seen("billing", "my bill is wrong"), seen("access", "the door fob works now")];
  expect(proposals([...FOBS.map((text) => corrected(text)), ...others], 3)).toMatchObject([
    { type: "access", phrases: ["door fob"], corrections: 3, found: 3, hits: 4, right: 4, collisions: [] },
  ]);
});

test("words that also stand in mail of other types are told, and too many of those are no rule", () => {
  const mails = [...FOBS, ...FOBS, ...FOBS, ...FOBS].map((text) => corrected(text));
  const one = seen("billing", "the door fob costs too much");
  expect(proposals([...mails, one], 3)).toMatchObject([{ hits: 13, right: 12, collisions: [one.ref] }]);
  expect(proposals([...mails, one, ...FOBS.map((text) => seen("billing", text))], 3)).toEqual([]);
});

test("too few corrections, one writer's words and everyday words propose nothing", () => {
  expect(
    proposals(
      FOBS.slice(0, 2).map((text) => corrected(text)),
      3,
    ),
  ).toEqual([]);
  expect(
    proposals(
      FOBS.map((text) => corrected(text, "one@example.net")),
      3,
    ),
  ).toEqual([]);
  expect(
    proposals(
      ["please", "please now", "hello please"].map((text) => corrected(text)),
      3,
    ),
  ).toEqual([]);
});

test("what one writer or two say proposes nothing", () => {
  const by = (...senders: readonly string[]) =>
    proposals(
      FOBS.map((text, at) => corrected(text, senders[at % senders.length])),
      3,
    );
  expect(by("a@example.net", "b@example.net")).toEqual([]);
  expect(by("a@example.net", "b@example.net", "c@example.net")).toMatchObject([{ phrases: ["door fob"] }]);
});

test("nobody's name becomes a phrase: neither a writer's nor a word that is written as names are", () => {
  const texts = ["about zorrilla quintana please", "zorrilla quintana again", "for zorrilla quintana today"];
  const plain = texts.map((text) => corrected(text));
  expect(proposals(plain, 3)).toMatchObject([{ phrases: ["zorrilla quintana"] }]);
  const withCapitals = texts.map((text) => {
    const words = wordsOf(text);
    return { ...corrected(text), capitals: [words.map((word, at) => at > 0 && /^[zq]/.test(word))] };
  });
  expect(proposals(withCapitals, 3)).toEqual([]);
  const writer = seen("billing", "hello", { people: ["ana", "zorrilla", "quintana"] });
  expect(proposals([...plain, writer], 3)).toEqual([]);
});

test("a phrase that the rules have, or that somebody has answered, is proposed no more in any company", () => {
  const mails = FOBS.map((text) => corrected(text));
  const known: Settled = { ...NOTHING, known: (type) => new Set(type === "access" ? ["door fob"] : []) };
  expect(proposals(mails, 3, known).flatMap(({ phrases }) => phrases)).not.toContain("door fob");
  const answered: Settled = { ...NOTHING, answered: new Set([phrasePrint("access", "door fob")]) };
  // These mails ask for nothing any more, so no other words of theirs are proposed instead.
  expect(proposals(mails, 3, answered)).toEqual([]);
  const others = ["my lanyard broke", "new lanyard please", "a lanyard for tuesday"].map((text) => corrected(text));
  expect(proposals([...mails, ...others], 3, answered)).toMatchObject([{ phrases: ["lanyard"], corrections: 3 }]);
  const whole: Settled = { ...NOTHING, answered: new Set(proposals(mails, 3).map(({ print }) => print)) };
  expect(proposals(mails, 3, whole)).toEqual([]);
});

test("a proposal from corrections in a store is shown, written into the rules, and refused for good", async () => {
  await using dir = await tempDir();
  const rules = join(dir.path, "rules");
  cpSync(RULES, rules, { recursive: true });
  await using gateway = await testGateway(dir.path, { rulesFolder: rules });
  const flags = ["--data", join(dir.path, "data"), "--rules", rules];
  // All are sent before the first correction: the model learns so fast that the third would be right by itself.
  const refs: string[] = [];
  for (const [at, text] of ["zibbel quorax frobnitz", "wumple zibbel quorax", "zibbel quorax nerl"].entries()) {
    const raw = `From: w${at}@example.net\r\nMessage-ID: <${at}@example.net>\r\nSubject: hello\r\n\r\n${text}\r\n`;
    const reply = await sendMail(gateway.port("smtp"), ["billing@clinic.example"], raw);
    const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
    await until("it is decided", async () => (await gateway.store.find(ref))?.outcomes[0]);
    refs.push(ref);
  }
  for (const ref of refs) {
    const args = ["override", ref, "--queue", "access-desk", "--reason", "badge", ...flags];
    const said = await runMailward(dir.path, args);
    expect(said.code, said.told).toBe(0);
  }
  const suggest = (...args: readonly string[]) => runMailward(dir.path, ["rules", "suggest", ...args, ...flags]);
  const shown = await suggest();
  expect(shown.out).toContain("access: finds 3 of 3 corrected mails (100 %)");
  expect(shown.out).toContain("zibbel quorax");
  const [{ print }] = (await suggest("--json")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line)) as [{ print: string }];
  const written = await suggest("--accept", print);
  expect(written.code, written.out + written.told).toBe(0);
  expect(readFileSync(join(rules, "routing.yaml"), "utf8")).toContain("zibbel quorax");
  // Answered once, the same mails ask for nothing any more.
  expect((await suggest()).out).toContain("Nothing to propose");
  for (const answer of ["--accept", "--refuse"])
    expect((await suggest(answer, print)).told).toContain("is no proposal now");
});

test("a refused proposal stays refused, and names of writers are left out", async () => {
  await using dir = await tempDir();
  await using gateway = await testGateway(dir.path, { rulesFolder: RULES });
  const flags = ["--data", join(dir.path, "data"), "--rules", RULES];
  const refs: string[] = [];
  for (const [at, text] of [
    "ask Wanda Frobnitz zibbel quorax",
    "for Wanda Frobnitz: zibbel quorax",
    "so Wanda Frobnitz zibbel quorax",
  ].entries()) {
    const raw = `From: w${at}@example.net\r\nMessage-ID: <n${at}@example.net>\r\nSubject: hello\r\n\r\n${text}\r\n`;
    const reply = await sendMail(gateway.port("smtp"), ["billing@clinic.example"], raw);
    const ref = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
    await until("it is decided", async () => (await gateway.store.find(ref))?.outcomes[0]);
    refs.push(ref);
  }
  for (const ref of refs)
    await runMailward(dir.path, ["override", ref, "--queue", "access-desk", "--reason", "badge", ...flags]);
  const suggest = (...args: readonly string[]) => runMailward(dir.path, ["rules", "suggest", ...args, ...flags]);
  const [proposal] = (await suggest("--json")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line)) as [{ print: string; phrases: string[] }];
  expect(proposal.phrases).toEqual(["zibbel quorax"]);
  expect((await suggest("--refuse", proposal.print)).out).toContain("will not be proposed again");
  expect((await suggest()).out).toContain("Nothing to propose");
});
