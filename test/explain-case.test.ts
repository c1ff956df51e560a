// `explain` by reference: a stored mail worked out again by the rules of now, or of then, and compared with what was
// recorded.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { sendMail } from "./support/dialogue.ts";
import { type Ran, runMailward } from "./support/operator.ts";
import { CARE, decided, house } from "./support/rules-house.ts";
import { saying } from "./support/small-rules.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

test("the rules of now: the same answer ends with 0, another with 1 and what differs", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const { ref, rulesHash } = await decided(home.gateway, "first bill");
  const same = await explain(dir.path, [ref]);
  expect(same.code).toBe(0);
  expect(same.out).toContain("The same as recorded.");
  expect(same.out).toContain("»first bill«");
  await home.live({ phrase: "second bill" });
  const other = await explain(dir.path, [ref]);
  expect(other.code).toBe(1);
  expect(other.out).toContain("Not as recorded:");
  expect(other.out).toMatch(/^ {2}care@ +queue +desk +review$/m);
  expect(other.out).toMatch(/^ {2}care@ +review +no +yes$/m);
  const [line] = lines(await explain(dir.path, ["--json", ref]));
  expect(line).toMatchObject({ file: ref, same: false, queue: "review" });
  expect(line?.["differences"]).toContainEqual({ alias: "care", what: "queue", recorded: "desk", now: "review" });
  expect(line?.["rulesHash"]).not.toBe(rulesHash);
});

test("the rules of then give the recorded answer again, whatever the rules are now", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const first = await decided(home.gateway, "first bill");
  await home.live({ phrase: "second bill" });
  const second = await decided(home.gateway, "second bill");
  const then = await explain(dir.path, ["--then", "--json", first.ref, second.ref]);
  expect(then.code).toBe(0);
  expect(lines(then)).toMatchObject([
    { file: first.ref, same: true, rulesHash: first.rulesHash, queue: "desk", evidence: first.outcome.evidence },
    { file: second.ref, same: true, rulesHash: second.rulesHash, queue: "desk", evidence: second.outcome.evidence },
  ]);
});

test("an answer to an earlier mail is explained by that mail", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const first = await decided(home.gateway, "first bill");
  const reply = await answering(home.gateway, first.ref);
  const [again] = lines(await explain(dir.path, ["--then", "--json", reply.ref]));
  expect(reply.outcome.evidence.map(({ kind }) => kind)).toContain("thread");
  expect(again).toMatchObject({ same: true, evidence: reply.outcome.evidence });
});

test("what cannot be explained is told in a sentence, with 2", async () => {
  await using dir = await tempDir();
  let ref: string;
  {
    await using home = await house(dir.path, { phrase: "first bill" });
    ({ ref } = await decided(home.gateway, "first bill"));
  }
  expect(await explain(dir.path, ["MW-ZZZZZZ"])).toMatchObject({
    code: 2,
    out: "",
    told: expect.stringMatching(/^There is no case MW-/),
  });
  expect(await explain(dir.path, ["--then", "x.eml"])).toMatchObject({
    code: 2,
    told: expect.stringMatching(/^--then is for cases/),
  });
  const db = new Database(join(dir.path, "data/mailward.db"));
  db.exec("drop trigger rule_sets_kept; drop trigger rule_uses_kept; delete from rule_uses; delete from rule_sets");
  db.close();
  expect(await explain(dir.path, ["--then", ref])).toMatchObject({
    code: 2,
    told: expect.stringContaining("is not kept in this store"),
  });
  expect((await explain(dir.path, [ref])).code).toBe(0);
});

test("show and outcomes name the rule set, and show says in a sentence why", async () => {
  await using dir = await tempDir();
  await using home = await house(dir.path, { phrase: "first bill" });
  const { ref, rulesHash } = await decided(home.gateway, "first bill");
  const { out } = await run(dir.path, ["show", ref, "--data", join(dir.path, "data")]);
  expect(out).toContain(`by rule set ${rulesHash}`);
  expect(out).toContain("Goes to Billing (queue desk), in its turn: »first bill« speaks for billing");
  expect(out).toContain("without rule the-phrase it would go to review, as of no known type");
  const list = await run(dir.path, ["outcomes", "--data", join(dir.path, "data")]);
  expect(list.out).toContain(rulesHash);
});

/** Beside the gateway on the rules in its folder. */
function explain(path: string, args: readonly string[]): Promise<Ran> {
  return run(path, ["explain", "--data", join(path, "data"), "--rules", join(path, "rules"), ...args]);
}

function run(path: string, args: readonly string[]): Promise<Ran> {
  return runMailward(path, args, { NO_COLOR: "1" });
}

function lines({ out }: Ran): readonly Record<string, unknown>[] {
  return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}

/** A mail that names an earlier case in its subject. */
async function answering({ port, store }: Parameters<typeof decided>[0], ref: string) {
  const text = saying("first bill").replace(/^Subject: .*$/m, `Subject: Re: [${ref}] A question`);
  const reply = await sendMail(port("smtp"), [CARE], text);
  const answer = /Accepted as (\S+)/.exec(reply)?.[1] ?? reply;
  return until(`${answer} is decided`, async () => (await store.find(answer))?.outcomes[0]);
}
